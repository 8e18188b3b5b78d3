from django.apps import AppConfig


class StorageConfig(AppConfig):
    name = "fashionos.storage"
    label = "storage"
    verbose_name = "Files"

import uuid

from django.contrib.auth.models import AbstractBaseUser
from django.contrib.postgres.fields import ArrayField
from django.db import models


class Person(AbstractBaseUser):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)
    USERNAME_FIELD = "email"

    class Meta:
        managed = False
        db_table = "accounts_user"


class Sample(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(Person, models.CASCADE)
    sku = models.CharField(max_length=120)
    name = models.CharField(max_length=200)
    category = models.CharField(max_length=80)
    status = models.CharField(max_length=20)
    is_hero = models.BooleanField(default=False)
    priority = models.CharField(max_length=20)
    color = models.CharField(max_length=80)
    location = models.CharField(max_length=200)
    look_ids = ArrayField(models.CharField(max_length=80))
    created_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "samples"

    def __str__(self) -> str:
        return self.name

from django.contrib import admin

from fashionos.kit.support import ReadOnlyAdmin
from fashionos.privacy.models import Erasure


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    list_display = ("id", "requested_at", "finished_at")
    list_filter = ("finished_at",)
    fields = ("id", "requested_at", "finished_at")
    search_ids = ("id",)
    search_day = "requested_at"
    ordering = ("-requested_at",)

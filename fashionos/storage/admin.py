"""Support's view of files: what lies where, pictures as pictures, and removing what must not be there."""

import time
from typing import Any
from urllib.parse import quote

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from fashionos.kit.support import ReadOnlyAdmin, SupportAdmin
from fashionos.storage import links, services
from fashionos.storage.links import Link
from fashionos.storage.models import Bucket, StoredObject
from fashionos.storage.names import essence

_PREVIEW_SECONDS = 300


@admin.register(Bucket)
class BucketAdmin(ReadOnlyAdmin):
    list_display = ("id", "public", "file_size_limit", "allowed_mime_types", "created_at")
    list_filter = ("public",)
    search_words = ("id",)
    search_day = "created_at"


class KindFilter(admin.SimpleListFilter):
    """Filters by the first half of the type: to list the types that there are would read every row."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 -- Django's signature
        kinds = ("image", "video", "audio", "text", "application")
        return [(kind, kind) for kind in kinds]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 -- Django's signature
        kind = self.value()
        return queryset.filter(mimetype__startswith=f"{kind}/") if kind else queryset


@admin.register(StoredObject)
class StoredObjectAdmin(SupportAdmin):
    """Previews are links that run out: the page holds no right of its own to the file."""

    list_display = ("thumbnail", "name", "bucket", "user", "mimetype", "file_size", "updated_at")
    list_display_links = ("name",)
    list_filter = ("bucket", KindFilter, "updated_at")
    list_select_related = ("bucket", "user")
    ordering = ("bucket", "folder", "name")  # which an index has
    search_ids = ("id", "user_id", "version")
    search_words = ("user__email", "name")
    search_day = "updated_at"
    readonly_fields = (
        *("preview", "asset", "id", "bucket", "name", "user", "size", "mimetype", "cache_control"),
        *("content_encoding", "metadata", "version", "created_at", "updated_at"),
    )
    fields = readonly_fields

    @admin.display(description="")
    def thumbnail(self, row: StoredObject) -> str:
        return picture_of(row, side=80) if is_picture(row) else ""

    @admin.display(description="size", ordering="size")
    def file_size(self, row: StoredObject) -> str:
        return filesizeformat(row.size)

    @admin.display(description="preview")
    def preview(self, row: StoredObject) -> SafeString:
        if is_picture(row):
            return picture_of(row, side=320)
        tag = '<a href="/storage/v1/object/sign/{}?token={}&amp;download=">Download</a>'
        return format_html(tag, quote(str(row)), _token(row))

    @admin.display(description="asset")
    def asset(self, row: StoredObject) -> str:
        if row.bucket_id != "gallery":
            return "-"
        page = reverse("admin:workspace_asset_changelist")
        return format_html('<a href="{}?storage_path={}">of this file</a>', page, quote(row.name))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 -- Django's signature
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 -- Django's signature
        return True

    def delete_model(self, request: HttpRequest, obj: Any) -> None:  # noqa: ARG002 -- Django's signature
        services.remove_rows(StoredObject.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:  # noqa: ARG002 -- Django's signature
        services.remove_rows(queryset)


def is_picture(row: StoredObject) -> bool:
    return essence(row.mimetype).startswith("image/")


def picture_of(row: StoredObject, *, side: int) -> SafeString:
    """Return a small copy as HTML; what cannot be made smaller shows as a picture that is missing."""
    token = _token(row, f'{{"width":{side},"height":{side},"resize":"contain"}}')
    tag = (
        '<img src="/storage/v1/render/image/sign/{}?token={}" alt="" loading="lazy"'
        ' style="max-width:{}px;max-height:{}px">'
    )
    return format_html(tag, quote(str(row)), token, side, side)


def _token(row: StoredObject, transform: str = "") -> str:
    link = Link(str(row), transform=transform)
    return links.sign("download", link, now=int(time.time()), seconds=_PREVIEW_SECONDS)

"""Support's view of the workspace. What it changes goes through the services, so that everybody hears of it."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html

from fashionos.kit.support import ReadOnlyAdmin, SupportAdmin
from fashionos.storage.admin import picture_of
from fashionos.workspace import services
from fashionos.workspace.changes import Refused
from fashionos.workspace.gallery import file_of
from fashionos.workspace.models import (
    Asset,
    Event,
    EventMember,
    EventTask,
    Sample,
    Shot,
    StatusChange,
    TaskDependency,
)


class RecordForm(ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """Refuses what the services would refuse, beside its field."""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        for name in ("details", "features"):
            if name in self.cleaned_data and not isinstance(self.cleaned_data[name], dict):
                raise ValidationError({name: "This has to be an object."})
        return cleaned


class ServedAdmin(SupportAdmin):
    """A table that support adds to and removes from, through the services."""

    remove_rows: Callable[[QuerySet[Any]], int]

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 -- Django's signature
        return True

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 -- Django's signature
        return True

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Show what the services refuse as a message; Django's own transaction has rolled it back."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Refused as refused:
            self.message_user(request, f"Not saved. {refused}", messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def delete_model(self, request: HttpRequest, obj: Any) -> None:  # noqa: ARG002 -- Django's signature
        self.remove_rows(type(obj).objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:  # noqa: ARG002 -- Django's signature
        self.remove_rows(queryset)


class RecordAdmin(ServedAdmin):
    """A table of the workspace; `owner` is the key that is set when a row is added, and never again."""

    form = RecordForm
    add_rows: Callable[..., list[Any]]
    change_rows: Callable[..., list[Any]]
    owner = "user"
    readonly_fields: ClassVar[tuple[str, ...]] = ("id", "created_at", "updated_at")
    search_day = "created_at"
    ordering = ("-created_at",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ARG002 -- Django's signature
        return (*self.readonly_fields, self.owner) if obj else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 -- Django's signature
        fields = [obj._meta.get_field(name) for name in form.changed_data if name != self.owner]  # noqa: SLF001 -- the documented API
        values = {field.attname: getattr(obj, field.attname) for field in fields}
        if change:
            rows = type(obj).objects.filter(pk=obj.pk)
            self.change_rows(rows, values, by=request.user.pk)
        else:
            owner_id = getattr(obj, f"{self.owner}_id")
            self.add_rows(owner_id, [{**values, "id": obj.pk}], by=request.user.pk)


@admin.register(Sample)
class SampleAdmin(RecordAdmin):
    add_rows = staticmethod(services.add_samples)
    change_rows = staticmethod(services.change_samples)
    remove_rows = staticmethod(services.remove_samples)
    list_display = ("name", "sku", "user", "status", "is_hero", "expected_at", "needed_at")
    list_filter = ("status", "is_hero", "priority", "needed_at")
    list_select_related = ("user",)
    raw_id_fields = ("user",)
    search_ids = ("id", "user_id")
    search_words = ("user__email", "name", "sku", "reference")


@admin.register(Event)
class EventAdmin(RecordAdmin):
    add_rows = staticmethod(services.add_events)
    change_rows = staticmethod(services.change_events)
    remove_rows = staticmethod(services.remove_events)
    list_display = ("name", "user", "type", "status", "start_at", "doors_at")
    list_filter = ("status", "type", "start_at")
    list_select_related = ("user",)
    raw_id_fields = ("user",)
    search_ids = ("id", "user_id")
    search_words = ("user__email", "name", "reference")


@admin.register(EventTask)
class EventTaskAdmin(RecordAdmin):
    owner = "event"
    add_rows = staticmethod(services.add_tasks)
    change_rows = staticmethod(services.change_tasks)
    remove_rows = staticmethod(services.remove_tasks)
    list_display = ("title", "event", "status", "owner", "owner_name", "due_at")
    list_filter = ("status", "phase", "priority", "due_at")
    list_select_related = ("event", "owner")
    raw_id_fields = ("event", "owner")
    search_ids = ("id", "event_id", "owner_id")
    search_words = ("owner__email", "title", "reference", "event__name")


@admin.register(Asset)
class AssetAdmin(RecordAdmin):
    add_rows = staticmethod(services.add_assets)
    change_rows = staticmethod(services.change_assets)
    remove_rows = staticmethod(services.remove_assets)
    readonly_fields = ("picture", *RecordAdmin.readonly_fields, "measure_at", "measure_error")
    list_display = (
        *("file_name", "user", "status", "sku", "look_id", "rating", "measure_error", "created_at"),
    )
    list_filter = (
        *("status", "angle", "is_select", "created_at"),
        ("measure_error", admin.EmptyFieldListFilter),
    )
    list_select_related = ("user",)
    raw_id_fields = ("user",)
    search_ids = ("id", "user_id")
    search_words = ("user__email", "file_name", "sku", "reference")

    @admin.display(description="picture")
    def picture(self, asset: Asset) -> str:
        stored = file_of(asset)
        if stored is None:
            return "-"
        page = reverse("admin:storage_storedobject_change", args=[stored.pk])
        return format_html(
            '<a href="{}">{} {}</a>', page, picture_of(stored, side=320), stored.name
        )


@admin.register(Shot)
class ShotAdmin(RecordAdmin):
    add_rows = staticmethod(services.add_shots)
    change_rows = staticmethod(services.change_shots)
    remove_rows = staticmethod(services.remove_shots)
    list_display = ("name", "user", "status", "priority", "look_id", "angle", "due_at")
    list_filter = ("status", "priority", "angle", "required")
    list_select_related = ("user",)
    raw_id_fields = ("user",)
    search_ids = ("id", "user_id")
    search_words = ("user__email", "name", "sku", "reference")


@admin.register(EventMember)
class EventMemberAdmin(ServedAdmin):
    remove_rows = staticmethod(services.remove_members)
    fields = ("event", "user")
    list_display = ("event", "user", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("event", "user")
    raw_id_fields = ("event", "user")
    search_ids = ("event_id", "user_id")
    search_words = ("user__email", "event__name")
    search_day = "created_at"
    ordering = ("-created_at",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 -- Django's signature
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001 -- Django's signature
        obj.pk = services.add_member(obj.event_id, obj.user_id).pk


@admin.register(TaskDependency)
class TaskDependencyAdmin(ServedAdmin):
    remove_rows = staticmethod(services.unlink_tasks)
    fields = ("task", "predecessor", "type", "lag_minutes")
    list_display = ("task", "predecessor", "type", "lag_minutes")
    list_filter = ("type",)
    list_select_related = ("task", "predecessor")
    raw_id_fields = ("task", "predecessor")
    search_ids = ("event_id", "task_id", "predecessor_id")
    search_words = ("task__title", "predecessor__title")
    ordering = ("-id",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 -- Django's signature
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001 -- Django's signature
        link = services.link_tasks(
            obj.task, obj.predecessor_id, kind=obj.type, lag_minutes=obj.lag_minutes
        )
        obj.pk = link.pk


@admin.register(StatusChange)
class StatusChangeAdmin(ReadOnlyAdmin):
    list_display = (
        *("at", "table", "record_id", "old_status", "new_status", "is_usual"),
        *("user", "changed_by"),
    )
    list_filter = ("table", "new_status", "is_usual", "at")
    list_select_related = ("user", "changed_by")
    search_ids = ("record_id", "user_id", "changed_by_id", "event_id")
    search_words = ("user__email", "table", "new_status")
    search_day = "at"
    ordering = ("-id",)

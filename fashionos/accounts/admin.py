from django.contrib import admin
from django.contrib.auth.models import Group

from fashionos.accounts.models import Identity, Session, User
from fashionos.kit.support import ReadOnlyAdmin, SupportAdmin

# Nobody has permissions by group here: staff see all, others nothing.
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(SupportAdmin):
    list_display = ("email", "is_staff", "is_active", "banned_until", "last_login", "created_at")
    list_filter = ("is_staff", "is_active", "created_at")
    search_ids = ("id",)
    search_words = ("email",)
    search_day = "created_at"
    ordering = ("-created_at",)
    fields = (
        "id",
        "email",
        "is_staff",
        "is_active",
        "banned_until",
        "email_confirmed_at",
        "new_email",
        "invited_at",
        "app_metadata",
        "user_metadata",
        "last_login",
        "deleted_at",
        "created_at",
        "updated_at",
    )
    readonly_fields = tuple(set(fields) - {"is_staff", "is_active", "banned_until"})


@admin.register(Identity)
class IdentityAdmin(ReadOnlyAdmin):
    list_display = ("provider", "user", "subject", "last_sign_in_at", "created_at")
    list_filter = ("provider", "created_at")
    list_select_related = ("user",)
    search_ids = ("id", "user_id")
    search_words = ("user__email",)
    search_day = "created_at"
    ordering = ("-created_at",)


@admin.register(Session)
class SessionAdmin(ReadOnlyAdmin):
    list_display = ("id", "user", "method", "created_at", "refreshed_at", "user_agent")
    list_filter = ("method", "created_at")
    list_select_related = ("user",)
    search_ids = ("id", "user_id")
    search_words = ("user__email",)
    search_day = "created_at"
    ordering = ("-created_at",)

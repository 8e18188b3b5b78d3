from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils.html import format_html_join

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
        "rows",
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

    @admin.display(description="all that is theirs")
    def rows(self, user: User) -> str:
        """Link to the lists that are searched by user, each as this user's."""
        owned = [
            model._meta  # noqa: SLF001 -- the documented API
            for model, page in self.admin_site._registry.items()  # noqa: SLF001 -- Django has no other list of them
            if isinstance(page, SupportAdmin) and "user_id" in page.search_ids
        ]
        lists = (
            (reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist"), user.pk, meta)
            for meta in owned
        )
        return format_html_join(
            " · ",
            '<a href="{}?q={}">{}</a>',
            ((path, key, str(meta.verbose_name_plural)) for path, key, meta in lists),
        )


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

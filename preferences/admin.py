from django.contrib import admin

from fashionos.kit.support import SupportAdmin
from preferences.models import UserPreferences


@admin.register(UserPreferences)
class UserPreferencesAdmin(SupportAdmin):
    list_display = (
        "user",
        "default_kit",
        "auto_suggestions_enabled",
        "conversation_history_retention_days",
        "updated_at",
    )
    list_filter = ("auto_suggestions_enabled", "updated_at")
    list_select_related = ("user",)
    search_ids = ("user_id",)
    search_words = ("user__email", "default_kit")
    readonly_fields = ("user", "updated_at")
    ordering = ("-updated_at",)

from django.contrib import admin

from analytics.models import AnalyticsEvent
from fashionos.kit.support import ReadOnlyAdmin


@admin.register(AnalyticsEvent)
class AnalyticsEventAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "event_type", "user", "kit_context", "page_route", "session_id")
    list_filter = ("created_at", "event_type", "kit_context")
    date_hierarchy = "created_at"
    list_select_related = ("user",)
    search_ids = ("id", "user_id", "session_id")
    search_words = ("user__email", "event_type", "kit_context", "page_route")
    search_day = "created_at"
    ordering = ("-created_at",)

"""The support staff's site: the stock admin, behind support_page and a door that counts attempts."""

from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse

from fashionos.kit.pages import View, support_page
from fashionos.kit.throttles import door


class SupportSite(AdminSite):
    site_header = "FashionOS support"
    site_title = "FashionOS support"
    index_title = "All data"
    site_url = None
    enable_nav_sidebar = True

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002 -- Django's signature
        return support_page(super().admin_view(view, cacheable))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if request.method == "POST" and (wait := _wait(request)):
            return HttpResponse(
                f"Too many attempts to sign in. Try again in {wait} seconds.",
                status=429,
                content_type="text/plain",
                headers={"Retry-After": str(wait)},
            )
        page: View = support_page(super().login)
        return page(request, extra_context)


def _wait(request: HttpRequest) -> int:
    email = request.POST.get("username", "").strip().lower()
    return door(request, "admin", settings.ADMIN_SIGN_IN_RATE_PER_ADDRESS) or door(
        request, "admin_account", settings.SIGN_IN_FAILURES_PER_ACCOUNT, email
    )

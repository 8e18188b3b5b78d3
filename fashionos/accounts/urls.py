from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path, re_path

from fashionos.accounts.views import admin, links, public, sessions, user


def _oauth(name: str) -> Any:
    """Load the views of providers with their first request: most houses never have one, and Authlib takes 9 MB."""

    def view(request: HttpRequest, **values: str) -> HttpResponseBase:
        from fashionos.accounts.views import oauth  # noqa: PLC0415 -- as said

        response: HttpResponseBase = getattr(oauth, name)(request, **values)
        return response

    return view


urlpatterns = [
    path("signup", sessions.sign_up),
    path("token", sessions.token),
    path("logout", sessions.log_out),
    path("user", user.user),
    path("reauthenticate", user.reauthentication),
    path("user/identities/authorize", _oauth("link_identity")),
    path("user/identities/<str:identity_id>", user.identity),
    path("recover", links.recover),
    path("otp", links.otp),
    path("resend", links.resend),
    path("verify", links.verify),
    path("authorize", _oauth("authorize")),
    path("callback", _oauth("callback")),
    path("admin/users", admin.users),
    path("admin/users/<str:user_id>", admin.user),
    path("admin/generate_link", admin.generate_link),
    path("invite", admin.invite),
    path("settings", public.public_settings),
    path("health", public.health),
    path(".well-known/jwks.json", public.jwks),
    re_path(r"", public.not_found),
]

from django.urls import path, re_path

from fashionos.accounts.views import admin, links, oauth, public, sessions, user

urlpatterns = [
    path("signup", sessions.sign_up),
    path("token", sessions.token),
    path("logout", sessions.log_out),
    path("user", user.user),
    path("reauthenticate", user.reauthentication),
    path("user/identities/authorize", oauth.link_identity),
    path("user/identities/<str:identity_id>", user.identity),
    path("recover", links.recover),
    path("otp", links.otp),
    path("resend", links.resend),
    path("verify", links.verify),
    path("authorize", oauth.authorize),
    path("callback", oauth.callback),
    path("admin/users", admin.users),
    path("admin/users/<str:user_id>", admin.user),
    path("admin/generate_link", admin.generate_link),
    path("invite", admin.invite),
    path("settings", public.public_settings),
    path("health", public.health),
    path(".well-known/jwks.json", public.jwks),
    re_path(r"", public.not_found),
]

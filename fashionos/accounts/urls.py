from django.urls import path, re_path

from fashionos.accounts import views

urlpatterns = [
    path("signup", views.sign_up),
    path("token", views.token),
    path("user", views.user),
    path("logout", views.log_out),
    path("settings", views.public_settings),
    path("health", views.health),
    path(".well-known/jwks.json", views.jwks),
    re_path(r"", views.not_found),
]

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from fashionos.development import read_env

# Prefixes of the variables in demo.env whose people may use the page; support works in the admin.
_DEMO_PEOPLE = ("DEMO", "DEMO2")
# The modules that every view stands on, by the names under which they import each other: fetched at once, not one
# after the other as they name each other.
_MODULES = sorted(
    path.name
    for path in (settings.BASE_DIR / "static" / "console").glob("*.js")
    if path.name not in {"main.js", "theme.js"}
)


@require_safe
def console(request: HttpRequest) -> HttpResponse:
    """Answer the page, which brings no data but its key: all else it asks the API, as any client does."""
    told = {"key": settings.PUBLISHABLE_KEYS[0], "people": demo_people()}
    headers = {
        "content-security-policy": content_security_policy(request),
        "cache-control": "no-cache",
    }
    content = render_to_string("console.html", {"told": told, "modules": _MODULES})
    return HttpResponse(content, headers=headers)


def demo_people() -> list[dict[str, str]]:
    """Return the addresses and passwords that a development machine made for itself; none anywhere else."""
    if not settings.DEVELOPMENT:
        return []
    known = read_env(settings.DATA_DIR / "demo.env")
    return [
        {"email": known[f"{prefix}_EMAIL"], "password": known[f"{prefix}_PASSWORD"]}
        for prefix in _DEMO_PEOPLE
        if f"{prefix}_PASSWORD" in known
    ]


def content_security_policy(request: HttpRequest) -> str:
    # Not every browser takes a socket to the same host for 'self'.
    socket = f"{'wss' if request.is_secure() else 'ws'}://{request.get_host()}"
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"connect-src 'self' {socket}",
            "img-src 'self' blob: data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )

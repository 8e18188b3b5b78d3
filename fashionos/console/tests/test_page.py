"""The page as it is served, and the files that it is made of."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client, override_settings

from fashionos.testing.node import CONFORMANCE

STATIC = Path(__file__).parents[3] / "static"
OWN = [path for path in (STATIC / "console").rglob("*") if path.suffix in {".js", ".css", ".svg"}]
MODULES = [path for path in OWN if path.suffix == ".js"]
DEMO = "DEMO_EMAIL=noor@example.com\nDEMO_PASSWORD=open sesame\nSUPPORT_EMAIL=s@example.com\nSUPPORT_PASSWORD=hush\n"


def page(**headers):
    response = Client(headers=headers).get("/")
    assert response.status_code == 200
    return response


def test_the_page_brings_the_publishable_key_and_no_secret(settings):
    text = page().content.decode()
    assert settings.PUBLISHABLE_KEYS[0] in text
    for secret in (*settings.SECRET_API_KEYS, settings.SECRET_KEY, settings.JWT_SECRET):
        assert secret not in text


def test_demo_users_are_offered_in_development_but_not_those_of_support(settings, tmp_path):
    (tmp_path / "demo.env").write_text(DEMO)
    settings.DATA_DIR, settings.DEVELOPMENT = tmp_path, True
    text = page().content.decode()
    assert "noor@example.com" in text
    assert "open sesame" in text
    assert "hush" not in text


def test_production_offers_no_demo_users_even_where_there_are_some(settings, tmp_path):
    (tmp_path / "demo.env").write_text(DEMO)
    settings.DATA_DIR, settings.DEVELOPMENT = tmp_path, False
    text = page().content.decode()
    assert "noor@example.com" not in text
    assert "open sesame" not in text


def test_a_strict_policy_allows_scripts_styles_and_connections_of_this_server_only():
    policy = page(host="fashion.example:8000").headers["content-security-policy"].split("; ")
    assert {
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self' ws://fashion.example:8000",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
    } <= set(policy)
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*"} & set(" ".join(policy).split())


def test_the_page_has_no_inline_script_or_style():
    text = page().content.decode()
    for attributes, content in re.findall(r"<script([^>]*)>(.*?)</script>", text, re.DOTALL):
        assert "src=" in attributes or 'type="application/json"' in attributes
        assert not (content and "src=" in attributes)
    assert "<style" not in text
    assert not re.search(r'\s(style|on\w+)="', text)


def test_the_page_is_only_read():
    assert Client().post("/").status_code == 405
    assert Client().head("/").status_code == 200


def test_the_vendored_client_is_the_package_that_conformance_tests():
    package = CONFORMANCE / "node_modules" / "@supabase" / "supabase-js"
    vendored = STATIC / "vendor"
    assert (vendored / "supabase.js").read_bytes() == (
        package / "dist/umd/supabase.js"
    ).read_bytes()
    assert (vendored / "supabase.LICENSE").read_bytes() == (package / "LICENSE").read_bytes()


def test_our_own_script_and_style_stay_small():
    assert sum(path.stat().st_size for path in OWN) < 200_000
    for path in MODULES:
        assert len(path.read_text().splitlines()) <= 300, f"{path.name} takes more than one sitting"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(STATIC)))
def test_no_module_writes_markup_evaluates_text_or_reaches_the_internet(path):
    text = path.read_text()
    forbidden = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser"
    )
    assert not re.search(forbidden, text)
    assert set(re.findall(r"https?://[^\"'`\s]+", text)) <= {"http://www.w3.org/2000/svg"}


def test_every_file_that_the_page_and_its_modules_name_is_there():
    named = re.findall(
        r"\{% static '([^']+)' %\}", (STATIC.parent / "templates/console.html").read_text()
    )
    assert len(named) >= 4
    assert [name for name in named if not (STATIC / name).is_file()] == []
    for path in MODULES:
        for target in re.findall(r"""(?:from|import\()\s*["'](\.[^"']+)["']""", path.read_text()):
            assert (path.parent / target).is_file(), f"{path.name} imports {target}"


def test_collected_files_serve_the_page_in_production(tmp_path):
    storages = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    with override_settings(STATIC_ROOT=tmp_path, STORAGES=storages):
        call_command("collectstatic", interactive=False, verbosity=0)
        named = re.findall(r'(?:src|href)="/static/([^"]+)"', page().content.decode())
        assert len(named) >= 6
        assert [name for name in named if not (tmp_path / name).is_file()] == []

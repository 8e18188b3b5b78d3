"""The threat model keeps its word: each test that it names is there; and the lines that no other room tests."""

import json
import re
import socket
from pathlib import Path

import pytest
from django.test import Client

from fashionos.testing import audit
from fashionos.testing.people import PASSWORD

ROOT = Path(__file__).resolve().parents[2]
MODEL = (ROOT / "docs" / "security.md").read_text()
LINES = [line for line in MODEL.split("\n\n## ")[0].splitlines() if line.startswith("| ")][1:]
NAMED = re.findall(r"`([\w/]+\.py)::(\w+)`", MODEL)


def test_there_is_a_model_and_each_of_its_lines_names_a_test():
    assert len(LINES) >= 30
    assert [line for line in LINES if "::test_" not in line] == []


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_each_test_that_the_threat_model_names_is_there(path, name):
    assert re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(), re.MULTILINE)


@pytest.mark.parametrize(
    "path", ["/", "/docs/", "/admin/login/", "/admin/", "/admin/accounts/user/"]
)
def test_every_page_has_a_policy_that_runs_our_files_alone(sam, path):
    client = Client()
    client.post("/admin/login/", {"username": "sam@example.com", "password": PASSWORD})
    answer = client.get(path)
    content = answer.content.decode()
    policy = dict(
        part.strip().partition(" ")[::2] for part in answer["Content-Security-Policy"].split(";")
    )
    assert policy.get("script-src", policy["default-src"]) == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    # What the policy would stop is not there either: scripts in the page, handlers, files from elsewhere.
    scripts = re.findall(r"<script\b([^>]*)>", content)
    assert all("src=" in script or 'type="application/json"' in script for script in scripts)
    assert not re.search(r"<[^>]+\son\w+=", content)
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", content)


def test_answers_for_programs_are_no_pages(alice):
    for answer in (alice.get("/auth/v1/user"), alice.get("/functions/v1/none")):
        assert answer.headers["content-type"].startswith("application/json")


def test_no_address_of_a_request_is_fetched(alice):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/look.jpg"
        addresses = dict.fromkeys(("url", "imageUrl", "thumbnailUrl", "imageData"), address)
        picture = {"id": "a", **addresses}
        answered = alice.post("/functions/v1/media-scorer", {"assets": [picture]})
        assert answered.status == 200
        context = {"galleryAssets": [picture], "avatarUrl": address}
        body = {"message": f"look at {address}", "currentKit": "media", "userContext": context}
        assert alice.post("/functions/v1/chat-orchestrator", body).status == 200
        with pytest.raises(BlockingIOError):
            listener.accept()


# Packages

HOLE = {"id": "PYSEC-1", "fix_versions": ["2.0"], "aliases": [], "description": ""}
CLEAN = {"name": "good", "version": "1", "vulns": []}
UNKNOWN = {"name": "own", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("output", "code", "said"),
    [
        ({"dependencies": [CLEAN]}, 0, "1 of 1 packages audited, 0 known holes"),
        ({"dependencies": [CLEAN, UNKNOWN]}, 0, "NOTICE: of 1 packages"),
        ({"dependencies": [CLEAN, {**CLEAN, "name": "bad", "vulns": [HOLE]}]}, 1, "bad 1: PYSEC-1, fixed by 2.0"),
    ],
)  # fmt: skip
def test_a_package_with_a_known_hole_fails_the_build(capsys, output, code, said):
    assert audit.tell(json.dumps(output)) == code
    assert said in capsys.readouterr().out


@pytest.mark.parametrize("output", ["", "no json", "{}"])
def test_a_list_of_holes_that_cannot_be_asked_is_told_and_no_failure(capsys, output):
    assert audit.tell(output) == 0
    assert "NOTICE: not audited" in capsys.readouterr().out


def test_what_ci_runs_looks_for_holes():
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(r"^check:.* security ", makefile, re.MULTILINE)
    assert "bandit" in makefile
    assert "--deploy --fail-level WARNING" in makefile

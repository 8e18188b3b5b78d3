"""The documentation keeps up: each variable, endpoint and command is written down, and nothing that is gone."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import get_resolver

from fashionos.tables import TABLES
from fashionos.workspace import lifecycle

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
API = (ROOT / "docs" / "api.md").read_text()
SETTINGS = (ROOT / "fashionos" / "settings.py").read_text()

VARIABLES = set(re.findall(r'env(?:_\w+)?\(\s*"([A-Z_]+)"', SETTINGS)) | {"DEBUG", "DATA_DIR"}
OURS = ("fashionos", "assistant", "insights", "analytics", "preferences", "realtime")
COMMANDS = [name for name, app in get_commands().items() if str(app).startswith(OURS)]


def routes(patterns, prefix=""):
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern.url_patterns, path)
        else:
            yield path


ENDPOINTS = sorted(
    {
        f"/{path}"
        for path in routes(get_resolver().url_patterns)
        if path.startswith(("auth/v1/", "functions/v1/", "privacy/v1/", "realtime/v1/"))
        and not path.endswith("/")
    }
)


@pytest.mark.parametrize("variable", sorted(VARIABLES))
def test_every_variable_is_in_the_handbook(variable):
    assert f"`{variable}`" in OPERATIONS


def test_the_handbook_names_no_variable_that_is_gone():
    named = set(re.findall(r"`([A-Z][A-Z_]{3,})`", OPERATIONS[OPERATIONS.index("## Variables") :]))
    assert named - VARIABLES <= {"HOST", "PORT", "INFO"}


def test_there_are_endpoints_and_commands_to_look_for():
    assert len(ENDPOINTS) >= 10
    assert len(COMMANDS) >= 6


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_every_endpoint_is_in_the_api_page(endpoint):
    assert f"`{endpoint}`" in API


@pytest.mark.parametrize(
    ("table", "statuses"),
    [
        ("samples", lifecycle.SAMPLE),
        ("events", lifecycle.EVENT),
        ("event_tasks", lifecycle.TASK),
        ("task_dependencies", None),
        ("assets", lifecycle.ASSET),
        ("shots", lifecycle.SHOT),
    ],
)
def test_the_api_page_names_each_column_and_status_of_the_workspace(table, statuses):
    [(columns, named)] = re.findall(rf"^\| `{table}` \| (`.*) \| (.*)\|$", API, re.MULTILINE)
    known = TABLES[table].columns.keys() - {"id", "created_at", "updated_at", "user_id"}
    assert set(re.findall(r"`(\w+)`", columns)) - {"FS", "SS", "FF", "SF"} == known
    if statuses is not None:
        first, *others = re.findall(r"`(\w+)`", named)
        assert first == statuses.initial
        assert {first, *others} == set(statuses.statuses)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_handbook(command):
    assert re.search(rf"`{command}[` ]", OPERATIONS)


HOWTOS = sorted((ROOT / "docs" / "howto").glob("*.md"))
# What their examples add.
EXAMPLES = {"insights/analysis/logistics/losses.py", "insights/tests/test_losses.py"}


@pytest.mark.parametrize("path", HOWTOS, ids=lambda path: path.stem)
def test_the_files_that_a_how_to_names_are_there(path):
    named = set(re.findall(r"`([a-z]+/[\w/.-]+\.\w+)`", path.read_text())) - EXAMPLES
    assert len(named) >= 3
    assert {name for name in named if not (ROOT / name).exists()} == set()

"""What import-linter cannot see: how owned tables are reached, and that each contract bites."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps

from fashionos.kit.owned import OwnedQuerySet

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("fashionos", "assistant", "insights", "analytics", "preferences", "realtime")
OWNED = {
    model.__name__: type(model.objects.all())
    for model in apps.get_models()
    if isinstance(model.objects.all(), OwnedQuerySet)
}


def modules():
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            if not {"tests", "testing", "migrations", "commands"} & set(path.parts):
                yield path


def ways_in(path):
    """Yield what is called on the manager of an owned model: `Insight.objects.<method>`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Attribute)
            and node.value.attr in {"objects", "_default_manager", "_base_manager"}
            and isinstance(node.value.value, ast.Name)
            and node.value.value.id in OWNED
        ):
            yield node.value.value.id, node.attr, node.lineno


def test_there_are_owned_models_and_somebody_reaches_them():
    assert set(OWNED) >= {"Conversation", "Insight", "UserPreferences", "AnalyticsEvent"}
    assert sum(len(list(ways_in(path))) for path in modules()) >= 5


@pytest.mark.parametrize("path", list(modules()), ids=lambda path: str(path.relative_to(ROOT)))
def test_owned_rows_are_reached_through_for_user_or_a_method_of_their_own(path):
    if path.name in {"models.py", "admin.py"}:
        return
    for model, method, line in ways_in(path):
        kinds = [kind for kind in OWNED[model].__mro__ if issubclass(kind, OwnedQuerySet)]
        own = {"create"}.union(*map(vars, kinds))
        assert method in own, f"{path}:{line} reaches {model} by .{method}"


@pytest.mark.parametrize(
    ("module", "planted", "contract"),
    [
        ("fashionos/kit/wire.py", "import fashionos.accounts.models", "Apps import downwards"),
        ("analytics/models.py", "import preferences.models", "Apps import downwards"),
        ("insights/models.py", "import insights.services", "urls > views"),
        ("assistant/skills/turn.py", "import assistant.services", "rooms of the assistant"),
        ("fashionos/accounts/models.py", "import fashionos.accounts.views", "rooms of accounts"),
        ("assistant/views.py", "import fashionos.console.views", "Apps import downwards"),
        ("insights/schemas/logistics.py", "import django.db", "pure core"),
        ("assistant/skills/turn.py", "import psycopg", "pure core"),
        ("insights/services.py", "import fashionos.settings", "Settings are read"),
        ("fashionos/workspace/models.py", "import fashionos.workspace.admin", "rooms of the work"),
        ("fashionos/storage/models.py", "import fashionos.storage.views", "rooms of storage"),
        ("fashionos/storage/views/calls.py", "import fashionos.storage.views.api", "storage's vi"),
        ("fashionos/storage/ranges.py", "import django.db", "pure core"),
        ("fashionos/operating/models.py", "import fashionos.operating.admin", "rooms of operation"),
        ("fashionos/operating/rollout.py", "import django.db", "pure core"),
        ("realtime/hub.py", "import realtime.consumers", "realtime"),
        ("fashionos/postgrest/tree.py", "import django.db", "pure core"),
        ("fashionos/postgrest/compile.py", "import fashionos.postgrest.views", "table dialect"),
        ("fashionos/privacy/sections.py", "import fashionos.privacy.services", "rooms of privacy"),
        ("analytics/redaction.py", "import django.db", "pure core"),
    ],
)
def test_each_contract_turns_red_when_it_is_broken(tmp_path, module, planted, contract):
    for room in ROOMS:
        copy_sources(ROOT / room, tmp_path / room)
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    victim = tmp_path / module
    victim.write_text(f"{planted}\n{victim.read_text()}")
    result = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    broken = [
        line
        for line in result.stdout.splitlines()
        if line.endswith(" BROKEN") or " BROKEN " in line
    ]
    assert result.returncode == 1
    assert any(contract in line for line in broken), result.stdout


def copy_sources(source, target):
    for path in source.rglob("*.py"):
        if "tests" not in path.parts:
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(path.read_text())

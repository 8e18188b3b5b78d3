"""The page of the API names each event with all that it says."""

from pathlib import Path

import msgspec
import pytest

from realtime.schemas import FACTS, Fact

API = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()
COMMON = {field.encode_name for field in msgspec.structs.fields(Fact)}


@pytest.mark.parametrize("kind", FACTS.values(), ids=FACTS)
def test_every_event_is_in_the_api_page(kind):
    [row] = [line for line in API.splitlines() if line.startswith(f"| `{kind.event}` |")]
    names = {field.encode_name for field in msgspec.structs.fields(kind)} - COMMON
    assert {name for name in names if f"`{name}`" not in row} == set()

"""Prefer and Accept, as the client sends them."""

import pytest

from fashionos.postgrest.headers import (
    AS_ARRAY,
    Prefer,
    check_profile,
    read_accept,
    read_prefer,
)
from fashionos.postgrest.problems import Problem


def test_preferences_are_read_in_any_order_and_echoed():
    prefer = read_prefer("count=exact, missing=default,return=representation")
    assert prefer == Prefer(
        "representation", count=True, applied="count=exact, missing=default, return=representation"
    )


@pytest.mark.parametrize("count", ["exact", "planned", "estimated"])
def test_every_count_is_exact(count):
    assert read_prefer(f"count={count}").count


def test_of_what_is_named_twice_the_first_counts():
    assert read_prefer("return=minimal, return=representation").answer == "minimal"


def test_max_affected_asks_for_strict_handling():
    assert read_prefer("handling=strict, max-affected=3").max_affected == 3
    assert read_prefer("max-affected=3").max_affected is None


@pytest.mark.parametrize("unknown", ["tx=rollback", "x", "return=all", "max-affected=many"])
def test_unknown_preferences_are_ignored_unless_handling_is_strict(unknown):
    assert read_prefer(f"{unknown}, return=minimal").applied == "return=minimal"
    with pytest.raises(Problem) as refused:
        read_prefer(f"handling=strict, {unknown}")
    assert (refused.value.status, refused.value.code) == (400, "PGRST122")
    assert refused.value.details == f"Invalid preferences: {unknown}"


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "application/json; charset=utf-8"),
        ("*/*", "application/json; charset=utf-8"),
        ("application/json", "application/json; charset=utf-8"),
        ("text/html, */*;q=0.1", "application/json; charset=utf-8"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("application/vnd.pgrst.object+json", "application/vnd.pgrst.object+json; charset=utf-8"),
        (
            "application/vnd.pgrst.array+json;nulls=stripped",
            "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8",
        ),
        (
            "application/vnd.pgrst.object+json;nulls=stripped",
            "application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8",
        ),
    ],
)
def test_what_is_accepted_is_given(accept, content_type):
    assert read_accept(accept).content_type == content_type
    assert read_accept("*/*") is AS_ARRAY


@pytest.mark.parametrize(
    "accept",
    [
        "application/geo+json",
        'application/vnd.pgrst.plan+json; for="application/json"; options=;',
        "text/html",
    ],
)
def test_what_is_not_offered_is_a_406(accept):
    with pytest.raises(Problem) as refused:
        read_accept(accept)
    assert (refused.value.status, refused.value.code) == (406, "PGRST107")


def test_other_schemas_are_not_exposed():
    check_profile("public")
    check_profile(None)
    with pytest.raises(Problem) as refused:
        check_profile("other")
    assert (refused.value.status, refused.value.code) == (406, "PGRST106")
    assert refused.value.hint == "Only the following schemas are exposed: public"

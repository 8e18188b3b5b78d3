"""The context of a request, read once."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.schemas import UserContext
from assistant.tests.shoot import LONDON, NOW
from assistant.understanding.context import Context, read_context
from fashionos.demo import files

SENT = UserContext(
    sample_list=[{"id": "s1", "name": "Velvet Cape", "status": "onSet", "look": 18}],
    event={"id": "e", "name": "Spring Gala", "doorsAt": "2026-03-13T19:00:00+00:00"},
    event_tasks=[
        {"id": "t1", "title": "Stage build", "status": "todo", "ownerName": "Ben Okri", "dueAt": "2026-03-12"},
        {"id": "t2", "title": "Guest list", "status": "done", "ownerId": "u7"},
    ],
    gallery_assets=[
        {"id": "a1", "filename": "IMG_3021.jpg", "status": "pending", "look": 3, "tags": ["editorial"]}
    ],
    shot_list=[{"id": "h1", "look": 3, "angle": "back", "required": True}],
    user={"id": "u7", "name": "Nina Sharma"},
    extra={
        "staffing": [{"role": "usher", "required": 4, "assigned": 2}],
        "runOfShow": [{"time": "18:00", "title": "Doors"}],
        "packages": [{"id": "p1", "name": "Runway essentials", "price": 18000, "days": 10}],
        "weather": "fine",
    },
)  # fmt: skip


def test_every_list_becomes_typed_rows():
    context, cautions = read_context(SENT, LONDON)
    assert cautions == []
    assert context.samples[0].status == "on_set"
    assert [task.name for task in context.tasks] == ["Stage build", "Guest list"]
    assert context.tasks[0].status == "not_started"
    assert context.assets[0].file_name == "IMG_3021.jpg"
    assert (context.assets[0].look_id, context.shots[0].look_id) == ("3", "3")
    assert (context.staffing[0].role, context.staffing[0].unnamed) == ("usher", 2)
    assert context.packages[0].name == "Runway essentials"
    assert context.event.name == "Spring Gala"
    assert context.sent == {
        "samples", "tasks", "event", "assets", "shots", "staffing", "cues", "packages",
    }  # fmt: skip


def test_a_bare_time_of_a_cue_is_on_the_day_of_the_event():
    context, _ = read_context(SENT, LONDON)
    assert context.cues[0].start_at == datetime(2026, 3, 13, 18, tzinfo=UTC)


def test_everybody_is_known_by_name():
    context, _ = read_context(SENT, LONDON)
    assert context.names == ("Ben Okri", "Nina Sharma")
    assert (context.user_id, context.user_name) == ("u7", "Nina Sharma")


def test_nothing_sent_is_an_empty_context():
    assert read_context(UserContext(), LONDON) == (Context(), [])


def test_the_demo_is_read_without_a_warning():
    zone = ZoneInfo("Europe/Paris")
    sent = files(NOW, zone)["chat-orchestrator.json"]["userContext"]
    context, cautions = read_context(
        UserContext(
            sample_list=sent["sampleList"],
            event=sent["event"],
            event_tasks=sent["eventTasks"],
            gallery_assets=sent["galleryAssets"],
            shot_list=sent["shotList"],
            extra={"packages": sent["packages"]},
        ),
        zone,
    )
    assert cautions == []
    assert (len(context.tasks), len(context.people), len(context.cues)) == (42, 28, 8)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "name", "title", "look", "time", "status", "role", "dueAt"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(
    rows=st.lists(JSON, max_size=3),
    event=JSON,
    extra=st.dictionaries(
        st.sampled_from(["staffing", "runOfShow", "packages", "people"]), JSON, max_size=4
    ),
)
def test_whatever_is_sent_can_be_read(rows, event, extra):
    sent = UserContext(
        sample_list=rows, event=event, event_tasks=rows, gallery_assets=rows, shot_list=rows,
        user=event, now=event, extra=extra,
    )  # fmt: skip
    context, _ = read_context(sent, LONDON)
    assert len(context.samples) <= len(rows)
    assert all(context.names)


@pytest.mark.parametrize("event", ["Spring Gala", {"name": "Spring Gala"}])
def test_an_event_may_be_just_a_name(event):
    context, _ = read_context(UserContext(event=event), LONDON)
    assert context.event.name == "Spring Gala"

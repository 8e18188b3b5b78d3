from datetime import timedelta

import pytest
from django.utils import timezone

from fashionos.kit.owned import Role, acting
from fashionos.workspace import services
from fashionos.workspace.access import can_join
from fashionos.workspace.changes import Refused
from fashionos.workspace.models import Event, EventMember, EventTask, StatusChange, TaskDependency
from fashionos.workspace.tests.conftest import as_person, listening

committing = pytest.mark.django_db(transaction=True)


@pytest.fixture
def member(alice, bob, event):
    """Bob works on Alice's event."""
    with as_person(alice):
        services.add_member(event.id, bob.id)
    return bob


def change(person, task, **changes):
    with as_person(person):
        rows = EventTask.objects.for_user(person).filter(id=task.id)
        return services.change_tasks(rows, changes, by=person.id)


@committing
def test_a_done_task_is_told_with_what_it_means_for_the_critical_path(alice, event, tasks):
    stage, _, flowers = tasks
    with listening() as told:
        change(alice, stage, status="in_progress")
        change(alice, stage, status="done")
        change(alice, flowers, status="done")
    assert {topic for topic, _, _ in told} == {f"events:{event.id}"}
    assert [
        (fact["title"], fact["newStatus"], fact["criticalPathAffected"], fact["blockerResolved"])
        for _, _, fact in told
    ] == [
        ("Stage build", "in_progress", True, False),
        ("Stage build", "done", True, True),  # the sound check may start
        ("Flowers", "done", False, False),
    ]


@committing
def test_a_blocked_task_on_the_critical_path_is_critical_and_resolved_when_it_goes_on(alice, tasks):
    with listening() as told:
        change(alice, tasks[0], status="blocked")
        change(alice, tasks[0], status="in_progress")
    blocked, going_on = (fact for _, _, fact in told)
    assert blocked["severity"] == "critical"
    assert (going_on["blockerResolved"], going_on["severity"]) == (True, "info")


@committing
def test_assigning_a_task_tells_the_old_and_the_new_owner(alice, member, tasks):
    with listening() as told:
        change(alice, tasks[0], owner_id=member.id, owner_name="Bob")
        change(member, tasks[0], owner_id=None)
        change(member, tasks[0], owner_id=None)
    assert [
        (name, fact["oldOwnerId"], fact["newOwnerId"], fact["newOwnerName"])
        for _, name, fact in told
    ] == [
        ("task_assigned", None, str(member.id), "Bob"),
        ("task_assigned", str(member.id), None, "Bob"),
    ]


def test_a_task_is_not_given_to_somebody_who_could_not_see_it(alice, bob, tasks):
    with pytest.raises(Refused, match="no member"):
        change(alice, tasks[0], owner_id=bob.id)
    with as_person(alice):
        assert EventTask.objects.get(id=tasks[0].id).owner_id is None


def test_a_member_sees_and_changes_the_tasks_of_the_event_and_its_history(
    alice, member, event, tasks
):
    change(member, tasks[0], status="done")
    with as_person(member):
        assert EventTask.objects.for_user(member).count() == 3
        history = StatusChange.objects.for_user(member).filter(record_id=tasks[0].id).order_by("id")
        assert [(h.old_status, h.new_status) for h in history] == [
            ("", "not_started"),
            ("not_started", "done"),
        ]
        assert history[1].changed_by_id == member.id
    assert can_join(member.caller, "events", event.id)


def test_a_stranger_and_support_may_not_join_or_reach_an_event(alice, bob, sam, event, tasks):
    for person in (bob, sam):
        assert not can_join(person.caller, "events", event.id)
        with as_person(person):
            assert not Event.objects.for_user(person).exists()
            assert (
                services.change_tasks(EventTask.objects.all(), {"status": "done"}, by=person.id)
                == []
            )
            with pytest.raises(Refused, match="no such event"):
                services.add_tasks(event.id, [{"title": "Mine"}], by=person.id)
    with as_person(alice):
        assert {task.status for task in EventTask.objects.all()} == {"not_started"}
        assert EventTask.objects.count() == 3


def test_channels_of_samples_and_assets_are_for_their_owner_alone(alice, bob, sam):
    for kind in ("samples", "assets"):
        assert can_join(alice.caller, kind, alice.id)
        assert not can_join(bob.caller, kind, alice.id)
        assert not can_join(sam.caller, kind, alice.id)
    assert not can_join(alice.caller, "nonsense", alice.id)


def test_a_member_neither_changes_nor_removes_the_event_nor_adds_people(alice, member, sam, event):
    with as_person(member):
        assert (
            services.change_events(Event.objects.for_user(member), {"name": "Mine"}, by=member.id)
            == []
        )
        assert services.remove_events(Event.objects.for_user(member)) == 0
    with pytest.raises(Exception, match="row-level security"), as_person(member):
        services.add_member(event.id, sam.id)
    with as_person(alice):
        assert Event.objects.get().name == "Show"
        assert EventMember.objects.count() == 2


def test_a_member_can_leave_and_the_owner_stays(alice, member, event):
    with as_person(member):
        assert services.remove_members(EventMember.objects.filter(event=event)) == 1
    assert not can_join(member.caller, "events", event.id)
    assert can_join(alice.caller, "events", event.id)


def test_an_event_goes_with_all_that_lies_inside_it(alice, member, event, tasks):
    with as_person(alice):
        assert services.remove_events(Event.objects.for_user(alice)) == 1
    with acting(Role.SUPPORT):
        for model in (Event, EventMember, EventTask, TaskDependency):
            assert not model.objects.exists()
        assert not StatusChange.objects.filter(event_id=event.id).exists()


def test_a_task_waits_for_tasks_of_its_own_event_only(alice, tasks):
    with as_person(alice):
        [other] = services.add_events(alice.id, [{"name": "Other"}], by=alice.id)
        [far] = services.add_tasks(other.id, [{"title": "Far"}], by=alice.id)
        with pytest.raises(Refused, match="its own event"):
            services.link_tasks(far, tasks[0].pk)
        with pytest.raises(Refused, match="its own event"):
            services.link_tasks(far, far.pk)
        assert TaskDependency.objects.count() == 1


def due(person, task, at):
    change(person, task, due_at=at)


def announce(now):
    with acting(Role.SYSTEM):
        return services.announce_deadlines(now=now, size=100, catch_up=timedelta(days=7))


@committing
def test_a_deadline_within_a_day_is_announced_once_and_again_when_it_moves(alice, tasks):
    now = timezone.now()
    due(alice, tasks[0], now + timedelta(hours=5))
    due(alice, tasks[1], now + timedelta(hours=25))
    with listening() as told:
        assert announce(now) == 1
        assert announce(now) == 0
        due(alice, tasks[0], now + timedelta(hours=6))
        assert announce(now) == 1
    assert [(event, fact["title"], fact["hoursLeft"]) for _, event, fact in told] == [
        ("deadline_approaching", "Stage build", 5.0),
        ("deadline_approaching", "Stage build", 6.0),
    ]
    assert {fact["criticalPathAffected"] for _, _, fact in told} == {True}


def test_after_downtime_the_overdue_are_announced_and_the_closed_and_the_ancient_are_not(
    alice, tasks
):
    now = timezone.now()
    due(alice, tasks[0], now - timedelta(hours=3))
    due(alice, tasks[1], now - timedelta(days=30))
    due(alice, tasks[2], now + timedelta(hours=1))
    change(alice, tasks[2], status="done")
    assert announce(now) == 1
    with as_person(alice):
        assert EventTask.objects.exclude(announced_due_at=None).get().id == tasks[0].id


@pytest.mark.parametrize("count", [1, 3])
def test_a_change_of_many_tasks_costs_as_many_queries_as_of_one(
    alice, event, tasks, count, django_assert_num_queries
):
    ids = [task.id for task in tasks[:count]]
    # The actor's transaction (3), lock, two times the network (3 each), savepoint (2) with update, history, members
    # and staleness, those that are waited for, notifications.
    with django_assert_num_queries(18), as_person(alice):
        services.change_tasks(EventTask.objects.filter(id__in=ids), {"status": "done"}, by=alice.id)

import threading

import pytest
from django.db import connection

from fashionos.kit.owned import Role, acting
from fashionos.workspace import services
from fashionos.workspace.changes import Refused
from fashionos.workspace.models import Sample, StatusChange
from fashionos.workspace.tests.conftest import as_person, listening

committing = pytest.mark.django_db(transaction=True)


def statuses(person):
    with as_person(person):
        rows = Sample.objects.for_user(person).order_by("reference")
        return [(row.reference, row.status) for row in rows]


def change(person, sample, /, **changes):
    with as_person(person):
        rows = Sample.objects.for_user(person).filter(reference=sample)
        return services.change_samples(rows, changes, by=person.id)


@committing
def test_a_new_status_is_kept_stamped_told_and_remembered(alice, samples):
    with listening() as told:
        [gown] = change(alice, "gown", status="received")
    assert gown.received_at is not None
    [(topic, event, fact)] = told
    assert (topic, event) == (f"samples:{alice.id}", "sample_status_changed")
    assert fact["oldStatus"] == "awaiting"
    assert fact["newStatus"] == "received"
    assert fact["sampleId"] == str(gown.id)
    assert fact["insights"] == "logistics"
    with as_person(alice):
        history = StatusChange.objects.for_user(alice).filter(record_id=gown.id).order_by("id")
        assert [(h.old_status, h.new_status, h.is_usual) for h in history] == [
            ("", "awaiting", True),
            ("awaiting", "received", True),
        ]
        assert {h.changed_by_id for h in history} == {alice.id}


@committing
def test_doing_it_again_changes_and_tells_nothing(alice, samples):
    change(alice, "gown", status="received")
    with listening() as told:
        [gown] = change(alice, "gown", status="received")
    assert gown.status == "received"
    assert told == []
    with as_person(alice):
        assert StatusChange.objects.filter(record_id=gown.id).count() == 2


@committing
def test_a_jump_is_accepted_and_marked(alice, samples):
    [gown] = change(alice, "gown", status="shot")
    with as_person(alice):
        assert not StatusChange.objects.get(record_id=gown.id, new_status="shot").is_usual


@committing
def test_losing_a_hero_raises_a_blocker_and_finding_it_resolves_it(alice, samples):
    change(alice, "gown", status="received")
    with listening() as told:
        change(alice, "gown", status="lost")
        change(alice, "gown", status="received")
    lost, found = (fact for _, _, fact in told)
    assert (lost["blockerRaised"], lost["blockerResolved"], lost["severity"]) == (
        True,
        False,
        "critical",
    )
    assert (found["blockerRaised"], found["blockerResolved"], found["severity"]) == (
        False,
        True,
        "success",
    )


@committing
def test_adding_and_removing_are_told_once_for_each_sample(alice, samples):
    with listening() as told, as_person(alice):
        services.add_samples(alice.id, [{"reference": "cape"}, {"reference": "belt"}], by=alice.id)
        services.add_samples(alice.id, [{"reference": "cape"}, {"reference": "gown"}], by=alice.id)
        assert services.remove_samples(Sample.objects.for_user(alice).filter(reference="cape")) == 1
        assert services.remove_samples(Sample.objects.for_user(alice).filter(reference="cape")) == 0
    assert [event for _, event, _ in told] == ["sample_added", "sample_added", "sample_removed"]


@committing
def test_what_is_rolled_back_is_not_told(alice, samples):
    with listening() as told, pytest.raises(RuntimeError), as_person(alice):
        services.change_samples(Sample.objects.for_user(alice), {"status": "shot"}, by=alice.id)
        raise RuntimeError
    assert told == []
    assert statuses(alice) == [("gown", "awaiting"), ("tote", "received")]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"status": "gone"}, "status"),
        ({"nonsense": 1}, "nonsense"),
        ({"user_id": "0"}, "user_id"),
        ({"id": "0"}, "id"),
        ({"needed_at": "soon"}, "needed_at"),
        ({"name": "x" * 300}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"details": [1]}, "details"),
        ({"look_ids": "look-1"}, "look_ids"),
        ({"look_ids": [1]}, "look_ids"),
        ({"look_ids": ["a\0b"]}, "look_ids"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_its_field_and_changes_nothing(
    alice, samples, changes, field
):
    with pytest.raises(Refused) as refused:
        change(
            alice,
            "gown",
            **{"status": "received", **changes},
        )
    assert refused.value.field == field
    assert statuses(alice) == [("gown", "awaiting"), ("tote", "received")]


def test_two_samples_of_one_reference_are_refused(alice, samples):
    with pytest.raises(Refused, match="samples_reference"):
        change(alice, "tote", reference="gown")
    assert statuses(alice) == [("gown", "awaiting"), ("tote", "received")]


def test_a_stranger_reaches_no_sample_by_any_service(alice, bob, samples):
    with as_person(bob):
        everything = Sample.objects.all()
        assert services.change_samples(everything, {"status": "lost"}, by=bob.id) == []
        assert services.remove_samples(everything) == 0
    assert statuses(alice) == [("gown", "awaiting"), ("tote", "received")]


def test_a_stranger_cannot_take_the_id_of_a_sample(alice, bob, samples):
    with pytest.raises(Refused, match="samples_pkey"), as_person(bob):
        services.add_samples(bob.id, [{"id": samples[0].id, "name": "mine now"}], by=bob.id)
    assert statuses(bob) == []


def test_support_changes_a_sample_as_its_owner_would(alice, sam, samples):
    with acting(Role.SUPPORT):
        services.change_samples(
            Sample.objects.filter(reference="gown"), {"status": "received"}, by=sam.id
        )
    assert statuses(alice)[0] == ("gown", "received")
    with as_person(alice):
        assert (
            StatusChange.objects.get(new_status="received", record_id=samples[0].id).changed_by_id
            == sam.id
        )


@committing
def test_the_same_sample_added_by_ten_at_once_is_added_and_told_once(alice):
    def add():
        try:
            with as_person(alice):
                services.add_samples(alice.id, [{"reference": "cape", "name": "Cape"}], by=alice.id)
        finally:
            connection.close()

    with listening() as told:
        threads = [threading.Thread(target=add) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [event for _, event, _ in told] == ["sample_added"]
    assert statuses(alice) == [("cape", "awaiting")]


@committing
def test_changes_of_one_sample_by_many_at_once_are_told_in_the_order_they_happened(alice, samples):
    ways = ["received", "on_set", "shot", "returned"] * 3

    def move(status):
        try:
            change(alice, "gown", status=status)
        finally:
            connection.close()

    with listening() as told:
        threads = [threading.Thread(target=move, args=(status,)) for status in ways]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    facts = [fact for _, _, fact in told]
    chain = ["awaiting", *(fact["newStatus"] for fact in facts)]
    assert [fact["oldStatus"] for fact in facts] == chain[:-1]
    assert statuses(alice)[0] == ("gown", chain[-1])


@pytest.mark.parametrize("count", [1, 3])
def test_a_change_of_many_costs_as_many_queries_as_of_one(alice, count, django_assert_num_queries):
    with as_person(alice):
        rows = [{"reference": f"s{number}"} for number in range(count)]
        services.add_samples(alice.id, rows, by=alice.id)
    # The transaction with its actor (3), lock, savepoint (2), update, history, staleness, notifications.
    with django_assert_num_queries(10), as_person(alice):
        services.change_samples(Sample.objects.for_user(alice), {"status": "received"}, by=alice.id)

"""What support does in the admin reaches the owners' screens as any other change does."""

import pytest

from fashionos.tests.test_admin import browser, page
from fashionos.workspace.models import EventMember, EventTask, Sample, TaskDependency
from fashionos.workspace.tests.conftest import as_person, listening

TABLES = (
    *("sample", "event", "eventmember", "eventtask", "taskdependency", "asset", "shot"),
    "statuschange",
)


@pytest.fixture
def support(sam):
    return browser("sam@example.com")


def form_of(client, path):
    """Return the values that the form of this page holds, as a browser would send them back."""
    values = {}
    for bound in client.get(path).context["adminform"].form:
        value, widget = bound.value(), bound.field.widget
        if hasattr(widget, "decompress"):
            parts = {f"{bound.name}_{at}": part for at, part in enumerate(widget.decompress(value))}
        else:
            parts = {bound.name: widget.format_value(value)}
        for name, part in parts.items():
            text = part[0] if isinstance(part, list) else part
            if text not in (None, "", False):
                values[name] = text
    return values


@pytest.mark.parametrize("table", TABLES)
def test_support_sees_every_table_and_nobody_else_does(support, alice, samples, tasks, table):
    path = f"/admin/workspace/{table}/"
    assert page(support, path)
    assert browser("alice@example.com").get(path).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_a_status_changed_by_support_is_kept_and_told_once(support, alice, samples):
    path = f"/admin/workspace/sample/{samples[0].id}/change/"
    values = form_of(support, path)
    with listening() as told:
        response = support.post(path, {**values, "status": "received"})
    assert response.status_code == 302
    assert [(event, fact["newStatus"]) for _, event, fact in told] == [
        ("sample_status_changed", "received")
    ]
    with as_person(alice):
        assert Sample.objects.get(id=samples[0].id).status == "received"


@pytest.mark.django_db(transaction=True)
def test_saving_without_a_change_tells_nothing(support, alice, samples):
    path = f"/admin/workspace/sample/{samples[0].id}/change/"
    values = form_of(support, path)
    with listening() as told:
        assert support.post(path, values).status_code == 302
    assert told == []


@pytest.mark.django_db(transaction=True)
def test_samples_added_and_deleted_by_support_are_told(support, alice):
    path = "/admin/workspace/sample/add/"
    with listening() as told:
        values = form_of(support, path) | {"name": "Cape", "user": str(alice.id)}
        assert support.post(path, values).status_code == 302
        cape = only_sample(alice)
        support.post(f"/admin/workspace/sample/{cape.id}/delete/", {"post": "yes"})
        support.post(path, values)
        marked = {"action": "delete_selected", "post": "yes"}
        chosen = str(only_sample(alice).id)
        support.post("/admin/workspace/sample/", {**marked, "_selected_action": [chosen]})
    assert [event for _, event, _ in told] == ["sample_added", "sample_removed"] * 2


def only_sample(person):
    with as_person(person):
        return Sample.objects.get()


def test_what_the_services_refuse_is_said_and_nothing_changes(support, alice, bob, tasks):
    path = f"/admin/workspace/eventtask/{tasks[0].id}/change/"
    values = form_of(support, path) | {"owner": str(bob.id), "title": "Other"}
    response = support.post(path, values, follow=True)
    assert "no member of the event" in response.content.decode()
    with as_person(alice):
        assert EventTask.objects.get(id=tasks[0].id).title == "Stage build"


def test_support_adds_and_removes_members_and_links(support, alice, bob, event, tasks):
    people = {"event": str(event.id), "user": str(bob.id)}
    support.post("/admin/workspace/eventmember/add/", people)
    with as_person(bob):
        member = EventMember.objects.get(user_id=bob.id)
    support.post(f"/admin/workspace/eventmember/{member.pk}/delete/", {"post": "yes"})
    link = {"task": str(tasks[2].id), "predecessor": str(tasks[1].id), "type": "SS"}
    support.post("/admin/workspace/taskdependency/add/", {**link, "lag_minutes": "10"})
    with as_person(alice):
        assert list(EventMember.objects.values_list("user_id", flat=True)) == [alice.id]
        made = TaskDependency.objects.get(task=tasks[2])
        assert (made.type, made.lag_minutes) == ("SS", 10)

"""What is not planned yet is advice, of one's own plan alone."""

import pytest

from fashionos.kit.owned import Role, acting
from fashionos.workspace.services import add_events, add_samples, add_shots, add_tasks

PLAN = ["samples", "tasks", "shots", "assets"]
ASK = {"recommendationType": "next_actions", "noCache": True}


def advised(person):
    answer = person.post("/functions/v1/recommendations", ASK)
    return [one["item"]["id"] for one in answer.document["recommendations"]]


@pytest.mark.django_db
def test_an_empty_workspace_is_to_be_filled(alice, bob):
    assert advised(alice) == PLAN
    with acting(Role.WEB, user_id=alice.id):
        add_samples(alice.id, [{"name": "Gown"}], by=None)
    assert advised(alice) == ["tasks", "shots", "assets"]
    assert advised(bob) == PLAN


@pytest.mark.django_db
def test_the_tasks_of_an_event_are_its_members(alice, bob):
    with acting(Role.WEB, user_id=alice.id):
        [event] = add_events(alice.id, [{"name": "Show"}], by=None)
        add_tasks(event.pk, [{"title": "Steam"}], by=None)
        add_shots(alice.id, [{"name": "Look 1"}], by=None)
    assert advised(alice) == ["samples", "assets"]
    assert advised(bob) == PLAN


@pytest.mark.django_db
def test_somebody_who_sends_their_data_is_not_told_to_store_it(alice):
    body = {"sampleList": [{"id": "1", "status": "received"}]}
    assert alice.post("/functions/v1/logistics-analyzer", body).status == 200
    assert not set(PLAN) & set(advised(alice))


@pytest.mark.django_db
def test_the_chat_says_so_too(alice):
    answer = alice.post("/functions/v1/chat-orchestrator", {"message": "what should I do first?"})
    assert answer.document["content"].startswith("First: Add your samples.")

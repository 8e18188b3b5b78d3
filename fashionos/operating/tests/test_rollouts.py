"""Functions switched on for a share of the users: sticky, fair, at once, and honest to whom they are kept from."""

import threading
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, OperationalError, ProgrammingError, connection, transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from fashionos.accounts.models import User
from fashionos.kit import functions
from fashionos.kit.owned import Role, acting
from fashionos.operating import services
from fashionos.operating.models import FunctionRollout
from fashionos.operating.rollout import is_in, place
from fashionos.operating.services import Rollouts, function_names
from fashionos.testing.people import PASSWORD

LOGISTICS = "/functions/v1/logistics-analyzer"
CHAT = "/functions/v1/chat-orchestrator"
SAMPLES = {"sampleList": [{"id": "gown", "name": "Ivory gown", "status": "on_set"}]}
NAMES = [
    *("action-confirm", "chat-orchestrator", "conversation-feedback", "events-optimizer"),
    *("logistics-analyzer", "media-scorer", "recommendations"),
]


@pytest.fixture
def rollouts(settings, monkeypatch):
    settings.ROLLOUT_SECONDS = -1  # looks each time
    monkeypatch.setattr(functions, "_gates", [])
    rollouts = Rollouts()
    functions.open_by(rollouts.is_open)
    return rollouts


def switch(function, percentage):
    with acting(Role.SUPPORT):
        FunctionRollout.objects.update_or_create(
            function=function, defaults={"percentage": percentage}
        )


@pytest.fixture
def support(sam):
    client = Client()
    client.post("/admin/login/", {"username": "sam@example.com", "password": PASSWORD})
    return client


@given(st.uuids(), st.integers(0, 100), st.integers(0, 100))
def test_who_is_in_stays_in_when_the_share_grows(user, some, more):
    some, more = sorted((some, more))
    assert is_in("media-scorer", user, more) or not is_in("media-scorer", user, some)
    assert is_in("media-scorer", user, 100)
    assert not is_in("media-scorer", user, 0)


def test_a_tenth_of_the_users_is_a_tenth_and_another_one_for_each_function():
    users = [uuid4() for _ in range(20_000)]
    for percentage in (10, 50):
        inside = sum(is_in("media-scorer", user, percentage) for user in users)
        assert abs(inside / len(users) - percentage / 100) < 0.02
    both = sum(
        place("media-scorer", user) < 10 and place("recommendations", user) < 10 for user in users
    )
    assert abs(both / len(users) - 0.01) < 0.005


def test_the_place_of_a_user_is_the_same_for_ever():
    user = UUID("5f0c7d52-3b1e-4c7a-9d86-2a4be1f7c903")
    assert place("media-scorer", user) == 63
    assert (is_in("media-scorer", user, 63), is_in("media-scorer", user, 64)) == (False, True)


def test_a_function_that_is_off_is_a_503_in_the_functions_shape_and_back_at_once(
    alice, bob, rollouts
):
    switch("logistics-analyzer", 0)
    answer = alice.post(LOGISTICS, SAMPLES)
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "300"
    assert answer.document["error"]["code"] == "switched_off"
    assert answer.document["error"]["suggestions"]
    assert alice.post("/functions/v1/media-scorer", {"assets": []}).status == 200
    switch("logistics-analyzer", 100)
    assert alice.post(LOGISTICS, SAMPLES).status == 200


def test_each_user_gets_what_their_place_says(alice, bob, rollouts):
    for percentage in (10, 50, 100):
        switch("logistics-analyzer", percentage)
        for person in (alice, bob):
            expected = 200 if is_in("logistics-analyzer", person.id, percentage) else 503
            assert person.post(LOGISTICS, SAMPLES).status == expected


def test_a_stranger_without_a_token_learns_nothing_of_rollouts(db, rollouts, client):
    switch("logistics-analyzer", 0)
    assert client.post(LOGISTICS, SAMPLES, content_type="application/json").status_code == 401


def test_chat_says_so_when_what_it_needs_is_off_and_answers_the_rest(alice, rollouts):
    switch("logistics-analyzer", 0)
    ask = {"currentKit": "logistics", "userContext": SAMPLES}
    answer = alice.post(CHAT, {"message": "are we ready?", **ask})
    assert answer.status == 200
    assert "not switched on for you yet (sample analysis)" in answer.document["content"]
    assert answer.document["severity"] == "warning"
    located = alice.post(CHAT, {"message": "where is the Ivory gown?", **ask}).document
    assert "not switched on" not in located["content"]
    switch("chat-orchestrator", 0)
    assert alice.post(CHAT, {"message": "are we ready?", **ask}).status == 503


def test_a_change_is_seen_after_the_seconds_of_the_setting_and_not_read_before(alice, settings):
    settings.ROLLOUT_SECONDS = 3600
    rollouts = Rollouts()
    assert rollouts.is_open("logistics-analyzer", alice.id)
    switch("logistics-analyzer", 0)
    with acting(Role.SYSTEM):  # nothing else would be asked in here
        assert rollouts.is_open("logistics-analyzer", alice.id)
    settings.ROLLOUT_SECONDS = -1
    assert not rollouts.is_open("logistics-analyzer", alice.id)


def test_while_the_database_is_away_all_is_as_it_was(alice, rollouts, monkeypatch):
    switch("logistics-analyzer", 0)
    assert not rollouts.is_open("logistics-analyzer", alice.id)

    def fail(*_, **__):
        raise OperationalError("gone")

    monkeypatch.setattr(services, "acting", fail)
    assert not rollouts.is_open("logistics-analyzer", alice.id)
    assert Rollouts().is_open("logistics-analyzer", alice.id)


def test_a_gate_that_fails_keeps_nobody_out(alice, rollouts, caplog):
    def fail(*_):
        raise ValueError("a fault of the gate")

    functions.open_by(fail)
    assert alice.post(LOGISTICS, SAMPLES).status == 200
    assert "cannot tell for whom" in caplog.text


def test_those_who_come_first_wait_for_the_first_answer(alice, settings, monkeypatch):
    settings.ROLLOUT_SECONDS = 3600
    rollouts, reading, go_on = Rollouts(), threading.Event(), threading.Event()

    def read():
        reading.set()
        go_on.wait(10)
        rollouts._percentages, rollouts._read_at = {"logistics-analyzer": 0}, 1e12

    monkeypatch.setattr(rollouts, "_read", read)
    found = []
    threads = [
        threading.Thread(
            target=lambda: found.append(rollouts.is_open("logistics-analyzer", alice.id))
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    assert reading.wait(10)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert found == [False] * 4


def test_every_function_that_is_served_can_be_switched(support):
    assert function_names() == NAMES
    text = support.get("/admin/operating/functionrollout/").content.decode()
    assert all(name in text for name in NAMES)


@pytest.mark.parametrize("percentage", [0, 10, 50, 100])
def test_support_switches_by_presets_and_it_is_remembered_who_did(support, percentage):
    support.get("/admin/operating/functionrollout/")
    form = {"action": f"switch_to_{percentage}", "_selected_action": ["media-scorer"]}
    assert support.post("/admin/operating/functionrollout/", form).status_code == 302
    with acting(Role.SUPPORT):
        assert FunctionRollout.objects.get(function="media-scorer").percentage == percentage
        assert FunctionRollout.objects.get(function="recommendations").percentage == 100
    history = support.get("/admin/operating/functionrollout/media-scorer/history/")
    assert f"Switched to {percentage} %." in history.content.decode()


def test_support_sets_any_share_and_none_beyond(support):
    support.get("/admin/operating/functionrollout/")
    path = "/admin/operating/functionrollout/media-scorer/change/"
    assert support.post(path, {"percentage": "37"}).status_code == 302
    assert "less than or equal to 100" in support.post(path, {"percentage": "101"}).content.decode()
    with acting(Role.SUPPORT):
        assert FunctionRollout.objects.get(function="media-scorer").percentage == 37


def test_support_sees_who_is_in(support, alice):
    switch("media-scorer", 0)
    path = "/admin/operating/functionrollout/"
    for term in (alice.user.email, str(alice.id)):
        text = support.get(path, {"q": term}).content.decode()
        assert text.count('alt="True"') == len(NAMES) - 1
        assert text.count('alt="False"') == 1
    assert "There is no such user" in support.get(path, {"q": "nobody"}).content.decode()
    page = support.get(f"{path}media-scorer/change/").content.decode()
    assert "none of 2" in page
    switch("media-scorer", 100)
    page = support.get(f"{path}media-scorer/change/").content.decode()
    assert "2 of 2: alice@example.com, sam@example.com" in page


@pytest.mark.parametrize(
    "path", ["functionrollout/", "functionrollout/media-scorer/change/", "alertstate/"]
)
def test_nobody_else_sees_or_changes_a_rollout(alice, path):
    switch("media-scorer", 50)
    client = Client()
    client.post("/admin/login/", {"username": "alice@example.com", "password": PASSWORD})
    assert client.get(f"/admin/operating/{path}").status_code == 302
    client.post(f"/admin/operating/{path}", {"percentage": "100"})
    with acting(Role.SUPPORT):
        assert FunctionRollout.objects.get(function="media-scorer").percentage == 50


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", [Role.WEB, Role.AUTH, Role.SYSTEM, Role.ERASER])
def test_no_other_role_may_change_a_rollout(alice, role):
    switch("media-scorer", 50)
    for sql in (
        "UPDATE function_rollouts SET percentage = 100",
        "INSERT INTO function_rollouts VALUES ('x', 1, now())",
        "DELETE FROM function_rollouts",
    ):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            acting(role, user_id=alice.id),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)
    with acting(Role.SUPPORT):
        assert FunctionRollout.objects.get(function="media-scorer").percentage == 50


def test_the_database_refuses_more_than_everybody(db):
    with acting(Role.SUPPORT), pytest.raises(IntegrityError), transaction.atomic():
        FunctionRollout.objects.create(function="x", percentage=101)


@pytest.mark.parametrize("users", [1, 3])
def test_the_list_costs_the_same_however_many_users_there_are(
    support, django_assert_num_queries, users
):
    with acting(Role.AUTH):
        for number in range(users):
            User.objects.create(email=f"user{number}@example.com")
    support.get("/admin/operating/functionrollout/")
    with django_assert_num_queries(11):
        support.get("/admin/operating/functionrollout/", {"q": "user0@example.com"})

"""The data keys of a backup come back to whom they belong to."""

from io import StringIO

import pytest
from django.db import connection

from assistant.models import Conversation
from fashionos.accounts import keys
from fashionos.accounts.models import DataKey, User
from fashionos.kit.encryption import Unreadable
from fashionos.kit.owned import Role, acting
from fashionos.tests.test_walls import add_rows


@pytest.fixture
def kept(alice, bob):
    """Return the keys of Alice and Bob, as `backup` keeps them."""
    with acting(Role.AUTH), connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('%s,%s,%s', user_id, wrapped_by, wrapped) FROM accounts_datakey"
        )
        return StringIO("\n".join(["user_id,wrapped_by,wrapped", *(row for (row,) in cursor)]))


def lose_key(person):
    with acting(Role.AUTH):
        DataKey.objects.filter(user_id=person.id).delete()
    keys.forget_data_keys()


def opened(turn):
    with acting(Role.SUPPORT):
        return Conversation.objects.get(id=turn.id).text


def test_a_key_that_is_restored_opens_what_it_sealed(alice, bob, kept, monkeypatch):
    monkeypatch.setattr(keys, "_RESTORED_AT_ONCE", 1)
    turns = [add_rows(person.user) for person in (alice, bob)]
    for person in (alice, bob):
        lose_key(person)
    with pytest.raises(Unreadable):
        opened(turns[0])
    keys.restore_data_keys(kept)
    assert [opened(turn) for turn in turns] == ["are we ready?"] * 2


def test_who_has_a_key_keeps_it_and_who_is_gone_gets_none(alice, bob, kept):
    lose_key(alice)
    with acting(Role.AUTH):
        keys.add_data_key(alice.user)
    with acting(Role.ERASER):
        User.objects.filter(id=bob.id).delete()
    turn = add_rows(alice.user)
    keys.restore_data_keys(kept)
    keys.forget_data_keys()
    assert opened(turn) == "are we ready?"
    with acting(Role.AUTH):
        assert [key.user_id for key in DataKey.objects.all()] == [alice.id]

"""What is sealed opens only in its own place, with its own key."""

import base64
import uuid

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from assistant.models import Conversation
from fashionos.development import new_encryption_key
from fashionos.kit.encryption import KeyRing, Unreadable, seal, unseal
from fashionos.kit.owned import Role, acting
from fashionos.tests.test_walls import add_rows

USER = uuid.uuid4()
RING = KeyRing([new_encryption_key()])
KEY = RING.unwrap(USER, *RING.wrap_new(USER))


@given(st.binary(max_size=500), st.text(max_size=50))
def test_what_is_sealed_comes_back(plain, place):
    sealed = seal(KEY, plain, place)
    assert unseal(KEY, sealed, place) == plain
    assert len(sealed) == len(plain) + 12 + 16


@given(st.binary(min_size=1, max_size=100), st.integers(min_value=0), st.integers(1, 255))
def test_a_changed_byte_opens_nothing(plain, position, change):
    sealed = bytearray(seal(KEY, plain, "place"))
    sealed[position % len(sealed)] ^= change
    with pytest.raises(Unreadable):
        unseal(KEY, bytes(sealed), "place")


@pytest.mark.parametrize("sealed", [b"", b"x", b"x" * 12, b"x" * 27])
def test_a_torn_ciphertext_opens_nothing(sealed):
    with pytest.raises(Unreadable):
        unseal(KEY, sealed, "place")


def test_another_place_another_user_and_another_ring_open_nothing():
    sealed = seal(KEY, b"secret", "place")
    with pytest.raises(Unreadable):
        unseal(KEY, sealed, "elsewhere")
    name, wrapped = RING.wrap_new(USER)
    with pytest.raises(Unreadable):
        RING.unwrap(uuid.uuid4(), name, wrapped)
    with pytest.raises(Unreadable):
        KeyRing([new_encryption_key()]).unwrap(USER, name, wrapped)
    same_name = KeyRing([f"{RING.primary}:{base64.b64encode(bytes(32)).decode()}"])
    with pytest.raises(Unreadable):
        same_name.unwrap(USER, name, wrapped)


@pytest.mark.parametrize(
    "entries",
    [
        [],
        ["k1"],
        ["k1:not base64"],
        [f"k1:{base64.b64encode(bytes(16)).decode()}"],
        [f":{base64.b64encode(bytes(32)).decode()}"],
        [f"k1:{base64.b64encode(bytes(32)).decode()}"] * 2,
    ],
)
def test_a_ring_of_malformed_keys_is_refused(entries):
    with pytest.raises(ValueError, match=r"key"):
        KeyRing(entries)


def stored(statement, *parameters):
    with acting(Role.SUPPORT), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def test_a_dump_of_the_table_shows_no_plain_text(alice):
    turn = add_rows(alice.user)
    [(row,)] = stored("SELECT c::text FROM assistant_conversations c")
    [(message, response)] = stored("SELECT message, response FROM assistant_conversations")
    for plain in (b"are we ready?", b"content", b"Yes"):
        assert plain not in bytes(message)
        assert plain not in bytes(response)
        assert plain.decode() not in row
        assert plain.hex() not in row
    with acting(Role.SUPPORT):
        opened = Conversation.objects.get(id=turn.id)
    assert opened.text == "are we ready?"
    assert opened.answer == {"content": "Yes"}


def test_the_same_words_are_never_the_same_bytes(alice):
    with acting(Role.WEB, user_id=alice.id):
        rows = []
        for _ in range(2):
            row = Conversation(user_id=alice.id)
            row.text = "are we ready?"
            rows.append(bytes(row.message))
    assert rows[0] != rows[1]


def test_a_ciphertext_moved_to_another_row_or_column_opens_nothing(alice, bob):
    mine, theirs = add_rows(alice.user), add_rows(bob.user)
    with acting(Role.SUPPORT):
        mine, theirs = (Conversation.objects.get(id=turn.id) for turn in (mine, theirs))
        for taken in (theirs.message, mine.response):
            moved = Conversation(id=mine.id, user_id=alice.id, message=taken)
            with pytest.raises(Unreadable):
                _ = moved.text

from time import monotonic
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from fashionos.kit import held as module
from fashionos.kit.held import IDLE_SECONDS, Held, forget

ALICE, BOB = UUID(int=1), UUID(int=2)


def holding(most, *keys, size=1):
    held = Held(most)
    for key in keys:
        held.put(ALICE, key, key.upper(), size)
    return held


def there(held, owner_id=ALICE):
    return {key for key in "abcd" if held.get(owner_id, key) is not None}


def test_what_was_put_last_under_a_key_is_there_for_its_owner_alone():
    held = holding(10)
    held.put(ALICE, "a", "1", 1)
    held.put(ALICE, "a", "22", 2)
    assert held.get(ALICE, "a") == "22"
    assert held.get(ALICE, "b") is None
    assert held.get(BOB, "a") is None


def test_the_least_recently_used_goes_first():
    held = holding(3, "a", "b", "c")
    held.get(ALICE, "a")
    held.put(ALICE, "d", "D", 1)
    assert there(held) == {"a", "c", "d"}


def test_what_is_larger_than_everything_is_not_held():
    held = holding(3)
    held.put(ALICE, "a", "A", 4)
    assert held.get(ALICE, "a") is None
    held.put(ALICE, "b", "B", 3)
    assert held.get(ALICE, "b") == "B"


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 6))))
def test_the_bytes_never_exceed_the_bound(puts):
    held = holding(10)
    for key, size in puts:
        held.put(ALICE, key, size, size)
        sizes = [held.get(ALICE, key) for key in "abcd"]
        assert sum(size for size in sizes if size) <= 10


def test_what_is_a_user_s_goes_everywhere_at_once_and_leaves_its_room_to_others():
    one, two = holding(2, "a", "b"), holding(2, "a")
    two.put(BOB, "a", "A", 1)
    forget(ALICE)
    assert (there(one), there(two), there(two, BOB)) == (set(), set(), {"a"})
    for key in "cd":
        one.put(BOB, key, key, 1)
    assert there(one, BOB) == {"c", "d"}


def test_what_nobody_asked_for_in_a_while_goes():
    held, put = holding(10, "a", "b"), monotonic()
    held.sweep(put + IDLE_SECONDS / 2)
    assert there(held) == {"a", "b"}
    held.put(ALICE, "c", "C", 1)
    held.sweep(put + 2 * IDLE_SECONDS)
    assert there(held) == set()


def test_it_sweeps_by_itself_as_long_as_it_holds_anything(monkeypatch):
    class Broom:
        def __init__(self, seconds, sweep):
            self.seconds, self.sweep = seconds, sweep
            brooms.append(self)

        def start(self):
            started.append(self)

    brooms, started = [], []
    monkeypatch.setattr(module, "Timer", Broom)
    held = holding(10, "a", "b")
    assert [broom.seconds for broom in started] == [IDLE_SECONDS]
    started[0].sweep()
    assert started == brooms
    assert len(brooms) == 2
    forget(ALICE)
    started[1].sweep()
    assert len(brooms) == 2
    assert there(held) == set()

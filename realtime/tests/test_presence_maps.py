"""Maps of presences: a diff says exactly what changed, and all processes come to the same map."""

import copy

from hypothesis import given
from hypothesis import strategies as st

from realtime.presence import Presences

TOPICS, OWNERS, KEYS = ("a", "b"), ("o1", "o2", "o3"), ("k1", "k2")

actions = st.one_of(
    st.tuples(
        st.just("track"), st.sampled_from(TOPICS), st.sampled_from(OWNERS), st.sampled_from(KEYS)
    ),
    st.tuples(st.just("untrack"), st.sampled_from(TOPICS), st.sampled_from(OWNERS)),
)


def act(presences, action):
    """Apply an action of the process's own; return (diff, change) or None."""
    if action[0] == "track":
        _, topic, owner, key = action
        return presences.track(topic, owner, key, {"n": 1})
    return presences.untrack(*action[1:])


def as_client(state, diff):
    """Do what the client's library does with a diff: drop what left by its ref, add what joined."""
    state = copy.deepcopy(state)
    for key, left in diff.leaves.items():
        gone = {meta["phx_ref"] for meta in left["metas"]}
        metas = [meta for meta in state[key]["metas"] if meta["phx_ref"] not in gone]
        state[key] = {"metas": metas}
    for key, came in diff.joins.items():
        state.setdefault(key, {"metas": []})["metas"].extend(came["metas"])
    return plain({key: entry for key, entry in state.items() if entry["metas"]})


def plain(state):
    """Order of metas aside."""
    return {
        key: {"metas": sorted(entry["metas"], key=lambda meta: meta["phx_ref"])}
        for key, entry in state.items()
    }


@given(st.lists(actions, max_size=30))
def test_state_before_and_diff_make_the_state_after(sequence):
    presences = Presences("p")
    for action in sequence:
        before = {topic: presences.state(topic) for topic in TOPICS}
        told = act(presences, action)
        if told is None:
            assert {topic: presences.state(topic) for topic in TOPICS} == before
            continue
        diff, _ = told
        for topic in TOPICS:
            after = plain(presences.state(topic))
            assert after == (
                as_client(before[topic], diff) if topic == diff.topic else plain(before[topic])
            )


steps = st.lists(
    st.one_of(
        st.tuples(st.just("act"), st.integers(0, 2), actions),
        st.tuples(st.just("hear"), st.integers(0, 2), st.integers(0, 2), st.booleans()),
        st.tuples(st.just("snapshot"), st.integers(0, 2), st.integers(0, 2)),
        st.tuples(st.just("forget"), st.integers(0, 2), st.integers(0, 2)),
    ),
    max_size=60,
)


@given(steps)
def test_processes_come_to_one_map_whatever_was_lost_on_the_way(sequence):  # noqa: C901, PLR0912 -- one story
    """Messages of one process arrive in order or not at all; snapshots may be old; a process may be forgotten."""
    processes = [Presences(name) for name in "xyz"]
    mirrors = [{topic: {} for topic in TOPICS} for _ in processes]  # a client of each process
    wires = {(a, b): [] for a in range(3) for b in range(3) if a != b}

    def tell(listener, diffs):
        for diff in diffs:
            mirrors[listener][diff.topic] = as_client(mirrors[listener][diff.topic], diff)

    for step in sequence:
        kind, one, *rest = step
        if kind == "act":
            told = act(processes[one], rest[0])
            if told:
                tell(one, [told[0]])
                for other in range(3):
                    if other != one:
                        wires[one, other].append(told[1])
            continue
        other = rest[0]
        if one == other:
            continue
        if kind == "hear" and wires[one, other]:
            change = wires[one, other].pop(0)
            is_lost = rest[1]
            if not is_lost and (diff := processes[other].apply(change)):
                tell(other, [diff])
        elif kind == "snapshot":
            wires[one, other].append(processes[one].snapshot())
            arrived = wires[one, other].pop(0)
            if hasattr(arrived, "presences"):
                tell(other, processes[other].adopt(arrived))
            elif diff := processes[other].apply(arrived):
                tell(other, [diff])
            wires[one, other] = [w for w in wires[one, other] if not hasattr(w, "presences")]
        elif kind == "forget":
            tell(other, processes[other].forget("xyz"[one]))

    # A sign of life from everybody to everybody: who is behind, or knows nothing, asks.
    for one in range(3):
        for other in range(3):
            snapshot = processes[one].snapshot()
            if one != other and processes[other].behind(snapshot.process, snapshot.number):
                tell(other, processes[other].adopt(snapshot))
    for topic in TOPICS:
        states = [plain(process.state(topic)) for process in processes]
        assert states[0] == states[1] == states[2]
        assert [plain(mirror[topic]) for mirror in mirrors] == states


def test_a_second_track_is_one_diff():
    presences = Presences("p")
    presences.track("a", "o", "k", {"n": 1})
    diff, _ = presences.track("a", "o", "k", {"n": 2})
    assert [meta["n"] for meta in diff.leaves["k"]["metas"]] == [1]
    assert [meta["n"] for meta in diff.joins["k"]["metas"]] == [2]
    assert diff.leaves["k"]["metas"][0]["phx_ref"] != diff.joins["k"]["metas"][0]["phx_ref"]


def test_two_sockets_under_one_key_are_two_metas():
    presences = Presences("p")
    presences.track("a", "o1", "k", {"n": 1})
    presences.track("a", "o2", "k", {"n": 2})
    assert [meta["n"] for meta in presences.state("a")["k"]["metas"]] == [1, 2]
    diff, _ = presences.untrack("a", "o1")
    assert [meta["n"] for meta in diff.leaves["k"]["metas"]] == [1]
    assert [meta["n"] for meta in presences.state("a")["k"]["metas"]] == [2]
    assert presences.untrack("a", "o1") is None

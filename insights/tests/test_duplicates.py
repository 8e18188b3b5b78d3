import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from insights.analysis.media.duplicates import find_duplicates
from insights.analysis.media.intake import read_assets

UTC_ZONE = ZoneInfo("UTC")
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
HASH = 0x0F0F_3355_A5C3_9669
GREY = [{"lab": [60, 2, 2]}]


def asset(name, bits=0, **fields):
    row = {"id": name, "perceptualHash": f"{HASH ^ ((1 << bits) - 1):016x}", "dominantColors": GREY}
    return row | fields


def test_a_reason_calls_the_picture_to_keep_as_people_do():
    rows = [{**asset(name), "fileName": f"{name}.jpg"} for name in "ab"]
    assets, _ = read_assets(rows, zone=UTC_ZONE)
    [group] = find_duplicates(assets, [70.0, 50.0]).groups
    assert group.reason == (
        "2 pictures are nearly the same; keep a.jpg: it has the highest score, 70.0"
    )


def groups(*rows, scores=None):
    assets, cautions = read_assets(rows, zone=UTC_ZONE)
    assert cautions == []
    found = find_duplicates(assets, scores or [50.0] * len(assets))
    for group in found.groups:
        assert group.asset_ids[0] == group.keeper_id
        assert group.keeper_id in group.reason
    return [group.asset_ids for group in found.groups]


def at(seconds):
    return (NOON + timedelta(seconds=seconds)).isoformat()


def test_near_hashes_of_like_colour_are_duplicates():
    assert groups(asset("a"), asset("b", 3), asset("c", 20)) == [("a", "b")]
    assert groups(asset("a"), asset("b", 6)) == [("a", "b")]
    assert groups(asset("a"), asset("b", 7)) == []


def test_two_colourways_of_a_silhouette_are_not():
    assert groups(asset("a"), asset("b", dominantColors=[{"lab": [60, 12, 2]}])) == []
    same_piece = asset("b", sku="K", dominantColors=[{"lab": [60, 13, 2]}])
    assert groups(asset("a", sku="K"), same_piece) == []
    assert groups(asset("a", color="Rust"), asset("b", color="Sage")) == []
    assert groups(asset("a", color="Rust"), asset("b", color="RUST")) == [("a", "b")]


def test_two_pieces_are_not():
    assert groups(asset("a", sku="K-1"), asset("b", sku="K-2")) == []
    assert groups(asset("a", sku="K-1"), asset("b", sku="k1")) == [("a", "b")]
    assert groups(asset("a", sku="K-1"), asset("b")) == [("a", "b")]


def test_a_burst_is_short():
    assert groups(asset("a", capturedAt=at(0)), asset("b", 5, capturedAt=at(120))) == [("a", "b")]
    assert groups(asset("a", capturedAt=at(0)), asset("b", 5, capturedAt=at(121))) == []
    assert groups(asset("a", capturedAt=at(0)), asset("b", 3, capturedAt=at(9999))) == [("a", "b")]


def test_another_crop_is_another_picture():
    wide = {"width": 3000, "height": 2000}
    assert groups(asset("a", **wide), asset("b", width=1500, height=1000)) == [("a", "b")]
    assert groups(asset("a", **wide), asset("b", width=2000, height=2000)) == []


def test_a_hash_never_decides_alone():
    bare = {"dominantColors": []}
    assert groups(asset("a", **bare), asset("b", **bare)) == []
    assert groups(asset("a", sku="K", **bare), asset("b", sku="K", **bare)) == [("a", "b")]
    burst = [asset(name, capturedAt=at(0), **bare) for name in "ab"]
    assert groups(*burst) == [("a", "b")]


def test_flat_pictures_share_a_hash_and_are_not_alike():
    flat = {"perceptualHash": "0" * 16}
    assert groups(asset("a", **flat), asset("b", **flat)) == []
    assert groups(asset("a", bytes=900, **flat), asset("b", bytes=901, **flat)) == []
    assert groups(asset("a", bytes=900, **flat), asset("b", bytes=900, **flat)) == [("a", "b")]


def test_a_drifting_burst_is_not_one_chain():
    rows = [asset(str(n), 5 * n) for n in range(4)]
    assert groups(*rows) == [("0", "1"), ("2", "3")]


def test_the_keeper_is_the_one_people_chose_then_the_better_one():
    rows = [
        asset("rejected", status="rejected", rating=5),
        asset("small", width=100, height=100),
        asset("large", width=200, height=200),
        asset("best", width=100, height=100),
        asset("approved", status="approved"),
        asset("rated", rating=3),
        asset("select", isSelect=True),
    ]
    scores = [99.0, 10.0, 10.0, 20.0, 5.0, 4.0, 3.0]
    left = list(range(len(rows)))
    for expected in ("select", "rated", "approved", "best", "large", "small"):
        found = groups(*[rows[i] for i in left], scores=[scores[i] for i in left])
        assert found[0][0] == expected
        left = [i for i in left if rows[i]["id"] != expected]


def test_among_equals_the_earlier_one_is_kept_then_the_first():
    assert groups(asset("a", capturedAt=at(9)), asset("b", capturedAt=at(8))) == [("b", "a")]
    assert groups(asset("a"), asset("b")) == [("a", "b")]


def test_every_picture_knows_its_keeper():
    assets, _ = read_assets([asset("a"), asset("x", 30), asset("b")], zone=UTC_ZONE)
    assert find_duplicates(assets, [1.0, 1.0, 2.0]).keeper == [2, 1, 2]
    assert find_duplicates([], []).groups == ()


def test_ten_thousand_identical_pictures_are_one_group():
    assets, _ = read_assets([asset(str(n)) for n in range(10_000)], zone=UTC_ZONE)
    [group] = find_duplicates(assets, [1.0] * 10_000).groups
    assert len(group.asset_ids) == 10_000


ROWS = st.lists(
    st.fixed_dictionaries(
        {"bits": st.integers(0, 12)},
        optional={
            "sku": st.sampled_from("kl"),
            "color": st.sampled_from("rs"),
            "capturedAt": st.integers(0, 300).map(at),
            "status": st.sampled_from(["approved", "rejected"]),
            "dominantColors": st.sampled_from([GREY, [], [{"lab": [60, 9, 2]}]]),
        },
    ),
    max_size=12,
)


@given(ROWS)
def test_groups_are_disjoint_stars_that_nothing_contradicts(rows):
    rows = [asset(str(n), **row) for n, row in enumerate(rows)]
    found = groups(*rows)
    members = [name for group in found for name in group]
    assert len(members) == len(set(members))
    for group in found:
        assert len(group) > 1
        keeper = rows[int(group[0])]
        for other in (rows[int(name)] for name in group[1:]):
            for key in ("sku", "color"):
                assert len({row[key] for row in (keeper, other) if key in row}) <= 1
            bits = int(keeper["perceptualHash"], 16) ^ int(other["perceptualHash"], 16)
            assert bits.bit_count() <= 6


def same(one, other):
    """Say whether two rows are the same picture, as the module's words have it."""
    bits = (int(one["perceptualHash"], 16) ^ int(other["perceptualHash"], 16)).bit_count()
    if bits > 6 or any(
        one.get(k, other.get(k)) != other.get(k, one.get(k)) for k in ("sku", "color")
    ):
        return False
    labs = [row["dominantColors"][0]["lab"] for row in (one, other) if "dominantColors" in row]
    alike = None if len(labs) < 2 else math.dist(*labs) < 10
    times = [
        datetime.fromisoformat(row["capturedAt"]) for row in (one, other) if "capturedAt" in row
    ]
    together = None if len(times) < 2 else abs((times[0] - times[1]).total_seconds()) <= 120
    ratios = [
        row["width"] / row["height"] for row in (one, other) if {"width", "height"} <= row.keys()
    ]
    other_shape = len(ratios) == 2 and abs(math.log(ratios[0] / ratios[1])) > 0.15
    if alike is False or (together is False and bits > 3) or other_shape:
        return False
    set_bits = [int(row["perceptualHash"], 16).bit_count() for row in (one, other)]
    if not all(4 <= count <= 60 for count in set_bits):
        return bool(one.get("bytes")) and one.get("bytes") == other.get("bytes")
    return bool(alike or together or (one.get("sku") and one.get("sku") == other.get("sku")))


hashes = st.sampled_from([HASH, HASH ^ 1, HASH ^ 0b11110, HASH ^ 0b1111111, 0, 0b1111])
rows = st.fixed_dictionaries(
    {"perceptualHash": hashes.map("{:016x}".format)},
    optional={
        "dominantColors": st.sampled_from([50, 57, 64]).map(lambda light: [{"lab": [light, 2, 2]}]),
        "sku": st.sampled_from(["A", "B"]),
        "color": st.sampled_from(["red", "blue"]),
        "capturedAt": st.sampled_from([0, 100, 200]).map(at),
        "width": st.sampled_from([800, 1000]),
        "height": st.sampled_from([900, 1000]),
        "bytes": st.sampled_from([70_000, 80_000]),
    },
)


@given(st.lists(rows, max_size=40))
def test_groups_are_what_comparing_each_with_each_gives(found):
    given_rows = [row | {"id": f"a{number:02}"} for number, row in enumerate(found)]
    # Better scores first, so that the order of choice is that of the rows.
    scores = [90.0 - number for number in range(len(found))]
    expected, left = [], given_rows
    while left:
        best, *others = left
        star = [best, *(other for other in others if same(best, other))]
        left = [row for row in others if row not in star]
        if len(star) > 1:
            expected.append(tuple(row["id"] for row in star))
    assert groups(*given_rows, scores=scores) == expected


def test_thousands_with_one_hash_and_nothing_else_in_common_stay_apart():
    alone = [{"id": f"a{number}", "perceptualHash": f"{HASH:016x}"} for number in range(3_000)]
    assert groups(*alone) == []
    [all_of_them] = groups(*(row | {"capturedAt": at(0)} for row in alone))
    assert len(all_of_them) == 3_000

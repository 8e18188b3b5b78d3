import base64
import io
import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fashionos.kit.wire import read_json, write_json
from insights.analysis.media import analyse
from insights.analysis.media.intake import (
    read_assets,
    read_brand,
    read_delivery_spec,
    read_options,
    read_shots,
)
from insights.schemas.media import (
    Background,
    Brand,
    DeliverySpec,
    MediaOptions,
    MediaRequest,
    Metrics,
    Swatch,
)

PARIS = ZoneInfo("Europe/Paris")
UTC_ZONE = ZoneInfo("UTC")
NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
ALL = ("quality", "missing", "selects")

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        ["2026-03-10", "#ff0000", "4:5", "1e999", "-4", "0f" * 8, "front", "rejected"]
    )
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["hex", "lab", "x", "y", "w", "h", "share", "sharpness"]), inner
        )
    ),
    max_leaves=6,
)
ASSET_FIELDS = [
    *("id", "fileName", "bytes", "width", "height", "capturedAt", "imageData", "image_data", "sku"),
    *(
        "skus",
        "lookId",
        "look_id",
        "color",
        "colorHex",
        "angle",
        "shotType",
        "orientation",
        "shotId",
    ),
    *("status", "rating", "colorLabel", "isSelect", "metrics", "features", "perceptualHash"),
    *("dominantColors", "subjectBox", "tags", "releaseSigned", "expiresAt", "faces", "sent", "x"),
]
SHOT_FIELDS = [
    *("id", "sku", "lookId", "angle", "color", "quantity", "priority", "isHero", "required"),
    *("dueAt", "due_date", "deliverySpec", "status", "assetIds", "minQuality", "sampleStatus", "y"),
]
ASSETS = st.lists(
    st.dictionaries(st.sampled_from(ASSET_FIELDS), JSON, max_size=12) | JSON, max_size=6
)
SHOTS = st.lists(st.dictionaries(st.sampled_from(SHOT_FIELDS), JSON, max_size=8) | JSON, max_size=6)
BRAND_FIELDS = ["palette", "background", "aspectRatio", "fill", "minLongSide", "maxCast", "name"]


def asset(row, zone=UTC_ZONE):
    [found], cautions = read_assets([{"id": "a", **row}], zone=zone)
    return found, [(caution.path, caution.code) for caution in cautions]


def shot(row):
    [found], cautions = read_shots([{"id": "s", **row}], zone=UTC_ZONE)
    return found, [(caution.path, caution.code) for caution in cautions]


def run(assets, shots=(), parts=ALL, brand=None, spec=None, options=None):
    pictures, cautions = read_assets(assets, zone=UTC_ZONE)
    lines, more = read_shots(shots, zone=UTC_ZONE)
    found_brand, about_brand = read_brand(brand, zone=UTC_ZONE)
    found_spec, about_spec = read_delivery_spec(spec, zone=UTC_ZONE)
    found_options, about_options = read_options(options, zone=UTC_ZONE)
    cautions += more + about_brand + about_spec + about_options
    analysis = analyse(
        pictures,
        lines,
        brand=found_brand,
        delivery_spec=found_spec,
        parts=parts,
        options=found_options,
        now=NOW,
    )
    return analysis, cautions


# Reading


def test_a_well_formed_row_is_taken_as_it_is():
    row = {
        "id": "a",
        "capturedAt": "2026-03-10T10:00:00.5+01:00",
        "angle": "back",
        "metrics": {"sharpness": 80, "unheardOf": "x"},
        "dominantColors": [{"hex": "#AABBCC", "share": 0.5}, {"lab": [50, 1, 2]}],
        "faces": [{"anything": 1}],
        "camera": "X",
    }
    found, cautions = asset(row)
    assert cautions == []
    assert found.captured_at == NOW
    assert found.metrics == Metrics(sharpness=80)
    assert found.dominant_colors[1] == Swatch(lab=(50, 1, 2))
    assert found.sent == {"id": "a", **row}


def test_other_spellings_are_understood():
    found, cautions = asset(
        {
            "shot_type": "packshot",
            "angle": "3/4",
            "status": "In Review",
            "orientation": "Vertical",
            "is_select": "yes",
            "rating": "4",
            "width": "4000",
            "perceptualHash": "0xABCDEF0123456789",
            "colorHex": "abc",
            "dominantColors": ["#fff", {"hex": "000"}],
            "subjectBox": {"x": "0.1", "y": 0, "w": 1, "h": 1},
            "expiresAt": "2026-03-10",
        },
        zone=PARIS,
    )
    assert cautions == []
    assert (found.angle, found.status, found.orientation) == (
        "three_quarter",
        "pending_review",
        "portrait",
    )
    assert (found.is_select, found.rating, found.width) == (True, 4.0, 4000)
    assert (found.perceptual_hash, found.color_hex) == ("ABCDEF0123456789", "#aabbcc")
    assert [swatch.hex for swatch in found.dominant_colors] == ["#ffffff", "#000000"]
    assert found.subject_box.x == 0.1
    assert found.expires_at == datetime(2026, 3, 10, 22, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"status": "teleported"}, ("assets[0].status", "unknown_value")),
        ({"angle": "from above"}, ("assets[0].angle", "unknown_value")),
        ({"rating": 7}, ("assets[0].rating", "too_large")),
        ({"width": 0}, ("assets[0].width", "too_small")),
        ({"capturedAt": "soon"}, ("assets[0].capturedAt", "not_a_time")),
        ({"perceptualHash": "xyz"}, ("assets[0].perceptualHash", "unreadable")),
        ({"colorHex": "rust"}, ("assets[0].colorHex", "unreadable")),
        ({"dominantColors": [{"share": 1}]}, ("assets[0].dominantColors", "bad_color")),
        ({"subjectBox": {"x": 0}}, ("assets[0].subjectBox", "incomplete")),
        ({"metrics": {"sharpness": 300}}, ("assets[0].metrics", "too_large")),
        ({"metrics": 5}, ("assets[0].metrics", "not_an_object")),
        ({"features": {"blur": 1}}, ("assets[0].features", "unreadable")),
    ],
)
def test_odd_fields_are_told_and_the_row_stays(row, code):
    found, cautions = asset(row)
    assert found.id == "a"
    assert cautions == [code]


def test_rows_without_identity_are_left_out():
    rows = [{"fileName": "KN-1_front.jpg"}, {}, 5, {"id": ""}, {"id": 7}]
    found, cautions = read_assets(rows, zone=UTC_ZONE)
    assert [item.id for item in found] == ["KN-1_front.jpg", "7"]
    assert [caution.code for caution in cautions] == ["no_identity", "not_an_object", "no_identity"]


def test_of_rows_with_one_id_the_last_counts():
    found, cautions = read_assets(
        [{"id": "a"}, {"id": "b"}, {"id": "a", "rating": 3}], zone=UTC_ZONE
    )
    assert [(item.id, item.rating) for item in found] == [("a", 3), ("b", 0)]
    assert [caution.code for caution in cautions] == ["duplicate_id"]
    lines, cautions = read_shots([{"id": "s"}, {"id": "s", "quantity": 3}], zone=UTC_ZONE)
    assert (len(lines), lines[0].quantity, cautions[0].code) == (1, 3, "duplicate_id")


def test_shot_lines():
    found, cautions = shot(
        {
            "priority": "Hero",
            "quantity": "2",
            "required": "no",
            "dueDate": "2026-03-10",
            "deliverySpec": {"aspect_ratio": "4x5", "minLongSide": "2000"},
            "status": "to do",
            "sampleStatus": "On Set",
            "category": " Dress",
        }
    )
    assert cautions == []
    assert (found.is_hero, found.priority, found.quantity, found.required) == (
        True,
        "normal",
        2,
        False,
    )
    assert found.due_at == datetime(2026, 3, 10, 23, 59, 59, tzinfo=UTC)
    assert found.delivery_spec == DeliverySpec(aspect_ratio=0.8, min_long_side=2000)
    assert (found.status, found.sample_status, found.category) == ("planned", "on_set", "dress")
    assert shot({"quantity": 1000})[1] == [("shotList[0].quantity", "too_large")]


def test_a_brand():
    brand, cautions = read_brand(
        {
            "palette": {"ivory": "#F4EFE1", "rust": {"lab": [40, 30, 30]}},
            "background": {"hex": "#fff", "tolerance": 3},
            "aspectRatio": "4:5",
            "fill": [0.95, 0.7],
        },
        zone=UTC_ZONE,
    )
    assert cautions == []
    assert brand == Brand(
        palette=(Swatch(hex="#F4EFE1", name="ivory"), Swatch(lab=(40, 30, 30), name="rust")),
        background=Background(swatch=Swatch(hex="#ffffff"), tolerance=3),
        aspect_ratio=0.8,
        fill=(0.7, 0.95),
    )
    assert read_brand(None, zone=UTC_ZONE) == (None, [])
    assert read_brand("beige", zone=UTC_ZONE)[1][0].code == "not_an_object"


@pytest.mark.parametrize("ratio", ["4:0", "0:5", "wide", -1, 1e9, "nan", [4, 5]])
def test_an_odd_aspect_ratio_is_left_out(ratio):
    brand, [caution] = read_brand({"aspectRatio": ratio}, zone=UTC_ZONE)
    assert brand == Brand()
    assert caution.path == "brand.aspectRatio"


def test_options():
    found, cautions = read_options(
        {"select_count": "5", "variety": 2, "selectPerLook": 0}, zone=UTC_ZONE
    )
    assert found == MediaOptions(select_count=5, variety=1.0, select_per_look=1)
    assert [caution.code for caution in cautions] == ["too_large", "too_small"]
    assert read_options(None, zone=UTC_ZONE) == (MediaOptions(), [])


def test_the_request_itself():
    body = (
        b'{"assets":[1],"shotList":[],"analysisType":"selects","brand":{},"noCache":true,"now":0}'
    )
    request = msgspec.json.decode(body, type=MediaRequest)
    assert (request.assets, request.analysis_type, request.no_cache) == ([1], "selects", True)


# From rows to answer

ROWS = [
    {"id": "a", "sku": "K", "angle": "front", "metrics": {"sharpness": 90}, "mood": {"kept": [1]}},
    {"id": "b", "sku": "K", "angle": "back", "metrics": {"sharpness": 95}, "status": "rejected"},
]
LINES = [
    {"id": "s1", "sku": "K", "angle": "front"},
    {"id": "s2", "sku": "K", "angle": "back", "isHero": True},
]


def test_a_small_gallery_from_rows_to_answer():
    found, cautions = run(ROWS, LINES)
    assert cautions == []
    assert [(item.asset_id, item.score) for item in found.quality_scores] == [
        ("a", 90.0),
        ("b", 95.0),
    ]
    assert [(item.shot_id, item.reason) for item in found.missing_shots] == [("s2", "rejected")]
    assert found.coverage.percent == 50
    assert found.selects == ({**ROWS[0], "selectRank": 1, "qualityScore": 90.0},)
    assert found.duplicate_groups == ()


def test_only_the_parts_asked_for_are_on_the_wire():
    def keys(part):
        return set(json.loads(write_json(run(ROWS, LINES, parts=[part])[0])))

    assert keys("quality") == {"qualityScores", "duplicateGroups", "assumptions"}
    assert keys("missing") == {"missingShots", "coverage"}
    assert keys("selects") == {"selects", "selectionReasons", "duplicateGroups", "assumptions"}


def test_empty_answers_are_told_from_absent_ones():
    document = json.loads(write_json(run([], [])[0]))
    assert document["qualityScores"] == document["missingShots"] == document["selects"] == []
    assert document["coverage"]["percent"] == 100


def picture():
    target = io.BytesIO()
    rng = np.random.default_rng(1)
    Image.fromarray(rng.integers(0, 255, (60, 80, 3), dtype=np.uint8)).save(target, "PNG")
    return base64.b64encode(target.getvalue()).decode()


@pytest.mark.parametrize("key", ["imageData", "image_data"])
def test_a_picture_is_measured_and_never_sent_back(key):
    found, cautions = run([{"id": "a", key: picture(), "url": "http://169.254.169.254/latest"}])
    assert cautions == []
    assert found.quality_scores[0].confidence == 1
    assert set(found.selects[0]) == {"id", "url", "selectRank", "qualityScore"}
    assert picture()[:60].encode() not in write_json(found)


def test_a_picture_that_is_none_is_told_and_scored_from_what_is_known():
    found, _ = run([{"id": "a", "imageData": "bm8gcGljdHVyZQ==", "metrics": {"sharpness": 70}}])
    assert found.quality_scores[0].score == 70
    assert [caution.code for caution in found.warnings] == ["picture_refused"]


def test_near_duplicates_point_at_their_keeper():
    same = {"perceptualHash": "0f0f3355a5c39669", "sku": "K"}
    rows = [
        {"id": "a", **same, "metrics": {"sharpness": 60}},
        {"id": "b", **same, "metrics": {"sharpness": 70}},
    ]
    found, _ = run(rows)
    assert [item.duplicate_of for item in found.quality_scores] == ["b", None]
    assert [item["id"] for item in found.selects] == ["b"]


def test_the_same_input_gives_the_same_bytes():
    rows = [
        {
            "id": n,
            "sku": f"K{n % 9}",
            "angle": ["front", "back", "side"][n % 3],
            "perceptualHash": f"{(n // 3) * 0x123456789ABCDEF % 2**64:016x}",
            "metrics": {"sharpness": n * 37 % 100},
        }
        for n in range(200)
    ]
    lines = [{"id": n, "sku": f"K{n % 9}", "angle": ["front", "back"][n % 2]} for n in range(60)]
    assert write_json(run(rows, lines)[0]) == write_json(run(rows, lines)[0])


@settings(deadline=None, max_examples=150)
@given(
    ASSETS,
    SHOTS,
    st.dictionaries(st.sampled_from(BRAND_FIELDS), JSON) | JSON,
    st.dictionaries(st.sampled_from(["channel", "minLongSide", "aspectRatio"]), JSON) | JSON,
    st.dictionaries(
        st.sampled_from(["selectCount", "selectPerLook", "variety", "minQuality"]), JSON
    )
    | JSON,
)
def test_arbitrary_rows_never_raise_and_always_encode(assets, shots, brand, spec, options):
    found, cautions = run(assets, shots, brand=brand, spec=spec, options=options)
    document = read_json(write_json([found, cautions]))
    assert len(document[0]["qualityScores"]) <= len(assets)
    for item in found.quality_scores:
        assert 0 <= item.score <= 100

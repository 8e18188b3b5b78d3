from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fashionos.kit.wire import write_json
from insights.analysis.media.explain import explain, grade_of
from insights.analysis.media.factors import profile_of
from insights.analysis.media.intake import read_assets, read_brand, read_delivery_spec
from insights.analysis.media.quality import score_quality
from insights.schemas.media import (
    Box,
    Exposure,
    Features,
    GalleryAsset,
    Metrics,
    Subject,
    Swatch,
)

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
FINE = Features(
    width=4000,
    height=5000,
    blur=0.3,
    native_blur=0.35,
    edges=12.0,
    noise=1.0,
    contrast=0.7,
    cast=2.0,
    exposure=Exposure(high=0.0, low=0.0, median=118.0),
    plain_background=True,
    subject=Subject(box=Box(x=0.2, y=0.06, w=0.6, h=0.88), x=0.5, y=0.5, share=0.4),
    border=(Swatch(lab=(98, 0, 0)),),
    palette=(Swatch(lab=(30, 20, 5)),),
    mean_lab=(80, 5, 2),
    perceptual_hash="0f0f0f0f0f0f0f0f",
)


def score(*assets, brand=None, spec=None, now=NOW):
    found_brand, cautions = read_brand(brand, zone=UTC_ZONE)
    found_spec, more = read_delivery_spec(spec, zone=UTC_ZONE)
    assert cautions + more == []
    quality = score_quality(assets, brand=found_brand, spec=found_spec, now=now)
    return explain(quality, range(len(assets)))


def seen(shot_type="packshot", brand=None, spec=None, asset=None, **features):
    [found] = score(
        GalleryAsset(
            id="a", shot_type=shot_type, features=replace(FINE, **features), **(asset or {})
        ),
        brand=brand,
        spec=spec,
    )
    return found


def given_only(**fields):
    [found] = score(GalleryAsset(id="a", **fields))
    return found


def codes(found):
    return {issue.code for issue in found.issues}


def test_a_fine_packshot_by_hand():
    found = seen()
    technical = found.factors.technical
    assert {name: factor.score for name, factor in technical.factors.items()} == {
        "sharpness": 100.0,
        "exposure": 100.0,
        "noise": 100.0,
        "contrast": 100.0,
        "resolution": 100.0,
        "colorCast": 100.0,
    }
    assert (technical.weight, technical.contribution) == (0.625, 62.5)
    assert found.factors.composition.weight == 0.375
    assert (found.factors.brand.available, found.factors.brand.contribution) == (False, 0.0)
    assert (found.score, found.grade, found.verdict, found.confidence) == (
        100.0,
        "A",
        "select",
        1.0,
    )
    assert found.factors.penalties == ()
    assert found.issues == []


def test_sharpness_and_the_gate_by_hand():
    found = seen(blur=0.66, edges=1.0)
    # .6 * (.75 - .66) / .45 = .12, so the gate is .4 + .6 * 12 / 40 = .58
    assert found.factors.technical.factors["sharpness"].score == 12.0
    base = 0.625 * (100 - 0.35 * 88) + 0.375 * 100
    [gate] = found.factors.penalties
    assert (gate.code, gate.multiplier) == ("gate", 0.58)
    assert found.score == round(0.58 * base, 1)
    assert gate.contribution == pytest.approx(found.score - base, abs=0.1)
    assert codes(found) == {"soft"}


@pytest.mark.parametrize(
    ("features", "factor", "expected"),
    [
        ({"noise": 8.0}, "noise", 50.0),
        ({"contrast": 0.4}, "contrast", 50.0),
        ({"cast": 14.5}, "colorCast", 50.0),
        ({"width": 800, "height": 1000}, "resolution", 50.0),
        ({"exposure": Exposure(high=0, low=0, median=118 - 80)}, "exposure", 62.5),
        ({"exposure": Exposure(high=0.205, low=0, median=118)}, "exposure", 50.0),
    ],
)
def test_factors_by_hand(features, factor, expected):
    assert seen(**features).factors.technical.factors[factor].score == pytest.approx(
        expected, abs=0.1
    )


@pytest.mark.parametrize(
    ("name", "worse"),
    [
        ("blur", [0.2, 0.35, 0.5, 0.7, 0.9]),
        ("edges", [20.0, 10.0, 5.0, 2.0, 0.0]),
        ("noise", [0.0, 2.0, 5.0, 10.0, 30.0]),
        ("contrast", [0.9, 0.6, 0.4, 0.2, 0.0]),
        ("cast", [0.0, 8.0, 14.0, 20.0, 60.0]),
    ],
)
def test_a_worse_measure_never_scores_more(name, worse):
    scores = [seen(**{name: value}).score for value in worse]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[-1]


def test_distortions_of_a_real_picture_cost_points():
    from insights.analysis.media.pixels import measure  # noqa: PLC0415 -- OpenCV, here alone
    from insights.tests.test_pixels import encoded, packshot  # noqa: PLC0415 -- as above

    picture = packshot((120, 90, 80))
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 1, picture.shape)

    def total(changed):
        pixels = np.clip(changed, 0, 255).astype(np.uint8)
        [found] = score(
            GalleryAsset(id="a", shot_type="packshot", features=measure(encoded(pixels)))
        )
        return found.score

    plain = total(picture)
    series = {
        "blur": [cv2.GaussianBlur(picture, (0, 0), sigma) for sigma in (1, 2, 4, 8)],
        "under": [picture * gain for gain in (0.6, 0.35, 0.15, 0.05)],
        "over": [picture * gain for gain in (1.6, 2.2, 3.0, 4.0)],
        "cast": [picture * np.array([1, 1 - part / 2, 1 - part]) for part in (0.1, 0.2, 0.4)],
    }
    for name, changed in series.items():
        scores = [plain, *map(total, changed)]
        for better, worse in pairwise(scores):
            assert worse <= better + 1, (name, scores)
        assert scores[-1] < plain - 5, (name, scores)
    assert total(picture + noise * 25) < plain - 20


def test_a_white_backdrop_does_not_count_as_overexposed_in_a_packshot():
    white = {
        "exposure": Exposure(high=0.7, low=0.0, median=255.0),
        "subject_exposure": Exposure(high=0.0, low=0.0, median=120.0),
    }
    assert seen("packshot", **white).factors.technical.factors["exposure"].score == 100
    assert seen("editorial", **white).factors.technical.factors["exposure"].score == 0


def test_thirds_please_an_editorial_and_not_a_packshot():
    box = Box(x=0.2, y=0.2, w=0.3, h=0.5)
    thirds = {"subject": Subject(box=box, x=1 / 3, y=1 / 3, share=0.2)}
    editorial = seen("editorial", **thirds).factors.composition.factors
    packshot = seen("packshot", **thirds).factors.composition.factors
    assert editorial["placement"].score == 100
    assert packshot["placement"].score < 10


@pytest.mark.parametrize(
    ("shot_type", "box", "score_"),
    [
        ("packshot", (0.0, 0.1, 1.0, 0.8), 0.0),
        ("packshot", (0.1, 0.06, 0.8, 0.94), 50.0),
        ("on_model", (0.2, 0.05, 0.6, 0.95), 100.0),
        ("on_model", (0.2, 0.0, 0.6, 1.0), 30.0),
        ("detail", (0.0, 0.0, 1.0, 1.0), 100.0),
    ],
)
def test_edges_cut_what_they_should_not(shot_type, box, score_):
    x, y, w, h = box
    subject = Subject(box=Box(x=x, y=y, w=w, h=h), x=0.5, y=0.5, share=0.5)
    assert seen(shot_type, subject=subject).factors.composition.factors["margins"].score == score_


def test_a_leaning_horizon_counts_in_editorials_only():
    assert seen("editorial", tilt=5.0).factors.composition.factors["horizon"].score == 0
    assert seen("editorial", tilt=-0.4).factors.composition.factors["horizon"].score == 100
    assert "horizon" not in seen("packshot", tilt=5.0).factors.composition.factors
    assert "horizon" not in seen("editorial").factors.composition.factors


@pytest.mark.parametrize(
    ("fields", "profile"),
    [
        ({"shot_type": "Flat Lay"}, "packshot"),
        ({"shot_type": "on-model"}, "on_model"),
        ({"shot_type": "Catwalk"}, "runway"),
        ({"angle": "close_up"}, "detail"),
        ({"angle": "full_length"}, "on_model"),
        ({"shot_type": "unheard of", "angle": "ghost"}, "packshot"),
        ({}, "editorial"),
    ],
)
def test_the_kind_of_shot_says_how_to_judge(fields, profile):
    assert profile_of(GalleryAsset(id="a", **fields)) == profile


# Brand and delivery


def test_brand_factors_by_hand():
    brand = {
        "palette": [{"lab": [30, 20, 5]}],
        "background": {"lab": [98, 0, 0], "tolerance": 2},
        "aspectRatio": "4:5",
        "fill": [0.7, 0.95],
        "minLongSide": 2500,
    }
    factors = seen(brand=brand).factors
    assert factors.brand.available
    assert {name: factor.score for name, factor in factors.brand.factors.items()} == {
        "palette": 100.0,
        "background": 100.0,
        "aspectRatio": 100.0,
        "fill": 100.0,
        "size": 100.0,
    }
    assert (factors.technical.weight, factors.composition.weight, factors.brand.weight) == (
        0.5,
        0.3,
        0.2,
    )


def test_each_brand_factor_can_fail():
    brand = {
        "palette": ["#00ff00"],
        "background": "#000000",
        "aspectRatio": 2,
        "fill": [0.1, 0.3],
        "minLongSide": 90000,
    }
    found = seen(brand=brand, asset={"expires_at": NOW - timedelta(days=1)})
    assert {name for name, factor in found.factors.brand.factors.items() if factor.score == 0} == {
        "palette",
        "background",
        "aspectRatio",
        "fill",
        "size",
        "rights",
    }
    assert found.verdict == "review"
    assert codes(found) >= {"off_palette", "background_off", "wrong_aspect", "rights_missing"}


def test_a_garment_of_known_colour_is_compared_with_that():
    brand = {"palette": ["#ff00ff"]}
    far = seen(brand=brand)
    faithful = seen(brand=brand, asset={"color_hex": "#6E3540"}, palette=(Swatch(hex="#6E3540"),))
    assert far.factors.brand.factors["palette"].score < 30
    assert faithful.factors.brand.factors["palette"].score == 100


def test_most_of_the_border_has_to_be_the_background():
    brand = {"background": {"lab": [98, 0, 0]}}
    speck = (Swatch(lab=(98, 0, 0), share=0.95), Swatch(lab=(20, 0, 0), share=0.05))
    much = (Swatch(lab=(98, 0, 0), share=0.8), Swatch(lab=(20, 0, 0), share=0.2))
    assert seen(brand=brand, border=speck).factors.brand.factors["background"].score == 100
    assert seen(brand=brand, border=much).factors.brand.factors["background"].score == 0


def test_a_delivery_asks_for_more_pixels():
    assert seen(width=1200, height=1600).factors.technical.factors["resolution"].score == 100
    print_ = seen(width=1200, height=1600, spec={"channel": "Print"})
    assert print_.factors.technical.factors["resolution"].score == pytest.approx(52, abs=0.1)
    asked = seen(width=1200, height=1600, spec={"minLongSide": 3200})
    assert asked.factors.technical.factors["resolution"].score == pytest.approx(33.3, abs=0.1)
    assert "below_spec" in codes(asked)


def test_a_model_without_a_release_may_not_be_shown_and_a_shoe_may():
    unsigned = {"release_signed": False, "model_id": "model-1"}
    assert seen(asset=unsigned).factors.brand.factors["rights"].score == 0
    assert not seen(asset={"release_signed": False}).factors.brand.available
    brand = {"palette": [{"lab": [30, 20, 5]}]}
    signed = {"release_signed": True, "model_id": "model-1"}
    assert seen(brand=brand, asset=signed).factors.brand.factors["rights"].score == 100


# What is known otherwise


def test_given_metrics_count_when_there_are_no_pixels():
    metrics = Metrics(sharpness=80, exposure=60, noise=90, resolution=5, composition=70, brand=50)
    found = given_only(metrics=metrics, width=4000, height=3000)
    technical = found.factors.technical.factors
    assert technical["sharpness"].score == 80
    assert technical["sharpness"].raw is None
    assert technical["resolution"].score == 100
    assert found.factors.composition.factors["given"].score == 70
    assert found.factors.brand.factors["given"].score == 50
    assert found.confidence == 0.5
    [measured] = score(GalleryAsset(id="a", features=FINE, metrics=metrics, shot_type="packshot"))
    assert measured.score == 100


def test_a_subject_box_alone_gives_a_composition():
    box = Box(x=0.3, y=0.3, w=0.4, h=0.4)
    found = given_only(subject_box=box, shot_type="packshot")
    assert set(found.factors.composition.factors) == {"coverage", "placement", "margins"}
    assert found.factors.composition.weight == 1


def test_what_nothing_is_known_of_is_neither_good_nor_bad():
    found = given_only()
    assert (found.score, found.confidence, found.verdict) == (50.0, 0.0, "review")
    assert not found.factors.technical.available
    assert found.factors.technical.contribution == 50.0
    assert codes(found) == {"not_measured"}


@pytest.mark.parametrize(
    ("fields", "expected", "verdict"),
    [
        ({"rating": 5.0}, 84.0, "select"),
        ({"rating": 3.0}, 68.0, "review"),
        ({"rating": 1.0}, 52.0, "reject"),
        ({"is_select": True}, 73.4, "select"),
        ({"status": "rejected"}, 73.4, "reject"),
        ({"color_label": "Reject"}, 73.4, "reject"),
        ({}, 73.4, "keep"),
    ],
)
def test_the_human_word_weighs_two_fifths_and_decides(fields, expected, verdict):
    # (.35 * 80 + .2 * 60 + .1 * 77) / .65 = 73.38; rated 5: .6 * 73.38 + .4 * 100 = 84.03
    found = given_only(metrics=Metrics(sharpness=80, exposure=60, contrast=77), **fields)
    assert (found.score, found.verdict) == (expected, verdict)


@pytest.mark.parametrize(
    ("value", "grade"),
    [(100, "A"), (85, "A"), (84.9, "B"), (70, "B"), (55, "C"), (40, "D"), (39.9, "F")],
)
def test_grades(value, grade):
    assert grade_of(value) == grade


def test_softness_at_full_size_and_foreign_profiles_are_issues():
    assert codes(seen(native_blur=0.9)) == {"soft_at_full_size"}
    assert codes(seen(color_profile="Display P3")) == {"color_profile"}


# What always holds

POINTS = st.none() | st.floats(0, 100)
SHARES = st.floats(0, 1)
LAB = st.tuples(st.floats(0, 100), st.floats(-200, 200), st.floats(-200, 200))
SWATCHES = st.lists(st.builds(Swatch, lab=LAB, share=SHARES), max_size=3).map(tuple)
BOXES = st.builds(Box, x=SHARES, y=SHARES, w=SHARES, h=SHARES)
EXPOSURES = st.builds(Exposure, high=SHARES, low=SHARES, median=st.floats(0, 255))
SIDES = st.integers(1, 1_000_000)
FEATURES = st.builds(
    Features,
    width=SIDES,
    height=SIDES,
    blur=SHARES,
    native_blur=SHARES,
    edges=st.floats(0, 1000),
    noise=st.floats(0, 1000),
    contrast=SHARES,
    cast=st.none() | st.floats(0, 1000),
    exposure=EXPOSURES,
    subject_exposure=st.none() | EXPOSURES,
    plain_background=st.booleans(),
    subject=st.none() | st.builds(Subject, box=BOXES, x=SHARES, y=SHARES, share=SHARES),
    tilt=st.none() | st.floats(-90, 90),
    border=SWATCHES,
    palette=SWATCHES,
    mean_lab=LAB,
    perceptual_hash=st.just("0123456789abcdef"),
)
METRICS = st.builds(Metrics, **dict.fromkeys(Metrics.__struct_fields__, POINTS))
ASSETS = st.builds(
    GalleryAsset,
    id=st.just("a"),
    features=st.none() | FEATURES,
    metrics=st.none() | METRICS,
    width=st.none() | SIDES,
    height=st.none() | SIDES,
    shot_type=st.sampled_from([None, "packshot", "detail", "on_model", "editorial", "runway"]),
    rating=st.sampled_from([0.0, 0.5, 1.0, 3.0, 5.0]),
    status=st.sampled_from(["uploaded", "approved", "rejected", "archived"]),
    is_select=st.booleans(),
    color_hex=st.none() | st.just("#123456"),
    dominant_colors=SWATCHES,
    subject_box=st.none() | BOXES,
    usage_rights=st.none() | st.just("all"),
    release_signed=st.none() | st.booleans(),
    model_id=st.none() | st.just("m"),
    expires_at=st.none() | st.just(NOW - timedelta(1)) | st.just(NOW + timedelta(1)),
)
BRANDS = st.sampled_from(
    [
        None,
        {"palette": ["#ff0000", "#00ff00"], "background": "#ffffff", "fill": [0, 0]},
        {"aspectRatio": 0.8, "fill": [0.7, 0.9], "minLongSide": 2500, "maxCast": 1000},
        {"background": {"hex": "#fff", "tolerance": 100}, "maxCast": 0, "fill": [1, 1]},
    ]
)


@given(st.lists(ASSETS, max_size=4), BRANDS)
def test_contributions_sum_to_a_score_within_bounds(assets, brand):
    for found in score(*assets, brand=brand):
        factors = found.factors
        groups = (factors.technical, factors.composition, factors.brand)
        points = [group.contribution for group in groups]
        points += [penalty.contribution for penalty in factors.penalties]
        assert round(sum(points), 2) == found.score
        assert 0 <= found.score <= 100
        assert 0 <= found.confidence <= 1
        for group in groups:
            assert 0 <= group.score <= 100
            if group.available:
                assert (
                    round(sum(f.contribution for f in group.factors.values()), 2)
                    == group.contribution
                )
            assert all(0 <= factor.score <= 100 for factor in group.factors.values())
        assert sum(group.weight for group in groups) == pytest.approx(1, abs=0.002)
        assert b"null" not in write_json(found)


@given(st.lists(ASSETS, min_size=1, max_size=4), BRANDS)
def test_a_picture_is_judged_alike_in_any_company(assets, brand):
    together = score(*assets, brand=brand)
    assert [score(asset, brand=brand)[0] for asset in assets] == together


def test_no_pictures_no_scores():
    assert score() == []


def test_rows_keep_their_order():
    rows = [{"id": str(n), "metrics": {"sharpness": n}} for n in range(100)]
    assets, _ = read_assets(rows, zone=UTC_ZONE)
    found = score(*assets)
    assert [item.asset_id for item in found] == [str(n) for n in range(100)]
    assert [item.score for item in found] == sorted(item.score for item in found)

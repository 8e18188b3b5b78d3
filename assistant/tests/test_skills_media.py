"""Pictures: which, how good, what is missing, which to select, over a gallery counted by hand."""

import pytest

from assistant.tests.gala import ASSETS, GALA, SHOTS, an_asset, tell
from assistant.tests.shoot import NOW, a_sample, ask
from assistant.understanding.context import Context
from insights.analysis.media import analyse
from insights.schemas.media import MediaOptions


@pytest.mark.parametrize(
    ("message", "slots", "ids", "begins"),
    [
        ("look 2", {"look": 2}, ("a3", "a4", "a5"), "3 images of look 2: P_0103.jpg (pending)"),
        ("fronts", {"angles": ("front",)}, ("a1", "a3", "a4"), "3 front images: P_0101.jpg"),
        ("landscape", {"orientation": "landscape"}, ("a3", "a5"), "2 landscape images:"),
        ("press", {"tags": ("press",)}, ("a1",), "1 image tagged press: P_0101.jpg (approved)."),
        ("4 stars", {"rating": 4}, ("a3",), "1 image with 4 stars:"),
        ("3 stars or more", {"rating": 3}, ("a1", "a2", "a3"), "3 images with 3 stars or more:"),
        ("rejected", {"asset_statuses": ("rejected",)}, ("a4",), "1 rejected image: P_0104.jpg."),
        ("", {}, tuple(asset.id for asset in ASSETS), "You have 5 images: 3 pending, 1 approved"),
    ],
)  # fmt: skip
def test_pictures_are_found_by_what_is_known_of_them(message, slots, ids, begins):
    reply = tell("media.asset_find", message, kit="media", **slots)
    assert reply.shown == ids
    assert reply.content.startswith(begins)
    assert reply.actions[0].target.startswith("/gallery")


def test_pictures_of_a_piece_are_found_by_its_sku():
    context = Context(
        samples=(a_sample("s", "Red Hat", sku="H-1"),),
        assets=(an_asset("a", "hat.jpg", sku="H-1"), an_asset("b", "shoe.jpg", sku="S-2")),
    )
    reply = tell("media.asset_find", "the red hat", context, items=("s",))
    assert reply.content == "1 image of Red Hat: hat.jpg (pending)."
    assert reply.focus == "a"


@pytest.mark.parametrize(
    ("skill", "message", "slots", "says"),
    [
        ("media.asset_find", "look 12", {"look": 12}, "No images of look 12"),
        ("media.asset_find", "tagged sunset", {}, "I don't have “sunset” in the tags of your 5 images."),
        ("media.asset_find", "find image 99", {}, "I don't have “99” in your 5 images."),
        ("media.approvals", "was photo 99 approved", {}, "I don't have “99” in your 5 images."),
        ("media.quality", "size of image 99", {}, "I don't have “99” in your 5 images."),
        ("media.selects", "image dsc_77", {"codes": ("dsc_77",)}, "I don't have “dsc_77” in your 5 images."),
        ("media.missing", "look 9", {"look": 9}, "I don't have “look 9” in your shot list of 6 lines."),
    ],
)  # fmt: skip
def test_what_is_not_there_is_said_and_nothing_else_is_shown(skill, message, slots, says):
    reply = tell(skill, message, kit="media", **slots)
    assert reply.content.startswith(says)
    assert reply.shown == ()
    assert all(action.target in {"/gallery", "/shot-list"} for action in reply.actions)


# Approvals.


@pytest.mark.parametrize(
    ("message", "slots", "content", "ids"),
    [
        ("pending?", {"asset_statuses": ("pending_review",)},
         "3 pending images, of 5 in all: P_0102.jpg, P_0103.jpg and P_0105.jpg.", ("a2", "a3", "a5")),
        ("how many are still to approve", {"asset_statuses": ("approved", "pending_review")},
         "3 pending images, of 5 in all: P_0102.jpg, P_0103.jpg and P_0105.jpg.", ("a2", "a3", "a5")),
        ("approved?", {"asset_statuses": ("approved",), "look": 2},
         "There are no approved images of look 2 among your 5 images.", ()),
        ("was it approved", {"assets": ("a1",)}, "Yes, P_0101.jpg is approved. It has 5 of 5 stars.", ("a1",)),
        ("was it approved", {"assets": ("a2",)},
         "P_0102.jpg is still pending: it is neither approved nor rejected. It has 3 of 5 stars.", ("a2",)),
        ("where do approvals stand", {}, "Of 5 images: 3 pending, 1 approved and 1 rejected.",
         ("a1", "a2", "a3", "a4", "a5")),
    ],
)  # fmt: skip
def test_approvals_are_counted(message, slots, content, ids):
    reply = tell("media.approvals", message, kit="media", **slots)
    assert (reply.content, reply.shown) == (content, ids)
    assert reply.proposal is None


# Quality.


def test_small_pictures_are_named_with_their_size_and_the_measure():
    reply = tell("media.quality", "low res", kit="media")
    assert reply.content == (
        "1 of your 5 images is low in resolution, shorter than the 1600 pixels of a packshot on the "
        "longer side: P_0105.jpg (700 \u00d7 500)."
    )
    assert (reply.severity, reply.shown) == ("warning", ("a5",))


def test_a_tag_counts_where_nothing_was_measured():
    assert tell("media.quality", "blurry ones").shown == ("a5",)
    assert tell("media.quality", "too dark").severity == "success"


def test_the_quality_of_one_and_of_all_is_that_of_the_analysis():
    scores = {
        score.asset_id: score
        for score in analyse(
            ASSETS, SHOTS, parts=("quality",), options=MediaOptions(), now=NOW
        ).quality_scores
    }
    one = tell("media.quality", "", assets=("a5",))
    assert one.content.startswith("P_0105.jpg is 700 \u00d7 500 pixels (0.3 MP).")
    assert f"{scores['a5'].score:g} of 100, grade {scores['a5'].grade}" in one.content
    everything = tell("media.quality", "check the quality")
    assert everything.content.startswith("Grades of 5 images: 2 A, 2 B and 1 C.")
    bad = {key for key, score in scores.items() if score.verdict in {"review", "reject"}}
    assert set(everything.shown) == bad


# Shots and selects.


def test_missing_shots_are_those_of_the_analysis_by_why_they_are_missing():
    reply = tell("media.missing", "what is missing")
    found = analyse(ASSETS, SHOTS, parts=("missing",), options=MediaOptions(), now=NOW)
    assert reply.shown == tuple(shot.shot_id for shot in found.missing_shots if shot.required)
    assert reply.content == (
        "2 of 5 required shots of the shot list are missing. "
        "Not taken, 2: look 2 detail and look 3 front. Optional: look 1 side."
    )
    assert (reply.severity, reply.actions[0].target) == ("warning", "/shot-list?status=missing")


def test_a_rejected_picture_does_not_cover_its_shot():
    context = Context(
        assets=(an_asset("a", "x.jpg", "1", angle="front", rating=1),), shots=SHOTS[:1]
    )
    assert (
        "Taken, but the picture is rejected, 1: look 1 front."
        in tell("media.missing", "", context).content
    )


def test_a_covered_look_is_good_news():
    reply = tell("media.missing", "look 1", look=1)
    assert reply.content == (
        "Nothing is missing: all 2 required shots of look 1 are covered. Optional and not there: side."
    )
    assert reply.severity == "success"


@pytest.mark.parametrize(
    ("message", "slots", "ids"),
    [
        ("top 2", {"count": 2}, ("a1", "a3")),
        ("best picture of look 2", {"look": 2}, ("a3",)),
        ("selects of look 2", {"look": 2}, ("a3", "a5")),
        ("pick 9", {"count": 9}, ("a1", "a3", "a2", "a5")),
    ],
)
def test_selects_follow_the_analysis_and_never_take_what_is_rejected(message, slots, ids):
    reply = tell("media.selects", message, **slots)
    assert reply.shown == ids
    assert "P_0104" not in reply.content
    if slots.get("count") == 9:
        assert "There are no more that can be used than 4." in reply.content


def test_one_is_chosen_for_each_look_and_a_tag_nobody_gave_hinders_nothing():
    assert tell("media.selects", "the best shot of each look").shown == ("a1", "a3")
    assert tell("media.selects", "the press image of look 2", look=2, tags=("press",)).shown == (
        "a3",
    )


def test_looks_without_any_picture_are_told():
    reply = tell("media.missing", "which looks have no photos")
    assert reply.content == "1 look has no picture: look 3."


def test_what_waits_for_a_review_is_pending():
    reply = tell("media.approvals", "anything left to sign off")
    assert (
        reply.content == "3 of 5 images are still pending: P_0102.jpg, P_0103.jpg and P_0105.jpg."
    )
    assert tell("media.approvals", "who approved it", assets=("a1",)).content.endswith(
        "By whom is not in your data."
    )


def test_a_flaw_that_is_tagged_is_told_of_the_picture_itself():
    assert "It is tagged blurry." in tell("media.quality", "sharp?", assets=("a5",)).content
    assert "has not been measured" in tell("media.quality", "sharp?", assets=("a1",)).content


def test_when_all_are_rejected_nothing_is_selected():
    context = Context(assets=(an_asset("a", "x.jpg", status="rejected"),))
    reply = tell("media.selects", "best", context)
    assert (reply.severity, reply.shown) == ("warning", ())


def test_questions_offered_fit_what_came():
    for skill in ("media.asset_find", "media.quality", "media.approvals"):
        follow_up = tell(skill, context=Context(assets=GALA.assets)).follow_up
        assert follow_up
        assert "Which shots are missing?" not in follow_up


def test_a_word_of_a_piece_or_of_an_angle_is_no_tag_unless_it_is_called_one():
    context = Context(
        samples=(a_sample("s", "Linen Dress", sku="D-1", category="dress"),),
        assets=(
            an_asset("a", "d1.jpg", sku="D-1", angle="back", tags=("dress", "back")),
            an_asset("b", "h1.jpg", sku="H-1", angle="back", tags=("dress",)),
        ),
    )
    reply = ask("show me photos of the linen dress", kit="media", context=context)
    assert reply.content == "1 image of Linen Dress: d1.jpg (pending)."
    reply = ask("show me the back shots", kit="media", context=context)
    assert reply.content == "2 back images: d1.jpg (pending) and h1.jpg (pending)."
    reply = ask("find the images tagged back", kit="media", context=context)
    assert reply.content == "1 image tagged back: d1.jpg (pending)."


def test_a_picture_that_nobody_has_is_not_answered_with_all_others():
    reply = ask("is the poster approved", kit="media", context=Context(assets=ASSETS))
    assert reply.content.startswith("I don't have “poster” in your 5 images.")
    reply = ask("has the client approved the images", kit="media", context=Context(assets=ASSETS))
    assert "don't have" not in reply.content


def test_the_flaw_that_is_told_of_is_the_flaw_that_is_rejected():
    context = Context(
        assets=(
            an_asset("a", "sharp.jpg", tags=("x",)),
            an_asset("b", "small.jpg", width=400, height=300),
            an_asset("c", "soft.jpg", tags=("blurry",)),
        )
    )
    assert ask("reject the blurry images", kit="media", context=context).shown == ("c",)
    assert ask("reject the low resolution images", kit="media", context=context).shown == ("b",)
    assert ask("reject the dark images", kit="media", context=context).proposal is None

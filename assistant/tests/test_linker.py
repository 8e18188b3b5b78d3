"""Which piece a message names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.tests.shoot import LONDON, NOW, SHOOT, a_sample
from assistant.understanding import understand
from assistant.understanding.context import Context
from assistant.understanding.linker import Index, same_look
from assistant.understanding.names import edits
from assistant.understanding.normalise import fold, read
from insights.analysis.events.intake import read_event
from insights.analysis.media.intake import read_assets
from insights.analysis.recommendations.intake import read_packages


def linked(message, samples=SHOOT):
    return Index(Context(samples=samples)).link(read(message)).items.ids


@pytest.mark.parametrize(
    ("message", "ids"),
    [
        ("where is the ivory Dior gown", ("s1",)),
        ("DR-101", ("s1",)),
        ("dr 101", ("s1",)),
        ("dr101?", ("s1",)),
        ("status of BG_202", ("s2",)),
        ("where is the velvt cape", ("s3",)),
        ("gucci lofers", ("s4",)),
        ("the loewe bag", ("s2",)),
        ("emerald gown", ("s6",)),
        ("THE VELVET CAPE!!!", ("s3",)),
        ("where's dior's ivory gown", ("s1",)),
        ("what changed since yesterday", ()),
        ("where is the prada gown", ()),
        ("are we ready", ()),
    ],
)
def test_a_name_or_a_code_finds_its_piece(message, ids):
    assert linked(message) == ids


def test_two_pieces_that_fit_equally_are_both_given():
    assert linked("where is the ivory gown") == ("s1", "s7")


def test_a_name_that_is_spelled_out_beats_a_longer_one():
    twins = (a_sample("a", "Red Coat"), a_sample("b", "Red Coat Long"))
    assert linked("the red coat", twins) == ("a",)


def test_accents_and_case_do_not_matter():
    assert fold("Chlo\u00e9 \uff23\uff21\uff30\uff25") == "chloe cape"
    assert linked("chloe cape", (a_sample("a", "Chloé CAPE"), a_sample("b", "Black belt"))) == (
        "a",
    )


def test_a_unknown_house_is_told_apart_from_a_filler():
    links = Index(Context(samples=SHOOT)).link(read("where is the prada gown"))
    assert links.items.unknown == ("prada",)


@pytest.mark.parametrize("look_id", ["18", "look-18", "L18", "FW26/L-018"])
def test_a_look_is_known_by_its_last_number(look_id):
    assert same_look(a_sample("a", "x", look_ids=(look_id,)), 18)
    assert not same_look(a_sample("a", "x", look_ids=(look_id,)), 26)


def test_a_message_about_many_pieces_names_none():
    for message in ("how many dresses are there", "everything from Gucci", "list gucci"):
        found = understand(
            message, kit="logistics", context=Context(samples=SHOOT), now=NOW, zone=LONDON
        )
        assert found.slots.items == ()


def test_the_filters_of_a_message_become_slots():
    found = understand(
        "which black hero shoes from Gucci are delayed in look 3 on rail b",
        kit="logistics", context=Context(samples=SHOOT), now=NOW, zone=LONDON,
    ).slots  # fmt: skip
    assert found.statuses == ("delayed",)
    assert found.categories == ("shoe",)
    assert found.colours == ("black",)
    assert found.designers == ("Gucci",)
    assert found.places == ("Rail B",)
    assert (found.hero, found.look) == (True, 3)


WORDS = st.text(alphabet="abcde", max_size=8)


@given(WORDS, WORDS)
def test_edits_are_symmetric_and_zero_for_equals_only(one, two):
    assert edits(one, two, 9) == edits(two, one, 9)
    assert (edits(one, two, 9) == 0) == (one == two)


@given(WORDS, WORDS, st.integers(0, 3))
def test_a_limit_only_cuts_the_distance(one, two, limit):
    assert edits(one, two, limit) == min(edits(one, two, 99), limit + 1)


def test_a_swap_of_neighbours_is_one_edit():
    assert edits("cpae", "cape", 2) == 1


@given(name=st.text(max_size=40), message=st.text(max_size=60))
def test_any_name_and_any_message_can_be_compared(name, message):
    assert set(linked(message, (a_sample("a", name), a_sample("b", "Coat")))) <= {"a", "b"}


SHOW = Context(
    samples=(*SHOOT, a_sample("s9", "Black Trousers", category="trousers")),
    event=read_event(
        {
            "id": "e",
            "tasks": [
                {"id": "t1", "name": "Press trousers", "ownerName": "Nina Sharma"},
                {"id": "t2", "name": "Sound check", "ownerName": "Ben Okri"},
                {"id": "t3", "name": "Sound system"},
                {"id": "t4", "name": "Guest list and seating"},
            ],
            "people": [{"id": "p1", "name": "Maria Lopez"}, {"id": "p2", "name": "Maria Rossi"}],
            "shifts": [{"id": "h1", "role": "front of house", "required": 2}],
            "cues": [{"id": "c1", "name": "Doors open"}],
        },
        zone=LONDON,
    )[0],
    assets=read_assets(
        [
            {"id": "a1", "fileName": "IMG_3021.jpg", "tags": ["editorial"]},
            {"id": "a2", "fileName": "IMG_0077.jpg"},
            {"id": "ast-003", "fileName": "cover_shot.jpg"},
        ],
        zone=LONDON,
    )[0],
    packages=read_packages([{"id": "k1", "name": "Runway essentials"}], zone=LONDON)[0],
)


def kinds(message):
    links = Index(SHOW).link(read(message))
    return {kind: getattr(links, kind).ids for kind in
            ("items", "tasks", "assets", "people", "packages", "cues") if getattr(links, kind).ids}  # fmt: skip


@pytest.mark.parametrize(
    ("message", "linked"),
    [
        ("is press trousers done", {"tasks": ("t1",)}),
        ("where are the black trousers", {"items": ("s9",)}),
        ("who owns the sound check", {"tasks": ("t2",)}),
        ("has the guest list been finished", {"tasks": ("t4",)}),
        ("is the gest list finished", {"tasks": ("t4",)}),
        ("approve image 77", {"assets": ("a2",)}),
        ("reject photos 77 and 3021", {"assets": ("a2", "a1")}),
        ("show IMG_3021.jpg", {"assets": ("a1",)}),
        ("img_3021", {"assets": ("a1",)}),
        ("show image 3", {"assets": ("ast-003",)}),
        ("rate photo 77 4 stars", {"assets": ("a2",)}),
        ("is the cover approved", {"assets": ("ast-003",)}),
        ("what is maria doing", {"people": ("Maria Lopez", "Maria Rossi")}),
        ("is Maria Rossi free", {"people": ("Maria Rossi",)}),
        ("tell ben about the velvet cape", {"people": ("Ben Okri",), "items": ("s3",)}),
        ("what does runway essentials include", {"packages": ("k1",)}),
        ("when do doors open", {"cues": ("c1",)}),
        ("are the doors of the van locked", {}),
        ("pick the top 10 images", {}),
    ],
)
def test_kinds_compete_for_the_words(message, linked):
    assert kinds(message) == linked


def test_slots_of_the_other_kinds():
    def slots(message, kit="events"):
        return understand(message, kit=kit, context=Index(SHOW), now=NOW, zone=LONDON).slots

    assert slots("who is on front of house").roles == ("front of house",)
    assert slots("show editorial images in landscape", "media").tags == ("editorial",)
    assert slots("show landscape images", "media").orientation == "landscape"
    assert slots("back shots of look 3", "media").angles == ("back",)
    assert slots("which tasks are overdue").task_statuses == ("overdue",)
    assert slots("how many images are pending", "media").asset_statuses == ("pending_review",)
    assert slots("show my tasks").mine
    assert not slots("show me the tasks").mine
    assert slots("delay the sound check by 30 minutes").minutes == 30
    assert slots("where is XK-9944").codes == ("xk-9944",)
    assert slots("is the dress rehearsal done").categories == ("dress",)
    assert slots("recommend a package for £25k").budget == 25_000


TITLES = Context(
    event=read_event(
        {
            "id": "e",
            "tasks": [
                {"id": "t1", "name": "<a href='http://evil.example'>Stage build</a>"},
                {"id": "t2", "name": "Cable run"},
                {"id": "t3", "name": "Light check"},
            ],
        },
        zone=LONDON,
    )[0]
)


@pytest.mark.parametrize(
    ("message", "ids"),
    [
        ("is the stage build finished", ("t1",)),
        ("show the run of show", ()),
        ("is the cable run done", ("t2",)),
        ("lightchk done", ("t3",)),
        ("light chek finished", ("t3",)),
    ],
)
def test_a_title_is_found_by_its_own_words(message, ids):
    assert Index(TITLES).link(read(message)).tasks.ids == ids


def pictures_linked(message, kit):
    rows = [{"id": f"p{at}", "filename": f"IMG_40{at}.jpg"} for at in (11, 12)]
    context = Context(assets=read_assets(rows, zone=LONDON)[0])
    return Index(context).link(read(message), kit=kit).assets.ids


def test_a_bare_number_is_that_of_a_picture_in_the_kit_of_media_only():
    assert pictures_linked("is 4012 sharp", "media") == ("p12",)
    assert pictures_linked("is 4012 sharp", "events") == ()
    assert pictures_linked("look 4012", "media") == ()
    assert pictures_linked("the imgs please", "media") == ()


@pytest.mark.parametrize(
    ("message", "ids", "together"),
    [
        ("where are the velvet cape and the gucci loafers", {"s3", "s4"}, True),
        ("velvet cape, loewe tote and DR-101", {"s1", "s2", "s3"}, True),
        ("where is the ivory gown", {"s1", "s7"}, False),
        ("where is the black and white cape", {"s3"}, False),
    ],
)
def test_pieces_that_are_each_named_are_all_meant(message, ids, together):
    context = Context(samples=SHOOT)
    slots = understand(message, kit="logistics", context=context, now=NOW, zone=LONDON).slots
    assert (set(slots.items), slots.together) == (ids, together)


@pytest.mark.parametrize(
    ("said", "read_as"),
    [
        ("look number twenty one", "look 21"),
        ("Look Six please", "look 6 please"),
        ("photo forty-two", "photo 42"),
        ("look one more time", "look one more time"),
        ("the three sisters", "the three sisters"),
    ],
)
def test_a_dictated_number_is_a_number(said, read_as):
    assert read(said).line.replace("picture", "photo") == read_as

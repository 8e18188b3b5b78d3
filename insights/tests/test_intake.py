import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fashionos.kit.wire import read_json, write_json
from insights.analysis.intake import _read_row, read_instant, read_options, read_samples, read_zone
from insights.analysis.logistics import analyse
from insights.analysis.rows import Cautions
from insights.schemas.logistics import Changeover, LogisticsOptions, Sample

PARIS = ZoneInfo("Europe/Paris")
UTC_ZONE = ZoneInfo("UTC")
NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["2026-03-10", "hero", "On Set", "1e999", "-4", "9999-12-31T23:59:59-12:00"])
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
FIELDS = [
    *("id", "sku", "barcode", "status", "category", "isHero", "is_hero", "priority", "quantity"),
    *("shotMinutes", "prep_minutes", "shotsCaptured", "lookIds", "look", "tags", "substituteIds"),
    *("expectedAt", "eta", "dueDate", "neededAt", "receivedAt", "shotAt", "returnBy", "setId"),
    *("setupKey", "customsStatus", "statusHistory", "valueAmount", "trackingNumber", "supplier"),
    *("model_id", "shotType", "notes", "unheardOf"),
]
ROWS = st.lists(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=12) | JSON, max_size=8)


def read(*rows, zone=UTC_ZONE):
    return read_samples(rows, zone=zone)


def only(row, zone=UTC_ZONE):
    [sample], _ = read({"id": "a", "status": "awaiting", **row}, zone=zone)
    return sample


def codes(cautions):
    return [(caution.path, caution.code) for caution in cautions]


def test_a_well_formed_row_is_taken_as_it_is():
    row = {
        "id": "s1",
        "sku": "SKU 1",
        "name": "Ivory gown",
        "category": " Dress",
        "status": "in_transit",
        "isHero": True,
        "priority": "high",
        "prepMinutes": 45,
        "lookIds": ["look-1", "look-2"],
        "expectedAt": "2026-03-10T10:00:00.750+01:00",
        "statusHistory": [{"status": "awaiting", "at": "2026-03-01T00:00:00Z"}],
        "extra": {"kept": "no error"},
    }
    [sample], cautions = read(row)
    assert cautions == []
    assert (sample.name, sample.category, sample.is_hero) == ("Ivory gown", "dress", True)
    assert sample.expected_at == datetime(2026, 3, 10, 9, tzinfo=UTC)
    assert sample.expected_at.tzinfo is UTC
    assert sample.look_ids == ("look-1", "look-2")
    assert sample.prep_minutes == 45.0
    assert sample.status_history[0].status == "awaiting"


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ("On Set", "on_set"),
        ("on-set", "on_set"),
        ("onSet", "on_set"),
        ("ON_SET", "on_set"),
        ("In Progress", "on_set"),
        ("not received", "awaiting"),
        ("received", "received"),
        ("Checked-In", "received"),
        ("Customs", "delayed"),
        ("outForDelivery", "in_transit"),
        ("completed", "shot"),
        ("sent back", "returned"),
        ("needs_repair", "damaged"),
        ("written off", "lost"),
        ("Sold", "cancelled"),
    ],
)
def test_statuses_have_synonyms(written, status):
    [sample], cautions = read({"id": "a", "status": written})
    assert (sample.status, sample.status_raw, cautions) == (status, None, [])


@pytest.mark.parametrize("written", ["teleported", "not received yet", "unknown", 7, ["shot"]])
def test_an_unknown_status_keeps_its_word_and_is_named(written):
    [sample], cautions = read({"id": "a", "status": written})
    assert sample.status == "unknown"
    assert sample.status_raw
    assert codes(cautions) == [("sampleList[0].status", "unknown_status")]


@pytest.mark.parametrize(
    "row", [{"id": "a"}, {"id": "a", "status": None}, {"id": "a", "status": " "}]
)
def test_a_missing_status_is_awaiting_and_named(row):
    [sample], cautions = read(row)
    assert sample.status == "awaiting"
    assert codes(cautions) == [("sampleList[0].status", "missing_status")]


def test_field_names_may_be_snake_case_or_aliases():
    plain = read(
        {
            "id": "a",
            "status": "shot",
            "isHero": True,
            "expectedAt": "2026-03-10T09:00:00Z",
            "shippedAt": "2026-03-01T09:00:00Z",
            "neededAt": "2026-03-12T09:00:00Z",
            "returnDueAt": "2026-03-20T23:59:59Z",
            "lookIds": ["18"],
        }
    )
    other = read(
        {
            "id": "a",
            "status": "Done",
            "is_hero": True,
            "eta": "2026-03-10T09:00:00Z",
            "etd": "2026-03-01T09:00:00Z",
            "dueAt": "2026-03-12T09:00:00Z",
            "returnBy": "2026-03-20",
            "look": 18,
        }
    )
    assert plain == other


@pytest.mark.parametrize(
    "alias", ["neededAt", "needed_at", "shootAt", "due_date", "dueDate", "dueAt"]
)
def test_when_it_is_needed_has_many_names(alias):
    assert only({alias: "2026-03-12T09:00:00Z"}).needed_at == datetime(2026, 3, 12, 9, tzinfo=UTC)


def test_of_two_spellings_the_own_name_wins():
    row = {"eta": "2026-03-01T00:00:00Z", "expectedAt": "2026-03-02T00:00:00Z"}
    for either in (row, dict(reversed(row.items()))):
        assert only(either).expected_at == datetime(2026, 3, 2, tzinfo=UTC)
    assert only({"eta": "2026-03-01", "expectedAt": None}).expected_at.day == 1


@pytest.mark.parametrize(
    ("written", "is_hero"),
    [
        (True, True),
        ("true", True),
        ("YES", True),
        (1, True),
        ("1", True),
        ("no", False),
        (0, False),
    ],
    ids=repr,
)
def test_booleans_come_in_many_forms(written, is_hero):
    assert only({"isHero": written}).is_hero is is_hero


@pytest.mark.parametrize(
    "row", [{"priority": "Hero"}, {"tags": ["press", "HERO"]}, {"tags": "hero"}]
)
def test_a_hero_may_be_marked_by_priority_or_tag(row):
    assert only(row).is_hero


def test_numbers_may_be_text_and_ids_numbers():
    [sample], cautions = read({"id": 17, "status": "shot", "quantity": "3", "shotMinutes": "7.5"})
    assert (sample.id, sample.quantity, sample.shot_minutes, cautions) == ("17", 3, 7.5, [])
    assert only({"modelId": 4.0, "sku": 12345678901234567890123}).model_id == "4"


@pytest.mark.parametrize(
    ("row", "field", "value", "code"),
    [
        ({"quantity": -5}, "quantity", 0, "negative"),
        ({"shotMinutes": -0.5}, "shot_minutes", 0.0, "negative"),
        ({"shotMinutes": 1e300}, "shot_minutes", 525_600.0, "too_large"),
        ({"quantity": 10**400}, "quantity", 1_000_000, "too_large"),
        ({"quantity": -(10**400)}, "quantity", 0, "negative"),
        ({"shotMinutes": "inf"}, "shot_minutes", None, "not_a_number"),
        ({"shotMinutes": "nan"}, "shot_minutes", None, "not_a_number"),
        ({"shotMinutes": True}, "shot_minutes", None, "not_a_number"),
        ({"shotMinutes": "soon"}, "shot_minutes", None, "not_a_number"),
        ({"isHero": "maybe"}, "is_hero", False, "not_boolean"),
        ({"priority": "urgent"}, "priority", "normal", "unknown_value"),
        ({"sampleType": "photograph"}, "sample_type", None, "unknown_value"),
        ({"name": {"en": "gown"}}, "name", None, "not_text"),
        ({"lookIds": ["a", {}, 3]}, "look_ids", ("a", "3"), "not_text"),
        ({"statusHistory": 3}, "status_history", (), "not_a_list"),
        ({"statusHistory": [{"status": "gone"}]}, "status_history", (), "unknown_status"),
        ({"expectedAt": "soon"}, "expected_at", None, "not_a_time"),
        ({"expectedAt": "9999-12-31T23:59:59-12:00"}, "expected_at", None, "not_a_time"),
        ({"expectedAt": "0001-01-01T00:00:00+12:00"}, "expected_at", None, "not_a_time"),
        ({"expectedAt": 10**400}, "expected_at", None, "not_a_time"),
        ({"expectedAt": True}, "expected_at", None, "not_a_time"),
    ],
)
def test_a_bad_field_becomes_harmless_and_is_named(row, field, value, code):
    [sample], cautions = read({"id": "a", "status": "awaiting", **row})
    assert getattr(sample, field) == value
    assert codes(cautions) == [(f"sampleList[0].{next(iter(row))}", code)]


def test_a_bad_row_is_left_out_and_named():
    samples, cautions = read({"id": "a", "status": "shot"}, 7, {"status": "shot"}, None, [], "x")
    assert [sample.id for sample in samples] == ["a"]
    assert codes(cautions) == [
        ("sampleList[1]", "not_an_object"),
        ("sampleList[2]", "no_identity"),
        ("sampleList[3]", "not_an_object"),
        ("sampleList[4]", "not_an_object"),
        ("sampleList[5]", "not_an_object"),
    ]


def test_the_identity_is_the_first_of_id_barcode_and_sku():
    samples, cautions = read(
        {"id": "", "barcode": "b", "sku": "s", "status": "shot"}, {"sku": "s2", "status": "shot"}
    )
    assert [sample.id for sample in samples] == ["b", "s2"]
    assert cautions == []


def test_the_last_of_two_rows_with_one_id_wins():
    samples, cautions = read(
        {"id": "a", "status": "awaiting"},
        {"id": "b", "status": "shot"},
        {"id": "a", "status": "shot"},
    )
    assert [(sample.id, sample.status) for sample in samples] == [("a", "shot"), ("b", "shot")]
    assert codes(cautions) == [("sampleList[2].id", "duplicate_id")]


def test_warnings_are_bounded_and_the_rest_counted():
    _, cautions = read_samples([None] * 5_000, zone=UTC_ZONE, path="rows")
    assert len(cautions) == 101
    assert cautions[-1].code == "more_warnings"
    assert cautions[-1].message.startswith("4900 ")


def test_text_is_kept_verbatim():
    name = "<script>alert('x')</script> '; DROP TABLE samples; -- \N{GRINNING FACE} \u202e"
    assert only({"name": name, "notes": f"  {name}  "}).notes == f"  {name}  "
    assert only({"name": name}).name == name


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-07-01T12:00:00Z", datetime(2026, 7, 1, 12, tzinfo=UTC)),
        ("2026-07-01T12:00:00+05:30", datetime(2026, 7, 1, 6, 30, tzinfo=UTC)),
        ("2026-07-01T12:00", datetime(2026, 7, 1, 10, tzinfo=UTC)),
        (" 2026-07-01 12:00 ", datetime(2026, 7, 1, 10, tzinfo=UTC)),
        ("2026-07-01", datetime(2026, 6, 30, 22, tzinfo=UTC)),
        ("2026-01-15", datetime(2026, 1, 14, 23, tzinfo=UTC)),
        (1782907200, datetime(2026, 7, 1, 12, tzinfo=UTC)),
        (1782907200000, datetime(2026, 7, 1, 12, tzinfo=UTC)),
        (1782907200.75, datetime(2026, 7, 1, 12, tzinfo=UTC)),
        ("1782907200", datetime(2026, 7, 1, 12, tzinfo=UTC)),
        ("1782907200000", datetime(2026, 7, 1, 12, tzinfo=UTC)),
        ("", None),
        ("tomorrow", None),
        ("2026-02-30", None),
        ("2026-13-01T00:00:00Z", None),
        (5, None),
        ("1e400", None),
        (float("1e300"), None),
        (None, None),
        (False, None),
        ({}, None),
    ],
)
def test_times_are_iso_or_epochs_in_the_given_zone(written, moment):
    assert read_instant(written, PARIS) == moment


def test_a_date_alone_can_mean_the_end_of_its_day():
    end = read_instant("2026-07-01", PARIS, end_of_day=True)
    assert end == datetime(2026, 7, 1, 21, 59, 59, tzinfo=UTC)
    assert only({"dueDate": "2026-07-01"}, PARIS).needed_at == end
    assert only({"returnDueAt": "2026-07-01"}, PARIS).return_due_at == end
    assert only({"neededAt": "2026-07-01"}, PARIS).needed_at < end


def test_on_the_night_the_clocks_change_a_naive_time_is_still_a_moment():
    assert read_instant("2026-03-29T02:30:00", PARIS) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "name", ["Mars/Base", "", "../../etc/passwd", "Europe", "\x00", 5, None, "a" * 5000]
)
def test_an_unknown_zone_is_none(name):
    assert read_zone(name) is None


def test_a_known_zone_is_found():
    assert read_zone("Europe/Paris") == PARIS


def test_options_are_read_as_leniently():
    options, cautions = read_options(
        {
            "changeover": {"setMinutes": "30", "combine": "MAX", "model_minutes": -1},
            "changeoverMatrix": {"a": {"b": "5", "c": "far"}, "b": 7},
            "start_setup": "a",
            "returnToStart": "yes",
            "dayStartAt": "2026-03-10T09:00",
            "breaks": [
                {"startAt": "2026-03-10T12:00", "endAt": "2026-03-10T13:00"},
                {"startAt": "2026-03-10T13:00", "endAt": "2026-03-10T12:00"},
            ],
            "heroFirst": "Soft",
            "maxBatchMinutes": 90,
            "shootAt": 1782907200,
            "target": 250,
            "unheardOf": [],
        },
        zone=UTC_ZONE,
    )
    assert options.changeover == Changeover(set_minutes=30.0, combine="max", model_minutes=0.0)
    assert options.changeover_matrix == {"a": {"b": 5.0}, "b": {}}
    assert (options.start_setup, options.return_to_start) == ("a", True)
    assert options.day_start_at == NOW
    assert len(options.breaks) == 1
    assert (options.hero_first, options.max_batch_minutes, options.target) == ("soft", 90.0, 100.0)
    assert codes(cautions) == [
        ("options.changeoverMatrix", "bad_matrix"),
        ("options.breaks", "bad_break"),
        ("options.target", "too_large"),
        ("options.changeover.model_minutes", "negative"),
    ]


@pytest.mark.parametrize(
    ("written", "hero_first"), [(True, "strict"), (False, "off"), ("OFF", "off")]
)
def test_hero_first_may_be_a_boolean(written, hero_first):
    assert read_options({"heroFirst": written}, zone=UTC_ZONE)[0].hero_first == hero_first


def test_options_may_be_absent_or_nonsense():
    assert read_options(None, zone=UTC_ZONE) == (LogisticsOptions(), [])
    options, cautions = read_options([1], zone=UTC_ZONE)
    assert options == LogisticsOptions()
    assert codes(cautions) == [("options", "not_an_object")]


@given(
    ROWS,
    JSON
    | st.dictionaries(
        st.sampled_from(
            [
                "changeover",
                "changeoverMatrix",
                "startSetup",
                "returnToStart",
                "dayStartAt",
                "dayEndAt",
                "breaks",
                "heroFirst",
                "maxBatchMinutes",
                "shootAt",
                "target",
            ]
        ),
        JSON,
    ),
)
def test_no_json_row_and_no_option_ever_raises(rows, options):
    samples, cautions = read_samples(rows, zone=PARIS)
    read, more = read_options(options, zone=PARIS)
    assert len({sample.id for sample in samples}) == len(samples)
    analysis = analyse(samples, parts={"readiness", "blockers", "batching"}, options=read, now=NOW)
    body = write_json({"analysis": analysis, "warnings": [*cautions, *more]})
    assert read_json(body) == json.loads(body)


MOMENTS = st.sampled_from(
    [
        *("2026-03-10T09:00:00Z", "2026-03-10T09:00:00.5Z"),
        *("2026-03-10T09:00:00.999999+01:00", "2026-03-10T09:00:00-12:00"),
        *("1980-01-01T00:00:00+14:00", "1979-12-31T23:30:00-01:00", "2200-12-31T23:59:59-01:00"),
        *("2201-01-01T00:30:00+01:00", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"),
    ]
)
WORDS = st.sampled_from(["a", "", " Dress ", "Stra\u00dfe", "HERO", "\u0130"])
CANONICAL = st.sampled_from(["awaiting", "in_transit", "received", "shot", "unknown"])


def plausible_rows(*odd):
    """Rows of what each field is for, and of odd values wherever there are some."""
    odd = [st.sampled_from(odd)] * bool(odd)

    def history(status):
        return st.lists(
            st.fixed_dictionaries({"status": status}, optional={"at": MOMENTS}), max_size=2
        )

    fields = {
        **dict.fromkeys(("name", "category", "setId"), WORDS),
        **dict.fromkeys(("expectedAt", "neededAt", "returnDueAt"), MOMENTS),
        **dict.fromkeys(("quantity", "shotMinutes"), st.sampled_from([0, 1, 2.5, 3.0, 525_601])),
        **dict.fromkeys(("tags", "lookIds"), st.lists(WORDS | st.just("hero"), max_size=2)),
        "isHero": st.booleans(),
        "statusHistory": history(CANONICAL),
        "unheardOf": JSON,
    }
    always = {"id": st.sampled_from("abcdefgh"), "status": st.one_of(CANONICAL, *odd)}
    # A few fields each: of many, one would nearly always be read field by field.
    some = st.lists(st.sampled_from(list(fields)), max_size=3, unique=True)
    return some.flatmap(
        lambda names: st.fixed_dictionaries(
            always | {name: st.one_of(fields[name], *odd) for name in names}
        )
    )


PLAIN_ROWS = st.lists(plausible_rows(), max_size=3)
ODD_ROWS = st.lists(
    plausible_rows(None, 4, -1, "4", "On Set", "what", "2026-03-10", "2026-03-10T09:00"), max_size=5
)


@settings(max_examples=400)
@given(PLAIN_ROWS | ODD_ROWS | ROWS)
def test_rows_read_at_once_are_what_they_are_field_by_field(rows):
    by_id = {}
    for row in rows:
        if sample := _read_row(row, PARIS, "row", Cautions("row")):
            by_id[sample.id] = sample
    samples, cautions = read_samples(rows, zone=PARIS)
    assert samples == list(by_id.values())
    for sample in samples:
        moments = [
            getattr(sample, name) for name in Sample.__struct_fields__ if name.endswith("_at")
        ]
        moments += [moment.at for moment in sample.status_history]
        assert {(at.tzinfo, at.microsecond) for at in moments if at} <= {(UTC, 0)}
    cautioned = {caution.path.partition(".")[0] for caution in cautions}
    for position, row in enumerate(rows):
        alone = Cautions("row")
        _read_row(row, PARIS, "row", alone)
        assert not alone.all() or f"sampleList[{position}]" in cautioned


def as_row(sample, spell):
    row = json.loads(write_json(sample))
    return {spell(key): value for key, value in row.items()}


def snake(key):
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)


@given(
    st.builds(
        Sample,
        id=st.text(min_size=1, max_size=5),
        status=st.sampled_from(["awaiting", "in_transit", "shot", "lost"]),
        is_hero=st.booleans(),
        quantity=st.integers(0, 50),
        prep_minutes=st.floats(0, 500),
        look_ids=st.lists(st.text(max_size=3), max_size=3).map(tuple),
        expected_at=st.none()
        | st.datetimes(
            datetime(1981, 1, 1),  # noqa: DTZ001 -- hypothesis wants its bounds naive
            datetime(2199, 1, 1),  # noqa: DTZ001 -- as above
            timezones=st.just(UTC),
        ).map(lambda moment: moment.replace(microsecond=0)),
    )
)
def test_all_ways_of_reading_agree(sample):
    """As written, tidied (snake case), and field by field (an epoch) give the same sample."""
    row = as_row(sample, str)
    by_field = row | ({"expectedAt": sample.expected_at.timestamp()} if sample.expected_at else {})
    readings = [
        read(row),
        read(as_row(sample, snake)),
        read(by_field | {"isHero": int(sample.is_hero)}),
    ]
    assert readings == [([sample], [])] * 3

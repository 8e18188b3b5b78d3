"""Pictures in the gallery: what becomes of their assets, and how they come by their measures."""

import base64
import io
import os
import signal
from datetime import timedelta
from pathlib import Path
from zlib import crc32

import msgspec
import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fashionos.kit.owned import Role, acting
from fashionos.storage.actors import SERVER, Actor
from fashionos.storage.models import Bucket, StoredObject
from fashionos.storage.services import (
    find_object,
    move_object,
    put_object,
    remove_objects,
    remove_rows,
)
from fashionos.storage.stores import store
from fashionos.tests.test_admin import browser, page
from fashionos.workspace import gallery, services
from fashionos.workspace.gallery import measure_next
from fashionos.workspace.measuring import Measurer, MeasurerDied
from fashionos.workspace.models import Asset, StatusChange
from fashionos.workspace.tests.conftest import as_person, listening
from fashionos.workspace.tests.pictures import add_gallery, keep_file, picture, put
from insights.analysis.media.pixels import measure_picture


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.STORAGE_DIR = tmp_path
    store.cache_clear()
    yield
    store.cache_clear()


@pytest.fixture
def gallery_bucket(transactional_db):
    add_gallery()


@pytest.fixture(scope="module")
def measurer():
    measurer = Measurer(seconds=60)
    yield measurer
    measurer.close()


def mine(person):
    with as_person(person):
        return list(Asset.objects.for_user(person).order_by("storage_path"))


def the(person):
    [asset] = mine(person)
    return asset


def statuses(person):
    with as_person(person):
        moves = StatusChange.objects.for_user(person).order_by("id")
        return list(moves.values_list("new_status", flat=True))


# Objects and assets


def test_an_object_has_an_asset_that_waits_for_its_measures(alice, bob):
    path = put(alice, "looks/Look 1.jpg")
    asset = the(alice)
    assert (asset.storage_path, asset.file_name) == (path, "Look 1.jpg")
    assert (asset.status, asset.mime_type, asset.bytes) == (
        "processing",
        "image/jpeg",
        len(picture()),
    )
    assert asset.measure_at <= timezone.now()
    assert mine(bob) == []


def test_an_asset_that_was_announced_before_its_file_gets_it(alice):
    path = f"{alice.id}/a.jpg"
    with as_person(alice):
        rows = [{"storage_path": path, "status": "uploading", "sku": "G-1", "tags": ["hero"]}]
        [before] = services.add_assets(alice.id, rows, by=alice.id)
    put(alice, "a.jpg")
    asset = the(alice)
    assert (asset.pk, asset.sku, asset.tags) == (before.pk, "G-1", ["hero"])
    assert asset.status == "processing"


def test_new_bytes_are_looked_at_again(alice, measurer):
    put(alice, "a.jpg")
    measure_next(measurer)
    with as_person(alice):
        services.change_assets(
            Asset.objects.for_user(alice),
            {"status": "approved", "rating": 4, "details": {**the(alice).details, "by": "Ines"}},
            by=alice.id,
        )
    put(alice, "a.jpg", picture(1, size=(400, 200)))
    asset = the(alice)
    assert (asset.status, asset.width, asset.features) == ("processing", None, {})
    assert (asset.details, asset.rating) == ({"by": "Ines"}, 4)
    measure_next(measurer)
    assert (the(alice).status, the(alice).width) == ("pending_review", 400)


def test_what_has_no_file_any_more_is_archived_and_may_come_again(alice, measurer):
    path, other = put(alice, "a.jpg"), put(alice, "b.jpg")
    with as_person(alice):
        remove_objects(Actor(Role.WEB, alice.id), "gallery", {path: None, other: None})
    assert [(asset.status, asset.measure_at) for asset in mine(alice)] == [("archived", None)] * 2
    assert not measure_next(measurer)
    put(alice, "a.jpg")
    assert [asset.status for asset in mine(alice)] == ["processing", "archived"]


def test_a_moved_file_keeps_its_asset(alice, measurer):
    path = put(alice, "a.jpg")
    measure_next(measurer)
    before = the(alice)
    actor = Actor(Role.WEB, alice.id)
    with as_person(alice):
        move_object(actor, find_object(actor, "gallery", path), "gallery", f"{alice.id}/b/c.jpg")
    asset = the(alice)
    assert (asset.pk, asset.storage_path, asset.file_name) == (
        *(before.pk, f"{alice.id}/b/c.jpg", "c.jpg"),
    )
    assert (asset.status, asset.features) == (before.status, before.features)


def test_a_file_that_is_moved_onto_an_announced_asset_becomes_its_own(alice):
    path, target = put(alice, "a.jpg"), f"{alice.id}/b.jpg"
    actor = Actor(Role.WEB, alice.id)
    with as_person(alice):
        services.add_assets(
            alice.id, [{"storage_path": target, "status": "uploading"}], by=alice.id
        )
        move_object(actor, find_object(actor, "gallery", path), "gallery", target)
    assert [asset.status for asset in mine(alice)] == ["archived", "processing"]


def test_a_file_that_the_server_hands_to_another_is_another_s_picture(alice, bob):
    path = put(alice, "a.jpg")
    with acting(Role.SYSTEM):
        stored = find_object(SERVER, "gallery", path)
        move_object(SERVER, stored, "gallery", f"{bob.id}/a.jpg")
    assert the(alice).status == "archived"
    assert the(bob).status == "processing"


def test_other_buckets_and_folders_of_nobody_have_no_assets(alice):
    with acting(Role.SYSTEM):
        Bucket.objects.create(id="attic")
        put_object(SERVER, "attic", f"{alice.id}/a.jpg", keep_file(picture()), upsert=False)
        put_object(SERVER, "gallery", "house/a.jpg", keep_file(picture()), upsert=False)
        assert not Asset.objects.exists()


@pytest.mark.usefixtures("gallery_bucket")
def test_each_picture_is_announced_once(alice, measurer):
    path = f"{alice.id}/b.jpg"
    with listening() as told:
        put(alice, "a.jpg")
        with as_person(alice):
            services.add_assets(
                alice.id, [{"storage_path": path, "status": "uploading"}], by=alice.id
            )
        put(alice, "b.jpg")
        while measure_next(measurer):
            pass
    assert [(topic, event, fact["fileName"]) for topic, event, fact in told] == [
        (f"assets:{alice.id}", "asset_uploaded", "a.jpg"),
        (f"assets:{alice.id}", "asset_uploaded", str(mine(alice)[1])),
    ]


@pytest.mark.parametrize("count", [1, 3])
def test_one_removed_or_three_take_the_same_queries(alice, count):
    paths = {put(alice, f"{n}.jpg"): None for n in range(count)}
    with as_person(alice), CaptureQueriesContext(connection) as captured:
        remove_objects(Actor(Role.WEB, alice.id), "gallery", paths)
    assert len(captured) == 9


# Measures


def test_a_picture_is_measured_once_and_scored_by_what_was_stored(alice, measurer):
    data = picture(3)
    put(alice, "a.jpg", data)
    assert measure_next(measurer)
    assert not measure_next(measurer)
    asset, expected = the(alice), msgspec.to_builtins(measure_picture(data))
    assert (asset.width, asset.height) == (320, 240)
    assert msgspec.convert(asset.features, dict) == msgspec.json.decode(
        msgspec.json.encode(expected["features"])
    )
    for name in ("metrics", "perceptualHash", "dominantColors"):
        assert asset.details[name]
    assert (asset.measure_at, asset.measure_tries, asset.measure_error) == (None, 1, "")
    assert statuses(alice) == ["processing", "pending_review"]


def test_stored_assets_as_the_tables_give_them_score_like_the_picture(alice, measurer):
    data = picture(4)
    put(alice, "a.jpg", data)
    measure_next(measurer)
    asset = the(alice)
    stored = {
        field.column: getattr(asset, field.attname)
        for field in Asset._meta.concrete_fields
        if field.name != "measure_at"
    }
    come = {"id": str(asset.pk), "status": asset.status}
    come["imageData"] = base64.b64encode(data).decode()
    answers = []
    for row in (msgspec.json.decode(msgspec.json.encode(stored)), come):
        body = {"assets": [row], "analysisType": "quality", "noCache": True}
        answers.append(alice.post("/functions/v1/media-scorer", body).document)
    assert not any("warnings" in answer for answer in answers)
    assert answers[0]["qualityScores"] == answers[1]["qualityScores"]


def test_measuring_makes_media_insights_stale(alice, measurer):
    def generation():
        with acting(Role.SYSTEM), connection.cursor() as cursor:
            cursor.execute("SELECT fashionos_insight_generation(%s, 'media')", [str(alice.id)])
            return cursor.fetchone()[0]

    put(alice, "a.jpg")
    before = generation()
    measure_next(measurer)
    assert generation() > before


def test_a_word_that_was_said_meanwhile_stays(alice, measurer):
    put(alice, "a.jpg")
    with as_person(alice):
        services.change_assets(Asset.objects.for_user(alice), {"status": "approved"}, by=alice.id)
    measure_next(measurer)
    assert (the(alice).status, the(alice).width) == ("approved", 320)


def bomb():
    """Return a small PNG whose header announces 60,000 x 60,000 pixels."""
    data = bytearray(picture(size=(64, 64), kind="PNG"))
    data[16:24] = (60_000).to_bytes(4) * 2
    data[29:33] = crc32(data[12:29]).to_bytes(4)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<svg onload=alert(1)>", "no JPEG, PNG, WebP or TIFF, or its header is damaged"),
        (b"", "no JPEG, PNG, WebP or TIFF, or its header is damaged"),
        (picture()[:2_000], "truncated"),
        (bomb(), "more than 80 megapixels"),
        (picture(size=(8, 8)), "8 x 8 pixels are no picture to judge"),
    ],
)
def test_a_broken_picture_fails_alone_with_its_reason(alice, measurer, data, reason):
    put(alice, "a.jpg", data)
    put(alice, "b.jpg")
    while measure_next(measurer):
        pass
    broken, sound = mine(alice)
    assert (broken.status, broken.features, broken.measure_at) == ("uploaded", {}, None)
    assert broken.measure_error == reason
    assert (sound.status, sound.measure_error) == ("pending_review", "")


def test_a_file_that_is_missing_or_too_large_is_told(alice, measurer, monkeypatch):
    put(alice, "a.jpg")
    for path in store().folder.rglob("*"):
        if path.is_file():
            path.unlink()
    measure_next(measurer)
    assert the(alice).measure_error == "there is no file"
    monkeypatch.setattr(gallery, "_MOST_BYTES", 1_000)
    put(alice, "a.jpg")
    measure_next(measurer)
    assert the(alice).measure_error == "more than 0 MB"


def test_a_path_that_somebody_wrote_measures_nobody_else_s_picture(alice, bob, measurer):
    secret = put(alice, "secret.jpg")
    measure_next(measurer)
    put(bob, "mine.jpg")
    with as_person(bob):
        services.change_assets(Asset.objects.for_user(bob), {"storage_path": secret}, by=bob.id)
    assert measure_next(measurer)
    assert (the(bob).width, the(bob).features) == (None, {})
    assert the(bob).measure_error == "there is no file"


class Deadly(Measurer):
    """Its process is killed by each picture, as the kernel does it with one that takes all memory."""

    def _running(self):
        process = super()._running()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        return process


def test_a_picture_that_kills_its_measurer_is_given_up(alice, settings):
    settings.MEASURE_RETRY_SECONDS = 0
    put(alice, "a.jpg")
    deadly = Deadly(seconds=60)
    tries = [measure_next(deadly) for _ in range(5)]
    deadly.close()
    assert tries == [True, True, True, False, False]
    assert (the(alice).status, the(alice).measure_error) == (
        "uploaded",
        "measuring it failed 3 times",
    )


def test_a_picture_that_kills_the_whole_server_is_given_up(alice, settings, measurer):
    """Nobody was left to write the reason."""
    settings.MEASURE_RETRY_SECONDS = 0
    put(alice, "a.jpg")
    for _ in range(settings.MEASURE_TRIES):
        assert gallery._claim(timezone.now())
    assert measure_next(measurer)
    assert the(alice).measure_error == "measuring it failed 3 times"
    assert not measure_next(measurer)


def test_what_somebody_is_measuring_is_left_to_them_until_they_must_have_failed(alice, settings):
    put(alice, "a.jpg")
    now = timezone.now()
    assert gallery._claim(now)
    assert gallery._claim(now) is None
    late = now + timedelta(seconds=settings.MEASURE_RETRY_SECONDS)
    assert gallery._claim(late)


def test_measures_of_bytes_that_were_replaced_are_dropped(alice, measurer):
    put(alice, "a.jpg", picture(0, size=(320, 240)))
    claimed = gallery._claim(timezone.now())
    measures = gallery._measure(measurer, claimed)
    put(alice, "a.jpg", picture(1, size=(400, 200)))
    gallery._finish(claimed, measures=measures)
    assert (the(alice).status, the(alice).width) == ("processing", None)
    assert measure_next(measurer)
    assert the(alice).width == 400


def test_a_store_that_is_away_costs_no_try(alice, measurer, settings):
    settings.MEASURE_RETRY_SECONDS = 0
    put(alice, "a.jpg")
    folder = store().folder
    away = folder.with_name("away")
    folder.rename(away)
    folder.write_text("")  # what lies under it is no folder
    for _ in range(5):
        assert measure_next(measurer)
    folder.unlink()
    away.rename(folder)
    assert measure_next(measurer)
    assert the(alice).status == "pending_review"


def test_the_measurer_gives_up_in_time_and_starts_again():
    data = picture(size=(1_500, 1_000))
    measurer = Measurer(seconds=0)
    with pytest.raises(MeasurerDied):
        measurer.measure(io.BytesIO(data), len(data))
    measurer.seconds = 60
    assert measurer.measure(io.BytesIO(data), len(data)).width == 1_500
    measurer.close()


def test_the_measurer_knows_no_secret():
    measurer = Measurer(seconds=60)
    measurer.measure(io.BytesIO(picture()), len(picture()))
    environment = Path(f"/proc/{measurer._process.pid}/environ").read_bytes()
    names = {entry.partition(b"=")[0] for entry in environment.split(b"\0")}
    measurer.close()
    assert not names & {b"DATABASE_URL", b"SECRET_KEY", b"ENCRYPTION_KEYS", b"JWT_SIGNING_KEY"}


def test_a_swept_object_leaves_its_asset_archived(alice):
    put(alice, "a.jpg")
    lost, kept = picture(1), put(alice, "b.jpg", picture(2))
    put(alice, "a.jpg", lost)
    for path in store().folder.rglob("*"):
        if path.is_file() and path.read_bytes() == lost:
            path.unlink()
    call_command("sweep_storage", "--mend", stdout=io.StringIO())
    assert [asset.status for asset in mine(alice)] == ["archived", "processing"]
    assert mine(alice)[1].storage_path == kept


def test_support_sees_the_picture_of_an_asset_and_why_it_was_not_measured(alice, sam, measurer):
    put(alice, "a.jpg")
    put(alice, "b.jpg", picture()[:2_000])
    while measure_next(measurer):
        pass
    support = browser("sam@example.com")
    sound, broken = mine(alice)
    text = page(support, f"/admin/workspace/asset/{sound.pk}/change/")
    assert "/storage/v1/render/image/sign/gallery/" in text
    assert sound.storage_path in text
    failed = page(support, "/admin/workspace/asset/", measure_error__isempty="0")
    assert str(broken.pk) in failed
    assert str(sound.pk) not in failed
    found = page(support, "/admin/workspace/asset/", storage_path=sound.storage_path)
    assert str(sound.pk) in found
    assert str(broken.pk) not in found


def test_a_file_that_support_removes_leaves_its_asset_archived(alice, sam):
    put(alice, "a.jpg")
    with acting(Role.SUPPORT):
        remove_rows(StoredObject.objects.of_user(alice.id))
    assert the(alice).status == "archived"

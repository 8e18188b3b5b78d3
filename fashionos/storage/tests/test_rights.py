"""Who may do what: the owner, a stranger, nobody, support, the server; by each call."""

from itertools import product

import pytest
from django.db import IntegrityError, ProgrammingError

from fashionos.accounts.services.sessions import sign_out
from fashionos.kit.owned import NoActor, Role, acting
from fashionos.storage.actors import NOBODY, Actor
from fashionos.storage.actors import SERVER as SERVER_ACTOR
from fashionos.storage.models import Bucket, StoredObject
from fashionos.storage.tests.conftest import SERVER
from fashionos.testing.people import add_person

GONE = (400, "404", "NoSuchKey")
DENIED = (400, "403", "AccessDenied")


def rows():
    with acting(Role.SYSTEM):
        return sorted(StoredObject.objects.values_list("bucket_id", "name", "version"))


@pytest.fixture
def diary(storage, alice):
    """Give Alice a private file."""
    assert storage.upload(alice, f"{alice.id}/diary.txt", b"dear diary").status == 200
    return f"{alice.id}/diary.txt"


def strangers():
    return [add_person("eve@example.com"), add_person("sam@example.com", is_staff=True), None]


def test_the_owner_reads_what_they_put_there(storage, alice, diary):
    assert storage.read(alice, diary) == b"dear diary"


def calls(name):
    """Each call that is about one object, as somebody makes it who is not its owner."""
    move = {"bucketId": "attic", "sourceKey": name, "destinationKey": "x"}
    return [
        ("GET", f"object/attic/{name}", None, 404),
        ("HEAD", f"object/attic/{name}", None, 404),
        ("GET", f"object/authenticated/attic/{name}", None, 404),
        ("GET", f"object/public/attic/{name}", None, 404),
        ("GET", f"object/info/attic/{name}", None, 404),
        ("GET", f"object/info/authenticated/attic/{name}", None, 404),
        ("GET", f"object/info/public/attic/{name}", None, 404),
        ("GET", f"render/image/authenticated/attic/{name}", None, 404),
        ("GET", f"render/image/public/attic/{name}", None, 404),
        ("POST", f"object/sign/attic/{name}", {"expiresIn": 60}, 404),
        ("POST", f"object/attic/{name}", b"other", 403),
        ("PUT", f"object/attic/{name}", b"other", 403),
        ("POST", f"object/upload/sign/attic/{name}", {}, 403),
        ("DELETE", f"object/attic/{name}", None, 404),
        ("POST", "object/move", move, 404),
        ("POST", "object/copy", move, 404),
    ]


def test_to_everybody_else_it_is_as_if_it_were_not_there(storage, diary):
    before = rows()
    for person in strangers():
        for method, path, document, status in calls(diary):
            seen = storage(person, method, path, document, headers={"x-upsert": "true"})
            assert seen.status == 400, (method, path, seen)
            if method != "HEAD":
                assert seen.document["statusCode"] == str(status), (method, path, seen)
                assert b"diary" not in seen.body
        missing = diary.replace("diary", "nothing")
        for method, path, _document, _status in calls(diary)[:10]:
            other = storage(person, method, path.replace("diary", "nothing"))
            assert other.body == storage(person, method, path).body, missing
    assert rows() == before
    assert storage.files() == [10]


def test_many_at_once_show_nothing_of_others(storage, bob, diary):
    removed = storage(bob, "DELETE", "object/attic", {"prefixes": [diary]})
    assert (removed.status, removed.document) == (200, [])
    [signed] = storage(
        bob, "POST", "object/sign/attic", {"expiresIn": 60, "paths": [diary]}
    ).document
    assert signed["signedURL"] is None
    assert "does not exist or you do not have access" in signed["error"]
    for prefix in ("", diary.partition("/")[0]):
        assert storage(bob, "POST", "object/list/attic", {"prefix": prefix}).document == []
        for grouped in (True, False):
            asked = {"prefix": prefix, "with_delimiter": grouped}
            page = storage(bob, "POST", "object/list-v2/attic", asked).document
            assert page == {"hasNext": False, "folders": [], "objects": []}
    assert storage.files() == [10]


def test_people_write_under_their_own_id_alone(storage, alice, bob):
    names = (
        "loose.txt",
        f"{bob.id}/x",
        f"{str(alice.id).upper()}/x",
        f"{{{alice.id}}}/x",
        f"{alice.id}",
        f"{alice.id}x/x",
        f"x/{alice.id}/x",
        alice.id.hex + "/x",
    )
    for name, bucket in product(names, ("attic", "window")):
        assert storage.upload(alice, name, bucket=bucket).refusal == DENIED, name
    assert rows() == []
    assert storage.files() == []


def test_nobody_writes_nothing(storage, alice):
    assert storage.upload(None, f"{alice.id}/x").refusal == DENIED
    assert storage.upload(None, "x", bucket="window").refusal == DENIED
    assert rows() == []


def test_what_is_public_is_read_by_name_and_listed_by_its_owner_alone(storage, alice, bob):
    name = f"{alice.id}/poster.txt"
    assert storage.upload(alice, name, b"come!", bucket="window").status == 200
    for person in (alice, bob, None, SERVER):
        assert storage.read(person, name, bucket="window") == b"come!"
        assert storage(person, "GET", f"object/public/window/{name}").body == b"come!"
        assert storage(person, "GET", f"object/info/public/window/{name}").document["size"] == 5
        listed = storage(person, "POST", "object/list/window", {"prefix": str(alice.id)}).document
        assert len(listed) == (person in {alice, SERVER})
        folders = storage(person, "POST", "object/list/window", {}).document
        assert len(folders) == (person in {alice, SERVER})
        page = storage(person, "POST", "object/list-v2/window", {"with_delimiter": True}).document
        assert len(page["folders"]) == (person in {alice, SERVER})
    for person in (bob, None):
        assert storage.upload(person, name, bucket="window").refusal == DENIED
        assert storage(person, "DELETE", "object/window", {"prefixes": [name]}).document == []
    assert storage.read(None, name, bucket="window") == b"come!"


def test_support_gets_no_more_than_its_own_here(storage, diary):
    sam = add_person("sam@example.com", is_staff=True)
    assert storage(sam, "GET", f"object/attic/{diary}").refusal == GONE


def test_the_server_writes_into_any_folder_and_its_owner_has_it(storage, alice):
    for name in (f"{alice.id}/gift.txt", "house/logo.txt"):
        assert storage.upload(SERVER, name).status == 200
    assert storage.read(alice, f"{alice.id}/gift.txt") == b"content"
    assert storage(alice, "GET", "object/attic/house/logo.txt").refusal == GONE
    [row] = storage(
        SERVER, "DELETE", "object/attic", {"prefixes": [f"{alice.id}/gift.txt"]}
    ).document
    assert row["owner"] == str(alice.id)


def test_a_folder_of_nobody_s_id_is_nobody_s(storage, alice):
    ghost = "7b1c46a0-0000-4000-8000-000000000000"
    assert storage.upload(SERVER, f"{ghost}/x").status == 200
    [row] = storage(SERVER, "DELETE", "object/attic", {"prefixes": [f"{ghost}/x"]}).document
    assert row["owner"] == ""


def test_buckets_are_the_server_s(storage, alice):
    before = storage(SERVER, "GET", "bucket").document
    calls = (
        ("POST", "bucket", {"id": "mine"}),
        ("PUT", "bucket/attic", {"public": True}),
        ("PUT", "bucket/window", {"public": False}),
        ("POST", "bucket/window/empty", {}),
        ("DELETE", "bucket/window", {}),
    )
    for person, (method, path, document) in product((alice, None), calls):
        seen = storage(person, method, path, document)
        assert seen.document["statusCode"] == "403"
    assert storage(SERVER, "GET", "bucket").document == before


def test_people_see_buckets_and_nobody_the_public_ones(storage, alice):
    def seen(person):
        return [bucket["id"] for bucket in storage(person, "GET", "bucket").document]

    assert {"attic", "window"} <= set(seen(alice))
    assert seen(None) == ["window"]
    assert storage(None, "GET", "bucket/attic").refusal == (400, "404", "NoSuchBucket")


def test_a_session_that_ended_is_refused_at_once(storage, alice, diary):
    sign_out(alice.caller, "local")
    before = rows()
    for method, path, document, _ in calls(diary):
        if "/public/" not in path:
            seen = storage(alice, method, path, document, headers={"x-upsert": "true"})
            assert seen.status == 400
            if method != "HEAD":
                assert seen.refusal == DENIED, (method, path)
    assert storage(alice, "POST", "object/list/attic", {}).refusal == DENIED
    assert storage(alice, "GET", "bucket").refusal == DENIED
    assert rows() == before
    assert storage.files() == [10]


def test_a_session_that_ends_during_an_upload_takes_it_along(storage, alice):
    def pieces():
        yield {"type": "http.request", "body": b"x" * 2_000_000, "more_body": True}
        sign_out(alice.caller, "local")
        yield {"type": "http.request", "body": b"the end"}

    seen = storage(alice, "POST", f"object/attic/{alice.id}/long", pieces())
    assert seen.refusal == DENIED
    assert rows() == []
    assert storage.files() == []


def test_a_token_that_is_none_is_refused(storage, diary):
    for token in ("x", "a.b.c", "Bearer", "\u00fc"):
        headers = {"authorization": f"Bearer {token}"}
        assert storage(None, "GET", f"object/attic/{diary}", headers=headers).refusal == DENIED


def test_the_walls_stand_without_the_doors(storage, alice, bob, diary):
    """What SQL may do as Bob, whom a forgotten filter let through."""
    with acting(Role.WEB, user_id=bob.id, session_id=bob.session_id):
        assert not StoredObject.objects.exists()
        assert StoredObject.objects.update(name=f"{bob.id}/mine", user_id=bob.id) == 0
        assert StoredObject.objects.all()._raw_delete("default") == 0
    for name, owner in ((f"{alice.id}/x", alice), (f"{alice.id}/x", bob), ("x", bob)):
        with (
            pytest.raises((ProgrammingError, IntegrityError)),
            acting(Role.WEB, user_id=bob.id, session_id=bob.session_id),
        ):
            StoredObject.objects.create(
                bucket_id="attic", name=name, user_id=owner.id, size=1, mimetype="a/b"
            )
    with pytest.raises(ProgrammingError), acting(Role.WEB, user_id=bob.id):
        Bucket.objects.filter(id="attic").update(public=True)
    assert storage.read(alice, diary) == b"dear diary"


def test_the_doors_stand_without_the_walls(storage, alice, bob, diary):
    """What services find for Bob where the database would show everything."""
    storage.upload(alice, f"{alice.id}/poster", bucket="window")
    rows = StoredObject.objects
    with acting(Role.SYSTEM):
        for actor, readable, changeable in (
            (Actor(Role.WEB, alice.id), 2, 2),
            (Actor(Role.WEB, bob.id), 1, 0),
            (NOBODY, 1, 0),
            (SERVER_ACTOR, 2, 2),
        ):
            assert rows.readable_by(actor).count() == readable
            assert rows.changeable_by(actor).count() == changeable


def test_a_query_without_an_actor_raises(storage, diary):
    with pytest.raises(NoActor):
        StoredObject.objects.count()
    with pytest.raises(NoActor):
        Bucket.objects.count()

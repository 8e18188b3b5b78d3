"""Move, copy, remove, list; buckets; and who is told of it."""

import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fashionos.kit.owned import Role, acting
from fashionos.storage import services
from fashionos.storage.actors import SERVER as SERVER_ACTOR
from fashionos.storage.actors import Actor
from fashionos.storage.listing import Order, list_folder, list_prefix
from fashionos.storage.models import Bucket, StoredObject
from fashionos.storage.services import ObjectChange, erase_files, on_object, open_object
from fashionos.storage.tests.conftest import SERVER
from fashionos.testing.people import add_person

MISSING = (400, "404", "NoSuchKey")
TAKEN = (400, "409", "KeyAlreadyExists")


@pytest.fixture
def told(monkeypatch):
    """Collect what observers are told."""
    monkeypatch.setattr(services, "_observers", [])
    heard = []
    on_object(heard.extend)
    return heard


def transfer(name, to, bucket="attic", **extra):
    return {"bucketId": bucket, "sourceKey": name, "destinationKey": to, **extra}


def test_a_move_keeps_id_and_bytes(storage, alice, told):
    name, to = f"{alice.id}/a.txt", f"{alice.id}/b/c.txt"
    first = storage.upload(alice, name, b"hello").document["Id"]
    version = storage(alice, "GET", f"object/info/attic/{name}").document["version"]
    seen = storage(alice, "POST", "object/move", transfer(name, to))
    assert (seen.status, seen.document["message"]) == (200, "Successfully moved")
    known = storage(alice, "GET", f"object/info/attic/{to}").document
    assert (known["id"], known["version"]) == (first, version)
    assert storage.read(alice, name) is None
    assert storage.read(alice, to) == b"hello"
    assert [(change.kind, change.name, change.previous_name) for change in told] == [
        ("stored", name, None),
        ("moved", to, name),
    ]


def test_a_move_to_another_bucket_is_told_as_gone_and_come(storage, alice, told):
    name = f"{alice.id}/a.txt"
    storage.upload(alice, name, b"hello")
    asked = transfer(name, name, destinationBucket="window")
    assert storage(alice, "POST", "object/move", asked).status == 200
    assert storage.read(None, name, bucket="window") == b"hello"
    assert [(change.kind, change.bucket_id) for change in told] == [
        ("stored", "attic"),
        ("removed", "attic"),
        ("stored", "window"),
    ]


def test_a_copy_is_a_file_of_its_own(storage, alice, told):
    name, to = f"{alice.id}/a.txt", f"{alice.id}/b.txt"
    headers = {"x_metadata": "eyJhIjoxfQ==", "content_type": "text/plain", "cache_control": "x"}
    storage.upload(alice, name, b"hello", **headers)
    seen = storage(alice, "POST", "object/copy", transfer(name, to))
    assert (seen.status, seen.document["Key"]) == (200, f"attic/{to}")
    one, other = (
        storage(alice, "GET", f"object/info/attic/{path}").document for path in (name, to)
    )
    for field in ("metadata", "content_type", "cache_control", "size"):
        assert one[field] == other[field]
    assert one["id"] != other["id"]
    storage(alice, "DELETE", f"object/attic/{name}")
    assert storage.files() == [5]
    assert storage.read(alice, to) == b"hello"
    assert [change.kind for change in told] == ["stored", "stored", "removed"]


def test_a_copy_may_be_described_anew(storage, alice):
    name, to = f"{alice.id}/a.txt", f"{alice.id}/b.txt"
    storage.upload(alice, name, b"hello", x_metadata="eyJhIjoxfQ==", content_type="text/plain")
    said = {"copyMetadata": False, "metadata": {"mimetype": "text/csv"}}
    storage(alice, "POST", "object/copy", transfer(name, to, **said))
    known = storage(alice, "GET", f"object/info/attic/{to}").document
    assert (known["content_type"], known["metadata"]) == ("text/csv", {})
    bad = {"copyMetadata": False, "metadata": {"mimetype": "no type"}}
    seen = storage(alice, "POST", "object/copy", transfer(name, f"{alice.id}/c", **bad))
    assert seen.document["code"] == "InvalidMimeType"


def test_moves_and_copies_keep_the_rules_of_where_they_go(storage, alice, bob):
    storage.add_bucket("small", file_size_limit=3, allowed_mime_types=["text/plain"])
    name, other = f"{alice.id}/a", f"{alice.id}/b"
    storage.upload(alice, name, b"hello", content_type="text/plain")
    storage.upload(alice, other, b"hi", content_type="image/png")
    for verb in ("move", "copy"):
        for asked, refusal in (
            (transfer(name, other), TAKEN),
            (transfer(f"{alice.id}/x", f"{alice.id}/y"), MISSING),
            (transfer(name, f"{bob.id}/a"), (400, "403", "AccessDenied")),
            (transfer(name, "loose"), (400, "403", "AccessDenied")),
            (transfer(name, f"{alice.id}/../x"), (400, "400", "InvalidKey")),
            (transfer(name, ""), (400, "400", "InvalidKey")),
            (transfer(name, other, destinationBucket="nowhere"), (400, "404", "NoSuchBucket")),
            (transfer(name, name, destinationBucket="small"), (400, "413", "EntityTooLarge")),
            (transfer(other, other, destinationBucket="small"), (400, "415", "InvalidMimeType")),
            (transfer(name, f"{alice.id}/y", sourceVersionId="x"), MISSING),
            ({"bucketId": "attic"}, (400, "400", "InvalidRequest")),
        ):
            assert storage(alice, "POST", f"object/{verb}", asked).refusal == refusal, (verb, asked)
    assert storage.files() == [2, 5]
    seen = storage(
        alice, "POST", "object/copy", transfer(name, other), headers={"x-upsert": "true"}
    )
    assert (seen.status, storage.read(alice, other)) == (200, b"hello")
    assert storage.files() == [5, 5]


def test_what_is_removed_is_named_and_gone(storage, alice, told):
    names = [f"{alice.id}/{letter}" for letter in "abc"]
    for name in names:
        storage.upload(alice, name)
    version = storage(alice, "GET", f"object/info/attic/{names[1]}").document["version"]
    asked = [
        names[0],
        names[0],
        f"{alice.id}/none",
        {"path": names[1], "versionId": version},
        {"path": names[2], "versionId": str(alice.id)},
        "a\nb",
    ]
    seen = storage(alice, "DELETE", "object/attic", {"prefixes": asked})
    assert [row["name"] for row in seen.document] == names[:2]
    assert set(seen.document[0]) >= {
        *("name", "bucket_id", "owner", "id", "updated_at", "created_at", "last_accessed_at"),
        "metadata",
    }
    assert storage.files() == [7]
    assert [change.kind for change in told][3:] == ["removed", "removed"]
    assert storage(alice, "DELETE", f"object/attic/{names[2]}").status == 200
    assert storage(alice, "DELETE", f"object/attic/{names[2]}").refusal == MISSING
    assert storage.files() == []
    many = storage(alice, "DELETE", "object/attic", {"prefixes": ["x"] * 1001})
    assert many.refusal == (400, "400", "InvalidRequest")


def test_what_an_observer_refuses_does_not_happen(storage, alice, monkeypatch):
    name = f"{alice.id}/a"
    storage.upload(alice, name, b"hello")

    def refuse(changes):
        raise RuntimeError("no")

    monkeypatch.setattr(services, "_observers", [refuse])
    for method, path, document in (
        ("POST", f"object/attic/{alice.id}/b", b"new"),
        ("PUT", f"object/attic/{name}", b"new"),
        ("DELETE", "object/attic", {"prefixes": [name]}),
        ("POST", "object/move", transfer(name, f"{alice.id}/c")),
        ("POST", "object/copy", transfer(name, f"{alice.id}/c")),
    ):
        assert storage(alice, method, path, document).refusal == (500, "500", "InternalError")
    monkeypatch.undo()
    assert storage.read(alice, name) == b"hello"
    assert storage.files() == [5]


def test_changes_say_all_that_observers_need(storage, alice, told):
    name = f"{alice.id}/a.png"
    document = storage.upload(alice, name, b"hello", content_type="image/png").document
    [change] = told
    assert change == ObjectChange(
        "stored", "attic", name, alice.id, change.object_id, 5, "image/png", None
    )
    assert str(change.object_id) == document["Id"]
    with open_object(change.object_id) as file:
        assert file.read() == b"hello"
    storage(alice, "DELETE", f"object/attic/{name}")
    with pytest.raises(FileNotFoundError):
        open_object(change.object_id)


def test_a_user_is_erased_with_files_and_all(storage, alice, bob):
    for person in (alice, bob):
        for bucket in ("attic", "window"):
            storage.upload(person, f"{person.id}/a", str(person.id).encode(), bucket=bucket)
    assert erase_files(alice.id) == 2
    assert erase_files(alice.id) == 0
    assert storage.files() == [36, 36]
    assert storage.read(bob, f"{bob.id}/a") == str(bob.id).encode()


# Buckets


def test_a_bucket_from_its_making_to_its_end(storage, alice):
    made = storage(SERVER, "POST", "bucket", {"id": "b", "name": "b", "file_size_limit": "1MB"})
    assert made.document == {"name": "b"}
    seen = storage(SERVER, "GET", "bucket/b").document
    assert set(seen) == {
        *("id", "name", "owner", "public", "file_size_limit", "allowed_mime_types"),
        *("created_at", "updated_at"),
    }
    assert (seen["public"], seen["file_size_limit"], seen["owner"]) == (False, 1_000_000, "")
    again = storage(SERVER, "POST", "bucket", {"id": "b"})
    assert again.refusal == (400, "409", "BucketAlreadyExists")
    changed = storage(SERVER, "PUT", "bucket/b", {"public": True, "allowed_mime_types": ["a/*"]})
    assert changed.document == {"message": "Successfully updated"}
    seen = storage(SERVER, "GET", "bucket/b").document
    assert (seen["public"], seen["file_size_limit"]) == (True, 1_000_000)
    assert seen["allowed_mime_types"] == ["a/*"]
    storage(SERVER, "PUT", "bucket/b", {"file_size_limit": None, "allowed_mime_types": None})
    storage.upload(alice, f"{alice.id}/a", bucket="b")
    full = storage(SERVER, "DELETE", "bucket/b", {})
    assert full.refusal == (400, "409", "ResourceNotEmpty")
    assert "Empty bucket" in storage(SERVER, "POST", "bucket/b/empty", {}).document["message"]
    assert storage.files() == []
    gone = storage(SERVER, "DELETE", "bucket/b", {})
    assert gone.document == {"message": "Successfully deleted"}
    for method, path in (
        ("GET", "bucket/b"),
        ("PUT", "bucket/b"),
        ("DELETE", "bucket/b"),
        ("POST", "bucket/b/empty"),
    ):
        seen = storage(SERVER, method, path, {} if method != "GET" else None)
        assert seen.refusal == (400, "404", "NoSuchBucket"), (method, path)


def test_bad_rules(storage, settings):
    for document, code in (
        ({}, "MissingParameter"),
        ({"id": "a/b"}, "InvalidBucketName"),
        ({"id": "public"}, "InvalidBucketName"),
        ({"id": 5}, "InvalidRequest"),
        ({"id": "b", "public": "yes"}, "InvalidRequest"),
        ({"id": "b", "file_size_limit": "large"}, "InvalidRequest"),
        ({"id": "b", "file_size_limit": -1}, "InvalidRequest"),
        ({"id": "b", "file_size_limit": "6GB"}, "EntityTooLarge"),
        ({"id": "b", "allowed_mime_types": ["image"]}, "InvalidMimeType"),
        ({"id": "b", "allowed_mime_types": "image/*"}, "InvalidRequest"),
        ({"id": "b", "type": "ANALYTICS"}, "NotSupported"),
        ({"id": "b", "versioning_status": "ENABLED"}, "NotSupported"),
    ):
        assert storage(SERVER, "POST", "bucket", document).document["code"] == code, document
    with acting(Role.SYSTEM):
        assert not Bucket.objects.filter(id="b").exists()


def test_lists_of_buckets(storage):
    for name in ("b1", "b2", "c"):
        storage.add_bucket(name)

    def names(query):
        return [row["id"] for row in storage(SERVER, "GET", "bucket", query=query).document]

    assert names("search=b") == ["b1", "b2"]
    assert names("search=%25") == []
    assert names("sortColumn=name&sortOrder=desc&limit=2&search=b") == ["b2", "b1"]
    assert names("sortColumn=created_at&search=b&offset=1") == ["b2"]
    for query in ("sortColumn=owner", "sortOrder=down", "limit=x", "offset=-1"):
        seen = storage(SERVER, "GET", "bucket", query=query)
        assert seen.refusal == (400, "400", "InvalidRequest"), query


# Lists

NAMES = [
    "a.txt",
    "b/1.txt",
    "b/2.txt",
    "b/c/3.txt",
    "b/c/d/4.txt",
    "b-/5.txt",
    "b0",
    "Éa/x",
    "z%_/x",
    "東/x",
]


@pytest.fixture
def shelf(storage, alice):
    """Give Alice and Bob the same files; return Alice's folder."""
    people = [alice, add_person("bob@example.com")]
    with acting(Role.SYSTEM):
        for person in people:
            for name in NAMES:
                StoredObject.objects.create(
                    bucket_id="attic",
                    name=f"{person.id}/{name}",
                    user_id=person.id,
                    size=1,
                    mimetype="a/b",
                )
    return f"{alice.id}/"


def listed(storage, person, **asked):
    seen = storage(person, "POST", "object/list/attic", asked)
    assert seen.status == 200, seen
    return [f"{row['name']}/" if row["id"] is None else row["name"] for row in seen.document]


def test_a_folder_shows_its_folders_then_its_files(storage, alice, shelf):
    inside = ["b/", "b-/", "z%_/", "Éa/", "東/", "a.txt", "b0"]
    inside = sorted(inside[:5]) + inside[5:]
    for prefix in (shelf, shelf[:-1], f"/{shelf}"):
        assert listed(storage, alice, prefix=prefix) == inside
    assert listed(storage, alice, prefix=f"{shelf}b") == ["c/", "1.txt", "2.txt"]
    assert listed(storage, alice, prefix=f"{shelf}b/c/d") == ["4.txt"]
    assert listed(storage, alice, prefix="") == [shelf]
    assert listed(storage, alice, prefix=f"{shelf}nothing") == []
    assert len(listed(storage, SERVER, prefix="")) == 2
    pages = [listed(storage, alice, prefix=shelf, limit=3, offset=at) for at in (0, 3, 6, 9)]
    assert [name for page in pages for name in page] == inside
    down = listed(storage, alice, prefix=shelf, sortBy={"column": "name", "order": "desc"})
    assert down == [*reversed(inside[:5]), "b0", "a.txt"]
    by_age = listed(storage, alice, prefix=shelf, sortBy={"column": "created_at", "order": "desc"})
    assert by_age[5:] == ["b0", "a.txt"]
    [folder, *_] = storage(alice, "POST", "object/list/attic", {"prefix": shelf}).document
    assert set(folder.values()) == {folder["name"], None}


def test_search_is_how_names_begin_and_nothing_more(storage, alice, shelf):
    assert listed(storage, alice, prefix=shelf, search="B") == ["b-/", "b/", "b0"]
    assert listed(storage, alice, prefix=shelf, search="z%_") == ["z%_/"]
    assert listed(storage, alice, prefix=shelf, search="é") == ["Éa/"]
    for wild in ("%", "_", "\\", "' OR 1=1 --", "');DROP TABLE storage_objects;--", ".*", "A%"):
        assert listed(storage, alice, prefix=shelf, search=wild) == []
    for prefix in ("%/", "_", "' OR '1'='1", f"{shelf}%", f"{shelf}b_"):
        assert listed(storage, alice, prefix=prefix) == []


def test_bad_lists(storage, alice):
    for path, document in (
        ("list", {"limit": 0}),
        ("list", {"limit": 10_001}),
        ("list", {"offset": -1}),
        ("list", {"sortBy": {"column": "metadata; DROP TABLE x"}}),
        ("list", {"sortBy": {"column": "name", "order": "up"}}),
        ("list", {"prefix": 5}),
        ("list-v2", {"limit": 0}),
        ("list-v2", {"cursor": "x"}),
        ("list-v2", {"cursor": "W10="}),
        ("list-v2", {"sortBy": {"column": "last_accessed_at"}}),
        ("list-v2", {"cursor": "WyJvYmplY3QiLCJ4IiwiYSJd", "sortBy": {"column": "created_at"}}),
    ):
        seen = storage(alice, "POST", f"object/{path}/attic", document)
        assert seen.refusal == (400, "400", "InvalidRequest"), document
    assert storage(alice, "POST", "object/list/attic", {"prefix": "a\n"}).status == 400


def pages(storage, person, **asked):
    """Follow the cursors to the end; return the pages."""
    found, cursor = [], {}
    while True:
        page = storage(person, "POST", "object/list-v2/attic", asked | cursor).document
        found.append(page)
        if not page["hasNext"]:
            assert "nextCursor" not in page
            return found
        cursor = {"cursor": page["nextCursor"]}
        assert len(found) < 50


def test_prefixes_in_pages(storage, alice, shelf):
    mine = sorted(shelf + name for name in NAMES)
    for column in ("name", "created_at", "updated_at"):
        for order in ("asc", "desc"):
            sort = {"column": column, "order": order}
            for limit in (1, 3, 100):
                seen = pages(storage, alice, prefix=shelf, limit=limit, sortBy=sort)
                names = [row["name"] for page in seen for row in page["objects"]]
                if column == "name":
                    assert names == (mine if order == "asc" else mine[::-1])
                assert sorted(names) == mine
                assert all(len(page["objects"]) <= limit for page in seen)
                assert not any(page["folders"] for page in seen)
    [page] = pages(storage, alice, prefix=f"{shelf}b")
    assert [row["name"] for row in page["objects"]] == [n for n in mine if n[37:].startswith("b")]


def test_prefixes_grouped(storage, alice, shelf):
    tops = sorted({shelf + name.split("/")[0] + "/" for name in NAMES if "/" in name})
    for order in ("asc", "desc"):
        for limit in (1, 2, 5, 100):
            sort = {"column": "name", "order": order}
            asked = {"prefix": shelf, "limit": limit, "with_delimiter": True, "sortBy": sort}
            seen = pages(storage, alice, **asked)
            folders = [row["name"] for page in seen for row in page["folders"]]
            objects = [row["name"] for page in seen for row in page["objects"]]
            assert folders == (tops if order == "asc" else tops[::-1])
            assert sorted(objects) == [f"{shelf}a.txt", f"{shelf}b0"]
            assert all(len(page["folders"]) + len(page["objects"]) <= limit for page in seen)
    [page] = pages(storage, alice, prefix=f"{shelf}b", with_delimiter=True)
    assert [row["name"] for row in page["folders"]] == [f"{shelf}b-/", f"{shelf}b/"]
    assert page["folders"][0]["key"] == f"{shelf}b-"
    assert [row["name"] for row in page["objects"]] == [f"{shelf}b0"]


def test_random_trees_are_listed_as_they_are(storage, alice):
    """Against a list in memory: every level, any paging."""
    chance = random.Random(7)  # noqa: S311 -- the same trees every time
    folder = f"{alice.id}/"
    names = {
        folder
        + "/".join(chance.choices(["a", "b", "a-", "a0", "é", "a b"], k=chance.randint(1, 4)))
        for _ in range(60)
    }
    actor = Actor(Role.WEB, alice.id, alice.session_id)
    with acting(Role.SYSTEM):
        for name in names:
            StoredObject.objects.create(
                bucket_id="attic", name=name, user_id=alice.id, size=0, mimetype="a/b"
            )
    with acting(Role.WEB, user_id=alice.id):
        for base in {name[: name.rfind("/") + 1] for name in names}:
            below = [name[len(base) :] for name in names if name.startswith(base)]
            folders = sorted({f"{base}{name.split('/')[0]}/" for name in below if "/" in name})
            files = sorted(base + name for name in below if "/" not in name)
            for limit, offset in ((100, 0), (2, 1), (3, 3)):
                shown, rows = list_folder(
                    actor, "attic", base, search="", order=Order(), limit=limit, offset=offset
                )
                whole = [*shown, *(row.name for row in rows)]
                assert whole == [*folders, *files][offset : offset + limit]
            page = list_prefix(
                actor, "attic", base, grouped=True, order=Order(), limit=1000, cursor=""
            )
            assert (page.folders, [row.name for row in page.objects]) == (folders, files)


@pytest.mark.parametrize("count", [1, 3])
def test_queries_do_not_grow_with_what_they_find(storage, alice, count):
    names = [f"{alice.id}/{number}/x" for number in range(count)]
    for name in names:
        storage.upload(alice, name)
    actor = Actor(Role.WEB, alice.id)
    with acting(Role.WEB, user_id=alice.id):
        for queries, call in (
            (
                2,
                lambda: list_folder(
                    actor, "attic", f"{alice.id}/", search="", order=Order(), limit=9, offset=0
                ),
            ),
            (1, lambda: services.find_names(actor, "attic", names)),
            (2, lambda: services.remove_objects(actor, "attic", dict.fromkeys(names))),
        ):
            with CaptureQueriesContext(
                connection,
            ) as seen:
                call()
            assert len(seen) == queries, [query["sql"] for query in seen]


def test_the_server_lists_all_and_what_is_in_nobody_s_folder(storage, alice):
    storage.upload(SERVER, "house/logo.svg")
    storage.upload(alice, f"{alice.id}/a")
    assert listed(storage, SERVER, prefix="") == sorted([f"{alice.id}/", "house/"])
    assert SERVER_ACTOR.is_server
    assert listed(storage, alice, prefix="house") == []

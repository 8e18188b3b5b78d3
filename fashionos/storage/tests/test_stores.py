"""Both stores keep the same promises; S3 in a server of its own."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import boto3
import pytest
from moto.server import ThreadedMotoServer

from fashionos.storage.stores import FolderStore, S3Store, store
from fashionos.storage.tests.conftest import Storage

KEYS = {"access_key": "who", "secret_key": "knows"}


@pytest.fixture(scope="module")
def s3():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="who",
        aws_secret_access_key="knows",
    )
    client.create_bucket(Bucket="files")
    yield endpoint
    client.close()
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def kept(request, tmp_path):
    if request.param == "folder":
        return FolderStore(tmp_path)
    endpoint = request.getfixturevalue("s3")
    options = {"bucket_name": "files", "region_name": "us-east-1", **KEYS}
    return S3Store(prefix=f"{uuid4().hex}/", endpoint_url=endpoint, **options)


def put(kept, *pieces):
    version = uuid4()
    writer = kept.write(version)
    for piece in pieces:
        writer.write(piece)
    writer.finish()
    return version


def test_what_was_written_is_read(kept):
    for pieces in ([], [b""], [b"hello"], [b"x" * 1_000_000] * 17):
        version, content = put(kept, *pieces), b"".join(pieces)
        assert kept.size(version) == len(content)
        with kept.open(version) as file:
            assert file.read() == content
            assert file.seek(0) == 0
        for start, stop in ((0, len(content)), (1, 3), (0, 0)):
            if stop <= len(content):
                reader, found = kept.read(version, start, stop), b""
                while piece := reader.read(300_000):
                    found += piece
                reader.close()
                assert found == content[start:stop]


def test_what_is_not_there(kept):
    for call in (
        lambda: kept.read(uuid4(), 0, 1),
        lambda: kept.open(uuid4()),
        lambda: kept.copy(uuid4(), uuid4()),
    ):
        with pytest.raises(FileNotFoundError):
            call()
    assert kept.size(uuid4()) is None
    kept.remove([uuid4()])
    kept.remove([])


@pytest.mark.parametrize("pieces", [[b"x"], [b"x" * 5_000_000] * 4])
def test_what_was_given_up_leaves_nothing(kept, pieces):
    writer = kept.write(uuid4())
    for piece in pieces:
        writer.write(piece)
    writer.abort()
    writer.abort()
    version = uuid4()
    finished = kept.write(version)
    finished.write(b"x")
    finished.finish()
    finished.abort()
    assert list(kept.files()) == []
    assert kept.size(version) is None


def test_files_are_listed_copied_and_removed(kept):
    one, two, three = (put(kept, b"hello") for _ in range(3))
    copied = uuid4()
    kept.copy(one, copied)
    kept.remove([one, two])
    files = sorted(kept.files())
    assert [file.version for file in files] == sorted([three, copied])
    assert {file.size for file in files} == {5}
    recent = timedelta(minutes=5)
    assert all(abs(file.written_at - datetime.now(UTC)) < recent for file in files)
    with kept.open(copied) as file:
        assert file.read() == b"hello"


def test_a_copy_is_as_young_as_the_copying(tmp_path):
    """By the age of its bytes the sweep would take it for an upload that was given up."""
    kept = FolderStore(tmp_path)
    version, new = put(kept, b"x"), uuid4()
    import os  # noqa: PLC0415 -- where it is used

    os.utime(kept.path(version), (0, 0))
    kept.copy(version, new)
    assert all(file.written_at.year > 2000 for file in kept.files())


def test_a_file_system_without_links_copies_bytes(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError("no links here")

    monkeypatch.setattr("os.link", refuse)
    kept = FolderStore(tmp_path)
    version, new = put(kept, b"hello"), uuid4()
    kept.copy(version, new)
    kept.remove([version])
    with kept.open(new) as file:
        assert file.read() == b"hello"


def test_a_file_shorter_than_its_row_ends_in_an_error(tmp_path):
    kept = FolderStore(tmp_path)
    reader = kept.read(put(kept, b"hello"), 0, 9)
    assert reader.read(9) == b"hello"
    with pytest.raises(EOFError):
        reader.read(9)
    reader.close()


def test_the_protocol_over_s3(transactional_db, settings, s3, tmp_path):
    settings.STORAGE_S3_BUCKET, settings.STORAGE_S3_ENDPOINT = "files", s3
    settings.STORAGE_S3_REGION, settings.STORAGE_S3_PREFIX = "us-east-1", "protocol/"
    settings.STORAGE_S3_ACCESS_KEY_ID, settings.STORAGE_S3_SECRET_ACCESS_KEY = KEYS.values()
    store.cache_clear()
    storage = Storage(tmp_path)
    try:
        from fashionos.testing.people import add_person  # noqa: PLC0415 -- where it is used

        alice = add_person("alice@example.com")
        storage.add_bucket("attic")
        name = f"{alice.id}/film"
        content = bytes(range(256)) * 50_000
        pieces = [content[at : at + 500_000] for at in range(0, len(content), 500_000)]
        assert storage.upload(alice, name, pieces).status == 200
        assert storage.upload(alice, name, [*pieces[:2], b"x" * 9_000_000]).status == 400
        assert storage.read(alice, name) == content
        path = f"object/attic/{name}"
        part = storage(alice, "GET", path, headers={"range": "bytes=-300"})
        assert (part.status, part.body) == (206, content[-300:])
        asked = {"bucketId": "attic", "sourceKey": name, "destinationKey": f"{name}2"}
        assert storage(alice, "POST", "object/copy", asked).status == 200
        assert storage.upload(alice, name, b"short", x_upsert="true").status == 200
        storage.settle()
        assert sorted(file.size for file in store().files()) == [5, len(content)]
        storage(alice, "DELETE", "object/attic", {"prefixes": [name, f"{name}2"]})
        storage.settle()
        assert list(store().files()) == []
        settings.STORAGE_S3_BUCKET = "gone"
        store.cache_clear()
        seen = storage.upload(alice, name, b"x")
        assert seen.refusal == (503, "503", "ServiceUnavailable")
        assert storage.read(alice, name) is None
    finally:
        storage.close()
        store.cache_clear()

"""What a sweep finds, reports and mends, beside what is going on."""

import io
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from fashionos.storage.stores import store


def sweep(*arguments):
    out = io.StringIO()
    call_command("sweep_storage", *arguments, stdout=out)
    return out.getvalue()


def leave_file(data=b"half"):
    """Leave what an upload leaves whose process was killed."""
    version = uuid4()
    writer = store().write(version)
    writer.write(data)
    writer.file.close()
    return version


def lose(storage, content):
    [path] = [
        path
        for path in storage.folder.rglob("*")
        if path.is_file() and path.read_bytes() == content
    ]
    path.unlink()


def test_nothing_is_said_of_what_is_in_order(storage, alice):
    assert storage.upload(alice, f"{alice.id}/a.txt").status == 200
    assert "0 files without an object, 0 objects without their file" in sweep("--grace", "0")
    assert "--mend" not in sweep("--grace", "0")


def test_files_without_objects_are_reported_and_then_removed(storage, alice):
    storage.upload(alice, f"{alice.id}/a.txt", b"kept")
    version = leave_file()
    told = sweep("--grace", "0")
    assert f"file {version}" in told
    assert "1 files without an object" in told
    assert storage.files() == [4, 4]
    sweep("--grace", "0", "--mend")
    assert storage.files() == [4]
    assert storage.read(alice, f"{alice.id}/a.txt") == b"kept"


def test_an_upload_that_may_be_running_is_left_alone(storage, alice):
    storage.upload(alice, f"{alice.id}/a.txt", b"kept")
    version = leave_file()
    assert "0 files without an object" in sweep("--mend")
    assert store().size(version) == 4


def test_objects_without_their_files_are_reported_and_then_removed(storage, alice):
    for name, content in (("a.txt", b"lost"), ("b.txt", b"here"), ("c.txt", b"cut off")):
        storage.upload(alice, f"{alice.id}/{name}", content)
    lose(storage, b"lost")
    [cut] = [
        path for path in storage.folder.rglob("*") if path.is_file() and path.stat().st_size == 7
    ]
    cut.write_bytes(b"cut")
    told = sweep()
    assert f"object attic/{alice.id}/a.txt" in told
    assert f"object attic/{alice.id}/c.txt" in told
    assert "2 objects without their file found" in told
    assert storage(alice, "GET", f"object/info/attic/{alice.id}/a.txt").status == 200
    sweep("--mend")
    assert storage(alice, "GET", f"object/info/attic/{alice.id}/a.txt").status == 400
    assert storage.read(alice, f"{alice.id}/b.txt") == b"here"
    assert storage.files() == [4]


def test_a_store_that_is_not_the_one_is_not_mended(storage, alice):
    storage.upload(alice, f"{alice.id}/a.txt", b"lost")
    lose(storage, b"lost")
    with pytest.raises(CommandError, match="not mounted"):
        sweep("--mend")
    assert storage(alice, "GET", f"object/info/attic/{alice.id}/a.txt").status == 200

"""Where the bytes lie: a folder of this machine, or a bucket of an S3-compatible store, each file under its version.

A file is written once, under a name that nobody has seen, and is there when the row that names it is: a writer that
dies leaves a file without a row, which the sweep finds. Blocking: to be called in threads. Failures are OSErrors.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any, NamedTuple, Protocol
from uuid import UUID

from django.conf import settings

_PART = 8 * 1024 * 1024  # bytes of one part of an upload to S3
_MOST_AT_ONCE = 1_000  # files that S3 deletes in one request


class StoredFile(NamedTuple):
    version: UUID
    size: int
    written_at: datetime


class Writer(Protocol):
    def write(self, data: bytes) -> None: ...

    def finish(self) -> None:
        """Make the file last: after this it survives the machine's end."""

    def abort(self) -> None:
        """Leave nothing behind, finished or not. Never raises."""


class Reader(Protocol):
    def read(self, size: int) -> bytes: ...

    def close(self) -> None: ...


class Store(Protocol):
    def write(self, version: UUID) -> Writer: ...

    def read(self, version: UUID, start: int, stop: int) -> Reader:
        """Open the bytes from `start` up to `stop`. Raises FileNotFoundError."""

    def open(self, version: UUID) -> IO[bytes]:
        """Open the whole file, seekable. Raises FileNotFoundError."""

    def size(self, version: UUID) -> int | None:
        """Return the bytes of a file, None if there is none."""

    def copy(self, version: UUID, new: UUID) -> None:
        """Raise FileNotFoundError if there is nothing to copy."""

    def remove(self, versions: Iterable[UUID]) -> None: ...

    def files(self) -> Iterator[StoredFile]:
        """List all files, half-written ones too, in no order."""


class FolderStore:
    """Files in a folder: `<first two digits>/<version>`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, version: UUID) -> Path:
        return self.folder / version.hex[:2] / version.hex

    def write(self, version: UUID) -> Writer:
        return _FileWriter(self._new(version))

    def read(self, version: UUID, start: int, stop: int) -> Reader:
        file = self.path(version).open("rb", buffering=0)
        file.seek(start)
        return _Slice(file, stop - start)

    def open(self, version: UUID) -> IO[bytes]:
        return self.path(version).open("rb")

    def size(self, version: UUID) -> int | None:
        try:
            return self.path(version).stat().st_size
        except FileNotFoundError:
            return None

    def copy(self, version: UUID, new: UUID) -> None:
        source, target = self.path(version), self._new(new)
        try:
            # Files never change, so two names of one are two files.
            os.link(source, target)
        except FileNotFoundError:
            raise
        except OSError:  # a file system without links
            shutil.copyfile(source, target)
            _sync(target)
        _sync(target.parent)

    def remove(self, versions: Iterable[UUID]) -> None:
        for version in versions:
            self.path(version).unlink(missing_ok=True)

    def files(self) -> Iterator[StoredFile]:
        for path in self.folder.glob("??/*"):
            with suppress(ValueError, FileNotFoundError):
                version, found = UUID(path.name), path.stat()
                # Not the time of the bytes, which a copy shares with what it was copied from.
                yield StoredFile(
                    version, found.st_size, datetime.fromtimestamp(found.st_ctime, UTC)
                )

    def _new(self, version: UUID) -> Path:
        path = self.path(version)
        if not path.parent.is_dir():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _sync(self.folder)
        return path


class _FileWriter:
    def __init__(self, path: Path) -> None:
        self.path = path
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self.file = os.fdopen(descriptor, "wb", buffering=0)

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self.file.write(view) :]

    def finish(self) -> None:
        os.fsync(self.file.fileno())
        self.file.close()
        _sync(self.path.parent)

    def abort(self) -> None:
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
            self.file.close()


class _Slice:
    """The next `left` bytes of a file."""

    def __init__(self, file: Any, left: int) -> None:
        self.file = file
        self.left = left

    def read(self, size: int) -> bytes:
        data: bytes = self.file.read(min(size, self.left))
        self.left -= len(data)
        if self.left and not data:
            raise EOFError("the file is shorter than its row says")
        return data

    def close(self) -> None:
        self.file.close()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class S3Store:
    """Files in a bucket of an S3-compatible store, as `<prefix><version>`."""

    def __init__(self, *, prefix: str, **options: Any) -> None:
        from storages.backends.s3 import S3Storage  # noqa: PLC0415 -- 20 MB that a server with a folder need not hold

        self.prefix = prefix
        # Its connections are one for each thread, which boto3 asks for.
        self.storage = S3Storage(**options)

    def write(self, version: UUID) -> Writer:
        return _S3Writer(self._file(version))

    def read(self, version: UUID, start: int, stop: int) -> Reader:
        if start == stop:
            return _Slice(open(os.devnull, "rb"), 0)  # noqa: PTH123 -- closed by its reader
        with _as_os_errors():
            answer = self._file(version).get(Range=f"bytes={start}-{stop - 1}")
        return _S3Reader(answer["Body"])

    def open(self, version: UUID) -> IO[bytes]:
        file = SpooledTemporaryFile(max_size=_PART)  # noqa: SIM115 -- the caller closes it
        try:
            with _as_os_errors():
                self._file(version).download_fileobj(file)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    def size(self, version: UUID) -> int | None:
        try:
            with _as_os_errors():
                return int(self._file(version).content_length)
        except FileNotFoundError:
            return None

    def copy(self, version: UUID, new: UUID) -> None:
        source = self._file(version)
        with _as_os_errors():
            self._file(new).copy({"Bucket": source.bucket_name, "Key": source.key})

    def remove(self, versions: Iterable[UUID]) -> None:
        keys = [{"Key": self._key(version)} for version in versions]
        for at in range(0, len(keys), _MOST_AT_ONCE):
            with _as_os_errors():
                some = {"Objects": keys[at : at + _MOST_AT_ONCE], "Quiet": True}
                self.storage.bucket.delete_objects(Delete=some)

    def files(self) -> Iterator[StoredFile]:
        with _as_os_errors():
            for found in self.storage.bucket.objects.filter(Prefix=self.prefix):
                with suppress(ValueError):
                    version = UUID(found.key.removeprefix(self.prefix))
                    yield StoredFile(version, found.size, found.last_modified)

    def _key(self, version: UUID) -> str:
        return f"{self.prefix}{version.hex}"

    def _file(self, version: UUID) -> Any:
        return self.storage.bucket.Object(self._key(version))


class _S3Writer:
    """One request for a small file, parts for a large one; memory for one part."""

    def __init__(self, file: Any) -> None:
        self.file = file
        self.buffer = bytearray()
        self.upload: Any = None
        self.parts: list[dict[str, Any]] = []
        self.finished = False

    def write(self, data: bytes) -> None:
        self.buffer += data
        if len(self.buffer) >= _PART:
            self._send_part()

    def finish(self) -> None:
        with _as_os_errors():
            if self.upload is None:
                self.file.put(Body=bytes(self.buffer))
            else:
                if self.buffer:
                    self._send_part()
                self.upload.complete(MultipartUpload={"Parts": self.parts})
        self.finished = True

    def abort(self) -> None:
        with suppress(OSError), _as_os_errors():
            if self.finished:
                self.file.delete()
            elif self.upload is not None:
                self.upload.abort()

    def _send_part(self) -> None:
        with _as_os_errors():
            if self.upload is None:
                self.upload = self.file.initiate_multipart_upload()
            number = len(self.parts) + 1
            answer = self.upload.Part(number).upload(Body=bytes(self.buffer))
        self.parts.append({"ETag": answer["ETag"], "PartNumber": number})
        self.buffer.clear()


class _S3Reader:
    def __init__(self, body: Any) -> None:
        self.body = body

    def read(self, size: int) -> bytes:
        with _as_os_errors():
            data: bytes = self.body.read(size)
        return data

    def close(self) -> None:
        self.body.close()


@contextmanager
def _as_os_errors() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 -- loaded with the store

    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in {"404", "NoSuchKey"}:
            raise FileNotFoundError(str(error)) from error
        raise OSError(str(error)) from error
    except BotoCoreError as error:
        raise OSError(str(error)) from error


@cache
def store() -> Store:
    """Return the store of this installation."""
    if not settings.STORAGE_S3_BUCKET:
        return FolderStore(settings.STORAGE_DIR)
    return S3Store(
        prefix=settings.STORAGE_S3_PREFIX,
        bucket_name=settings.STORAGE_S3_BUCKET,
        endpoint_url=settings.STORAGE_S3_ENDPOINT or None,
        region_name=settings.STORAGE_S3_REGION or None,
        access_key=settings.STORAGE_S3_ACCESS_KEY_ID or None,
        secret_key=settings.STORAGE_S3_SECRET_ACCESS_KEY or None,
    )

"""The storage as a client meets it: requests as they are sent, bodies in pieces, answers as they come."""

import asyncio
from urllib.parse import quote

import msgspec
import pytest
from django.conf import settings as django_settings
from django.db import connection

from fashionos.kit.shell import Shell
from fashionos.storage.stores import store
from fashionos.storage.views.api import StorageAPI
from fashionos.testing.people import add_person

SERVER = "server"  # in a person's place: whoever holds the secret key


class Seen:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def document(self):
        return msgspec.json.decode(self.body)

    @property
    def refusal(self):
        """The HTTP status, the status inside, and the code."""
        return self.status, self.document["statusCode"], self.document["code"]

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:300]!r}"


class Storage:
    """Calls the API in a loop of its own, behind the shell; `person` None has the publishable key alone."""

    def __init__(self, folder):
        self.folder = folder
        self.api = StorageAPI()
        self.app = Shell(self.api, max_body=50_000_000, is_stream=lambda _path: True)
        self.loop = asyncio.new_event_loop()

    def close(self):
        self.loop.run_until_complete(self.api.close())
        self.api.work.threads.shutdown()
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()

    def __call__(self, person, method, path, document=None, *, query="", headers=(), raw=False):
        """Send one request; `raw` paths are percent-encoded already, bytes are sent as they are."""
        return self.together([(person, method, path, document, query, headers, raw)])[0]

    def together(self, requests):
        """Send all at once; return their answers in the same order."""

        async def gather():
            return await asyncio.gather(*(self.exchange(*request) for request in requests))

        return self.loop.run_until_complete(gather())

    async def exchange(self, person, method, path, document=None, query="", headers=(), raw=False):  # noqa: FBT002 -- as in a table
        headers = dict(headers)
        if person is None:
            key = django_settings.PUBLISHABLE_KEYS[0]
        else:
            key = django_settings.SECRET_API_KEYS[0] if person == SERVER else person.token
        headers.setdefault("authorization", f"Bearer {key}")
        pieces = document
        if document is None or isinstance(document, bytes):
            pieces = [document or b""]
        elif isinstance(document, dict | list) and not is_pieces(document):
            headers.setdefault("content-type", "application/json")
            pieces = [msgspec.json.encode(document)]
        raw_path = (path if raw else quote(path)).encode()
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": "/storage/v1/" + path,
            "raw_path": b"/storage/v1/" + raw_path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        coming = iter(
            [
                *({"type": "http.request", "body": data, "more_body": True} for data in pieces),
                {"type": "http.request", "body": b""},
            ]
            if isinstance(pieces, list)
            else pieces
        )
        messages = []

        def step():
            try:
                return next(coming, None)
            finally:
                connection.close()

        async def receive():
            # In a thread: on its way a test may change what is in the database.
            message = await self.loop.run_in_executor(None, step)
            if message is None:
                await asyncio.Event().wait()
            return message

        async def send(message):
            messages.append(message)

        await self.app(scope, receive, send)
        if not messages:
            return None
        start, *parts = messages
        shown = {name.decode(): value.decode() for name, value in start["headers"]}
        return Seen(start["status"], shown, b"".join(part.get("body", b"") for part in parts))

    def upload(self, person, name, content=b"content", *, bucket="attic", **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return self(person, "POST", f"object/{bucket}/{name}", content, headers=headers)

    def read(self, person, name, *, bucket="attic"):
        """Return the content, None if there is none."""
        seen = self(person, "GET", f"object/{bucket}/{name}")
        return seen.body if seen.status == 200 else None

    def add_bucket(self, name, **rules):
        seen = self(SERVER, "POST", "bucket", {"id": name, "name": name, **rules})
        assert seen.status == 200, seen

    def settle(self):
        """Wait for what goes on in the background: files that are removed."""

        async def wait():
            await asyncio.gather(
                *(
                    asyncio.wrap_future(self.api.work.threads.submit(lambda: None))
                    for _ in range(django_settings.STORAGE_THREADS)
                )
            )

        self.loop.run_until_complete(wait())

    def files(self):
        """Return the sizes of all files in the store."""
        self.settle()
        return sorted(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())


def is_pieces(document):
    return isinstance(document, list) and all(isinstance(piece, bytes) for piece in document)


@pytest.fixture
def storage(transactional_db, settings, tmp_path):
    settings.STORAGE_DIR = tmp_path / "files"
    store.cache_clear()
    client = Storage(settings.STORAGE_DIR)
    client.add_bucket("attic")
    client.add_bucket("window", public=True)
    yield client
    client.close()
    store.cache_clear()


@pytest.fixture
def alice(storage):
    return add_person("alice@example.com")


@pytest.fixture
def bob(storage):
    return add_person("bob@example.com")

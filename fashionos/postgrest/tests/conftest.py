"""The data API as a client meets it: headers and query strings as they are sent, answers as they come."""

import asyncio

import msgspec
import pytest
from django.conf import settings

from fashionos.postgrest.views import Request
from fashionos.rest import data_api


class Client:
    """Calls the API in a loop of its own; `person` None is somebody with the publishable key alone."""

    def __init__(self):
        self.api = data_api()
        self.loop = asyncio.new_event_loop()

    def close(self):
        self.loop.run_until_complete(self.api.close())
        self.loop.close()

    def request(self, person, method, path, query="", document=None, *, key=None, **headers):
        sent = {"apikey": settings.PUBLISHABLE_KEYS[0] if key is None else key}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if person is not None:
            sent.setdefault("authorization", f"Bearer {person.token}")
        body = b""
        if document is not None:
            sent.setdefault("content-type", "application/json")
            body = document if isinstance(document, bytes) else msgspec.json.encode(document)
        return Request(method, path, query, sent, body)

    def __call__(self, *arguments, **options):
        return self.run([self.request(*arguments, **options)])[0]

    def run(self, requests):
        """Send all at once; return their answers in the same order."""

        async def together():
            return await asyncio.gather(*(self.api.answer(request) for request in requests))

        return [Seen(answer) for answer in self.loop.run_until_complete(together())]


class Seen:
    def __init__(self, answer):
        self.status = answer.status
        self.headers = answer.headers
        self.body = answer.body
        self.range = answer.headers.get("Content-Range")

    @property
    def document(self):
        return msgspec.json.decode(self.body)

    @property
    def code(self):
        return self.document["code"]

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:300]!r}"


@pytest.fixture
def rest(transactional_db, settings):
    settings.REST_RATE_PER_USER = settings.REST_RATE_PER_ADDRESS = 1_000_000
    client = Client()
    yield client
    client.close()

"""People for tests, each with a session and a client that speaks as the official one does."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.test import Client

from fashionos.accounts import services
from fashionos.accounts.models import User
from fashionos.accounts.tokens import Caller
from fashionos.kit.owned import Role, acting

PASSWORD = "correct horse"


class Answer:
    """What came back: status, headers, and the document if it was one."""

    def __init__(self, response: Any) -> None:
        self.status: int = response.status_code
        self.headers = response.headers
        self.body: bytes = response.content
        self.document: Any = msgspec.json.decode(self.body) if self.body else None


def post(path: str, document: Any, *, token: str = "", **headers: str) -> Answer:
    """POST a document (or raw bytes) with the project's key, as the token's owner if there is one."""
    body = document if isinstance(document, bytes) else msgspec.json.encode(document)
    return _send("POST", path, token, headers, body)


def put(path: str, document: Any, *, token: str = "", **headers: str) -> Answer:
    return _send("PUT", path, token, headers, msgspec.json.encode(document))


def delete(path: str, document: Any = None, *, token: str = "", **headers: str) -> Answer:
    body = b"" if document is None else msgspec.json.encode(document)
    return _send("DELETE", path, token, headers, body)


def get(path: str, *, token: str = "", **headers: str) -> Answer:
    return _send("GET", path, token, headers, b"")


def _send(method: str, path: str, token: str, headers: dict[str, str], body: bytes) -> Answer:
    authorization = {"authorization": f"Bearer {token}"} if token else {}
    client = Client(headers={"apikey": settings.PUBLISHABLE_KEYS[0], **authorization, **headers})
    response = client.generic(method, path, body, content_type="application/json")
    return Answer(response)


@dataclass(frozen=True)
class Person:
    user: User
    token: str
    refresh_token: str
    session_id: UUID

    @property
    def id(self) -> UUID:
        return self.user.id

    @property
    def caller(self) -> Caller:
        return Caller(id=self.id, session_id=self.session_id, email=self.user.email or "")

    def post(self, path: str, document: Any, **headers: str) -> Answer:
        return post(path, document, token=self.token, **headers)

    def get(self, path: str, **headers: str) -> Answer:
        return get(path, token=self.token, **headers)

    def put(self, path: str, document: Any, **headers: str) -> Answer:
        return put(path, document, token=self.token, **headers)

    def delete(self, path: str, document: Any = None, **headers: str) -> Answer:
        return delete(path, document, token=self.token, **headers)


def add_person(email: str, *, is_staff: bool = False, password: str = PASSWORD) -> Person:
    with acting(Role.AUTH):
        services.add_user(email, password, confirmed=True, is_staff=is_staff)
    return sign_in(email, password)


def sign_in(email: str, password: str = PASSWORD) -> Person:
    grant = services.sign_in(email, password, user_agent="test")
    return Person(
        user=grant.user,
        token=str(grant.access),
        refresh_token=grant.refresh_token,
        session_id=UUID(grant.access["session_id"]),
    )

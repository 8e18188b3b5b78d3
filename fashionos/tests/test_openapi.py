"""The OpenAPI document is what the server does: every example is posted, every answer fits its schema."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from assistant.examples import CHAT, CONFIRMATION, FEEDBACK


@pytest.fixture
def document(db):
    return json.loads(Client().get("/docs/openapi.json").content)


def operations(document):
    return {path: methods["post"] for path, methods in document["paths"].items()}


def validate(document, schema, value):
    Draft202012Validator({**schema, "components": document["components"]}).validate(value)


def content_of(part):
    [media] = part["content"].values()
    return media


def test_every_function_is_there_and_nothing_else(document):
    assert set(operations(document)) == {
        "/functions/v1/logistics-analyzer",
        "/functions/v1/events-optimizer",
        "/functions/v1/media-scorer",
        "/functions/v1/recommendations",
        "/functions/v1/chat-orchestrator",
        "/functions/v1/action-confirm",
        "/functions/v1/conversation-feedback",
    }


def test_every_example_fits_its_schema_and_its_answer_fits_the_answer_s(document, alice):
    # First a chat, whose conversation the feedback's example then rates.
    paths = sorted(operations(document), key=lambda path: "feedback" in path)
    conversation = None
    for path in paths:
        operation = operations(document)[path]
        asked = content_of(operation["requestBody"])
        [example] = asked["examples"].values()
        validate(document, asked["schema"], example["value"])
        body = example["value"]
        if body == FEEDBACK:
            body = {**body, "conversationId": conversation}
        if body == CONFIRMATION:
            body = {"token": proposed_to(alice)}
        answer = alice.post(path, body)
        assert answer.status == 200, (path, answer.document)
        assert answer.document.get("warnings", []) == []
        validate(document, content_of(operation["responses"]["200"])["schema"], answer.document)
        conversation = answer.document.get("meta", {}).get("conversationId", conversation)


def proposed_to(person):
    """Have a change proposed, and return the token that confirms it."""
    body = {**CHAT, "message": "mark the black wool coat as shot"}
    [confirm, *_] = person.post("/functions/v1/chat-orchestrator", body).document["actions"]
    [token] = parse_qs(urlsplit(confirm["target"]).query)["token"]
    return token


def test_every_refusal_fits_the_error_s_schema(document, alice):
    for path, operation in operations(document).items():
        answer = alice.post(path, b"{")
        assert answer.status == 400
        validate(document, content_of(operation["responses"]["400"])["schema"], answer.document)


def test_the_page_loads_nothing_from_elsewhere(db):
    page = Client().get("/docs/").content.decode()
    assert "swagger-ui" in page
    assert "https://" not in page
    assert "http://" not in page
    script = Client().get("/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js")
    assert script.status_code == 200
    script.close()

"""Requests made from the OpenAPI, good and bad: each is answered as the document says, and none breaks anything."""

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
FUNCTIONS = (
    "logistics-analyzer",
    "events-optimizer",
    "media-scorer",
    "recommendations",
    "chat-orchestrator",
    "action-confirm",
    "conversation-feedback",
)
# Bounded, since the larger documents take a while to make up. The phase that makes failures smaller may take minutes.
BOUNDED = settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    database=None,
)


@pytest.fixture
def schema(db):
    # As Django's test client does it: the connection of the test is not a request's to close.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi("/docs/openapi.json", get_wsgi_application())
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_the_document_has_these_functions(schema):
    paths = {operation.ok().path for operation in schema.get_all_operations()}
    assert paths == {f"/functions/v1/{name}" for name in FUNCTIONS}


@pytest.mark.parametrize("mode", ["positive", "negative"])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_a_function_is_asked_it_answers_as_documented(schema, alice, settings, function, mode):
    settings.RATELIMIT_ENABLE = False
    operation = schema[f"/functions/v1/{function}"]["POST"]
    asked = operation.as_strategy(generation_mode=schemathesis.GenerationMode(mode))

    @seed(20261123)
    @BOUNDED
    @given(case=asked)
    def ask(case):
        case.call_and_validate(headers={"authorization": f"Bearer {alice.token}"}, checks=CHECKS)

    ask()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_nobody_is_answered_without_a_token(schema, function):
    operation = schema[f"/functions/v1/{function}"]["POST"]

    @seed(1)
    @settings(BOUNDED, max_examples=3)
    @given(case=operation.as_strategy())
    def ask(case):
        answer = case.call(headers={"authorization": "Bearer made.up.token"})
        assert answer.status_code == 401
        case.validate_response(answer, checks=CHECKS)

    ask()

"""Reading what the client sends."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.schemas import Action, AnswerMeta, ChatAnswer, ChatInvalid, read_chat
from fashionos.kit.wire import write_json


def refused(document):
    with pytest.raises(ChatInvalid) as caught:
        read_chat(document)
    return caught.value


def test_a_full_request_is_read():
    request = read_chat(
        {
            "message": "are we ready",
            "currentKit": "Logistics",
            "currentRoute": "/samples",
            "sessionId": "5f0c6a0e-6e4f-4b3a-9d51-0b2a5a8f6f10",
            "conversationHistory": [{"role": "user", "content": "hi", "createdAt": "2026-03-11"}],
            "userContext": {"sampleList": [{"id": "1"}], "timezone": "Europe/London", "role": "x"},
        }
    )
    assert request.current_kit == "logistics"
    assert request.current_route == "/samples"
    assert request.session_id == "5f0c6a0e-6e4f-4b3a-9d51-0b2a5a8f6f10"
    assert [turn.content for turn in request.conversation_history] == ["hi"]
    assert request.user_context.sample_list == [{"id": "1"}]
    assert request.user_context.extra == {"role": "x"}


def test_snake_case_is_read_too():
    request = read_chat(
        {"message": "hi", "current_kit": "media", "user_context": {"sample_list": [1]}}
    )
    assert (request.current_kit, request.user_context.sample_list) == ("media", [1])


def test_only_a_message_is_needed():
    request = read_chat({"message": "hi"})
    assert (request.current_kit, request.current_route, request.session_id) == ("home", "", None)
    assert request.user_context.sample_list == []


@pytest.mark.parametrize("kit", ["warehouse", "", 7, None, ["logistics"]])
def test_an_unknown_kit_is_home(kit):
    assert read_chat({"message": "hi", "currentKit": kit}).current_kit == "home"


@pytest.mark.parametrize("document", [None, [], "are we ready", 3])
def test_what_is_no_object_is_refused(document):
    assert refused(document).code == "invalid_request"


@pytest.mark.parametrize("message", [None, 3, "", " \n\t ", [], {}])
def test_a_missing_message_is_refused_with_questions_that_fit_the_kit(message):
    error = refused({"message": message, "currentKit": "logistics"})
    assert error.code == "invalid_message"
    assert error.suggestions == ("Are we ready?", "Show me the blockers", "What arrives today?")


def test_a_message_of_2000_characters_is_the_longest():
    assert read_chat({"message": "x" * 2000}).message == "x" * 2000
    assert refused({"message": "x" * 2001}).code == "message_too_long"


def test_a_context_that_is_no_object_is_refused():
    assert refused({"message": "hi", "userContext": []}).code == "invalid_request"


@pytest.mark.parametrize("name", ["sampleList", "galleryAssets", "anything"])
def test_5000_records_are_the_most(name):
    assert read_chat({"message": "hi", "userContext": {name: [0] * 5000}})
    assert refused({"message": "hi", "userContext": {name: [0] * 5001}}).code == "too_many_records"


def test_the_last_ten_readable_turns_are_kept():
    turns = [{"role": "user", "content": str(at)} for at in range(15)]
    odd = [None, 3, {"role": "user"}, {"role": "robot", "content": "x"}, {"content": "x"}]
    request = read_chat({"message": "hi", "conversationHistory": turns + odd})
    assert [turn.content for turn in request.conversation_history] == [
        str(at) for at in range(5, 15)
    ]


NAMES = """
    message currentKit userContext sampleList event conversationHistory role content now timezone
    sessionId x
"""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES.split()), inner, max_size=5)
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_json_is_read_or_refused_kindly(document):
    try:
        request = read_chat(document)
    except ChatInvalid as error:
        told = (error.message, *error.suggestions)
        kind = len(error.suggestions) in {2, 3} and all(told)
    else:
        kind = bool(request.message.strip())
    assert kind


def test_optional_parts_of_an_answer_are_left_out():
    meta = AnswerMeta(
        intent="help", skill="smalltalk", confidence=0.9, source="embedded",
        conversation_id="c", session_id="s",
    )  # fmt: skip
    answer = ChatAnswer(content="Hello", type="text", response_time=3, meta=meta)
    assert msgspec.json.decode(write_json(answer)) == {
        "content": "Hello",
        "type": "text",
        "responseTime": 3,
        "meta": {
            "intent": "help", "skill": "smalltalk", "confidence": 0.9, "source": "embedded",
            "conversationId": "c", "sessionId": "s",
        },
    }  # fmt: skip


def test_a_full_answer_has_camel_case_names():
    action = Action(label="Open samples", target="/samples", primary=True)
    assert msgspec.json.decode(write_json(action)) == {
        "label": "Open samples",
        "target": "/samples",
        "primary": True,
    }

"""A language model beside the skills: asked once the embedded answer is there, believed where it can be checked.

It may call the skills that read, and word what they found. What it says changes nothing, offers nothing and links to
nothing: buttons come from the skills' own replies.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from django.conf import settings

from assistant.llm.grounding import (
    MOST_CHARACTERS,
    claims_a_change,
    find_ungrounded,
    strip_markup,
)
from assistant.llm.names import Names
from assistant.llm.prompt import texts_of, write_block, write_data, write_messages
from assistant.llm.provider import Endpoint, ModelMessage, Refused, ToolCall, complete
from assistant.llm.tools import TOOLS, read_call, understand_call
from assistant.schemas import Message, Severity
from assistant.skills.turn import Reply, Turn
from assistant.understanding import Understanding, understand
from assistant.understanding.context import Context
from assistant.understanding.linker import Index
from assistant.understanding.slots import Slots

__all__ = ["Answer", "Options", "Refused", "ask", "configured", "is_wanted"]

_NEAR = 0.1  # how probable the next best reading of a question near the domain is
_MOST_CALLS = 4  # in one message of the model
_MOST_ACTIONS = 4
_MOST_FOLLOW_UPS = 3
_MOST_OF_A_RESULT = 4_000  # characters
_OURS_ALONE = ("act.", "dialog.", "smalltalk")
_SEVERITIES: tuple[Severity, ...] = ("info", "success", "warning", "critical")


@dataclass(frozen=True, slots=True)
class Options:
    """How the model is used. With `sends_people`, names of people, addresses and telephone numbers leave the house."""

    endpoint: Endpoint
    mode: str = "fallback"  # off, fallback or always
    steps: int = 3
    context_bytes: int = 16 * 1024
    sends_people: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The model's wording; `understanding` is that of the last skill it called, if it called one."""

    reply: Reply
    understanding: Understanding | None


def configured() -> Options | None:
    """Return what the settings say of a model; None without one, as it is unless somebody wants one."""
    if not settings.ASSISTANT_LLM_BASE_URL or not settings.ASSISTANT_LLM_MODEL:
        return None
    return Options(
        endpoint=Endpoint(
            settings.ASSISTANT_LLM_BASE_URL,
            settings.ASSISTANT_LLM_MODEL,
            settings.ASSISTANT_LLM_API_KEY,
        ),
        mode=settings.ASSISTANT_LLM_MODE,
        steps=settings.ASSISTANT_LLM_MAX_STEPS,
        context_bytes=settings.ASSISTANT_LLM_MAX_CONTEXT_KB * 1024,
        sends_people=settings.ASSISTANT_LLM_SEND_PERSONAL_DATA,
    )


def is_wanted(mode: str, understanding: Understanding, embedded: Reply, *, parts: int) -> bool:
    """Tell whether to ask the model at all, for a message of so many requests.

    Changes, yes and no are never its business. As a fallback it takes what was not understood, what is out of scope
    and yet near the domain, and several questions in one message.
    """
    if mode == "off" or embedded.proposal or understanding.skill.startswith(_OURS_ALONE):
        return False
    if understanding.skill == "out_of_scope":
        # An attack and noise are decided by a guard, which leaves no other reading.
        return bool(understanding.alternatives) and (mode == "always" or _is_near(understanding))
    return mode == "always" or not understanding.decided or parts > 1


def _is_near(understanding: Understanding) -> bool:
    said = replace(understanding.slots, unknown=(), codes=())
    return understanding.probabilities[:1] >= (_NEAR,) or said != Slots()


def ask(
    turn: Turn,
    embedded: Reply,
    *,
    index: Index,
    history: Sequence[Message],
    options: Options,
    run: Callable[[Understanding, str], Reply],
    deadline: float,
) -> Answer:
    """Return the model's answer to a turn; `run` answers a call of it as a skill, within the turn's own limits.

    Raises Refused where the embedded answer has to stand, and what `run` raises.
    """
    asking = _Asking(turn, embedded, index, options, run)
    messages = asking.open(history)
    for step in range(options.steps):
        # The last word has to be a text.
        tools = TOOLS if step < options.steps - 1 else ()
        said = complete(options.endpoint, messages, tools, deadline=deadline)
        if not said.tool_calls:
            return asking.close(said)
        if not tools or len(said.tool_calls) > _MOST_CALLS:
            raise Refused("too_many_calls")
        messages += asking.answer_calls(said.content, said.tool_calls, deadline=deadline)
    raise Refused("too_many_calls")


class _Asking:
    """One conversation with the model, and what it was shown in the course of it."""

    def __init__(
        self,
        turn: Turn,
        embedded: Reply,
        index: Index,
        options: Options,
        run: Callable[[Understanding, str], Reply],
    ) -> None:
        self._turn = turn
        self._embedded = embedded
        self._index = index
        self._options = options
        self._run = run
        self._names = Names(_people(turn.context))
        self._facts: list[str] = []
        self._replies: list[Reply] = []
        self._understanding: Understanding | None = None

    def open(self, history: Sequence[Message]) -> list[dict[str, Any]]:
        data = write_data(self._turn, self._embedded, most_bytes=self._options.context_bytes)
        said = [Message(role=one.role, content=self._hide(one.content)) for one in history]
        return write_messages(self._hide(self._turn.message), said, self._block(data))

    def answer_calls(
        self, content: str | None, calls: Sequence[ToolCall], *, deadline: float
    ) -> list[dict[str, Any]]:
        """Run the calls of one message; return it with their results, as the next request repeats it."""
        made, results = [], []
        for call in calls:
            skill, arguments = read_call(call.function)
            if time.monotonic() > deadline:
                raise Refused("timeout")
            at = f"call_{len(self._replies)}"
            reply = self._answer(skill, arguments)
            function = {"name": call.function.name, "arguments": _as_text(call.function.arguments)}
            made.append({"id": call.id or at, "type": "function", "function": function})
            shown = self._block({"answer": reply.content[:_MOST_OF_A_RESULT]})
            results.append({"role": "tool", "tool_call_id": call.id or at, "content": shown})
        return [{"role": "assistant", "content": content or "", "tool_calls": made}, *results]

    def close(self, said: ModelMessage) -> Answer:
        """Return the answer with the final text, once it is checked."""
        text = strip_markup(said.content or "")
        if not text:
            raise Refused("empty")
        if len(text) > MOST_CHARACTERS:
            raise Refused("too_long")
        if claims_a_change(text):
            raise Refused("claims_a_change")
        if self._names.lacks(text) or find_ungrounded(text, self._facts) is not None:
            raise Refused("ungrounded")
        return Answer(self._reply(self._show(text)), self._understanding)

    def _answer(self, skill: str, arguments: dict[str, Any]) -> Reply:
        turn = self._turn
        # A call without any argument means the message; one with slots of its own means those alone.
        question = self._show(arguments.get("question", "" if arguments else turn.message))
        if "people" in arguments:
            arguments |= {"people": tuple(map(self._person, arguments["people"]))}
        found = understand(
            question,
            kit=turn.kit,
            context=self._index,
            now=turn.now,
            zone=turn.zone,
            route=turn.route,
        )
        understanding = understand_call(skill, arguments, found, turn.context)
        reply = self._run(understanding, question)
        self._replies.append(reply)
        self._understanding = understanding
        return reply

    def _reply(self, text: str) -> Reply:
        """Put the text in the place of the skills' own words; all else is theirs."""
        replies = self._replies or [self._embedded]
        actions = {action.target: action for reply in replies for action in reply.actions}
        follow_up = dict.fromkeys(said for reply in replies for said in reply.follow_up)
        severities = [reply.severity or "info" for reply in replies]
        return replace(
            replies[-1],
            content=text,
            type="text",
            severity=max(severities, key=_SEVERITIES.index),
            actions=tuple(actions.values())[:_MOST_ACTIONS],
            follow_up=tuple(follow_up)[:_MOST_FOLLOW_UPS],
            proposal=None,
        )

    def _block(self, value: dict[str, Any]) -> str:
        """Return a data block of what the model may see of a value, and note it as said."""
        hidden = _map_texts(value, self._hide)
        self._facts += texts_of(hidden)
        return write_block(hidden)

    def _hide(self, text: str) -> str:
        return text if self._options.sends_people else self._names.hide(text)

    def _show(self, text: str) -> str:
        return text if self._options.sends_people else self._names.show(text)

    def _person(self, name: str) -> str:
        return name if self._options.sends_people else self._names.show(name, str)


def _people(context: Context) -> Iterator[str]:
    yield from context.names
    yield from (sample.holder for sample in context.samples if sample.holder)
    yield from (cue.owner for cue in context.cues if cue.owner)


def _as_text(arguments: str | dict[str, Any] | None) -> str:
    return (
        arguments if isinstance(arguments, str) else msgspec.json.encode(arguments or {}).decode()
    )


def _map_texts(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {name: _map_texts(inner, change) for name, inner in value.items()}
    if isinstance(value, list):
        return [_map_texts(inner, change) for inner in value]
    return change(value) if isinstance(value, str) else value

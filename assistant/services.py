"""One turn of the conversation: understand, choose the skill, analyse where it needs it, answer, remember."""

import logging
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import NamedTuple, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings

from analytics.services import add_event
from assistant.models import Conversation
from assistant.schemas import (
    SUGGESTIONS,
    AnswerMeta,
    ChatAnswer,
    ChatInvalid,
    ChatLimits,
    ChatRequest,
    Feedback,
    read_chat,
)
from assistant.skills import SKILLS, Reply, Skill, Turn
from assistant.understanding import Understanding, understand
from fashionos.accounts.tokens import Caller
from fashionos.kit.functions import read_document
from fashionos.kit.owned import Role, SessionEnded, acting
from fashionos.kit.problems import Problem
from fashionos.kit.wire import write_json
from insights import cache
from insights import services as insights
from insights.analysis.intake import read_samples
from insights.analysis.logistics import analyse
from insights.cache import Computed, Kept
from insights.schemas.logistics import LogisticsAnalysis, LogisticsOptions, Sample

logger = logging.getLogger("assistant")

T = TypeVar("T")

TIMED_OUT = "Taking longer than expected, please try again"
FAILED = "Something went wrong while I worked that out. Please try again, or ask in other words."


class Thought(NamedTuple):
    """What the message and its context mean."""

    samples: list[Sample]
    understanding: Understanding
    now: datetime
    zone: ZoneInfo


class Work(NamedTuple):
    """A skill's reply, and the analysis that was computed for it, if one was."""

    reply: Reply
    computed: LogisticsAnalysis | None = None
    cached: bool | None = None


def answer(caller: Caller, body: bytes) -> bytes:
    """Answer one chat message, and store the turn. Raises Problem for a message that cannot be read."""
    started = time.monotonic()
    request = _read_request(body)
    desk = _Desk(started + settings.SKILL_SECONDS)
    thought: Thought | None = None
    try:
        thought = desk.run(lambda: _think(request))
        work = _work(caller, request, thought, desk)
    except TimeoutError:
        logger.warning("a skill overran %s seconds", settings.SKILL_SECONDS)
        work = Work(_apology(TIMED_OUT, request))
    except SessionEnded:
        raise
    except Exception:  # whatever a skill raises, the person gets an answer
        logger.exception("the skill %s failed", thought.understanding.skill if thought else "?")
        work = Work(_apology(FAILED, request))
    understanding = thought.understanding if thought else Understanding("help.troubleshoot", 0.0)
    return _remember(caller, request, understanding, work, started)


def _read_request(body: bytes) -> ChatRequest:
    try:
        return read_chat(
            read_document(body),
            ChatLimits(
                message_characters=settings.CHAT_MESSAGE_CHARACTERS,
                context_records=settings.CHAT_CONTEXT_RECORDS,
                history_messages=settings.CHAT_HISTORY_MESSAGES,
            ),
        )
    except ChatInvalid as error:
        raise Problem(400, error.code, error.message, suggestions=error.suggestions) from error


class _Desk:
    """Runs the pure parts of a turn in a thread, and waits for them until the turn's deadline.

    Python cannot stop a thread: one that overruns finishes for nobody, in a pool that bounds how many there are.
    """

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline

    def run(self, work: Callable[[], T]) -> T:
        return _threads.submit(work).result(timeout=max(0, self._deadline - time.monotonic()))


_threads = ThreadPoolExecutor(settings.SKILL_THREADS, thread_name_prefix="skill")


def _think(request: ChatRequest) -> Thought:
    context = request.user_context
    zone, now, _ = insights.read_time(context.timezone, context.now)
    samples, _ = read_samples(context.sample_list, zone=zone)
    understanding = understand(
        request.message, kit=request.current_kit, samples=samples, now=now, zone=zone
    )
    return Thought(samples, understanding, now, zone)


def _work(caller: Caller, request: ChatRequest, thought: Thought, desk: _Desk) -> Work:
    skill = SKILLS[thought.understanding.skill]
    if skill.needs is None or not thought.samples:
        return desk.run(lambda: Work(skill.run(_turn(request, thought, None))))
    context = request.user_context
    rows = msgspec.json.encode([context.sample_list, context.now, context.timezone])
    input_digest = cache.digest(insights.LOGISTICS_VERSION, skill.needs.encode(), rows)
    kept, generation = cache.find(caller, "logistics", input_digest)
    work = desk.run(lambda: _run_skill(skill, request, thought, kept))
    if work.computed is not None:
        computed = Computed(write_json(work.computed), f"logistics_{skill.needs}")
        cache.keep(caller, "logistics", input_digest, computed, generation=generation)
    return work


def _run_skill(skill: Skill, request: ChatRequest, thought: Thought, kept: Kept | None) -> Work:
    if kept is not None:
        analysis = msgspec.json.decode(kept.document, type=LogisticsAnalysis)
        return Work(skill.run(_turn(request, thought, analysis)), cached=True)
    analysis = analyse(
        thought.samples,
        parts=(skill.needs or "",),
        options=LogisticsOptions(),
        now=thought.now,
    )
    return Work(skill.run(_turn(request, thought, analysis)), computed=analysis, cached=False)


def _turn(request: ChatRequest, thought: Thought, analysis: LogisticsAnalysis | None) -> Turn:
    return Turn(
        message=request.message,
        kit=request.current_kit,
        route=request.current_route,
        understanding=thought.understanding,
        samples=thought.samples,
        analysis=analysis,
        now=thought.now,
        zone=thought.zone,
    )


def _apology(text: str, request: ChatRequest) -> Reply:
    return Reply(text, severity="warning", follow_up=SUGGESTIONS[request.current_kit])


def _remember(
    caller: Caller, request: ChatRequest, understanding: Understanding, work: Work, started: float
) -> bytes:
    """Store the turn as it is answered, and return the answer."""
    row = Conversation(
        user_id=caller.id,
        session_id=_session(request.session_id),
        kit_context=request.current_kit,
        page_route=request.current_route,
        intent_detected=understanding.intent,
        skill_used=understanding.skill,
        response_time_ms=round((time.monotonic() - started) * 1000),
    )
    reply = work.reply
    document = write_json(
        ChatAnswer(
            content=reply.content,
            type=reply.type,
            severity=reply.severity,
            actions=reply.actions,
            follow_up=reply.follow_up,
            response_time=row.response_time_ms,
            meta=AnswerMeta(
                intent=understanding.intent,
                skill=understanding.skill,
                confidence=round(understanding.confidence, 4),
                alternatives=understanding.alternatives,
                source="embedded",
                conversation_id=str(row.id),
                session_id=str(row.session_id),
                cached=work.cached,
            ),
        )
    )
    with acting(Role.WEB, user_id=caller.id, session_id=caller.session_id):
        row.text, row.answer = request.message, document
        row.save(force_insert=True)
        add_event(
            caller.id,
            "assistant_answered",
            {"feature": row.skill_used},
            kit=row.kit_context,
            session_id=row.session_id,
        )
    return document


def _session(given: str | None) -> UUID:
    """Return the client's session id; a client without a usable one gets one of its own."""
    try:
        return UUID(given or "")
    except ValueError:
        return uuid.uuid4()


def rate_conversation(caller: Caller, body: bytes) -> bytes:
    """Set, change or withdraw (null) the thumb of one of the caller's turns."""
    document = read_document(body)
    try:
        feedback = msgspec.convert(document, Feedback)
    except msgspec.ValidationError as error:
        raise Problem(400, "invalid_request", f"The feedback cannot be read: {error}.") from error
    with acting(Role.WEB, user_id=caller.id, session_id=caller.session_id):
        found = (
            Conversation.objects.for_user(caller)
            .filter(id=feedback.conversation_id)
            .update(helpful=feedback.helpful)
        )
    if not found:
        raise Problem(404, "not_found", "There is no such conversation of yours.")
    return write_json(feedback)

"""One turn of the conversation: understand, choose the skill, analyse where it needs it, answer, remember."""

import logging
import time
import uuid
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Literal, NamedTuple, TypeVar
from uuid import UUID

import msgspec
from django.conf import settings
from django.utils import timezone

from analytics.services import add_event
from assistant import analysing, confirming, dialogue, llm, stored
from assistant.dialogue import State
from assistant.models import Conversation
from assistant.schemas import (
    SUGGESTIONS,
    Action,
    AnswerMeta,
    ChatAnswer,
    ChatInvalid,
    ChatLimits,
    ChatRequest,
    Feedback,
    Proposal,
    UserContext,
    read_chat,
)
from assistant.skills import SKILLS, Reply, Skill, Turn, routes
from assistant.skills.analyses import compute
from assistant.skills.turn import Analyses
from assistant.skills.wording import join
from assistant.thinking import Thought, think
from assistant.understanding import Understanding
from fashionos.accounts.tokens import Caller
from fashionos.kit.encryption import Unreadable
from fashionos.kit.functions import note, read_document
from fashionos.kit.owned import Role, SessionEnded, acting
from fashionos.kit.problems import Problem
from fashionos.kit.wire import write_json
from insights import services as insights

logger = logging.getLogger("assistant")

T = TypeVar("T")

TIMED_OUT = "Taking longer than expected, please try again"
FAILED = "Something went wrong while I worked that out. Please try again, or ask in other words."
NOT_SWITCHED_ON = (
    "I can't work that out at the moment: what it takes is not switched on for you yet ({}). Try again later; "
    "everything else works as usual."
)
EXPIRED = "That offer has expired, so nothing was changed. Say again what you want to change."

_FROM_WORKSPACE = "From your workspace"
_MOST_LOADS = 2
_TO_FINISH = 0.3  # seconds of a turn that the language model leaves


class Work(NamedTuple):
    """A skill's reply, and how it came about."""

    reply: Reply
    cached: bool | None = None
    clarifies: bool = False
    token: str = ""  # of a proposal that was made before
    source: Literal["embedded", "llm"] = "embedded"
    llm: str | None = None  # why the language model was asked in vain


def answer(caller: Caller, body: bytes) -> bytes:
    """Answer one chat message, and store the turn. Raises Problem for a message that cannot be read."""
    started = time.monotonic()
    request = _read_request(body)
    note(kit=request.current_kit)
    asked = _Asked(
        caller, request, _session(request.session_id), _Desk(started + settings.SKILL_SECONDS)
    )
    state, proposal = _last_turn(asked) if request.session_id else (None, None)
    thought: Thought | None = None
    try:
        thought = _understand(asked, state)
        thought, work = _reword(asked, thought, _work(asked, thought, proposal))
    except TimeoutError:
        logger.warning("a skill overran %s seconds", settings.SKILL_SECONDS)
        note(error="skill_timeout")
        work = Work(_apology(TIMED_OUT, request))
    except SessionEnded:
        raise
    except Exception:  # whatever a skill raises, the person gets an answer
        logger.exception("the skill %s failed", thought.understanding.skill if thought else "?")
        note(error="skill_failed")
        work = Work(_apology(FAILED, request))
    note(cached=work.cached)
    return _remember(asked, thought, work, started)


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
        self.deadline = deadline

    def run(self, work: Callable[[], T]) -> T:
        return _threads.submit(work).result(timeout=max(0, self.deadline - time.monotonic()))


_threads = ThreadPoolExecutor(settings.SKILL_THREADS, thread_name_prefix="skill")


def _session(given: str | None) -> UUID:
    """Return the client's session id; a client without a usable one gets one of its own."""
    try:
        return UUID(given or "")
    except ValueError:
        return uuid.uuid4()


class _Asked(NamedTuple):
    """Who asked what, in which session of chat, and who works on it."""

    caller: Caller
    request: ChatRequest
    session: UUID
    desk: _Desk


def _last_turn(asked: _Asked) -> tuple[State | None, Proposal | None]:
    """Return what the caller's last turn of the session left, and the proposal that it made."""
    caller = asked.caller
    with acting(Role.WEB, user_id=caller.id, session_id=caller.session_id):
        row = Conversation.objects.for_user(caller).last_of(asked.session)
        if row is None:
            return None, None
        try:
            meta = row.said.meta
        except Unreadable:
            return None, None
    try:
        proposal = msgspec.convert(meta.get("proposal"), Proposal | None)
    except msgspec.ValidationError:
        proposal = None
    return dialogue.read_state(meta.get("state")), proposal


# Understanding


def _understand(asked: _Asked, state: State | None) -> Thought:
    """Read the message; where its skill needs data that did not come, load them and read it again."""
    request = asked.request
    sent = request.user_context
    zone, now, _ = insights.read_time(sent.timezone, sent.now)

    def read(context: UserContext) -> Thought:
        user = asked.caller.id
        return asked.desk.run(lambda: think(user, request, context, state, now=now, zone=zone))

    thought = read(sent)
    for _ in range(_MOST_LOADS):
        skills = {thought.understanding.skill, thought.last.skill}
        parts = {part for name in skills for part in SKILLS[name].parts}
        silent = stored.missing(parts, thought.context.sent) - thought.loaded
        if not silent:
            break
        loaded = thought.loaded | silent
        fields = stored.load(asked.caller, silent, now=now)
        if fields:
            thought = read(msgspec.structs.replace(thought.user_context, **fields))
        thought = replace(thought, loaded=loaded)
    return thought


# Answering


def _work(asked: _Asked, thought: Thought, proposal: Proposal | None) -> Work:
    agreed = _agree(asked.request.message, thought, proposal)
    if agreed:
        return agreed
    understanding = thought.understanding
    if not understanding.decided and dialogue.readings_of(understanding):
        turn = _turn(asked.request, thought, understanding, Analyses())
        if thought.state.failures + 1 < dialogue.MOST_FAILURES:
            return Work(dialogue.clarify(turn), clarifies=True)
        able = SKILLS["help.capabilities"].run(turn).content
        return Work(dialogue.give_up(turn, able), clarifies=True)
    work = _run(asked, thought, understanding)
    if thought.second is None:
        return work
    second, message = thought.second
    more = _run(asked, thought, second, message=message)
    return work._replace(reply=dialogue.attach(work.reply, more.reply, message=message))


def _agree(message: str, thought: Thought, proposal: Proposal | None) -> Work | None:
    """Hand the change that is agreed to back, with its own token: who has that makes the change."""
    pending = thought.state.pending
    if proposal is None or pending is None or pending.kind != "proposal":
        return None
    typed = proposal.needs_typed_count and message.strip() == str(proposal.count)
    if not typed and not dialogue.is_agreement(thought.understanding):
        return None
    if not confirming.is_alive(pending.token):
        return Work(Reply(EXPIRED, severity="warning"))
    change = proposal.words.removeprefix("Ready to ")
    said = " ".join(part for part in (change, proposal.warning) if part)
    if proposal.needs_typed_count and not typed:
        said = f"That is a wide change: type {proposal.count} to {said}"
        return Work(Reply(said, severity="warning", proposal=proposal), token=pending.token)
    reply = Reply(f"As agreed: {said} Confirm to apply it.", type="action", proposal=proposal)
    return Work(reply, token=pending.token)


def _run(
    asked: _Asked, thought: Thought, understanding: Understanding, *, message: str | None = None
) -> Work:
    """Answer with the skill, over the analyses that it needs."""
    caller, skill = asked.caller, SKILLS[understanding.skill]
    if off := analysing.switched_off(caller, skill):
        return Work(Reply(NOT_SWITCHED_ON.format(join(off)), severity="warning"))
    found = analysing.find(caller, skill, thought.context, thought.user_context)
    background = analysing.background(caller, skill, now=thought.now)

    def run() -> tuple[Reply, Analyses]:
        computed = compute(
            found.missing(skill),
            thought.context,
            slots=understanding.slots,
            background=background,
            now=thought.now,
            zone=thought.zone,
        )
        analyses = replace(computed, **found.kept, **found.older)
        turn = _turn(
            asked.request, thought, understanding, analyses, message=message, older=found.older
        )
        return skill.run(turn), computed

    reply, computed = asked.desk.run(run)
    analysing.keep(caller, skill, found, computed)
    said = _say_where_from(reply, skill, thought, older=found.older)
    return Work(said, cached=found.is_cached)


def _reword(asked: _Asked, thought: Thought, work: Work) -> tuple[Thought, Work]:
    """Let the language model word the answer where one is set and wanted; whatever goes wrong, the answer stands."""
    options = llm.configured()
    if options is None:
        return thought, work
    understanding, request = thought.understanding, asked.request
    parts = 2 if thought.second or dialogue.split(request.message) else 1
    for read in (understanding, thought.last):
        if not llm.is_wanted(options.mode, read, work.reply, parts=parts):
            return thought, work
    latest = asked.desk.deadline - _TO_FINISH
    try:
        answer = llm.ask(
            _turn(request, thought, understanding, Analyses()),
            work.reply,
            index=thought.screen.index,
            history=request.conversation_history,
            options=options,
            run=lambda found, said: _run(asked, thought, found, message=said).reply,
            deadline=min(latest, time.monotonic() + settings.ASSISTANT_LLM_TIMEOUT_S),
        )
    except llm.Refused as refusal:
        logger.info("the language model was asked in vain: %s", refusal.reason)
        return thought, work._replace(llm=refusal.reason)
    except TimeoutError:
        return thought, work._replace(llm="timeout")
    except SessionEnded:
        raise
    except (
        Exception
    ):  # of a skill that the model called, or of its words: the answer is there already
        logger.exception("the language model's answer failed")
        return thought, work._replace(llm="failed")
    if answer.understanding:
        looked_up = replace(
            understanding,
            skill=answer.understanding.skill,
            slots=answer.understanding.slots,
            decided=True,
        )
        thought = replace(thought, understanding=looked_up, second=None)
    skill = SKILLS[thought.understanding.skill]
    said = answer.reply
    if not said.content.startswith(_FROM_WORKSPACE):
        said = _say_where_from(said, skill, thought, older=())
    return thought, work._replace(reply=said, clarifies=False, source="llm")


_DATA_OF_FAMILY = {"logistics": "samples", "event": "tasks", "media": "images"}
_PARTS_OF_FAMILY = {"logistics": "samples", "event": "tasks", "media": "assets"}


def _turn(
    request: ChatRequest,
    thought: Thought,
    understanding: Understanding,
    analyses: Analyses,
    *,
    message: str | None = None,
    older: Collection[str] = (),
) -> Turn:
    return Turn(
        message=request.message if message is None else message,
        kit=request.current_kit,
        route=request.current_route,
        understanding=understanding,
        context=thought.context,
        analyses=analyses,
        now=thought.now,
        zone=thought.zone,
        frame=thought.state.frame,
        stored=thought.stored | {_PARTS_OF_FAMILY[family] for family in older},
    )


def _say_where_from(
    reply: Reply, skill: Skill, thought: Thought, *, older: Collection[str]
) -> Reply:
    """Say so where the answer is drawn from what was stored, not from what came with the message."""
    if older:
        missing = join([_DATA_OF_FAMILY[family] for family in older], "or")
        said = f"I don't have any {missing} here now. Your latest insights say: {reply.content}"
        return replace(reply, content=said)
    if thought.stored & set(skill.parts):
        return replace(reply, content=f"{_FROM_WORKSPACE}: {reply.content}")
    return reply


def _apology(text: str, request: ChatRequest) -> Reply:
    return Reply(text, severity="warning", follow_up=SUGGESTIONS[request.current_kit])


# Remembering


def _remember(asked: _Asked, thought: Thought | None, work: Work, started: float) -> bytes:
    """Store the turn as it is answered, with what the next one has to know; return the answer."""
    caller, request, session = asked.caller, asked.request, asked.session
    understanding = thought.understanding if thought else Understanding("help.troubleshoot", 0.0)
    row = Conversation(
        user_id=caller.id,
        session_id=session,
        kit_context=request.current_kit,
        page_route=request.current_route,
        intent_detected=understanding.intent,
        skill_used=understanding.skill,
    )
    reply, token = work.reply, work.token
    if reply.proposal and thought and not token:
        token = confirming.sign(
            caller,
            row,
            reply.proposal,
            screen=thought.digest,
            is_ours=_is_ours(reply.proposal, thought),
        )
    row.response_time_ms = round((time.monotonic() - started) * 1000)
    meta = AnswerMeta(
        intent=understanding.intent,
        skill=understanding.skill,
        confidence=round(understanding.confidence, 4),
        alternatives=understanding.alternatives,
        source=work.source,
        conversation_id=str(row.id),
        session_id=str(session),
        cached=work.cached,
        clarifies=work.clarifies,
        proposal=reply.proposal,
        llm=work.llm,
    )
    document = ChatAnswer(
        content=reply.content,
        type=reply.type,
        severity=reply.severity,
        actions=(*_buttons(reply, token), *reply.actions),
        follow_up=reply.follow_up,
        response_time=row.response_time_ms,
        meta=meta,
    )
    answered = write_json(document)
    with acting(Role.WEB, user_id=caller.id, session_id=caller.session_id):
        row.text, row.answer = request.message, _with_state(answered, thought, work, token)
        row.save(force_insert=True)
        add_event(
            caller.id,
            "assistant_answered",
            {"feature": row.skill_used, "actions": len(document.actions)},
            kit=row.kit_context,
            session_id=row.session_id,
        )
    return answered


def _buttons(reply: Reply, token: str) -> tuple[Action, ...]:
    if not reply.proposal or not token or reply.type != "action":
        return ()
    return (
        Action(label="Confirm", target=routes.filtered("confirm", token=token), primary=True),
        Action(label="Cancel", target=routes.filtered("cancel", token=token)),
    )


def _is_ours(proposal: Proposal, thought: Thought) -> bool:
    """Tell whether the records of a proposal are the workspace's, for the client sent none of its own."""
    parts = {"samples": "samples", "event_tasks": "tasks", "assets": "assets"}
    tables = {change.table for change in proposal.changes}
    sent_by_client = thought.context.sent - thought.stored
    return all(parts.get(table, "") not in sent_by_client for table in tables)


def _with_state(answered: bytes, thought: Thought | None, work: Work, token: str) -> bytes:
    """Return the answer as it is stored: with what the next turn has to know, which no client sees."""
    if thought is None:
        return answered
    state = dialogue.next_state(
        thought.state,
        thought.last,
        work.reply,
        context=thought.context,
        at=timezone.now(),
        clarifies=work.clarifies,
        token=token,
    )
    # The answer ends in its meta: "...}}". No need to take it apart.
    return b"".join(
        (answered[:-2], b',"state":', msgspec.json.encode(dialogue.write_state(state)), b"}}")
    )


def rate_conversation(caller: Caller, body: bytes) -> bytes:
    """Set, change or withdraw (null) the thumb of one of the caller's turns."""
    document = read_document(body)
    try:
        feedback = msgspec.convert(document, Feedback)
    except msgspec.ValidationError as error:
        raise Problem(400, "invalid_request", f"The feedback cannot be read: {error}.") from error
    with acting(Role.WEB, user_id=caller.id, session_id=caller.session_id):
        turns = Conversation.objects.for_user(caller).filter(id=feedback.conversation_id)
        rated = turns.values_list("kit_context", "session_id").first()
        if rated is None:
            raise Problem(404, "not_found", "There is no such conversation of yours.")
        turns.update(helpful=feedback.helpful)
        data = {"conversationId": str(feedback.conversation_id), "helpful": feedback.helpful}
        kit, session_id = rated
        add_event(caller.id, "answer_rated", data, kit=kit, session_id=session_id)
    return write_json(feedback)

"""What a message means in its conversation, over the data of its screen."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.utils import timezone

from assistant import dialogue
from assistant.dialogue import State
from assistant.schemas import ChatRequest, Message, UserContext
from assistant.skills import SKILLS, Reply, Turn
from assistant.skills.analyses import compute
from assistant.understanding import Understanding, understand
from assistant.understanding.context import Context, read_context
from assistant.understanding.followups import merge
from assistant.understanding.linker import Index
from fashionos.kit.held import Held
from insights.cache import digest

_MOST_HISTORY = 3  # of the user's turns that a conversation without a row is rebuilt from
_OF_EVENT = frozenset({"tasks", "staffing", "people", "cues"})
_SCREEN_BYTES = (
    4 * 1024 * 1024
)  # of JSON; the more is held, the longer the collector of garbage pauses


@dataclass(frozen=True, slots=True)
class Screen:
    """A context as it was read, and the index of its names."""

    context: Context
    index: Index


# A client sends the same screen with every message: a turn is spared reading and indexing what it has seen.
_screens: Held[Screen] = Held(_SCREEN_BYTES)


@dataclass(frozen=True, slots=True)
class Thought:
    """What a message means in its conversation.

    `user_context` is what came with it, and what was `loaded` from the workspace: samples, event, assets, shots;
    `digest` is that of its bytes. `second` is another request in the same message, with its own words.
    """

    screen: Screen
    understanding: Understanding
    state: State
    now: datetime
    zone: ZoneInfo
    user_context: UserContext
    digest: bytes
    second: tuple[Understanding, str] | None = None
    loaded: frozenset[str] = frozenset()

    @property
    def context(self) -> Context:
        return self.screen.context

    @property
    def last(self) -> Understanding:
        """What the conversation goes on from."""
        return self.second[0] if self.second else self.understanding

    @property
    def stored(self) -> frozenset[str]:
        """The parts of the context that the workspace filled."""
        loaded = self.loaded | (_OF_EVENT if "event" in self.loaded else frozenset())
        return loaded & self.context.sent


def think(
    user_id: UUID,
    request: ChatRequest,
    user_context: UserContext,
    state: State | None,
    *,
    now: datetime,
    zone: ZoneInfo,
) -> Thought:
    """Read a message over a context; without a state, in the light of the history that came with it."""
    # Of the moment only its day says how rows are read (a cue at 18:00), and it is another in each message.
    timeless = msgspec.structs.replace(user_context, now=now.astimezone(zone).date())
    rows = msgspec.json.encode(timeless)
    key = digest(rows)
    screen = _screens.get(user_id, key)
    if screen is None:
        context, _ = read_context(user_context, zone)
        screen = Screen(context, Index(context))
        _screens.put(user_id, key, screen, len(rows))
    reading = _Reading(request, screen, now, zone)
    if state is None:
        state = reading.rebuild()
    whole = reading.of(request.message, state)
    thought = Thought(screen, whole, state, now, zone, user_context, key)
    if not dialogue.may_split(whole):
        return thought
    for first, second in dialogue.split(request.message):
        one = reading.of(first, state)
        after = dialogue.next_state(
            state, one, Reply(""), context=screen.context, at=timezone.now()
        )
        two = reading.of(second, after)
        if dialogue.are_two(one, two):
            return replace(thought, understanding=one, second=(two, second))
    return thought


class _Reading(NamedTuple):
    """Reads messages of one request."""

    request: ChatRequest
    screen: Screen
    now: datetime
    zone: ZoneInfo

    def of(self, message: str, state: State) -> Understanding:
        found = understand(
            message,
            kit=self.request.current_kit,
            context=self.screen.index,
            now=self.now,
            zone=self.zone,
            route=self.request.current_route,
        )
        chosen = dialogue.choose(state.pending, found, message)
        if chosen is not found or state.frame is None or dialogue.is_plain_answer(message):
            return chosen
        if dialogue.passes_by(state.pending, found):
            return found
        return merge(
            state.frame,
            found,
            message,
            context=self.screen.context,
            at=timezone.now(),
            turn=state.turn + 1,
        )

    def rebuild(self) -> State:
        """Return the state that the user's own earlier messages lead to; what the assistant said proves nothing."""
        said = [one for one in self.request.conversation_history if one.role == "user"]
        if said and said[-1].content == self.request.message:
            said.pop()
        state = State()
        for message in said[-_MOST_HISTORY:]:
            state = self._replay(message, state)
        return state

    def _replay(self, message: Message, state: State) -> State:
        content = message.content
        found = self.of(content, state)
        at = timezone.now()
        context = self.screen.context
        skill = SKILLS[found.skill]
        found_here = compute(skill.needs, context, slots=found.slots, now=self.now, zone=self.zone)
        turn = Turn(
            message=content,
            kit=self.request.current_kit,
            route=self.request.current_route,
            understanding=found,
            context=context,
            analyses=found_here,
            now=self.now,
            zone=self.zone,
            frame=state.frame,
        )
        return dialogue.next_state(state, found, skill.run(turn), context=context, at=at)

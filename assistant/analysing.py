"""The analyses that a turn reads: kept ones where they are true, and where else they come from."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from assistant.schemas import UserContext
from assistant.skills import Skill
from assistant.skills.analyses import Background
from assistant.skills.turn import Analyses
from assistant.understanding.context import Context
from fashionos.accounts.tokens import Caller
from fashionos.kit.functions import is_open
from fashionos.kit.owned import Role, acting
from fashionos.kit.wire import write_json
from insights import cache
from insights import services as insights
from insights.analysis.recommendations import Usage
from insights.cache import Computed
from insights.generations import Family
from insights.schemas.events import EventAnalysis
from insights.schemas.logistics import LogisticsAnalysis
from insights.schemas.media import MediaAnalysis


class _Kind(NamedTuple):
    """How the analyses of a family are kept, and which fields of the user context they are of."""

    version: bytes
    document: type
    fields: tuple[str, ...]


_KINDS: dict[Family, _Kind] = {
    "logistics": _Kind(insights.LOGISTICS_VERSION, LogisticsAnalysis, ("sample_list",)),
    "event": _Kind(insights.EVENTS_VERSION, EventAnalysis, ("event", "event_tasks", "extra")),
    "media": _Kind(insights.MEDIA_VERSION, MediaAnalysis, ("gallery_assets", "shot_list")),
}


# The function that makes the analyses of a family, and what people call them.
_FUNCTIONS = {
    "logistics": ("logistics-analyzer", "sample analysis"),
    "event": ("events-optimizer", "event analysis"),
    "media": ("media-scorer", "picture analysis"),
    "recommendation": ("recommendations", "recommendations"),
}

# Parts whose field of the analysis has another name.
_FIELDS = {"quality": "quality_scores", "missing": "missing_shots"}


@dataclass(frozen=True, slots=True)
class Found:
    """The analyses that need not be computed, by family.

    `kept` are of this very context; `older` the user's newest ones, of a family that the context has no data of;
    `keys` say under which digest and generation to keep those that are computed now.
    """

    kept: dict[str, Any]
    older: dict[str, Any]
    keys: dict[Family, tuple[bytes, int]]

    def missing(self, skill: Skill) -> list[str]:
        there = {*self.kept, *self.older}
        return [need for need in skill.needs if need.partition(".")[0] not in there]

    @property
    def is_cached(self) -> bool | None:
        """Whether an analysis came from the cache; None for a turn that reads none of the context."""
        return bool(self.kept) if self.kept or self.keys else None


def switched_off(caller: Caller, skill: Skill) -> list[str]:
    """Name what a skill needs and a rollout keeps from the caller; without it, no number would be true."""
    families = dict.fromkeys(need.partition(".")[0] for need in skill.needs)
    needed = [_FUNCTIONS[family] for family in families]
    return [words for function, words in needed if not is_open(function, caller.id)]


def find(caller: Caller, skill: Skill, context: Context, sent: UserContext) -> Found:
    """Find what is kept of the analyses that a skill needs, in one transaction."""
    found = Found({}, {}, {})
    families = _families(skill)
    if not families:
        return found
    there: dict[Family, bool] = {
        "logistics": bool(context.samples),
        "event": bool(context.tasks or context.staffing or "event" in context.sent),
        "media": bool(context.assets or context.shots),
    }
    with acting(Role.WEB, user_id=caller.id, session_id=caller.session_id):
        for family, parts in families.items():
            version, document, fields = _KINDS[family]
            if not there[family]:
                newest = cache.newest(caller, family)
                older = msgspec.json.decode(newest, type=document) if newest else None
                if any(getattr(older, _FIELDS.get(part, part), None) is not None for part in parts):
                    found.older[family] = older
                continue
            rows = [getattr(sent, field) for field in fields]
            rows += [sent.now, sent.timezone]
            key = cache.digest(version, " ".join(parts).encode(), msgspec.json.encode(rows))
            kept, generation = cache.find(caller, family, key)
            if kept is None:
                found.keys[family] = (key, generation)
            else:
                found.kept[family] = msgspec.json.decode(kept.document, type=document)
    return found


def keep(caller: Caller, skill: Skill, found: Found, computed: Analyses) -> None:
    """Keep what was computed for a skill."""
    families = _families(skill)
    for family, (key, generation) in found.keys.items():
        analysis = getattr(computed, family)
        if analysis is not None:
            document = Computed(write_json(analysis), f"{family}_{'_'.join(families[family])}")
            cache.keep(caller, family, key, document, generation=generation)


def _families(skill: Skill) -> dict[Family, list[str]]:
    """Return the parts that a skill needs of each family whose analyses are of the context alone."""
    found = defaultdict[Family, list[str]](list)
    for need in skill.needs:
        name, _, part = need.partition(".")
        for family in _KINDS:
            if family == name:
                found[family].append(part)
    return found


def background(caller: Caller, skill: Skill, *, now: datetime) -> Background:
    """Return what the recommendations that a skill needs are made of besides the context."""
    prefix = "recommendation."
    kinds = {need.removeprefix(prefix) for need in skill.needs if need.startswith(prefix)}
    if not kinds:
        return Background()
    # What the endpoint itself reads.
    return Background(
        packages=insights.offered_packages() if "packages" in kinds else (),
        usage=insights.usage_of(caller, now) if "features" in kinds else Usage(),
        preferences=insights.preferences_for(caller),
        candidates=insights.candidates_for(caller) if "next_actions" in kinds else (),
        begun=insights.begun_parts(caller) if "next_actions" in kinds else {},
    )

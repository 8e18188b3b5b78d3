"""What goes into a skill and what comes out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from assistant.schemas import Action, ReplyType, Severity
from assistant.skills.wording import when
from assistant.understanding import Understanding
from assistant.understanding.slots import Slots
from insights.schemas.logistics import LogisticsAnalysis, Sample


@dataclass(frozen=True, slots=True)
class Turn:
    """One message with all that an answer may draw on; `analysis` holds the part a skill needs."""

    message: str
    kit: str
    route: str
    understanding: Understanding
    samples: Sequence[Sample]
    analysis: LogisticsAnalysis | None
    now: datetime
    zone: ZoneInfo

    @property
    def slots(self) -> Slots:
        return self.understanding.slots

    def when(self, moment: datetime) -> str:
        return when(moment, now=self.now, zone=self.zone)

    def linked(self) -> list[Sample]:
        """Return the samples that the message names."""
        wanted = set(self.slots.items)
        return [sample for sample in self.samples if sample.id in wanted] if wanted else []


@dataclass(frozen=True, slots=True)
class Reply:
    content: str
    type: ReplyType = "text"
    severity: Severity | None = "info"
    actions: tuple[Action, ...] = ()
    follow_up: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Skill:
    """One thing the assistant can do; `needs` is the part of the logistics analysis it reads."""

    name: str
    run: Callable[[Turn], Reply]
    needs: str | None = None

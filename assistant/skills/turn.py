"""What goes into a skill and what comes out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from assistant.schemas import Action, ReplyType, Severity
from assistant.skills.proposals import Proposal
from assistant.skills.wording import when
from assistant.understanding import Understanding
from assistant.understanding.context import Context
from assistant.understanding.followups import Frame
from assistant.understanding.slots import Slots
from insights.schemas.events import EventAnalysis
from insights.schemas.logistics import LogisticsAnalysis, Sample
from insights.schemas.media import GalleryAsset, MediaAnalysis
from insights.schemas.recommendations import RecommendationAnswer
from insights.schemas.tasks import Task


@dataclass(frozen=True, slots=True)
class Analyses:
    """What the analyses found for this turn; None where the skill needs none or its data is missing."""

    logistics: LogisticsAnalysis | None = None
    event: EventAnalysis | None = None
    media: MediaAnalysis | None = None
    recommendation: RecommendationAnswer | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One message with all that an answer may draw on.

    `stored` names the parts of the context that came from the user's workspace and not with the
    message; `frame` is the turn before, if there was one.
    """

    message: str
    kit: str
    route: str
    understanding: Understanding
    context: Context
    analyses: Analyses
    now: datetime
    zone: ZoneInfo
    frame: Frame | None = None
    stored: frozenset[str] = frozenset()

    @property
    def slots(self) -> Slots:
        return self.understanding.slots

    @property
    def samples(self) -> Sequence[Sample]:
        return self.context.samples

    @property
    def tasks(self) -> Sequence[Task]:
        return self.context.tasks

    @property
    def assets(self) -> Sequence[GalleryAsset]:
        return self.context.assets

    def when(self, moment: datetime) -> str:
        return when(moment, now=self.now, zone=self.zone)

    def linked(self) -> list[Sample]:
        """Return the samples that the message names."""
        wanted = set(self.slots.items)
        return [sample for sample in self.samples if sample.id in wanted] if wanted else []

    def linked_tasks(self) -> list[Task]:
        wanted = set(self.slots.tasks)
        return [task for task in self.tasks if task.id in wanted] if wanted else []

    def linked_assets(self) -> list[GalleryAsset]:
        wanted = set(self.slots.assets)
        return [asset for asset in self.assets if asset.id in wanted] if wanted else []


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. `shown` are the ids that it lists, in its order; `focus` is the one it is about."""

    content: str
    type: ReplyType = "text"
    severity: Severity | None = "info"
    actions: tuple[Action, ...] = ()
    follow_up: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    focus: str | None = None
    proposal: Proposal | None = None


@dataclass(frozen=True, slots=True)
class Skill:
    """One thing the assistant can do.

    `needs` are the analyses that it reads, as `logistics.readiness`; `parts` are those of the context.
    """

    name: str
    run: Callable[[Turn], Reply]
    needs: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

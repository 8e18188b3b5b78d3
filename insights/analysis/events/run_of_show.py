"""The draft of a show day: setup back-timed from the show, every exit, teardown, call times."""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from insights.analysis.events.call_sheet import call_crew, call_models
from insights.analysis.events.day import Span, template
from insights.analysis.events.demand import derive_crew
from insights.analysis.events.lines import Line, plan_lines
from insights.analysis.events.look_order import models_needed
from insights.analysis.events.show import Show
from insights.schemas.base import MAX_LABEL
from insights.schemas.events import (
    Event,
    LookPosition,
    RunBlock,
    RunItem,
    RunOfShowDraft,
    ShowPhase,
)

_DOORS_BEFORE = timedelta(minutes=30)
_MAX_LISTED = 20
_BLOCKS: tuple[tuple[ShowPhase, str], ...] = (
    ("setup", "Setup"),
    ("show", "Show"),
    ("teardown", "Teardown"),
)


def show_start(event: Event) -> datetime | None:
    """Give the moment of the first exit: the show time, else half an hour from doors; and delay."""
    start = event.start_at or (event.doors_at and event.doors_at + _DOORS_BEFORE)
    return start and start + timedelta(minutes=event.show_settings.start_delay_minutes)


def draft_run_of_show(
    event: Event, show: Show, *, starts_at: datetime
) -> tuple[RunOfShowDraft, list[str]]:
    """Draft the day of a show that starts at `starts_at`; the texts are what the draft assumes."""
    pieces = len({sample for look in event.looks for sample in look.sample_ids})
    chairs = show.chairs
    rows = template(hmu_minutes=chairs.minutes, chairs_are_short=chairs.are_short, pieces=pieces)
    planned = plan_lines(event, show, rows, starts_at=starts_at)
    items = [_item(line, starts_at) for line in planned.lines]
    items.sort(key=lambda item: (item.start_at, item.end_at))
    ends_at = starts_at + timedelta(seconds=round(show.seconds))
    hmu = planned.spans["hmu"]
    models, late = call_models(
        event,
        chairs,
        chairs_at=_moment(starts_at, hmu.start),
        rehearsal_at=_moment(starts_at, planned.spans["rehearsal"].start),
    )
    conflicts = [*_limits(event, items), *planned.clashes, *_forced_holds(show), *late]
    draft = RunOfShowDraft(
        show_start_at=starts_at,
        show_end_at=ends_at,
        show_seconds=show.seconds,
        blocks=tuple(_blocks(items)),
        timeline=tuple(items),
        call_sheet=(*models, *call_crew(event, starts_at=starts_at, ends_at=ends_at)),
        look_order=tuple(_look_order(show, starts_at)),
        quick_changes=tuple(show.changes),
        hold_seconds=round(show.line_up.hold, 3),
        moves=show.line_up.moves,
        min_models_needed=models_needed(show.line_up.exits, event.show_settings),
        over_under_seconds=_over_under(event, show, starts_at),
        derived_crew=derive_crew(event, chairs, show.changes),
        conflicts=_listed(conflicts),
        warnings=tuple(_warnings(event, show, hmu)),
    )
    return draft, _assumptions(event, show, pieces)


def _moment(starts_at: datetime, minutes: float) -> datetime:
    return starts_at + timedelta(seconds=round(minutes * 60))


def _item(line: Line, starts_at: datetime) -> RunItem:
    start_at, end_at = _moment(starts_at, line.span.start), _moment(starts_at, line.span.end)
    cue = line.cue
    return RunItem(
        id=line.id,
        name=line.name,
        phase=line.phase,
        start_at=start_at,
        end_at=end_at,
        duration_minutes=round((end_at - start_at).total_seconds() / 60, 3),
        start_mode=line.mode,
        owner=cue.owner if cue else None,
        notes=cue.notes if cue else line.notes,
        gap_seconds=round(max(0.0, line.distance) * 60, 3),
        overlap_seconds=round(max(0.0, -line.distance) * 60, 3),
        source=line.source,
        audio=cue.audio if cue else None,
        lighting=cue.lighting if cue else None,
        video=cue.video if cue else None,
    )


def _blocks(items: Sequence[RunItem]) -> Iterator[RunBlock]:
    for phase, name in _BLOCKS:
        own = tuple(item for item in items if item.phase == phase)
        if own:
            yield RunBlock(
                phase=phase,
                name=name,
                start_at=own[0].start_at,
                end_at=max(item.end_at for item in own),
                items=own,
            )


def _look_order(show: Show, starts_at: datetime) -> Iterator[LookPosition]:
    line_up = show.line_up
    for position, (number, start) in enumerate(zip(line_up.order, line_up.starts, strict=True)):
        each = line_up.exits[number]
        yield LookPosition(
            position=position + 1,
            look_id=each.look.id,
            model_id=each.look.model_id,
            designer_position=number + 1,
            moved=position != number,
            exit_offset_seconds=round(start, 3),
            exit_at=_moment(starts_at, start / 60),
            back_at_seconds=round(start + each.walk, 3),
        )


def _over_under(event: Event, show: Show, starts_at: datetime) -> float | None:
    """Give how much longer the music, or else the time until the end, is than the show."""
    if event.music:
        room = math.fsum(track.seconds for track in event.music)
    elif event.end_at and event.end_at > starts_at:
        room = (event.end_at - starts_at).total_seconds()
    else:
        return None
    return round(room - show.seconds, 3)


# What does not go together, and what was assumed


def _limits(event: Event, items: Iterable[RunItem]) -> Iterator[str]:
    access, curfew = event.venue.access_from_at, event.venue.curfew_at
    for item in items:
        name = item.name[:MAX_LABEL]
        if access and item.start_at < access:
            yield f"{name} would begin {_minutes(access, item.start_at)} before venue access."
        if curfew and item.end_at > curfew:
            yield f"{name} would end {_minutes(item.end_at, curfew)} after curfew."


def _minutes(later: datetime, earlier: datetime) -> str:
    return f"{(later - earlier).total_seconds() / 60:.1f} min".replace(".0 min", " min")


def _forced_holds(show: Show) -> Iterator[str]:
    for position, hold in enumerate(show.line_up.holds):
        each = show.line_up.at(position)
        if hold and each.is_fixed:
            yield f"{each.look.label} keeps its place and is held for {_seconds(hold)}."


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s".replace(".0 s", " s")


def _listed(conflicts: Sequence[str]) -> tuple[str, ...]:
    more = len(conflicts) - _MAX_LISTED
    return (
        *conflicts[:_MAX_LISTED],
        *([f"{more} more conflicts are not listed."] if more > 0 else ()),
    )


def _warnings(event: Event, show: Show, hmu: Span) -> Iterator[str]:
    impossible = sum(change.status == "impossible" for change in show.changes)
    tight = sum(change.status == "tight" for change in show.changes)
    least = event.show_settings.min_change_slack_seconds
    bare = sum(look.model_id is None for look in event.looks)
    if impossible:
        yield f"{_count(impossible, 'change')} cannot be done in this order."
    if tight:
        yield f"{_count(tight, 'change')} with less than {_seconds(least)} to spare."
    if bare:
        yield f"{_count(bare, 'look')} without a model."
    if round(hmu.end - hmu.start, 3) < show.chairs.minutes:
        yield f"Hair and make-up takes {show.chairs.minutes:g} min with the chairs there are."


def _assumptions(event: Event, show: Show, pieces: int) -> list[str]:
    found = []
    chairs = show.chairs
    if event.start_at is None:
        found.append("Without startAt the show starts half an hour after doors.")
    if not event.looks:
        found.append("Without looks the show lasts as long as its music, its event, or 15 minutes.")
    elif not pieces:
        found.append("Looks without sampleIds: the sample check-in takes its shortest time.")
    if chairs.minutes > chairs.usual:
        found.append(
            f"Hair and make-up takes {chairs.minutes:g} min rather than {chairs.usual:g}: "
            "seated model by model, chairs stay empty for a while."
        )
    return found


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"

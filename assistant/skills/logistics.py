"""Readiness, blockers and shooting order, told from the analysis and from nothing else."""

from collections.abc import Callable, Sequence
from datetime import datetime

from assistant.schemas import Action, Severity
from assistant.skills import routes
from assistant.skills.filters import category_names
from assistant.skills.questions import next_questions, no_samples
from assistant.skills.turn import Reply, Turn
from assistant.skills.wording import (
    STATUS_WORDS,
    clip,
    counted,
    duration,
    look_of,
    name_of,
    named,
    number,
)
from assistant.understanding.linker import same_look
from insights.schemas.logistics import BatchingPlan, Blocker, ForecastPoint, ReadinessReport, Sample

_CRITICAL_BELOW, _WARNING_BELOW = 50, 80
_OPEN_LOOKS_LISTED = 50
_LATE_OR_LOST = frozenset({"lost", "delayed", "overdue", "eta_after_need", "customs_hold"})


def _not_computed(turn: Turn) -> Reply:
    return Reply(
        content="I could not work that out just now. Please try again in a moment.",
        actions=(routes.open_page("samples"),),
        follow_up=next_questions(turn),
    )


def readiness(turn: Turn) -> Reply:
    if not turn.samples and not turn.analyses.logistics:
        return no_samples(turn)
    report = turn.analyses.logistics.readiness if turn.analyses.logistics else None
    if report is None:
        return _not_computed(turn)
    if not report.total:
        return Reply(
            content="There is nothing to count: every sample in your list is cancelled.",
            actions=(routes.open_page("samples"),),
            follow_up=next_questions(turn),
        )
    if turn.slots.look is not None:
        return _look_readiness(turn, report, turn.slots.look)
    part = _category_readiness(turn, report)
    if part:
        return part
    return Reply(
        content=" ".join(_readiness_sentences(turn, report)),
        severity=readiness_severity(report, turn.samples),
        actions=_readiness_actions(report),
        follow_up=next_questions(turn),
    )


def _readiness_sentences(turn: Turn, report: ReadinessReport) -> list[str]:
    if report.effective_score == report.score:
        first = (
            f"You are {number(report.score)}% ready: {report.ready} of "
            f"{counted(report.total, 'sample')} {_are(report.ready)} on set or shot."
        )
    else:
        first = (
            f"You are {number(report.effective_score)}% ready, counting pieces that were shot and "
            f"have gone back; on set or shot right now: {report.ready} of "
            f"{counted(report.total, 'sample')} ({number(report.score)}%)."
        )
    sentences = [first]
    if report.heroes.total:
        sentences.append(f"Heroes: {report.heroes.ready} of {report.heroes.total} ready.")
    lost = [sample for sample in turn.samples if sample.is_hero and sample.status == "lost"]
    late = [sample for sample in turn.samples if sample.is_hero and sample.status == "delayed"]
    for status, heroes in (("lost", lost), ("delayed", late)):
        if heroes:
            names = named(map(name_of, heroes), total=len(heroes))
            sentences.append(f"Heroes {status}: {names}.")
    point = _forecast_point(turn, report)
    if point:
        at = turn.when(point.at)
        sentences.append(f"Forecast for {at}: {number(point.expected_score)}%.")
    elif report.ready_by and report.level != "ready":
        at = turn.when(report.ready_by)
        sentences.append(f"On the present dates you will be ready by {at}.")
    if report.bottleneck and report.level != "ready":
        held = report.bottleneck
        status = STATUS_WORDS[held.status]
        sentences.append(f"Bottleneck: {counted(held.count, 'sample')} {status}.")
    if report.excluded:
        sentences.append(f"Left out: {counted(report.excluded, 'cancelled sample')}.")
    return sentences


def _forecast_point(turn: Turn, report: ReadinessReport) -> ForecastPoint | None:
    """Return the forecast within the time that was asked about, else the last one before it."""
    window = turn.slots.window
    ahead = [point for point in report.forecast if point.at > turn.now]
    if window is None or window.end <= turn.now:
        return None
    within = [point for point in ahead if window.start <= point.at < window.end]
    before = [point for point in ahead if point.at < window.start]
    return next(iter(within or before[-1:]), None)


def readiness_severity(report: ReadinessReport, samples: Sequence[Sample]) -> Severity:
    gone = any(sample.is_hero and sample.status in {"lost", "delayed"} for sample in samples)
    if gone or report.effective_score < _CRITICAL_BELOW:
        return "critical"
    if report.effective_score < _WARNING_BELOW:
        return "warning"
    return "success" if report.level == "ready" else "info"


def _readiness_actions(report: ReadinessReport) -> tuple[Action, ...]:
    actions = [routes.open_page("samples", primary=True)]
    if report.bottleneck:
        status = report.bottleneck.status
        target = routes.filtered("samples", status=status)
        actions.append(Action(label=f"See the {STATUS_WORDS[status]} samples", target=target))
    return tuple(actions)


def _look_readiness(turn: Turn, report: ReadinessReport, look: int) -> Reply:
    pieces = [sample for sample in turn.samples if same_look(sample, look)]
    action = Action(
        label=f"Open look {look}", target=routes.filtered("samples", look=look), primary=True
    )
    if not pieces:
        return Reply(
            content=f"I have no samples for look {look} in your list.",
            actions=(routes.open_page("samples", primary=True),),
            follow_up=next_questions(turn, "Are we ready?"),
        )
    ids = {look_id for sample in pieces for look_id in sample.look_ids}
    missing = {
        sample_id
        for entry in report.looks.incomplete
        if entry.look_id in ids
        for sample_id in entry.missing_sample_ids
    }
    waiting = [sample for sample in pieces if sample.id in missing]
    if waiting:
        parts = [f"{name_of(sample)} ({STATUS_WORDS[sample.status]})" for sample in waiting]
        content = f"Look {look} is not ready, it waits for {named(parts, total=len(parts))}."
        bad = any(s.is_hero and s.status in {"lost", "delayed"} for s in waiting)
        return Reply(
            content=content,
            severity="critical" if bad else "warning",
            actions=(action,),
            follow_up=next_questions(turn, f"Where is {name_of(waiting[0])}?"),
        )
    if len(report.looks.incomplete) >= _OPEN_LOOKS_LISTED:
        return Reply(
            content=f"Look {look} is not among the {len(report.looks.incomplete)} looks that are "
            "nearest to ready; open it to see its pieces.",
            actions=(action,),
            follow_up=next_questions(turn),
        )
    return Reply(
        content=f"Look {look} is ready: {named(map(name_of, pieces), total=len(pieces))}.",
        severity="success",
        actions=(action,),
        follow_up=next_questions(turn, "Are we ready?"),
    )


def _category_readiness(turn: Turn, report: ReadinessReport) -> Reply | None:
    asked = set(turn.slots.categories)
    entries = [entry for entry in report.by_category if asked & category_names(entry.category)]
    if len(entries) != 1:
        return None
    entry = entries[0]
    name = clip(entry.category)
    content = f"{name.capitalize()}: {entry.ready} of {entry.total} ready ({number(entry.score)}%)."
    if entry.bottleneck_status and entry.ready < entry.total:
        content += f" Most of the rest is {STATUS_WORDS[entry.bottleneck_status]}."
    severity: Severity = "success" if entry.ready == entry.total else "info"
    if entry.score < _WARNING_BELOW:
        severity = "critical" if entry.score < _CRITICAL_BELOW else "warning"
    target = routes.filtered("samples", category=name)
    return Reply(
        content=content,
        severity=severity,
        actions=(Action(label=f"See {name}", target=target, primary=True),),
        follow_up=next_questions(turn, "Are we ready?"),
    )


def blockers(turn: Turn) -> Reply:
    if not turn.samples and not turn.analyses.logistics:
        return no_samples(turn)
    analysis = turn.analyses.logistics
    if analysis is None or analysis.blockers is None:
        return _not_computed(turn)
    fits, noun, what = _blocker_filter(turn)
    found = [blocker for blocker in analysis.blockers if fits(blocker)]
    watched = [blocker for blocker in analysis.watchlist or () if fits(blocker)]
    if not found and not watched:
        return Reply(
            content=f"No blockers for {what}: no sample is late, lost or damaged in a way that "
            "endangers it.",
            severity="success",
            actions=(routes.open_page("samples"),),
            follow_up=next_questions(turn),
        )
    worst = (found or watched)[0]
    if found:
        verb = "endangers" if len(found) == 1 else "endanger"
        sentences = [f"{counted(len(found), *noun)} {verb} {what}."]
        sentences.append(_worst(turn, worst))
        rest = found[1:]
        if rest:
            names = named((_short_blocker(item) for item in rest), total=len(rest))
            sentences.append(f"Then: {names}.")
        if watched:
            names = named((_short_blocker(item) for item in watched), total=len(watched))
            sentences.append(f"On the watchlist: {names}.")
    else:
        names = named((_short_blocker(item) for item in watched), total=len(watched))
        sentences = [
            (
                f"No blockers for {what}, but {counted(len(watched), *noun)} "
                f"{_are(len(watched))} on the watchlist: {names}."
            )
        ]
    critical = any(map(_is_critical, (*found, *watched)))
    return Reply(
        content=" ".join(sentences),
        severity="critical" if critical else "warning",
        actions=_blocker_actions(turn, worst),
        follow_up=next_questions(turn, f"Where is {_blocker_name(worst)}?"),
        shown=tuple(blocker.sample_id for blocker in (*found, *watched)),
        focus=worst.sample_id if len(found) + len(watched) == 1 else None,
    )


def _is_critical(blocker: Blocker) -> bool:
    late_hero = blocker.is_hero and blocker.reason in _LATE_OR_LOST
    return late_hero or blocker.severity == "critical"


def _blocker_filter(turn: Turn) -> tuple[Callable[[Blocker], bool], tuple[str, str], str]:
    """Return which blockers are asked about, what to call them, and what they endanger."""
    slots = turn.slots
    samples = ("sample", "samples")
    if slots.look is not None:
        pieces = {sample.id for sample in turn.samples if same_look(sample, slots.look)}
        return lambda blocker: blocker.sample_id in pieces, samples, f"look {slots.look}"
    if slots.items:
        wanted = set(slots.items)
        return lambda blocker: blocker.sample_id in wanted, samples, "the shoot"
    if slots.hero:
        return lambda blocker: blocker.is_hero, ("hero", "heroes"), "the shoot"
    return lambda _: True, samples, "the shoot"


def _blocker_name(blocker: Blocker) -> str:
    return clip(blocker.name or blocker.sku or blocker.sample_id)


def _short_blocker(blocker: Blocker) -> str:
    hero = "hero, " if blocker.is_hero else ""
    return f"{_blocker_name(blocker)} ({hero}{STATUS_WORDS[blocker.status]})"


def _worst(turn: Turn, blocker: Blocker) -> str:
    facts = [STATUS_WORDS[blocker.status]]
    if blocker.expected_at and not blocker.eta_assumed:
        facts.append(f"expected {turn.when(blocker.expected_at)}")
    if blocker.needed_at:
        facts.append(f"needed {turn.when(blocker.needed_at)}")
    if blocker.affected_look_ids:
        looks = named(map(look_of, blocker.affected_look_ids[:6]),
                      total=len(blocker.affected_look_ids))  # fmt: skip
        facts.append(f"look {looks}")
    hero = "hero " if blocker.is_hero else ""
    text = (
        f"Worst: {hero}{_blocker_name(blocker)}, {', '.join(facts)} "
        f"(severity {number(blocker.severity_score)}, {blocker.severity})."
    )
    if blocker.suggested_actions:
        text += f" Suggested: {clip(blocker.suggested_actions[0].label, 120)}."
    return text


def _blocker_actions(turn: Turn, worst: Blocker) -> tuple[Action, ...]:
    piece = next((sample for sample in turn.samples if sample.id == worst.sample_id), None)
    actions = []
    if piece:
        label = f"Open {name_of(piece)}"
        actions.append(Action(label=label, target=routes.sample(piece), primary=True))
    label = f"See the {STATUS_WORDS[worst.status]} samples"
    target = routes.filtered("samples", status=worst.status)
    return (*actions, Action(label=label, target=target))


def batching(turn: Turn) -> Reply:
    if not turn.samples and not turn.analyses.logistics:
        return no_samples(turn)
    plan = turn.analyses.logistics.batching if turn.analyses.logistics else None
    if plan is None:
        return _not_computed(turn)
    if not plan.batches:
        return Reply(
            content="There is nothing to shoot now" + _deferred_clause(turn, plan) + ".",
            severity="warning" if plan.deferred else "info",
            actions=(routes.open_page("samples", primary=True),),
            follow_up=next_questions(turn),
        )
    first = (
        f"{counted(len(plan.batches), 'batch', 'batches')} for "
        f"{counted(len(plan.sequence), 'sample')} in {duration(plan.total_minutes)}"
    )
    if plan.time_saved_minutes > 0:
        first += (
            f", saving {duration(plan.time_saved_minutes)} of changeovers "
            f"({number(plan.time_saved_percent)}%) against the list order"
        )
    sentences = [f"{first}."]
    names = {sample.id: name_of(sample) for sample in turn.samples}
    opening = [names.get(piece, clip(piece)) for piece in plan.sequence]
    sentences.append(f"Start with {opening[0]}.")
    parts = [
        f"{batch.order}. {clip(batch.label, 40)} ({counted(batch.sample_count, 'sample')}, "
        f"{duration(batch.shoot_minutes)}{_starts(turn, batch.start_at)})"
        for batch in plan.batches
    ]
    sentences.append(f"Order: {named(parts, total=len(parts))}.")
    if plan.overtime_minutes > 0:
        sentences.append(f"That runs {duration(plan.overtime_minutes)} over the day.")
    if plan.days_needed > 1:
        sentences.append(f"You need {plan.days_needed} days.")
    if plan.deferred:
        sentences.append(f"Not shootable now{_deferred_clause(turn, plan)}.")
    return Reply(
        content=" ".join(sentences),
        severity="warning" if plan.overtime_minutes > 0 else "info",
        actions=(
            Action(label="Open logistics", target=routes.page("logistics"), primary=True),
            routes.open_page("samples"),
        ),
        follow_up=next_questions(turn),
        shown=tuple(plan.sequence),
    )


def _starts(turn: Turn, start_at: datetime | None) -> str:
    return f", from {turn.when(start_at)}" if start_at else ""


def _deferred_clause(turn: Turn, plan: BatchingPlan) -> str:
    if not plan.deferred:
        return ": every sample is shot or has gone back" if plan.done else ""
    names = {sample.id: name_of(sample) for sample in turn.samples}
    parts = [
        f"{names.get(item.sample_id, clip(item.sample_id))} ({STATUS_WORDS[item.status]})"
        for item in plan.deferred[:6]
    ]
    return f": {named(parts, total=len(plan.deferred))}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"

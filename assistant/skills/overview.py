"""How things stand across the kits, in a sentence for each."""

import re

from assistant.schemas import Action, Severity
from assistant.skills import routes
from assistant.skills.critical_path import severity_of
from assistant.skills.filters import is_open, is_overdue
from assistant.skills.logistics import readiness_severity
from assistant.skills.questions import PENDING, next_questions, no_data
from assistant.skills.turn import Reply, Turn
from assistant.skills.wording import clip, counted, duration, is_are, name_of, named, number
from assistant.understanding.normalise import fold
from insights.schemas.tasks import CriticalPathReport

_CHANGES = re.compile(r"\b(?:miss(?:ed)?|chang\w*|new|since|happened|updates? since)\b")
_RANK: dict[str, int] = {"success": 0, "info": 1, "warning": 2, "critical": 3}


def summary(turn: Turn) -> Reply:
    told = [part for part in (_samples(turn), _event(turn), _crew(turn), _media(turn)) if part]
    if not told:
        return no_data(turn, "samples", "tasks", "assets")
    sentences = [sentence for sentence, _, _ in told]
    if _CHANGES.search(fold(turn.message)):
        sentences.insert(0, "I can't see what has changed, only how it stands now.")
    severity = max((severity for _, severity, _ in told), key=lambda severity: _RANK[severity])
    pages = [page for _, _, page in told]
    return Reply(
        content=" ".join(sentences),
        severity=severity,
        actions=tuple(
            Action(
                label=f"Open {routes.PAGE_TITLES[page]}", target=routes.page(page), primary=at == 0
            )
            for at, page in enumerate(pages[:3])
        ),
        follow_up=next_questions(turn, "What should I do next?"),
    )


_Told = tuple[str, Severity, str]


def _samples(turn: Turn) -> _Told | None:
    analysis = turn.analyses.logistics
    report = analysis.readiness if analysis else None
    if report is None or not report.total:
        return None
    text = (
        f"Samples: {number(report.effective_score)}% ready, {report.ready} of {report.total} "
        "on set or shot."
    )
    gone = [s for s in turn.samples if s.is_hero and s.status in {"lost", "delayed", "damaged"}]
    if gone:
        parts = [f"{name_of(sample)} ({sample.status})" for sample in gone]
        text += f" Heroes at risk: {named(parts, total=len(parts))}."
    return text, readiness_severity(report, turn.samples), "samples"


def _event(turn: Turn) -> _Told | None:
    report = turn.analyses.event.critical_path if turn.analyses.event else None
    if not turn.tasks:
        return _event_from_before(report) if report and report.tasks else None
    tasks = [task for task in turn.tasks if task.status != "cancelled"]
    opened = [task for task in tasks if is_open(task)]
    late = sum(is_overdue(task, turn.now) for task in opened)
    blocked = sum(task.status == "blocked" for task in opened)
    name = clip(turn.context.event.name or "") or "The event"
    text = f"{name}: {counted(len(tasks), 'task')}, {len(opened)} open, {len(tasks) - len(opened)} done"
    text += f", {late} overdue" if late else ""
    text += f", {blocked} blocked" if blocked else ""
    severity: Severity = "warning" if late or blocked else "info" if opened else "success"
    if report and opened and not report.cycles:
        text += f"; the critical path is {duration(report.project_duration_minutes)} long"
        if report.slack_minutes is not None:
            spare = duration(abs(report.slack_minutes))
            text += f", {spare} {'to spare' if report.slack_minutes >= 0 else 'too long'}"
        severity = (
            severity_of(report) if severity != "warning" else _worse(severity, severity_of(report))
        )
    return f"{text}.", severity, "events"


def _event_from_before(report: CriticalPathReport) -> _Told:
    """Tell an analysis whose tasks are not at hand."""
    opened = sum(row.status not in {"done", "cancelled"} for row in report.tasks)
    text = f"Event: {counted(len(report.tasks), 'task')}, {opened} open."
    return text, severity_of(report) if opened else "success", "events"


def _worse(one: Severity, other: Severity) -> Severity:
    return one if _RANK[one] >= _RANK[other] else other


def _crew(turn: Turn) -> _Told | None:
    event = turn.analyses.event
    found = event.staffing_summary if event else None
    if found is None or not found.by_role:
        return None
    if not found.gap:
        return "Crew: all roles are filled.", "success", "staffing"
    short = sum(row.gap > 0 for row in found.by_role)
    text = f"Crew: {counted(found.gap, 'person', 'people')} short in {counted(short, 'role')}."
    return text, "warning", "staffing"


def _media(turn: Turn) -> _Told | None:
    sentences = []
    severity: Severity = "success"
    if turn.assets:
        pending = sum(asset.status in PENDING for asset in turn.assets)
        sentences.append(f"Images: {pending} of {len(turn.assets)} {is_are(pending)} pending.")
        severity = "info" if pending else "success"
    media = turn.analyses.media
    if media and media.missing_shots is not None and media.coverage and media.coverage.required:
        needed = [shot for shot in media.missing_shots if shot.required]
        if needed:
            required = counted(media.coverage.required, "required picture")
            sentences.append(f"Shots: {media.coverage.missing} of {required} are missing.")
            severity = "warning"
        else:
            sentences.append("Shots: all required ones are covered.")
    return (" ".join(sentences), severity, "media") if sentences else None

"""What the other analyses leave to be done, as candidates for the next action."""

from collections.abc import Collection, Mapping

from insights.analysis.recommendations.next_actions import Candidate
from insights.analysis.recommendations.scoring import plural, route
from insights.schemas.base import clip
from insights.schemas.events import EventAnalysis, StaffingGap
from insights.schemas.logistics import Blocker, LogisticsAnalysis
from insights.schemas.media import MediaAnalysis, MissingShot
from insights.schemas.tasks import CriticalPathReport, TaskBlocker, TaskSchedule

_REVIEW_SEVERITY, _PLAN_SEVERITY = 30.0, 20.0

# What a plan needs: the page where it is added, and what to do there.
_PLAN = {
    "samples": ("samples", "Add your samples"),
    "tasks": ("tasks", "Write down the tasks of the event"),
    "shots": ("shot_list", "Write the shot list"),
    "assets": ("gallery", "Upload the first images"),
}
_TASK_VERBS = {
    "blocked": "Unblock",
    "overdue": "Finish",
    "missing_dependency": "Mend the links of",
    "dependency_not_done": "Finish what comes before",
    "late_against_deadline": "Shorten the way to",
    "unassigned_critical": "Find an owner for",
}


def from_logistics(analysis: LogisticsAnalysis) -> list[Candidate]:
    """Take the blockers, the watchlist, and the stage where most samples wait."""
    found = [_from_blocker(item) for item in (analysis.blockers or ()) + (analysis.watchlist or ())]
    readiness = analysis.readiness
    if readiness and readiness.bottleneck:
        stage = readiness.bottleneck.status.replace("_", " ")
        found.append(
            Candidate(
                kind="plan",
                id=f"samples-{readiness.bottleneck.status}",
                title=f"Move on what is {stage}: {plural(readiness.bottleneck.count, 'sample')}",
                target=route("samples"),
                severity=round((100 - readiness.effective_score) * readiness.bottleneck.share, 1),
            )
        )
    return found


def from_events(analysis: EventAnalysis) -> list[Candidate]:
    """Take what blocks the tasks, what can be started, and the shifts that lack people."""
    tasks = _from_critical_path(analysis.critical_path) if analysis.critical_path else []
    return tasks + [_from_gap(gap) for gap in analysis.staffing or () if gap.gap]


def from_media(analysis: MediaAnalysis, *, unreviewed: int = 0) -> list[Candidate]:
    """Take the missing shots, and the images nobody has reviewed as one."""
    found = [_from_missing_shot(shot) for shot in analysis.missing_shots or ()]
    if unreviewed > 0:
        found.append(
            Candidate(
                kind="review",
                id="images",
                title=f"Review {plural(unreviewed, 'image')}",
                target=route("gallery"),
                severity=_REVIEW_SEVERITY,
            )
        )
    return found


def from_plan(begun: Mapping[str, bool], *, shown: Collection[str] = ()) -> list[Candidate]:
    """Take the parts of the plan that are empty: samples, tasks, shots or assets.

    `begun` tells of parts whether anything is stored; `shown` are those that the person has shown us all the same. Of
    somebody who shows data and stores none, nobody knows what is missing.
    """
    if shown and not any(begun.values()):
        return []
    return [
        Candidate(kind="plan", id=part, title=title, target=route(page), severity=_PLAN_SEVERITY)
        for part, (page, title) in _PLAN.items()
        if not begun.get(part, True) and part not in shown
    ]


def _from_blocker(blocker: Blocker) -> Candidate:
    name = clip(blocker.name or blocker.sku or blocker.sample_id)
    action = next(iter(blocker.suggested_actions), None)
    return Candidate(
        kind="sample",
        id=blocker.sample_id,
        title=action.label if action else f"Resolve what keeps {name}",
        target=route("samples", blocker.sample_id),
        severity=blocker.severity_score,
        needed_at=blocker.needed_at,
        unblocks=blocker.affected_count,
    )


def _from_critical_path(report: CriticalPathReport) -> list[Candidate]:
    schedules = {task.task_id: task for task in report.tasks}
    blockers = {item.task_id: item for item in reversed(report.blockers)}
    startable = {item.task_id: item.label for item in report.next_actions}
    return [
        _from_task(task_id, startable.get(task_id), blockers.get(task_id), schedules.get(task_id))
        for task_id in dict.fromkeys([item.task_id for item in report.blockers] + [*startable])
    ]


def _from_task(
    task_id: str, label: str | None, blocker: TaskBlocker | None, schedule: TaskSchedule | None
) -> Candidate:
    name = clip((schedule and schedule.name) or task_id)
    return Candidate(
        kind="task",
        id=task_id,
        title=f"{_TASK_VERBS[blocker.reason]} {name}" if blocker else label or name,
        target=route("tasks", task_id),
        severity=blocker.severity_score if blocker else 0.0,
        on_critical_path=schedule is not None and schedule.is_critical,
        needed_at=schedule.late_start_at if schedule else None,
        unblocks=blocker.downstream_count if blocker else 0,
        done=schedule is not None and schedule.status in {"done", "cancelled"},
    )


def _from_gap(gap: StaffingGap) -> Candidate:
    role = clip(gap.role or "crew").replace("_", " ")
    return Candidate(
        kind="shift",
        id=gap.shift_id,
        title=f"Find {gap.gap} more for {role}",
        target=route("staffing", gap.shift_id),
        severity=gap.severity_score,
        needed_at=gap.start_at,
    )


def _from_missing_shot(shot: MissingShot) -> Candidate:
    verb = {
        "capture": "Capture",
        "reshoot": "Reshoot",
        "approve_existing": "Approve an image for",
        "retouch": "Have an image retouched for",
        "chase_sample": "Chase the sample for",
    }[shot.suggested_action]
    return Candidate(
        kind="shot",
        id=shot.shot_id,
        title=f"{verb} {clip(shot.name or shot.sku or shot.shot_id)}",
        target=route("shot_list", shot.shot_id),
        severity=shot.severity_score,
    )

"""Skills that are understood and not answered yet: they say so, and say what works today."""

from collections.abc import Callable

from assistant.schemas import Action
from assistant.skills import routes
from assistant.skills.logistics import readiness
from assistant.skills.questions import next_questions
from assistant.skills.turn import Reply, Turn
from assistant.skills.wording import clip, name_of

# skill -> (what it is about, the page that shows it today)
QUESTIONS = {
    "events.critical_path": ("the critical path", "events"),
    "events.staffing": ("staffing", "staffing"),
    "events.workload": ("workloads", "staffing"),
    "events.run_of_show": ("the run of show", "run_of_show"),
    "events.task_lookup": ("single tasks", "tasks"),
    "events.task_list": ("tasks", "tasks"),
    "media.asset_find": ("finding images", "gallery"),
    "media.quality": ("image quality", "gallery"),
    "media.missing": ("missing shots", "shot_list"),
    "media.selects": ("selects", "selects"),
    "media.approvals": ("approvals", "gallery"),
    "rec.packages": ("packages", "packages"),
    "rec.next_actions": ("what to do next", "recommendations"),
    "rec.features": ("features worth using", "recommendations"),
}

# skill -> (the change in words, the page where the user can make it)
ACTIONS = {
    "act.sample_status": ("change a sample's status", "samples"),
    "act.sample_add": ("add samples", "samples"),
    "act.sample_edit": ("edit samples", "samples"),
    "act.task_status": ("change a task's status", "tasks"),
    "act.task_assign": ("assign tasks", "tasks"),
    "act.task_create": ("create tasks", "tasks"),
    "act.task_reschedule": ("reschedule tasks", "tasks"),
    "act.asset_approve": ("approve images", "gallery"),
    "act.asset_reject": ("reject images", "gallery"),
    "act.asset_tag": ("tag or rate images", "gallery"),
    "act.export_share": ("export or share", "insights"),
    "act.notify": ("send messages or reminders", "notifications"),
    "act.preferences": ("change your preferences", "settings"),
    "act.privacy": ("export or delete your data", "settings"),
}
_PAGE_OF_FAMILY = {
    "logistics": "samples",
    "events": "tasks",
    "media": "gallery",
}


def question(skill: str) -> Callable[[Turn], Reply]:
    about, slug = QUESTIONS[skill]

    def answer(turn: Turn) -> Reply:
        able = (
            "I can answer about your samples now: readiness, blockers, shooting order, arrivals "
            "and returns."
        )
        return Reply(
            content=f"I can't answer questions about {about} yet; that part comes next. {able}",
            actions=(routes.open_page(slug, primary=True),),
            follow_up=next_questions(turn),
        )

    return answer


def action(skill: str) -> Callable[[Turn], Reply]:
    change, slug = ACTIONS[skill]

    def answer(turn: Turn) -> Reply:
        page = _PAGE_OF_FAMILY.get(turn.kit, slug) if skill == "act.export_share" else slug
        pieces = turn.linked()
        content = f"I can't {change} from the chat yet, so nothing was changed."
        actions = [routes.open_page(page, primary=True)]
        if len(pieces) == 1 and slug == "samples":
            name = name_of(pieces[0])
            content += f" You can do it on the page of {name}."
            actions.insert(0, Action(label=f"Open {clip(name)}", target=routes.sample(pieces[0])))
        else:
            content += f" You can do it on the {routes.PAGE_TITLES[page]} page."
        return Reply(content=content, actions=tuple(actions), follow_up=next_questions(turn))

    return answer


def summary(turn: Turn) -> Reply:
    """Summarise what is known, which is logistics alone."""
    if not turn.samples:
        return Reply(
            content="I have nothing to summarise: no samples came with your question, and events "
            "and media come next.",
            actions=(routes.open_page("samples", primary=True),),
            follow_up=next_questions(turn),
        )
    told = readiness(turn)
    return Reply(
        content=f"{told.content} Events and media are not part of this summary yet.",
        severity=told.severity,
        actions=told.actions,
        follow_up=told.follow_up,
    )

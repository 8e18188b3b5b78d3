"""What to say when data is missing or a name is unknown, and which questions to offer next."""

from collections.abc import Sequence

from assistant.schemas import Action
from assistant.skills import routes
from assistant.skills.routes import open_page
from assistant.skills.turn import Reply, Turn
from assistant.skills.wording import clip, counted, named
from insights.schemas.logistics import Sample

_MOST = 3
_MOST_OFFERED = 3
COMING = frozenset({"awaiting", "in_transit", "delayed"})
GONE = frozenset({"returned", "lost", "cancelled"})
OPEN_TASKS = ("not_started", "ready", "in_progress", "blocked")
PENDING = frozenset({"pending_review", "uploaded", "processing"})

# Part of the context: what it holds, the page that shows it, a question about it.
_PARTS = {
    "samples": ("samples", "samples"),
    "tasks": ("tasks", "tasks"),
    "staffing": ("shifts", "staffing"),
    "cues": ("run of show", "run_of_show"),
    "assets": ("images", "gallery"),
    "shots": ("shot list", "shot_list"),
    "packages": ("packages", "packages"),
}


def next_questions(turn: Turn, *first: str) -> tuple[str, ...]:
    """Return up to three questions that this context answers: `first`, then those of the same kit."""
    asked = turn.understanding.skill
    context = turn.context
    offers = (
        ("logistics.readiness", "Are we ready?", bool(turn.samples)),
        ("logistics.blockers", "Show me the blockers", bool(turn.samples)),
        ("logistics.arrivals", "What is still to arrive?", any(map(_is_coming, turn.samples))),
        ("logistics.batching", "Suggest a shooting order", any(map(_is_here, turn.samples))),
        ("logistics.returns", "What needs to be returned?", any(map(_is_due, turn.samples))),
        ("events.critical_path", "What is the critical path?", bool(turn.tasks)),
        ("events.task_list", "Which tasks are overdue?", bool(turn.tasks)),
        ("events.staffing", "Which roles are unfilled?", bool(context.staffing)),
        ("events.run_of_show", "Show the run of show", bool(context.cues)),
        ("media.missing", "Which shots are missing?", bool(context.shots)),
        ("media.approvals", "How many images are pending?", bool(turn.assets)),
        ("media.selects", "Pick the top 10 images", bool(turn.assets)),
        ("rec.packages", "Which package fits?", bool(context.packages)),
    )
    fitting = [(skill, question) for skill, question, fits in offers if fits and skill != asked]
    fitting.sort(key=lambda offer: not _is_near(offer[0], asked, turn.kit))
    offered = [*first, *(question for _, question in fitting)]
    if not fitting and asked != "help.capabilities":
        offered.append("What can you do?")
    return tuple(dict.fromkeys(offered))[:_MOST]


def _is_near(skill: str, asked: str, kit: str) -> bool:
    family = skill.partition(".")[0]
    same = family == asked.partition(".")[0]
    return same or (
        family == kit and asked.partition(".")[0] not in {"logistics", "events", "media"}
    )


def no_data(turn: Turn, *parts: str) -> Reply:
    """Say which part of the context is missing, and where it is; the first part's page is opened."""
    what = " or ".join(_PARTS[part][0] for part in parts)
    slug = _PARTS[parts[0]][1]
    return Reply(
        content=f"I don't have any {what} to look at: none came with your question. "
        f"Open the {routes.PAGE_TITLES[slug]} page, or add them there, and ask me again.",
        actions=(open_page(slug, primary=True),),
        follow_up=next_questions(turn),
    )


def no_samples(turn: Turn) -> Reply:
    return no_data(turn, "samples")


def not_computed(turn: Turn, slug: str) -> Reply:
    return Reply(
        content="I could not work that out just now. Please try again in a moment.",
        severity="warning",
        actions=(open_page(slug),),
        follow_up=next_questions(turn),
    )


def not_found(turn: Turn, said: str, where: str, *, slug: str, near: Sequence[str] = ()) -> Reply:
    """Say that a name is not in the data of a page; `near` are questions about what comes nearest."""
    what = f"“{clip(said, 40)}”" if said else "that"
    return Reply(
        content=f"I don't have {what} in {where}. Try another name or an id.",
        actions=(open_page(slug),),
        follow_up=next_questions(turn, *near[:2]),
    )


def which_of(noun: str, options: Sequence[tuple[str, str, str]], question: str) -> Reply:
    """Ask which record is meant; the options are (name, what tells it apart, route).

    `question` is asked of each by its name: `Who owns {}?`.
    """
    parts = [f"{name} ({telling})" for name, telling, _ in options]
    return Reply(
        content=f"Which one do you mean? {counted(len(options), noun)} fit: "
        f"{named(parts, total=len(parts))}.",
        actions=tuple(
            Action(label=f"Open {name}", target=target) for name, _, target in options[:3]
        ),
        follow_up=tuple(
            dict.fromkeys(question.format(name) for name, _, _ in options[:_MOST_OFFERED])
        ),
    )


def _is_coming(sample: Sample) -> bool:
    return sample.status in COMING


def _is_here(sample: Sample) -> bool:
    return sample.status in {"received", "on_set"}


def _is_due(sample: Sample) -> bool:
    return sample.return_due_at is not None and sample.status not in GONE

"""Questions to offer next: only those that the samples of this turn can answer."""

from assistant.skills.routes import open_page
from assistant.skills.turn import Reply, Turn
from insights.schemas.logistics import Sample

_MOST = 3
COMING = frozenset({"awaiting", "in_transit", "delayed"})
GONE = frozenset({"returned", "lost", "cancelled"})


def next_questions(turn: Turn, *first: str) -> tuple[str, ...]:
    """Return up to three questions, `first` before the standing ones."""
    offered = list(first)
    asked = turn.understanding.skill
    for skill, question, fits in (
        ("logistics.readiness", "Are we ready?", bool(turn.samples)),
        ("logistics.blockers", "Show me the blockers", bool(turn.samples)),
        ("logistics.arrivals", "What is still to arrive?", any(map(_is_coming, turn.samples))),
        ("logistics.batching", "Suggest a shooting order", any(map(_is_here, turn.samples))),
        ("logistics.returns", "What needs to be returned?", any(map(_is_due, turn.samples))),
        ("help.capabilities", "What can you do?", not turn.samples),
    ):
        if fits and skill != asked:
            offered.append(question)
    return tuple(dict.fromkeys(offered))[:_MOST]


def no_samples(turn: Turn) -> Reply:
    return Reply(
        content="I don't have any samples to look at: none came with your question. "
        "Open the samples page, or add samples there, and ask me again.",
        actions=(open_page("samples", primary=True),),
        follow_up=next_questions(turn),
    )


def _is_coming(sample: Sample) -> bool:
    return sample.status in COMING


def _is_here(sample: Sample) -> bool:
    return sample.status in {"received", "on_set"}


def _is_due(sample: Sample) -> bool:
    return sample.return_due_at is not None and sample.status not in GONE

"""The app's own routes. Every target of an answer is made here, from nothing but these shapes."""

from urllib.parse import quote, urlencode

from assistant.schemas import Action
from insights.schemas.logistics import Sample

_LONGEST_ID = 200

PAGE_TITLES = {
    "home": "home",
    "logistics": "logistics",
    "samples": "samples",
    "returns": "returns",
    "events": "events",
    "tasks": "tasks",
    "run_of_show": "run of show",
    "staffing": "staffing",
    "media": "media",
    "gallery": "gallery",
    "shot_list": "shot list",
    "selects": "selects",
    "recommendations": "recommendations",
    "packages": "packages",
    "insights": "insights",
    "analytics": "analytics",
    "history": "history",
    "notifications": "notifications",
    "settings": "settings",
    "back": "the previous page",
}


def page(slug: str) -> str:
    """Return the route of a page; `back` is the client's own history."""
    return slug if slug == "back" else f"/{slug.replace('_', '-')}"


def open_page(slug: str, *, primary: bool = False) -> Action:
    return Action(label=f"Open {PAGE_TITLES[slug]}", target=page(slug), primary=primary)


def record(slug: str, record_id: str) -> str:
    """Return the route of one record on its page; of the page where the id is too long for one."""
    if len(record_id) > _LONGEST_ID:
        return page(slug)
    return f"{page(slug)}/{quote(record_id, safe='')}"


def sample(piece: Sample) -> str:
    return record("samples", piece.id)


def filtered(slug: str, **filters: str | int | bool | None) -> str:
    """Return a page with the filters that are set, as its query."""
    query = {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in filters.items()
        if value not in (None, "")
    }
    return f"{page(slug)}?{urlencode(query)}" if query else page(slug)

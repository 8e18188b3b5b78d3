"""The event and the gallery that the assistant's tests ask about, on the day of the shoot in `shoot`."""

from assistant.skills import SKILLS, Turn
from assistant.skills.analyses import compute
from assistant.tests.shoot import LONDON, NOW, at
from assistant.understanding import Understanding
from assistant.understanding.context import Context
from assistant.understanding.slots import Slots
from insights.schemas.events import Cue, Event, Shift
from insights.schemas.media import GalleryAsset, ShotItem
from insights.schemas.recommendations import Package
from insights.schemas.tasks import Dependency, Task


def a_task(task_id, name, hours=1.0, after=(), **fields):
    return Task(
        id=task_id,
        name=name,
        duration_minutes=hours * 60,
        depends_on=tuple(Dependency(task_id=before) for before in after),
        **fields,
    )


def an_asset(asset_id, file_name, look=None, **fields):
    size = {"width": 4000, "height": 6000}
    return GalleryAsset(id=asset_id, file_name=file_name, look_id=look, **size | fields)


TASKS = (
    a_task("k1", "Venue hire", status="done", owner_id="u1", owner_name="Ada Byron"),
    a_task("k2", "Floor plan", 4, ["k1"], status="in_progress", owner_id="u2",
           owner_name="Bo Lind", due_at=at(6)),
    a_task("k3", "Runway paint", 3, ["k2"], owner_id="u2", owner_name="Bo Lind", due_at=at(30)),
    a_task("k4", "Dry run", 2, ["k3"], owner_id="u3", owner_name="Cleo Marsh", due_at=at(32)),
    a_task("k5", "Flower order", 1, status="blocked", owner_id="u3", owner_name="Cleo Marsh",
           due_at=at(-20), blocked_reason="the florist has not answered"),
    a_task("k6", "Parking signs", 1, due_at=at(3)),
    a_task("k7", "Guest entry", 0, ["k4", "k5"], owner_id="u1", owner_name="Ada Byron",
           due_at=at(40)),
)  # fmt: skip

EVENT = Event(
    id="e",
    name="Opening night",
    doors_at=at(40),
    tasks=TASKS,
    shifts=(
        Shift(id="f1", role="hosts", required=4, unnamed=1),
        Shift(id="f2", role="drivers", required=2, unnamed=2),
    ),
    cues=(
        Cue(id="c1", name="Load in", start_at=at(32)),
        Cue(id="c2", name="Guest entry", start_at=at(40)),
        Cue(id="c3", name="First walk", start_at=at(41)),
    ),
)

ASSETS = (
    an_asset("a1", "P_0101.jpg", "1", angle="front", rating=5, status="approved", tags=("press",)),
    an_asset("a2", "P_0102.jpg", "1", angle="back", rating=3, status="pending_review"),
    an_asset("a3", "P_0103.jpg", "2", angle="front", rating=4, status="pending_review",
             width=6000, height=4000),
    an_asset("a4", "P_0104.jpg", "2", angle="front", rating=2, status="rejected"),
    an_asset("a5", "P_0105.jpg", "2", angle="side", status="uploaded", width=700, height=500,
             tags=("blurry",)),
)  # fmt: skip

SHOTS = (
    ShotItem(id="h1", look_id="1", angle="front"),
    ShotItem(id="h2", look_id="1", angle="back"),
    ShotItem(id="h3", look_id="2", angle="front"),
    ShotItem(id="h4", look_id="2", angle="detail"),
    ShotItem(id="h5", look_id="3", angle="front"),
    ShotItem(id="h6", look_id="1", angle="side", required=False),
)

PACKAGES = (
    Package(id="p1", name="Small", price=5000.0, currency="EUR", lead_days=1.0,
            includes=("photographer",)),
    Package(id="p2", name="Medium", price=12000.0, currency="EUR", lead_days=3.0,
            includes=("photographer", "stylist")),
    Package(id="p3", name="Grand", price=40000.0, currency="EUR", lead_days=9.0),
)  # fmt: skip

GALA = Context(
    event=EVENT,
    assets=ASSETS,
    shots=SHOTS,
    packages=PACKAGES,
    user_id="u1",
    user_name="Ada Byron",
    sent=frozenset({"event", "tasks", "staffing", "cues", "assets", "shots", "packages"}),
)
NOTHING = Context()


def tell(skill, message="", context=GALA, kit="events", **slots):
    """Run a skill on a message whose slots are given, whatever the words of it would be read as."""
    chosen = SKILLS[skill]
    found = Understanding(skill, 1.0, Slots(**slots))
    analyses = compute(chosen.needs, context, slots=found.slots, now=NOW, zone=LONDON)
    turn = Turn(
        message=message,
        kit=kit,
        route="/",
        understanding=found,
        context=context,
        analyses=analyses,
        now=NOW,
        zone=LONDON,
    )
    return chosen.run(turn)

"""The runway show in three days: tasks, crew, line-up and cues."""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from fashionos.demo.days import Days
from fashionos.demo.house import COLLECTION, HOUSE, pieces, table
from fashionos.demo.samples import EVENT_ID, FITTINGS, look_id

MODELS = (
    "Adaeze Lindqvist", "Marisol Quintero", "Yuna Takamori", "Freja Holmsted",
    "Aïcha Diabaté", "Ottilie Brandauer", "Priyanka Sethuraman", "Noor Al-Masri",
    "Zofia Wyrzyk", "Thandeka Mabuza", "Luana Figueira", "Keira Abernethy-Cole",
)  # fmt: skip

# key | name | roles, the first preferred | level | euro an hour
PEOPLE = """
ines    | Inès Vauquelin        | producer                         | 5 | 62
tomasz  | Tomasz Brzeziak       | show caller, stage manager       | 5 | 58
amara   | Amara Nwachukwu       | stage manager                    | 4 | 52
leila   | Leïla Benhamida       | sample coordinator, lead dresser | 4 | 36
sofia   | Sofia Marchetto       | stylist                          | 5 | 60
yara    | Yara Haddadin         | seamstress                       | 4 | 38
olek    | Oleksandra Hnatenko   | photographer                     | 5 | 70
hana    | Hana Kovářová         | front of house                   | 4 | 32
jun     | Jun Takeshima         | lighting                         | 5 | 55
kofi    | Kofi Amankwah         | rigger                           | 4 | 44
priya   | Priya Raghunathan     | sound                            | 4 | 50
mateo   | Mateo Arrizabal       | video, lighting                  | 4 | 50
naomi   | Naomi Feldbrügge      | hair artist                      | 5 | 56
chidi   | Chidi Okonjo          | hair artist                      | 4 | 48
lucia   | Lucía Barrientos      | make-up artist                   | 5 | 56
mei     | Mei-Ling Szeto        | make-up artist                   | 4 | 48
rosa    | Rosa Cavalheiro       | lead dresser, dresser            | 5 | 34
ana     | Ana Petrescu-Vlad     | dresser                          | 3 | 24
bintou  | Bintou Sangaré        | dresser                          | 3 | 24
erik    | Erik Sundström-Bakke  | dresser                          | 2 | 22
farah   | Farah Jamshidi        | dresser                          | 3 | 24
gwen    | Gwenaëlle Tanguy      | dresser, front of house          | 3 | 24
ivo     | Ivo Radenković        | rigger                           | 3 | 38
dalia   | Dalia Mansour         | front of house                   | 3 | 25
pavel   | Pavel Dobrev          | security                         | 4 | 30
salif   | Salif Coulibaly       | security                         | 3 | 28
marta   | Marta Zielonka        | medic                            | 4 | 42
yusuf   | Yusuf Demirkol        | runner                           | 2 | 20
"""

# id | phase | status | minutes | owner | due (day, time) | after | name
# `after` holds links as `03`, `08SS+240` or `23FF-30`: task, type (FS when absent), lag minutes.
TASKS = """
01 | pre_production | done        |  240 | ines   | -9 18:00 |                 | Venue contract and insurance
02 | pre_production | done        |  480 | sofia  | -7 18:00 | 01              | Casting confirmed
03 | pre_production | done        |  360 | sofia  | -6 18:00 | 02SS+120        | Line-up and look boards
04 | pre_production | done        |  600 | jun    | -5 18:00 | 01              | Lighting plot
05 | pre_production | done        |  300 | priya  | -4 18:00 | 03              | Music edit, first cut
06 | pre_production | done        |  240 | hana   | -6 18:00 | 01              | Invitations sent
07 | pre_production | in_progress |  480 | hana   | -1 18:00 | 06              | Guest list and seating
08 | pre_production | in_progress |  720 | leila  |  1 19:00 | 03              | Sample intake and count against the line-up
09 | pre_production | not_started |  480 | sofia  |  2 18:00 | 02, 08SS+240    | Final fittings
10 | pre_production | not_started |  180 | yara   |  2 21:00 | 09SS+120, 09FF+60 | Alterations from the fittings
11 | pre_production | blocked     |  120 | ines   |  1 17:00 | 04              | Fire safety sign-off of the runway plan
12 | pre_production | in_progress |  240 | priya  |  1 20:00 | 05              | Music edit, final cut
13 | pre_production | not_started |  120 | rosa   |  2 21:30 | 09              | Dresser cards and rail plan
14 | pre_production | not_started |   90 | tomasz |  2 20:00 | 03, 12          | Show script and cue list
15 | pre_production | not_started |   60 | hana   |  2 18:00 | 07              | Seating cards printed
16 | pre_production | ready       |   60 | yusuf  |  1 16:00 | 01              | Van booking and parking permit
17 | pre_production | not_started |   45 |        |  1 12:00 | 07SS+60         | Backstage catering order
18 | pre_production | done        |  180 | naomi  | -2 18:00 | 02              | Hair and make-up test
19 | pre_production | cancelled   |  120 | mateo  |  2 12:00 | 04              | Live-stream truck
20 | pre_production | not_started |    0 | ines   |  2 22:00 | 10, 13, 14      | Line-up locked
21 | setup          | not_started |  150 | kofi   |  3 08:30 | 01, 11          | Load-in and floor protection
22 | setup          | not_started |  180 | kofi   |  3 11:30 | 21              | Runway build
23 | setup          | not_started |  180 | jun    |  3 11:30 | 04, 21SS+60     | Lighting rig
24 | setup          | not_started |  120 | priya  |  3 12:00 | 21SS+90         | Sound system
25 | setup          | not_started |  120 | mateo  |  3 12:30 | 23SS+60, 22FF-30 | Projection wall
26 | setup          | not_started |   75 | jun    |  3 13:00 | 22, 23          | Focus and light levels
27 | setup          | not_started |   45 | priya  |  3 13:00 | 12, 22, 24      | Sound check
28 | setup          | not_started |  120 | leila  |  3 13:00 | 20, 16, 21      | Racks in, steaming, sample count
29 | setup          | not_started |   60 | hana   |  3 15:00 | 15, 22          | Seating and press riser
30 | setup          | not_started |   15 | amara  |  3 13:15 | 14, 26          | Crew call and briefing
31 | rehearsal      | not_started |   60 | tomasz |  3 14:15 | 27, 30          | Walk-through with the models
32 | rehearsal      | not_started |   90 | tomasz |  3 16:00 | 25, 28, 31FS+15 | Dress rehearsal
33 | setup          | not_started |  180 | naomi  |  3 19:00 | 18, 32          | Hair and make-up
34 | setup          | not_started |   30 | rosa   |  3 19:30 | 33, 13          | First looks dressed, line-up
35 | show           | not_started |    0 | hana   |  3 19:30 | 29, 34          | Doors open
36 | show           | not_started |   15 | tomasz |  3 20:15 | 35FS+30         | Show
37 | teardown       | not_started |   20 | ines   |  3 21:00 | 36              | Backstage press
38 | setup          | not_started |  480 | pavel  |  3 06:30 | 21SF+15         | Overnight guard of the equipment
39 | teardown       | not_started |   45 | leila  |  3 21:30 | 36              | Sample check-in, every piece counted back
40 | teardown       | not_started |  150 | kofi   |  4 00:30 | 39, 37SS+10     | Strike and load-out
41 | teardown       | not_started |    0 | ines   |  4 01:30 | 40FS+15         | Venue handed over
42 | post           | not_started |  120 | olek   |  3 23:45 | 36FS+15         | Press selects delivered
"""  # noqa: E501 -- one row a line is what makes the table readable

ESTIMATES = {  # optimistic, likely, pessimistic minutes
    "08": (540, 720, 1080),
    "09": (360, 480, 720),
    "12": (150, 240, 420),
    "22": (150, 180, 270),
    "23": (150, 180, 240),
    "33": (150, 180, 240),
    "40": (120, 150, 240),
}
PROGRESS = {"07": 0.7, "08": 0.65, "12": 0.4}
NOT_BEFORE = {"09": (2, "09:00"), "21": (3, "06:00"), "38": (2, "22:00")}
BLOCKED = {
    "11": "The prefecture wants a second exit on the plan; the venue's engineer has not answered.",
}
CRITICAL = {"09", "21", "32", "36"}

# role | location | day and time from | day and time to | required | assigned
SHIFTS = """
sample coordinator | atelier   | 2 09:00 | 2 19:00 | 1 | leila
seamstress         | atelier   | 2 09:00 | 2 21:00 | 1 | yara
rigger             | venue     | 3 06:00 | 3 12:00 | 2 | kofi, ivo
lighting           | venue     | 3 07:00 | 3 13:00 | 1 | jun
sound              | venue     | 3 07:30 | 3 13:30 | 1 | priya
video              | venue     | 3 08:00 | 3 13:00 | 1 | mateo
stage manager      | backstage | 3 12:30 | 3 21:30 | 1 | amara
show caller        | backstage | 3 12:30 | 3 20:45 | 1 | tomasz
sample coordinator | backstage | 3 10:00 | 3 21:30 | 1 | leila
hair artist        | backstage | 3 15:45 | 3 20:00 | 3 | naomi, chidi
make-up artist     | backstage | 3 15:45 | 3 20:00 | 2 | lucia, mei
lead dresser       | backstage | 3 13:00 | 3 21:30 | 1 | rosa
dresser            | backstage | 3 14:00 | 3 21:30 | 6 | ana, bintou, erik, farah, gwen
lighting           | control   | 3 19:00 | 3 20:45 | 2 | jun, mateo
sound              | control   | 3 19:00 | 3 20:45 | 1 | priya
front of house     | foyer     | 3 18:30 | 3 20:30 | 3 | hana, dalia, gwen
security           | doors     | 3 18:00 | 3 23:00 | 2 | pavel, salif
medic              | backstage | 3 18:30 | 3 21:00 | 1 | marta
photographer       | riser     | 3 18:30 | 3 21:00 | 1 | olek
rigger             | venue     | 3 20:45 | 4 00:00 | 2 | kofi, ivo
"""

# name | phase | minutes from the show's start, or a fixed time | minutes | owner | audio | lighting
CUES = """
Press check-in   | setup    | 3 19:15 | 15 | hana   |           | house full
Doors open       | setup    | 3 19:30 | 25 | hana   | room tone | house full
Places           | setup    |      -5 |  5 | amara  |           | house half
House to black   | show     |       0 |  1 | tomasz | drone in  | black
First section    | show     |       1 |  4 | tomasz | track 1   | dawn wash
Second section   | show     |       5 |  4 | tomasz | track 2   | noon white
Finale and bow   | show     |       9 |  2 | tomasz | track 3   | gold sides
Backstage press  | teardown |      15 | 20 | ines   |           | house full
"""

# Look 16 went to the model of look 12: no time to change, and little again before look 24, where
# a second dresser was put on.
RECAST = {16: 12}
TWO_DRESSERS = {24}
_LINK = re.compile(r"(\d\d)(?:(FS|SS|FF|SF)([+-]\d+))?")
_SETUP_NAMES = {"A": "Dawn", "B": "Salon", "C": "Courtyard"}


def event(days: Days, samples: Iterable[dict[str, Any]]) -> dict[str, Any]:
    samples = list(samples)
    return {
        "id": EVENT_ID,
        "name": f"{HOUSE} {days.season()}: {COLLECTION}",
        "type": "runway",
        "status": "confirmed",
        "timezone": days.zone.key,
        "startAt": _instant(days, "3 20:00"),
        "endAt": _instant(days, "3 20:30"),
        "doorsAt": _instant(days, "3 19:30"),
        "deadlineAt": _instant(days, "4 01:30"),
        "guestCount": 310,
        "venue": {
            "name": "Halle des Verriers",
            "city": "Paris",
            "capacity": 360,
            "accessFromAt": _instant(days, "3 06:00"),
            "curfewAt": _instant(days, "4 01:30"),
        },
        "tasks": _tasks(days, samples),
        "shifts": _shifts(days),
        "people": _people(days),
        "staffingRules": [
            {"role": "dresser", "per": "model", "ratio": 0.5},
            {"role": "front of house", "per": "guest", "ratio": 0.01},
        ],
        "looks": _looks(samples),
        "models": [
            {
                "id": f"model-{number:02}",
                "name": name,
                "callAt": _instant(days, "3 13:00"),
                "hairMinutes": 35,
                "makeupMinutes": 30 if number % 3 else 45,
            }
            for number, name in enumerate(MODELS, 1)
        ],
        "showSettings": {
            "exitIntervalSeconds": 18,
            "walkSeconds": 50,
            "changeSeconds": 90,
            "minChangeSlackSeconds": 30,
            "finaleSecondsPerModel": 4,
            "bowSeconds": 20,
            "hairStations": 4,
            "makeupStations": 4,
            "lookOrderPolicy": "keep",
            "startDelayMinutes": 0,
        },
        "cues": _cues(days),
        "music": [
            {"title": "Track 1, dawn", "seconds": 214},
            {"title": "Track 2, noon", "seconds": 206},
            {"title": "Track 3, dusk", "seconds": 176},
        ],
    }


def _instant(days: Days, text: str) -> str:
    day, clock = text.split()
    return days.text(days.at(int(day), clock))


def _tasks(days: Days, samples: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = {key: name for key, name, *_ in table(PEOPLE)}
    roles = {key: roles.split(", ")[0] for key, _, roles, *_ in table(PEOPLE)}
    looks = [look_id(look) for look in sorted(_line_up())]
    heroes = [sample["id"] for sample in samples if FITTINGS in sample["taskIds"]]
    tasks = []
    for number, phase, status, minutes, owner, due, after, name in table(TASKS):
        task: dict[str, Any] = {
            "id": f"task-{number}",
            "name": name,
            "phase": phase,
            "status": status,
            "durationMinutes": int(minutes),
            "dueAt": _instant(days, due),
            "dependsOn": [_link(text) for text in after.split(", ") if text],
            "priority": "critical" if number in CRITICAL else "normal",
            "isMilestone": minutes == "0",
        }
        if owner:
            task |= {"ownerId": f"crew-{owner}", "ownerName": names[owner], "role": roles[owner]}
        if number in ESTIMATES:
            fields = ("optimisticMinutes", "likelyMinutes", "pessimisticMinutes")
            task |= dict(zip(fields, ESTIMATES[number], strict=True))
        if number in NOT_BEFORE:
            task["notBeforeAt"] = days.text(days.at(*NOT_BEFORE[number]))
        if number in BLOCKED:
            task["blockedReason"] = BLOCKED[number]
        if status == "done":
            end = days.at(int(due.split()[0]), "17:00")
            task["actualStartAt"] = days.text(end - timedelta(minutes=int(minutes)))
            task["actualEndAt"] = days.text(end)
        if status == "in_progress":
            task["actualStartAt"] = days.text(days.worked(600))
            task["percentComplete"] = PROGRESS[number]
        if task["id"] == FITTINGS:
            task |= {"sampleIds": heroes, "lookIds": looks}
        tasks.append(task)
    return tasks


def _link(text: str) -> dict[str, Any]:
    match = _LINK.fullmatch(text)
    if match is None:
        raise ValueError(f"not a link: {text!r}")
    number, kind, lag = match.groups()
    return {"taskId": f"task-{number}", "type": kind or "FS", "lagMinutes": int(lag or 0)}


def _shifts(days: Days) -> list[dict[str, Any]]:
    return [
        {
            "id": f"shift-{number:02}",
            "role": role,
            "location": location,
            "startAt": _instant(days, start),
            "endAt": _instant(days, end),
            "required": int(required),
            "assigned": [f"crew-{key}" for key in assigned.split(", ")],
        }
        for number, (role, location, start, end, required, assigned) in enumerate(table(SHIFTS), 1)
    ]


def _people(days: Days) -> list[dict[str, Any]]:
    crew = []
    for key, name, roles, level, rate in table(PEOPLE):
        person: dict[str, Any] = {
            "id": f"crew-{key}",
            "name": name,
            "roles": roles.split(", "),
            "preferredRoles": roles.split(", ")[:1],
            "level": int(level),
            "hourlyRate": int(rate),
            "maxHours": 24,
            "minRestHours": 5,  # show days are split shifts: rig in the morning, run at night
            "availability": [
                {"startAt": _instant(days, "0 00:00"), "endAt": _instant(days, "4 03:00")}
            ],
        }
        if key == "salif":
            person["unavailable"] = [
                {"startAt": _instant(days, "3 22:00"), "endAt": _instant(days, "4 03:00")}
            ]
        crew.append(person)
    return crew


def _line_up() -> dict[int, int]:
    """Return the seconds that it takes to change into each look: its slowest piece, and shoes."""
    seconds: dict[int, list[int]] = {}
    for piece in pieces():
        for look in piece.looks:
            seconds.setdefault(look, []).append(piece.noun.change)
    return {look: max(changes) + 15 for look, changes in sorted(seconds.items())}


def _looks(samples: list[dict[str, Any]]) -> list[dict[str, Any]]:
    worn: dict[str, list[dict[str, Any]]] = {}
    for sample in samples:
        for look in sample["lookIds"]:
            worn.setdefault(look, []).append(sample)
    changes = _line_up()
    looks = []
    for number, seconds in changes.items():
        turn = RECAST.get(number, number) - 1
        key = look_id(number)
        lead = max(worn[key], key=lambda sample: (sample["isHero"], sample["valueAmount"]))
        looks.append(
            {
                "id": key,
                "number": number,
                "name": lead["name"],
                "modelId": f"model-{turn % len(MODELS) + 1:02}",
                "altModelIds": [f"model-{(turn + 5) % len(MODELS) + 1:02}"],
                "sampleIds": [sample["id"] for sample in worn[key]],
                "changeSeconds": seconds,
                "walkSeconds": 50,
                "dressers": 2 if number in TWO_DRESSERS else 1,
                "isOpening": number == 1,
                "isClosing": number == len(changes),
                "section": _SETUP_NAMES[lead["setupKey"][0]],
            }
        )
    return looks


def _cues(days: Days) -> list[dict[str, Any]]:
    cues = []
    for number, row in enumerate(table(CUES), 1):
        name, phase, start, minutes, owner, audio, lighting = row
        cue: dict[str, Any] = {
            "id": f"cue-{number:02}",
            "name": name,
            "phase": phase,
            "durationMinutes": int(minutes),
            "owner": f"crew-{owner}",
            "audio": audio,
            "lighting": lighting,
        }
        if ":" in start:
            cue |= {"startMode": "hard", "startAt": _instant(days, start)}
        else:
            cue |= {"startMode": "soft", "offsetMinutes": int(start)}
        cues.append(cue)
    return cues

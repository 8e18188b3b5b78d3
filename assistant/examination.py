"""The examination: messages about known data, and whether the answers hold the facts of it.

The files and the rules of `expect` are in `evaluation/`; nothing here knows how answers are made.
"""

import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import yaml

from assistant.understanding.normalise import fold

DIRECTORY = Path(__file__).parent / "evaluation"
_SESSIONS = UUID("0f0c3e5a-56f5-4e0e-9c1b-6d9d4f1a7a11")
_ROWS = {"sampleList": "name", "eventTasks": "title", "galleryAssets": "filename",
         "packages": "name"}  # fmt: skip
_WORDS_OF_NUMBERS = {
    1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight",
    9: "nine", 10: "ten", 11: "eleven", 12: "twelve",
}  # fmt: skip
_MARKUP = re.compile(r"<\s*/?\s*[a-z!]|\]\(|[a-z]+://", re.IGNORECASE)
_ROUTE = re.compile(r"/(?![/\\])[^\s\\]*")
_HALVES = ("open", "sealed")
_FACTS = {"items", "contains", "links"}
_GROUNDLESS = {"items", "excludes"}  # rules that a made-up fact breaks

Answer = Mapping[str, Any]
Ask = Callable[[dict[str, Any]], Answer]


@dataclass(frozen=True, slots=True)
class Case:
    """One message to ask; `session` is the same for the turns of a story."""

    say: str
    context: str
    kit: str
    expect: Mapping[str, Any]
    session: UUID
    wording: str = "clean"
    story: str | None = None


@dataclass(frozen=True, slots=True)
class Examination:
    contexts: Mapping[str, Mapping[str, Any]]
    cases: Sequence[Case]
    stories: Sequence[Sequence[Case]]


@dataclass(frozen=True, slots=True)
class Result:
    """An answer judged: what was wrong with it, by rule of `expect` (`safe`: holds in every case)."""

    case: Case
    answer: Answer
    wrong: Mapping[str, str]

    @property
    def passed(self) -> bool:
        return not self.wrong

    @property
    def groundless(self) -> bool:
        """Whether the answer names what it must not."""
        return not _GROUNDLESS.isdisjoint(self.wrong)

    def asked(self, rule: str) -> bool:
        return bool(self.case.expect.get(rule))


@dataclass(frozen=True, slots=True)
class Summary:
    """Shares of 1, but for the counts; nan where nothing was counted."""

    count: int
    passed: float
    clean: float
    rough: float
    skill: float
    links: float
    severity: float
    groundless: int
    leaving: int  # answers with an action that leads out of the app, or with markup


@dataclass(frozen=True, slots=True)
class Readings:
    """How messages were read. Shares of 1, but for the counts; nan where nothing was counted."""

    count: int
    skill: float
    coarse: float
    out_of_scope_recall: float
    out_of_scope_precision: float
    asked_back: float
    facts: float  # of the records and pages that an answer has to name
    false_actions: int  # changes offered that nobody asked for


def read_examination(directory: Path = DIRECTORY) -> Examination:
    cases = [_case(row, at) for at, row in enumerate(_load(directory / "cases.yml"))]
    stories = []
    for story in _load(directory / "stories.yml"):
        session = uuid5(_SESSIONS, story["name"])
        stories.append(
            [
                Case(
                    turn["say"],
                    turn.get("context", story["context"]),
                    turn.get("kit", story["kit"]),
                    turn["expect"],
                    session,
                    story=story["name"],
                )
                for turn in story["turns"]
            ]
        )
    return Examination(_load(directory / "shoot.yml"), cases, stories)


def read_messages(half: str, directory: Path = DIRECTORY) -> list[list[Case]]:
    """Return the messages of one half, `open` or `sealed`, each with the one before it, if any."""
    contexts = _load(directory / "shoot.yml")
    return [
        _message(row, contexts[row["context"]])
        for row in _load(directory / "messages.yml")
        if half_of(row["say"], row.get("after", "")) == half
    ]


def half_of(say: str, after: str) -> str:
    """Tell the half that a message belongs to, whoever adds or moves others."""
    return _HALVES[zlib.crc32(f"{after} {say}".encode()) % len(_HALVES)]


def _message(row: Mapping[str, Any], context: Mapping[str, Any]) -> list[Case]:
    before = row.get("after", "")
    session = uuid5(_SESSIONS, f"{before} {row['say']}")
    expect = {"skill": [row["skill"], *row.get("accept", ())]}
    if "items" in row:
        names = [
            sent[name]
            for part, name in _ROWS.items()
            for sent in context.get(part, ())
            if sent["id"] in row["items"] and not _MARKUP.search(sent[name])
        ]
        expect |= {"items": row["items"], "contains": names}
    if "links" in row:
        expect["links"] = row["links"]
    where = (row["context"], row["kit"])
    said = [Case(before, *where, {}, session)] if before else []
    return [*said, Case(row["say"], *where, expect, session, wording=row["style"])]


def _load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _case(row: Mapping[str, Any], at: int) -> Case:
    return Case(
        row["say"],
        row["context"],
        row["kit"],
        row["expect"],
        uuid5(_SESSIONS, str(at)),
        wording=row["wording"],
    )


def examine(
    cases: Iterable[Case], contexts: Mapping[str, Mapping[str, Any]], ask: Ask
) -> Iterator[Result]:
    """Ask each message in turn and judge its answer; `ask` takes and gives what the endpoint does."""
    for case in cases:
        context = contexts[case.context]
        answer = ask(
            {
                "message": case.say,
                "currentKit": case.kit,
                "currentRoute": f"/{case.kit}",
                "sessionId": str(case.session),
                "userContext": context,
            }
        )
        yield Result(case, answer, judge(answer, case.expect, context))


def judge(answer: Answer, expect: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, str]:
    """Return the rules that the answer breaks, each with what was found."""
    wrong = _judge_text(answer["content"], expect, context)
    targets = [action["target"] for action in answer.get("actions", ())]
    found = {
        "skill": answer["meta"]["skill"],
        "severity": answer.get("severity"),
        "type": answer.get("type"),
        "proposal": offers_change(answer),
    }
    for rule, value in found.items():
        if rule in expect and value not in _several(expect[rule]):
            wrong[rule] = str(value)
    closed = [link for link in expect.get("links", ()) if not _opens(targets, link)]
    if closed:
        wrong["links"] = f"{closed} not in {targets}"
    outside = [target for target in targets if target != "back" and not _ROUTE.fullmatch(target)]
    if outside or _MARKUP.search(answer["content"]):
        wrong["safe"] = f"leads to {outside}" if outside else "markup"
    return wrong


def _judge_text(
    content: str, expect: Mapping[str, Any], context: Mapping[str, Any]
) -> dict[str, str]:
    wrong: dict[str, str] = {}
    missing = [text for text in expect.get("contains", ()) if not says(content, text)]
    if missing:
        wrong["contains"] = f"without {missing}"
    if expect.get("any") and not any(says(content, text) for text in expect["any"]):
        wrong["any"] = "none of them"
    said = [text for text in expect.get("excludes", ()) if says(content, text)]
    if said:
        wrong["excludes"] = f"with {said}"
    if "items" in expect:
        others = named_rows(content, context) - set(expect["items"])
        if others:
            wrong["items"] = f"names {sorted(others)}"
    return wrong


def _several(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def says(content: str, wanted: str) -> bool:
    """Tell whether a text holds a string that starts where a word starts, or a whole number."""
    content, wanted = fold(content), fold(str(wanted))
    if wanted.isdigit():
        number = re.escape(wanted)
        word = _WORDS_OF_NUMBERS.get(int(wanted))
        pattern = rf"(?<!\w)(?<!\d[.,:])(?<!look )(?<!looks ){number}(?!\w)(?![.,:]\d)"
        if word:
            pattern += rf"|\b{word}\b"
    else:
        pattern = rf"(?<!\w){re.escape(wanted)}" if wanted[:1].isalnum() else re.escape(wanted)
    return re.search(pattern, content) is not None


def named_rows(content: str, context: Mapping[str, Any]) -> set[str]:
    """Return the ids of the rows whose name, title or filename is in a text, letters as in the data."""
    return {
        row["id"]
        for part, name in _ROWS.items()
        for row in context.get(part, ())
        if row[name] in content
    }


def _opens(targets: Iterable[str], link: str) -> bool:
    routes = [f"/{slug.replace('_', '-')}" for slug in link.split("|")]
    paths = [target.partition("?")[0] for target in targets]
    return any(path == route or path.startswith(f"{route}/") for path in paths for route in routes)


def offers_change(answer: Answer) -> bool:
    return answer["meta"].get("proposal") is not None


def summarise(results: Sequence[Result]) -> Summary:
    def kept(rule: str) -> float:
        return _share(rule not in one.wrong for one in results if one.asked(rule))

    def passed(wording: str) -> float:
        return _share(one.passed for one in results if one.case.wording == wording)

    return Summary(
        count=len(results),
        passed=_share(one.passed for one in results),
        clean=passed("clean"),
        rough=passed("rough"),
        skill=kept("skill"),
        links=kept("links"),
        severity=kept("severity"),
        groundless=sum(one.groundless for one in results),
        leaving=sum("safe" in one.wrong for one in results),
    )


def summarise_readings(results: Sequence[Result], intent_of: Callable[[str], str]) -> Readings:
    """Count how messages with a right `skill` were read; the first of several is the meant one."""
    read = [(_several(one.case.expect["skill"]), one) for one in results]
    skills = [one.answer["meta"]["skill"] for one in results]
    coarse = [
        intent_of(skill) in set(map(intent_of, right))
        for skill, (right, _) in zip(skills, read, strict=True)
    ]
    beyond = [one for right, one in read if right[0] == "out_of_scope"]
    refused = [one for one in results if one.answer["meta"]["skill"] == "out_of_scope"]
    factual = [one for one in results if _FACTS & one.case.expect.keys()]
    return Readings(
        count=len(results),
        skill=_share("skill" not in one.wrong for one in results),
        coarse=_share(coarse),
        out_of_scope_recall=_share("skill" not in one.wrong for one in beyond),
        out_of_scope_precision=_share("skill" not in one.wrong for one in refused),
        asked_back=_share(bool(one.answer["meta"].get("clarifies")) for one in results),
        facts=_share(_FACTS.isdisjoint(one.wrong) for one in factual),
        false_actions=sum(
            offers_change(one.answer) and not any(intent_of(skill) == "action" for skill in right)
            for right, one in read
        ),
    )


def _share(found: Iterable[bool]) -> float:
    counted = list(found)
    return sum(counted) / len(counted) if counted else float("nan")

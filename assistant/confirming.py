"""A proposal is confirmed by its token: signed for one user, for ten minutes, and good for one time.

The token stands for the turn that proposed, whose stored answer holds the changes; its signature covers what they are.
The confirmation is a turn of its own in the log: its id follows from the proposal's, so that there can be but one.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.core import signing
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime

from analytics.services import add_event
from assistant.models import Conversation
from assistant.schemas import Change, Confirmation, Confirmed, Proposal
from fashionos.accounts.tokens import Caller
from fashionos.kit.encryption import Unreadable
from fashionos.kit.functions import read_document
from fashionos.kit.owned import Role, acting
from fashionos.kit.problems import Problem
from fashionos.kit.wire import write_json
from fashionos.workspace import services as workspace
from fashionos.workspace.changes import Refused, lock
from fashionos.workspace.models import Asset, Event, EventTask, Sample
from insights.cache import digest

SECONDS = 10 * 60
_SALT = "assistant.proposal"
_A_SECOND = timedelta(
    seconds=1
)  # what is finer than that the analyses, and so the proposals, do not see


class _Table(NamedTuple):
    """How the records of a table of the workspace are changed."""

    model: Any
    change: Callable[..., Any]


_TABLES = {
    "samples": _Table(Sample, workspace.change_samples),
    "event_tasks": _Table(EventTask, workspace.change_tasks),
    "assets": _Table(Asset, workspace.change_assets),
}


def sign(
    caller: Caller,
    turn: Conversation,
    proposal: Proposal,
    *,
    screen: bytes,
    is_ours: bool,
) -> str:
    """Return the token that confirms a proposal. `screen` is the digest of the context that it was made from.

    `is_ours` tells that its records are the workspace's: then the server makes the change, or refuses.
    """
    return signing.dumps(
        {
            "user": str(caller.id),
            "session": str(turn.session_id),
            "turn": str(turn.pk),
            "is_ours": is_ours,
            "digest": _digest(proposal, screen.hex()),
            "screen": screen.hex(),
        },
        salt=_SALT,
    )


def _digest(proposal: Proposal, screen: str) -> str:
    return digest(write_json(proposal), screen.encode()).hex()


def is_alive(token: str) -> bool:
    """Tell whether a token of ours has not expired."""
    try:
        signing.loads(token, salt=_SALT, max_age=SECONDS)
    except signing.BadSignature:
        return False
    return True


def confirm(caller: Caller, body: bytes) -> bytes:
    """Make the change that a token stands for, once; or hand it to the client whose records they are.

    Raises Problem: 400 for a token that is not ours, 403 for another user's, 409 for one that is used, cancelled or
    overtaken by another change, 410 for one that has expired.
    """
    try:
        request = msgspec.convert(read_document(body), Confirmation)
    except msgspec.ValidationError as error:
        raise Problem(
            400, "invalid_request", f"The confirmation cannot be read: {error}."
        ) from error
    signed = _read_token(caller, request.token)
    with acting(Role.WEB, user_id=caller.id, session_id=caller.session_id):
        turn, proposal, state = _proposal_of(caller, signed)
        _check(caller, turn, proposal, request.count)
        try:
            applied = _apply(caller, turn, proposal, is_ours=signed["is_ours"])
        except Refused as error:
            raise Problem(409, "refused", f"The change cannot be made: {error.message}") from error
        return _log(caller, turn, proposal, state, applied=applied)


def _read_token(caller: Caller, token: str) -> dict[str, Any]:
    try:
        signed: dict[str, Any] = signing.loads(token, salt=_SALT, max_age=SECONDS)
    except signing.SignatureExpired as error:
        raise Problem(
            410, "expired", "This offer has expired, so nothing was changed. Ask again."
        ) from error
    except signing.BadSignature as error:
        raise Problem(400, "invalid_token", "This is no token of an offer of mine.") from error
    if signed["user"] != str(caller.id):
        raise Problem(403, "forbidden", "This offer was made to somebody else.")
    return signed


def _proposal_of(caller: Caller, signed: Mapping[str, Any]) -> tuple[Conversation, Proposal, Any]:
    turn = Conversation.objects.for_user(caller).filter(id=signed["turn"]).first()
    try:
        meta = turn.said.meta if turn else {}
        proposal = msgspec.convert(meta["proposal"], Proposal)
    except (Unreadable, KeyError, msgspec.ValidationError) as error:
        raise Problem(
            409, "gone", "This offer is not there any more, so nothing was changed."
        ) from error
    if turn is None or signed["digest"] != _digest(proposal, signed["screen"]):
        raise Problem(400, "invalid_token", "This is no token of an offer of mine.")
    return turn, proposal, meta.get("state")


def _check(caller: Caller, turn: Conversation, proposal: Proposal, count: int | None) -> None:
    """Refuse what was confirmed or cancelled already, and a wide change without its count."""
    mine = Conversation.objects.for_user(caller)
    if mine.filter(id=_id_of_confirmation(turn)).exists():
        raise Problem(409, "already_confirmed", "This was confirmed already.")
    if mine.denied_since(turn).exists():
        raise Problem(409, "cancelled", "You cancelled this, so nothing was changed. Ask again.")
    if proposal.needs_typed_count and count != proposal.count:
        raise Problem(
            409,
            "count_required",
            f"This changes {proposal.count} records: send that number as count to confirm.",
            details={"count": proposal.count},
        )


def _id_of_confirmation(turn: Conversation) -> UUID:
    return uuid.uuid5(turn.pk, "confirmation")


def _log(
    caller: Caller, turn: Conversation, proposal: Proposal, state: Any, *, applied: bool
) -> bytes:
    """Add the confirmation to the log, and return its answer; the conversation goes on with nothing pending."""
    row = Conversation(
        id=_id_of_confirmation(turn),
        user_id=caller.id,
        session_id=turn.session_id,
        kit_context=turn.kit_context,
        page_route=turn.page_route,
        intent_detected="action",
        skill_used=proposal.skill,
        response_time_ms=0,
    )
    change = proposal.words.removeprefix("Ready to ").removesuffix(".")
    said = (
        f"Changed as you confirmed: {change}."
        if applied
        else f"Confirmed, for your app to apply: {change}."
    )
    answered = write_json(
        Confirmed(
            applied=applied,
            content=said,
            skill=proposal.skill,
            changes=proposal.changes,
            conversation_id=str(row.id),
        )
    )
    if state and state.get("frame"):
        state["frame"]["pending"] = None
    row.text = "Confirm"
    row.answer = write_json({**msgspec.json.decode(answered), "meta": {"state": state}})
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Problem(409, "already_confirmed", "This was confirmed already.") from error
    add_event(
        caller.id,
        "assistant_action_confirmed",
        {"feature": proposal.skill, "applied": applied},
        kit=row.kit_context,
        session_id=row.session_id,
    )
    return answered


# Making the change


def _apply(caller: Caller, turn: Conversation, proposal: Proposal, *, is_ours: bool) -> bool:
    """Change the workspace; return False when the records are not there but the client's own."""
    tables = {change.table for change in proposal.changes}
    if len(tables) != 1 or not tables <= _TABLES.keys():
        return False
    name = tables.pop()
    if not proposal.changes[0].id:
        return is_ours and _add(caller, turn, name, proposal.changes)
    table = _TABLES[name]
    wanted: dict[str, list[Change]] = defaultdict(list)
    for change in proposal.changes:
        wanted[change.id].append(change)
    rows = _find(table.model.objects.for_user(caller), list(wanted))
    if not rows and not is_ours:
        return False
    if len(rows) < len(wanted):
        raise Problem(
            409,
            "changed_meanwhile",
            "Not all of these records are there any more, so nothing was changed. Ask again.",
        )
    alike: dict[bytes, tuple[dict[str, Any], list[Any]]] = {}
    for record, row in rows.items():
        values = _values(row, wanted[record])
        _, same = alike.setdefault(msgspec.json.encode(values), (values, []))
        same.append(row.pk)
    for values, keys in alike.values():
        mine = table.model.objects.for_user(caller).filter(pk__in=keys)
        table.change(mine, values, by=caller.id)
    return True


def _find(rows: QuerySet[Any], ids: Sequence[str]) -> dict[str, Any]:
    """Lock the rows that these ids name, by key or by the team's reference; return them by what named them."""
    keys = [key for one in ids if (key := _uuid(one))]
    named = {one: one for one in ids} | {str(key): one for one in ids if (key := _uuid(one))}
    found: dict[str, Any] = {}
    for row in lock(rows.filter(Q(pk__in=keys) | Q(reference__in=ids))):
        name = named.get(str(row.pk)) or named.get(row.reference)
        if name is None or name in found:
            # A reference is unique within an event, not among all that one sees.
            return {}
        found[name] = row
    return found


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


def _values(row: Any, changes: Sequence[Change]) -> dict[str, Any]:
    """Return what to set on a row. Raises Problem if it does not hold any more what its user saw."""
    values: dict[str, Any] = {}
    for change in changes:
        field = change.field
        now = row.details.get(field) if _is_detail(row, field) else getattr(row, field)
        if not (_same(now, change.old) or _same(now, change.new)):
            raise Problem(
                409,
                "changed_meanwhile",
                f"{change.label} was changed meanwhile, so nothing was changed. Ask again.",
                details={"id": change.id, "field": field},
            )
        if _is_detail(row, field):
            values["details"] = {**row.details, field: change.new}
        else:
            values[field] = _column(field, change.new)
    return values


def _is_detail(row: Any, field: str) -> bool:
    """Tell whether a field lies in a row's details, having no column of its own."""
    return not hasattr(row, field)


def _column(field: str, value: Any) -> Any:
    if field == "owner_id":
        return _uuid(value) if value else None
    if value is None and not field.endswith(("_at", "_id", "rating")):
        return ""
    return value


def _same(now: Any, told: Any) -> bool:
    """Compare what a row holds with what the user was told, for which nothing is as good as an empty text or 0."""
    if isinstance(now, datetime):
        moment = parse_datetime(told) if isinstance(told, str) else None
        return moment is not None and abs(now - moment) < _A_SECOND
    if isinstance(now, UUID):
        return bool(str(now) == told)
    if isinstance(now, list):
        return now == list(told or ())
    return bool(now == told or (not now and not told))


def _add(caller: Caller, turn: Conversation, name: str, changes: Sequence[Change]) -> bool:
    """Add the record; its key follows from the proposal's, so that it cannot come twice."""
    row = {change.field: change.new for change in changes} | {"id": uuid.uuid5(turn.pk, "record")}
    if name == "samples":
        workspace.add_samples(caller.id, [row], by=caller.id)
        return True
    event = _uuid(str(row.pop("event_id", "")))
    if name != "event_tasks" or not Event.objects.for_user(caller).filter(id=event).exists():
        return False
    row["owner_id"] = _uuid(str(row.get("owner_id", "")))
    workspace.add_tasks(event, [row], by=caller.id)  # type: ignore[arg-type]
    return True

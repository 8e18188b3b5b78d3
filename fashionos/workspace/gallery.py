"""The pictures of the bucket `gallery`: each has its asset, measured once, beside the requests.

What happens to an object happens to the asset in the same transaction. Whoever stored it has then been answered; a
worker of some server process takes what waits, a picture at a time, and one whose measurer dies is taken again.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.utils import timezone

from fashionos.kit.owned import Role, acting
from fashionos.storage.models import StoredObject
from fashionos.storage.names import folder_owner
from fashionos.storage.services import ObjectChange, open_object
from fashionos.workspace import services
from fashionos.workspace.changes import Refused
from fashionos.workspace.measuring import Measurer, MeasurerDied, Unmeasurable
from fashionos.workspace.models import Asset
from insights.schemas.media import PictureMeasures

logger = logging.getLogger("fashionos.workspace")

BUCKET = "gallery"
_MOST_BYTES = 128_000_000
_LONGEST_NAME = _LONGEST_ERROR = 200  # characters
_GOODBYE = 2.0  # seconds
# What people read of the measures; the analyses read `features`.
_DETAILS = ("metrics", "perceptualHash", "dominantColors", "subjectBox")

_waiting = Event()  # there may be something to measure


# What becomes of objects


def follow(changes: Sequence[ObjectChange]) -> None:
    """Let the assets follow their objects, in the transaction that changes these."""
    ours = [change for change in changes if change.bucket_id == BUCKET]
    removed = [change for change in ours if change.kind == "removed"]
    for owner_id in {change.owner_id for change in removed}:
        _archive(owner_id, *(change.name for change in removed if change.owner_id == owner_id))
    for change in ours:
        if change.kind == "stored":
            _store(change)
        elif change.kind == "moved":
            _move(change)


def _store(change: ObjectChange) -> None:
    """Give the object an asset, or its asset new bytes, which wait for their measuring."""
    if change.owner_id is None:
        return
    assets = Asset.objects.of_owner(change.owner_id, change.name)
    values = {"status": "processing", "mime_type": change.mimetype[:120], "bytes": change.size}
    found = assets.first()
    if found is None:
        named = {"storage_path": change.name, "file_name": _file_name(change.name)}
        try:
            services.add_assets(change.owner_id, [{**values, **named}], by=None)
        except Refused:  # somebody adds a row of this file at this moment
            found = assets.get()
    if found is not None:
        services.change_assets(assets, {**values, **_measures(found, None)}, by=None)
    assets.update(measure_at=timezone.now(), measure_tries=0, measure_error="")
    transaction.on_commit(_waiting.set)


def _archive(owner_id: UUID | None, *paths: str) -> None:
    """Archive what has no file any more: its history stays, and the same file may come again."""
    if owner_id is not None:
        assets = Asset.objects.of_owner(owner_id, *paths)
        services.change_assets(assets, {"status": "archived"}, by=None)
        assets.update(measure_at=None)


def _move(change: ObjectChange) -> None:
    previous = change.previous_name or ""
    owner_id = folder_owner(previous)
    if owner_id is not None and owner_id == change.owner_id:
        assets = Asset.objects.of_owner(owner_id, previous, change.name)
        if [asset.storage_path for asset in assets] == [previous]:
            values = {"storage_path": change.name, "file_name": _file_name(change.name)}
            services.change_assets(assets, values, by=None)
            return
    _archive(owner_id, previous)
    _store(change)


def _file_name(path: str) -> str:
    return path.rpartition("/")[2][-_LONGEST_NAME:]


# Measuring


def measure_next(measurer: Measurer) -> bool:
    """Measure a picture that waits, if any does: of several processes one. Return whether there was one."""
    asset = _claim(timezone.now())
    if asset is None:
        return False
    try:
        _finish(asset, measures=_measure(measurer, asset))
    except Unmeasurable as refused:
        _finish(asset, error=str(refused))
    except MeasurerDied:
        logger.warning("the measurer died of asset %s, try %s", asset.pk, asset.measure_tries)
        if asset.measure_tries >= settings.MEASURE_TRIES:
            _finish(asset, error=f"measuring it failed {settings.MEASURE_TRIES} times")
    except OSError:
        logger.exception("a picture cannot be read: the store is away")
        _give_back(asset)
    return True


def _claim(now: datetime) -> Asset | None:
    """Take a picture: its measuring is this process's until its time is over."""
    with acting(Role.SYSTEM):
        waiting = Asset.objects.to_measure(now).order_by("measure_at")
        asset: Asset | None = waiting.select_for_update(skip_locked=True, of=("self",)).first()
        if asset is not None:
            asset.measure_at = now + timedelta(seconds=settings.MEASURE_RETRY_SECONDS)
            asset.measure_tries += 1
            asset.save(update_fields=["measure_at", "measure_tries"])
        return asset


def _measure(measurer: Measurer, asset: Asset) -> PictureMeasures:
    if asset.measure_tries > settings.MEASURE_TRIES:
        raise MeasurerDied  # with the process that claimed it last, before a reason could be written
    with acting(Role.SYSTEM):
        stored = file_of(asset)
    if stored is None:
        raise Unmeasurable("there is no file")
    if stored.size > _MOST_BYTES:
        raise Unmeasurable(f"more than {_MOST_BYTES // 10**6} MB")
    try:
        picture = open_object(stored.id)
    except FileNotFoundError as error:
        raise Unmeasurable("there is no file") from error
    with picture:
        return measurer.measure(picture, stored.size)


def file_of(asset: Asset) -> StoredObject | None:
    """Return the object of an asset: its owner's, for people write into `storage_path` what they like."""
    mine = StoredObject.objects.of_user(asset.user_id)
    found: StoredObject | None = mine.named(BUCKET, asset.storage_path).first()
    return found


def _finish(asset: Asset, *, measures: PictureMeasures | None = None, error: str = "") -> None:
    """Write what was found out, unless the asset has got other bytes meanwhile."""
    with acting(Role.SYSTEM):
        claimed = Asset.objects.claimed(asset)
        row = claimed.select_for_update(of=("self",)).first()
        if row is None:
            return
        values = _measures(row, measures)
        # Somebody may have approved or rejected it without waiting.
        if row.status == "processing":
            values["status"] = "uploaded" if measures is None else "pending_review"
        services.change_assets(claimed, values, by=None)
        claimed.update(measure_at=None, measure_error=error[:_LONGEST_ERROR])


def _measures(row: Asset, measures: PictureMeasures | None) -> dict[str, Any]:
    """Return the columns that hold the measures of a picture, or none of those that they held before."""
    found = {} if measures is None else msgspec.to_builtins(measures)
    details = {name: value for name, value in row.details.items() if name not in _DETAILS}
    return {
        "width": found.get("width"),
        "height": found.get("height"),
        "features": found.get("features", {}),
        "details": details | {name: found[name] for name in _DETAILS if found.get(name)},
    }


def _give_back(asset: Asset) -> None:
    with acting(Role.SYSTEM):
        Asset.objects.claimed(asset).update(measure_tries=asset.measure_tries - 1)


class Worker:
    """Measures what waits, in one thread of this process: what is stored here at once, what others left soon."""

    def __init__(self) -> None:
        self._measurer = Measurer(seconds=settings.MEASURE_SECONDS)
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="gallery", daemon=True)

    def start(self) -> None:
        if settings.MEASURE_PICTURES:
            self._thread.start()

    def stop(self) -> None:
        """Let the picture at hand be finished, if that is soon; else another process takes it."""
        self._stopping.set()
        _waiting.set()
        if self._thread.is_alive():
            self._thread.join(_GOODBYE)
        self._measurer.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            _waiting.clear()
            try:
                while not self._stopping.is_set() and measure_next(self._measurer):
                    pass
            except (DatabaseError, InterfaceError):
                logger.exception("pictures are not measured: the database is away")
            except Exception:
                logger.exception("a picture was not measured")
            finally:
                connection.close()  # back to the pool
            if not _waiting.wait(settings.MEASURE_POLL_SECONDS):
                self._measurer.close()  # its memory is of use elsewhere

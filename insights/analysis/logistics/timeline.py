"""When each setup is shot: days, breaks, late arrivals, and the minutes between setups."""

import heapq
import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from insights.schemas.logistics import Break, LogisticsOptions

_DAY_MINUTES = 1440.0


_ROUNDING = 1e-6


class Piece(NamedTuple):
    """One sample to shoot; `release` is the working minute from which it can be shot."""

    position: int
    minutes: float
    is_hero: bool
    release: float


class Stretch(NamedTuple):
    """Pieces of one setup shot one after the other; `start` and `end` are working minutes.

    `elapsed` are the minutes of work and waiting before it, without the unused end of a day.
    """

    setup: int
    pieces: list[Piece]
    changeover: float
    start: float
    end: float
    elapsed: float
    day: int


class Timeline(NamedTuple):
    """What a shoot takes; `overtime` is the work for which the first day has no room."""

    stretches: list[Stretch]
    last_setup: int | None
    changes: int
    changeover: float
    idle: float
    overtime: float


class Calendar:
    """The working clock: minutes in which people work, breaks and nights left out.

    Minute 0 is the start of the first day. Each day holds `day_minutes` of them, infinitely many
    when the request says no end. Without a start there is no way to wall-clock time.
    """

    def __init__(self, options: LogisticsOptions, now: datetime) -> None:
        closes = options.day_end_at
        opens = options.day_start_at or options.shoot_at or (now if closes else None)
        self.opens = opens
        self.closes = closes if opens and closes and closes > opens else None
        length = math.inf
        if opens and self.closes:
            length = _minutes(self.closes, opens)
        self._period = _DAY_MINUTES * (math.ceil(length / _DAY_MINUTES) if self.closes else 1)
        pauses = _pauses(options.breaks, opens, length) if opens else []
        # Working minute and elapsed minute at which each stretch of work begins.
        self._work, self._wall = [0.0], [0.0]
        for start, end in pauses:
            self._work.append(self._work[-1] + start - self._wall[-1])
            self._wall.append(end)
        self.day_minutes = length - sum(end - start for start, end in pauses)
        if self.day_minutes <= 0:  # breaks all day long: nobody meant that
            self._work, self._wall, self.day_minutes = [0.0], [0.0], length

    def opening(self, day: int) -> float:
        """Give the working minute at which a day begins."""
        return day * self.day_minutes if day else 0.0

    def wall(self, minute: float, day: int, *, ends: bool = False) -> datetime | None:
        """Turn a working minute of a day (0 is the first) into a moment.

        On the edge of a break, what ends there ends before it and what starts starts after it.
        """
        if self.opens is None:
            return None
        within = minute - self.opening(day)
        index = max((bisect_left if ends else bisect_right)(self._work, within) - 1, 0)
        elapsed = self._wall[index] + within - self._work[index]
        try:
            return self.opens + timedelta(minutes=day * self._period + elapsed)
        except OverflowError:  # a plan of thousands of years
            return None

    def working(self, moment: datetime) -> float:
        """Turn a moment of the first day into the working minute reached by then."""
        if self.opens is None or moment <= self.opens:
            return 0.0
        elapsed = _minutes(moment, self.opens)
        index = bisect_right(self._wall, elapsed) - 1
        end = self._work[index + 1] if index + 1 < len(self._work) else self.day_minutes
        return min(self._work[index] + elapsed - self._wall[index], end)


def _pauses(breaks: Sequence[Break], opens: datetime, length: float) -> list[tuple[float, float]]:
    """Clip the breaks to the day and merge those that overlap."""
    merged: list[tuple[float, float]] = []
    for item in sorted(breaks, key=lambda item: item.start_at):
        start = max(_minutes(item.start_at, opens), 0.0)
        end = min(_minutes(item.end_at, opens), length)
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        elif start < end:
            merged.append((start, end))
    return merged


class Studio:
    """Where it is shot: keeps the clock, the standing setup, and what has been done.

    `changeover(before, setup)` are the minutes to build a setup; `before` is None for the first
    one, and on every morning when `rebuilt` says that the studio is reset overnight. A stretch is
    cut, at no cost, when it gets longer than `most_minutes`. Stretches that nobody wants to see
    need not be `recorded`.
    """

    def __init__(
        self,
        calendar: Calendar,
        changeover: Callable[[int | None, int], float],
        *,
        rebuilt: bool = False,
        most_minutes: float = math.inf,
        recorded: bool = True,
    ) -> None:
        self._calendar = calendar
        self._changeover = changeover
        self._rebuilt = rebuilt
        self._most_minutes = most_minutes
        self._recorded = recorded
        self._day = 0
        self._opening, self._closing = 0.0, calendar.day_minutes
        self._setup: int | None = None
        self._pieces: list[Piece] = []
        self._start = self._built = 0.0
        self._skipped = self._idle = self._spent = self._overtime = 0.0
        self._changes = 0
        self._stretches: list[Stretch] = []
        self.minute = 0.0

    def wait_until(self, minute: float) -> None:
        if minute > self.minute:
            self._close_stretch()
            self._idle += minute - self.minute
            self.minute = minute

    def shoot(self, setup: int, piece: Piece) -> None:
        """Shoot a piece, on the next day if it does not fit; a whole day too short is overrun."""
        before = self._setup
        build = 0.0 if setup == before else self._changeover(before, setup)
        if (
            self.minute + build + piece.minutes > self._closing + _ROUNDING
            and self.minute > self._opening
        ):
            before = self._go_home()
            build = 0.0 if setup == before else self._changeover(before, setup)
        if setup != before or not self._pieces:
            self._close_stretch()
            self._changes += before is not None and setup != before
            self._spend(build)
            self._spent += build
            self._setup, self._start, self._built = setup, self.minute, build
        elif self.minute + piece.minutes - self._start > self._most_minutes + _ROUNDING:
            self._close_stretch()
            self._start, self._built = self.minute, 0.0
        self._pieces.append(piece)
        self._spend(piece.minutes)

    def finish(self) -> Timeline:
        self._close_stretch()
        return Timeline(
            self._stretches,
            self._setup,
            self._changes,
            self._spent,
            self._idle,
            self._overtime,
        )

    def _spend(self, minutes: float) -> None:
        self.minute += minutes
        if self.minute > self._calendar.day_minutes:
            room = max(self._calendar.day_minutes - (self.minute - minutes), 0.0)
            self._overtime += minutes - room

    def _close_stretch(self) -> None:
        if self._pieces and self._recorded:
            self._stretches.append(
                Stretch(
                    setup=self._setup or 0,
                    pieces=self._pieces,
                    changeover=self._built,
                    start=self._start,
                    end=self.minute,
                    elapsed=self._start - self._skipped,
                    day=self._day,
                )
            )
        self._pieces = []

    def _go_home(self) -> int | None:
        """Leave for the next day; say which setup still stands in the morning."""
        self._close_stretch()
        day_minutes = self._calendar.day_minutes
        self._day = max(self._day + 1, math.ceil((self.minute - _ROUNDING) / day_minutes))
        self._opening = self._calendar.opening(self._day)
        self._closing = self._opening + day_minutes
        self._skipped += self._opening - self.minute
        self.minute = self._opening
        if self._rebuilt:
            self._setup = None
        return self._setup


def follow(order: Iterable[tuple[int, Piece]], studio: Studio) -> Timeline:
    """Shoot exactly in the given order, waiting for what has not arrived."""
    for setup, piece in order:
        studio.wait_until(piece.release)
        studio.shoot(setup, piece)
    return studio.finish()


def lay_out(queue: Sequence[tuple[int, Sequence[Piece]]], studio: Studio) -> Timeline:
    """Shoot setups in the order of `queue`, heroes first within each, as far as pieces are there.

    A setup of which nothing has arrived waits behind the next one that can be shot; if none can,
    the clock jumps. Pieces that arrive later are shot when their setup's turn comes again.
    """
    pending = [sorted(pieces, key=_by_release, reverse=True) for _, pieces in queue]
    coming = [(pieces[-1].release, place) for place, pieces in enumerate(pending)]
    heapq.heapify(coming)
    ready: list[int] = []
    while ready or coming:
        if not ready:
            studio.wait_until(coming[0][0])
        while coming and coming[0][0] <= studio.minute:
            heapq.heappush(ready, heapq.heappop(coming)[1])
        place = heapq.heappop(ready)
        pieces = pending[place]
        arrived = []
        while pieces and pieces[-1].release <= studio.minute:
            arrived.append(pieces.pop())
        for piece in sorted(arrived, key=_by_hero):
            studio.shoot(queue[place][0], piece)
        if pieces:
            heapq.heappush(coming, (pieces[-1].release, place))
    return studio.finish()


def _by_release(piece: Piece) -> float:
    return piece.release


def _by_hero(piece: Piece) -> tuple[bool, int]:
    return not piece.is_hero, piece.position


def _minutes(later: datetime, earlier: datetime) -> float:
    return (later - earlier).total_seconds() / 60

"""Rate limits: moving windows over functions and data, and the doors through which nobody is signed in yet.

While Redis is away, or frozen, nobody is shut out and nobody waits for it: each process counts function calls for
itself, and the doors are open.
"""

import logging
import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache as once
from ipaddress import ip_address
from threading import Lock
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django_ratelimit import core
from django_ratelimit.core import get_usage
from limits import RateLimitItemPerSecond
from limits.storage import memory, storage_from_string
from limits.strategies import MovingWindowRateLimiter
from prometheus_client import Counter

logger = logging.getLogger("fashionos.throttles")

# Labelled by the door, or `functions`: names that stand in this code.
REFUSED = Counter("fashionos_rate_limit_refusals", "Requests over a rate limit", ["limit"])
UNCOUNTED = Counter(
    "fashionos_rate_limit_fail_open", "Requests that Redis, being away, did not count", ["limit"]
)

_REDIS_SECONDS = 1.0  # for an answer
_AWAY_SECONDS = 2.0  # until Redis is asked again


class Allowance(NamedTuple):
    """What a user has left in the window; `reset` is the seconds until a place is free again."""

    allowed: bool
    remaining: int
    reset: int

    def headers(self) -> Mapping[str, str]:
        """Render the fields of the IETF draft "RateLimit header fields for HTTP", and Retry-After if refused."""
        count, seconds = settings.FUNCTION_RATE_COUNT, settings.FUNCTION_RATE_SECONDS
        headers = {
            "RateLimit-Policy": f'"user";q={count};w={seconds}',
            "RateLimit": f'"user";r={self.remaining};t={self.reset}',
        }
        return headers if self.allowed else {**headers, "Retry-After": str(self.reset)}


def _store_errors() -> tuple[type[Exception], ...]:
    """Name what a Redis that is away raises; the memory of the process is never away."""
    if not settings.REDIS_URL:
        return ()
    from redis.exceptions import RedisError  # noqa: PLC0415 -- 7 MB that a server without Redis need not hold

    return (RedisError, OSError)


class _Redis:
    away_until = 0.0  # of the steady clock


def _is_away() -> bool:
    return time.monotonic() < _Redis.away_until


def _lose(error: Exception) -> None:
    _Redis.away_until = time.monotonic() + _AWAY_SECONDS
    said = "Redis is away: each process counts function calls for itself, and doors are open"
    logger.error(said, exc_info=error)


_lock = Lock()


_MEMORY = "memory://"


class _SteadyTime:
    """The clock of windows in memory: one that is set back would shut out for as long whoever used theirs up."""

    time = staticmethod(time.monotonic)


memory.time = _SteadyTime  # type: ignore[assignment, attr-defined]  # all that it asks of the module


def _window(url: str) -> MovingWindowRateLimiter:
    # Two threads that came first together must not each count for themselves.
    with _lock:
        return _make_window(url)


@once
def _make_window(url: str) -> MovingWindowRateLimiter:
    patience = {"socket_timeout": _REDIS_SECONDS, "socket_connect_timeout": _REDIS_SECONDS}
    storage = storage_from_string(
        url.replace("unix://", "redis+unix://"), **({} if url == _MEMORY else patience)
    )
    return MovingWindowRateLimiter(storage)


def take_function_call(user_id: UUID) -> Allowance | None:
    """Count one call of this user over all functions: at most FUNCTION_RATE_COUNT in any FUNCTION_RATE_SECONDS.

    None means that limits are switched off.
    """
    if not settings.RATELIMIT_ENABLE:
        return None
    if settings.REDIS_URL and not _is_away():
        try:
            return _take(settings.REDIS_URL, user_id, time.time)
        except _store_errors() as error:
            _lose(error)
    if settings.REDIS_URL:
        UNCOUNTED.labels("functions").inc()
    return _take(_MEMORY, user_id, _SteadyTime.time)


def _take(url: str, user_id: UUID, clock: Callable[[], float]) -> Allowance:
    rate = RateLimitItemPerSecond(settings.FUNCTION_RATE_COUNT, settings.FUNCTION_RATE_SECONDS)
    window = _window(url)
    allowed = window.hit(rate, "functions", str(user_id))
    stats = window.get_window_stats(rate, "functions", str(user_id))
    if not allowed:
        REFUSED.labels("functions").inc()
    return Allowance(allowed, stats.remaining, _seconds_until(stats.reset_time, clock()))


def seconds_until_rest(caller: str, count: int) -> int:
    """Count one request of the data API, of which `count` pass in any REST_RATE_SECONDS.

    Return the seconds to wait, 0 to pass. Each process counts for itself, in its memory: the event loop, which calls
    this, may wait for no store, and a client that runs away is stopped all the same.
    """
    if not settings.RATELIMIT_ENABLE:
        return 0
    window = _window(_MEMORY)
    rate = RateLimitItemPerSecond(count, settings.REST_RATE_SECONDS)
    if window.hit(rate, "rest", caller):
        return 0
    REFUSED.labels("rest").inc()
    reset = window.get_window_stats(rate, "rest", caller).reset_time
    return _seconds_until(reset, _SteadyTime.time())


def _seconds_until(moment: float, now: float) -> int:
    return max(1, math.ceil(moment - now))


def door(request: HttpRequest, name: str, rate: str, key: str = "", *, count: bool = True) -> int:
    """Return the seconds to wait at this door, 0 to pass.

    Without a `key` the client's address is counted; `count=False` looks without counting. The windows are fixed: up to
    twice the rate may pass around the edge of one, which a door can bear.
    """
    if _is_away():
        UNCOUNTED.labels(name).inc()
        return 0
    try:
        usage: dict[str, Any] | None = get_usage(
            request,
            group=f"door.{name}",
            key=(lambda _group, _request: key) if key else "ip",
            rate=rate,
            increment=count,
        )
    except _store_errors() as error:
        UNCOUNTED.labels(name).inc()
        _lose(error)
        return 0
    if usage is None:
        return 0
    full = usage["count"] >= usage["limit"] if not count else usage["should_limit"]
    if not full:
        return 0
    REFUSED.labels(name).inc()
    return max(1, int(usage["time_left"]))


def give_back(name: str, rate: str, key: str) -> None:
    """Take back one count of a door with a key: for doors that count before they know whether they should have."""
    # The library names its counters in private: there is no other way to find one again.
    window = core._get_window(key, core._split_rate(rate)[1])  # noqa: SLF001
    counter = core._make_cache_key(f"door.{name}", window, rate, key, core.ALL)  # noqa: SLF001
    try:
        # Missing once the window has ended, and where nothing is counted at all.
        with suppress(ValueError):
            cache.decr(counter)
    except _store_errors() as error:
        _lose(error)


def client_address(request: HttpRequest) -> str:
    return trusted_address(
        request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", "")
    )


def trusted_address(address: str, forwarded_for: str) -> str:
    """Return the address that the outermost trusted proxy saw, the socket's without proxies.

    What stands further left in X-Forwarded-For is the client's own word, and is not believed.
    """
    candidates = [address]
    if settings.TRUSTED_PROXIES:
        hops = forwarded_for.split(",")
        candidates = [*hops[-settings.TRUSTED_PROXIES :][:1], *candidates]
    for candidate in candidates:
        try:
            return str(ip_address(candidate.strip()))
        except ValueError:
            continue
    return "0.0.0.0"  # noqa: S104 -- a key for counting, not a bind: a Unix socket has no address


def forget_counts() -> None:
    """Start all windows of this process anew: between tests."""
    _make_window.cache_clear()
    _Redis.away_until = 0.0

"""Rate limits: the moving window over the functions, and the doors through which nobody is signed in yet.

Both fail open: while Redis is away a request is let in, with a line in the log, rather than everybody shut out.
"""

import logging
import math
import time
from collections.abc import Mapping
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
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

logger = logging.getLogger("fashionos.throttles")


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


_lock = Lock()


def _window() -> MovingWindowRateLimiter:
    # Two threads that came first together must not each count for themselves.
    with _lock:
        return _make_window()


@once
def _make_window() -> MovingWindowRateLimiter:
    url = settings.REDIS_URL or "memory://"
    return MovingWindowRateLimiter(storage_from_string(url.replace("unix://", "redis+unix://")))


def take_function_call(user_id: UUID) -> Allowance | None:
    """Count one call of this user over all functions: at most FUNCTION_RATE_COUNT in any FUNCTION_RATE_SECONDS.

    None means that no limit is in force: switched off, or the store is away.
    """
    if not settings.RATELIMIT_ENABLE:
        return None
    rate = RateLimitItemPerSecond(settings.FUNCTION_RATE_COUNT, settings.FUNCTION_RATE_SECONDS)
    try:
        allowed = _window().hit(rate, "functions", str(user_id))
        stats = _window().get_window_stats(rate, "functions", str(user_id))
    except _store_errors():
        logger.exception("function calls are not limited: the store is away")
        return None
    return Allowance(allowed, stats.remaining, max(1, math.ceil(stats.reset_time - time.time())))


def door(request: HttpRequest, name: str, rate: str, key: str = "", *, count: bool = True) -> int:
    """Return the seconds to wait at this door, 0 to pass.

    Without a `key` the client's address is counted; `count=False` looks without counting. The windows are fixed: up to
    twice the rate may pass around the edge of one, which a door can bear.
    """
    try:
        usage: dict[str, Any] | None = get_usage(
            request,
            group=f"door.{name}",
            key=(lambda _group, _request: key) if key else "ip",
            rate=rate,
            increment=count,
        )
    except _store_errors():
        logger.exception("the door %s is not limited: the store is away", name)
        return 0
    if usage is None:
        return 0
    full = usage["count"] >= usage["limit"] if not count else usage["should_limit"]
    return max(1, int(usage["time_left"])) if full else 0


def give_back(name: str, rate: str, key: str) -> None:
    """Take back one count of a door with a key: for doors that count before they know whether they should have."""
    # The library names its counters in private: there is no other way to find one again.
    window = core._get_window(key, core._split_rate(rate)[1])  # noqa: SLF001
    counter = core._make_cache_key(f"door.{name}", window, rate, key, core.ALL)  # noqa: SLF001
    try:
        # Missing once the window has ended, and where nothing is counted at all.
        with suppress(ValueError):
            cache.decr(counter)
    except _store_errors():
        logger.exception("the door %s is not limited: the store is away", name)


def client_address(request: HttpRequest) -> str:
    """Return the address that the outermost trusted proxy saw, the socket's without proxies.

    What stands further left in X-Forwarded-For is the client's own word, and is not believed.
    """
    candidates = [request.META.get("REMOTE_ADDR", "")]
    if settings.TRUSTED_PROXIES:
        hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
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

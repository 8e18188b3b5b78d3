"""What Prometheus is told. No label holds what somebody chose: functions, families and outcomes are few and ours."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from prometheus_client import REGISTRY, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from fashionos.kit.functions import Call
from fashionos.operating.outcomes import outcome

# Around the targets: a cache hit 50 ms, an event 100 ms, a chat 500 ms, an analysis 1 s.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0)
_DATABASE_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)

REQUESTS = Counter("fashionos_http_requests", "HTTP answers", ["family", "method", "status"])
REQUEST_SECONDS = Histogram(
    "fashionos_http_request_seconds", "Until an answer has ended", ["family"], buckets=_SECONDS
)
CALLS = Counter("fashionos_function_calls", "Function calls", ["function", "status", "outcome"])
CALL_SECONDS = Histogram(
    "fashionos_function_seconds", "Answers of functions", ["function", "cache"], buckets=_SECONDS
)
DATABASE_SECONDS = Histogram(
    "fashionos_function_database_seconds",
    "Of a function call, waited for queries and commits",
    ["function"],
    buckets=_DATABASE_SECONDS,
)
CACHE = Counter("fashionos_cache_lookups", "Analyses asked of the cache", ["function", "result"])

_RESULTS = {True: "hit", False: "miss", None: "none"}
_ALARMING = (("200", "ok"), ("200", "failed"), ("500", "failed"), ("503", "failed"))


def begin(function_names: Iterable[str]) -> None:
    """Let the counters that alerts watch begin at nought: Prometheus sees no increase in a series that is new."""
    for name in function_names:
        for status, ended in _ALARMING:
            CALLS.labels(name, status, ended)
        for result in ("hit", "miss"):
            CACHE.labels(name, result)


def observe_call(call: Call) -> None:
    """Count a function call; an observer of `fashionos.kit.functions`."""
    result, ended = _RESULTS[call.cached], outcome(call.status, call.error)
    CALLS.labels(call.function, str(call.status), ended).inc()
    if ended not in {"ok", "failed"}:
        return  # a refusal is quick, and would make the answers look so
    CALL_SECONDS.labels(call.function, result).observe(call.seconds)
    DATABASE_SECONDS.labels(call.function).observe(call.database_seconds)
    if call.cached is not None:
        CACHE.labels(call.function, result).inc()


# What the socket counts -> how it is told.
_COUNTED = {
    "frames": ("frames_sent", "Frames written to sockets"),
    "delivered": ("broadcasts_delivered", "Broadcasts, once for each listener"),
    "facts": ("facts", "Facts heard from the database"),
    "gaps": ("fact_gaps", "Times that facts may have been missed"),
    "slow_sockets": ("slow_sockets", "Sockets given up because their client did not read"),
    "too_large": ("too_large", "Broadcasts over the size limit"),
    "bus_missed": ("bus_missed", "Messages of other processes that were not heard"),
    "bus_lost": ("bus_lost", "Messages that Redis did not take"),
}


class House(Collector):
    """What is looked up when Prometheus asks: sockets, pools and queues of this process.

    `realtime` is the socket server, `pools` give a psycopg pool or None by name, `queues` how much waits.
    """

    def __init__(
        self,
        realtime: Any,
        *,
        pools: Mapping[str, Callable[[], Any]],
        queues: Mapping[str, Callable[[], int]],
    ) -> None:
        self.realtime = realtime
        self.pools = pools
        self.queues = queues

    def register(self) -> None:
        REGISTRY.register(self)

    def collect(self) -> Iterable[Metric]:
        prefix = "fashionos_realtime_"
        connections = self.realtime.connections
        yield _gauge(f"{prefix}sockets", "Open sockets", len(connections))
        channels = sum(len(connection.channels) for connection in connections)
        yield _gauge(f"{prefix}channels", "Joined channels", channels)
        counts = self.realtime.hub.counts
        for key, (name, help_text) in _COUNTED.items():
            yield CounterMetricFamily(prefix + name, help_text, value=counts[key])
        size = GaugeMetricFamily("fashionos_pool_size", "Connections", labels=["pool"])
        idle = GaugeMetricFamily("fashionos_pool_idle", "Connections not in use", labels=["pool"])
        waits = GaugeMetricFamily("fashionos_pool_waiting", "Waiting for one", labels=["pool"])
        for name, pool in self.pools.items():
            stats = {} if (opened := pool()) is None else opened.get_stats()
            size.add_metric([name], stats.get("pool_size", 0))
            idle.add_metric([name], stats.get("pool_available", 0))
            waits.add_metric([name], stats.get("requests_waiting", 0))
        yield from (size, idle, waits)
        depth = GaugeMetricFamily("fashionos_queue_depth", "Waiting in memory", labels=["queue"])
        for name, length in self.queues.items():
            depth.add_metric([name], length())
        yield depth


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, help_text, value=value)

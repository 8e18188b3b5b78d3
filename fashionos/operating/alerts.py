"""When an alert begins and when it is over. deploy/prometheus/rules.yml says the same to Prometheus."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

WINDOW_SECONDS = 300
MINIMUM_CALLS = (
    50  # fewer in the window say nothing, neither that something broke nor that it works again
)

# Where an alert begins, and where it is over: apart, so that a figure on the edge does not ring all day.
ERROR_RATE, ERROR_RATE_OVER = 0.01, 0.008
RESPONSE_SECONDS, RESPONSE_SECONDS_OVER = 1.0, 0.8
CACHE_HIT_RATE, CACHE_HIT_RATE_OVER = 0.80, 0.82


class Calls(NamedTuple):
    """The calls of one function in the window; those refused or kept back by a rollout are not among them."""

    function: str
    number: int
    failed: int
    lookups: int
    hits: int
    p90: float  # seconds


class Reading(NamedTuple):
    """A figure that an alert watches: `name` of the alert, `sample` as many calls as it is made of."""

    name: str
    value: float
    sample: int
    unit: Literal["%", "s"]
    begins: float
    over: float

    def fires(self, *, firing: bool) -> bool:
        """Tell whether the alert is on, given whether it was."""
        if self.sample < MINIMUM_CALLS:
            return firing
        limit = self.over if firing else self.begins
        return self.value > limit if self.over < self.begins else self.value < limit

    def words(self, *, firing: bool) -> str:
        """Say it to people, in one line."""
        state = "FIRING" if firing else "RESOLVED"
        return f"{state}: {self.name} is {self.show(self.value)} (limit {self.show(self.begins)}, {self.sample} calls)"

    def show(self, value: float) -> str:
        return f"{value:.1%}" if self.unit == "%" else f"{value:.2f} s"


_LIMITS: dict[str, tuple[Literal["%", "s"], float, float]] = {
    "error_rate": ("%", ERROR_RATE, ERROR_RATE_OVER),
    "cache_hit_rate": ("%", CACHE_HIT_RATE, CACHE_HIT_RATE_OVER),
    "response_time": ("s", RESPONSE_SECONDS, RESPONSE_SECONDS_OVER),
}


def reading(name: str, value: float, sample: int) -> Reading:
    """Return the reading of an alert; with no sample it is what is known of it still."""
    return Reading(name, value, sample, *_LIMITS[name.partition(":")[0]])


def read(calls: Sequence[Calls]) -> Iterable[Reading]:
    """Return what the alerts watch: errors and cache hits of all functions together, the 90th percentile of each."""
    count, lookups = sum(c.number for c in calls), sum(c.lookups for c in calls)
    if count:
        yield reading("error_rate", sum(c.failed for c in calls) / count, count)
    if lookups:
        yield reading("cache_hit_rate", sum(c.hits for c in calls) / lookups, lookups)
    for call in calls:
        yield reading(f"response_time:{call.function}", call.p90, call.number)

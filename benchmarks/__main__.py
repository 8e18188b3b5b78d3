"""`make bench`: all figures, or those named: python -m benchmarks chat compute (--help lists them)."""

import argparse
import platform
import sys

from benchmarks import (
    accounts,
    analyser,
    analytics,
    chat,
    compute,
    fanout,
    page,
    pictures,
    process,
    rest,
    storage,
    understanding,
    worst,
)
from benchmarks.figures import GOALS_YARDSTICK, table, yardstick
from benchmarks.server import scratch_server

SERVED = {
    "chat": chat,
    "analyser": analyser,
    "accounts": accounts,
    "rest": rest,
    "page": page,
    "storage": storage,
    "analytics": analytics,
}
ALONE = {
    "compute": compute,
    "process": process,
    "pictures": pictures,
    "worst": worst,
    "understanding": understanding,
    "fanout": fanout,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*SERVED, *ALONE, []], help="which figures")
    names = parser.parse_args().names or [*SERVED, *ALONE]
    print(f"Python {platform.python_version()}, {platform.machine()}.")
    print(
        f"Yardstick: the standard library reads 0.6 MB of JSON in {yardstick():.1f} ms;"
        f" goals were set where it takes {GOALS_YARDSTICK} ms."
    )
    print("Medians are what to compare.\n")
    figures = []
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr)
        if name in ALONE:
            figures += ALONE[name].measure()
        else:
            with scratch_server() as server:
                figures += SERVED[name].measure(server)
    print(table(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())

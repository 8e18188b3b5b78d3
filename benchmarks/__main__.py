"""`make bench`: all figures, or those named: python -m benchmarks chat analyser accounts compute process."""

import argparse
import json
import platform
import sys

from benchmarks import accounts, analyser, chat, compute, process
from benchmarks.figures import percentile, table, timed
from benchmarks.server import scratch_server

SERVED = {"chat": chat, "analyser": analyser, "accounts": accounts}
ALONE = {"compute": compute, "process": process}


def yardstick() -> str:
    """Say how fast this machine is right now, so that figures of two machines can be compared."""
    rows = [
        {"id": f"s{number}", "name": "Ivory silk gown", "status": "on_set"}
        for number in range(10_000)
    ]
    text = json.dumps(rows)
    milliseconds = percentile(timed(lambda: json.loads(text), 30), 50)
    return f"Yardstick: the standard library reads {len(text) / 1e6:.1f} MB of JSON in {milliseconds:.1f} ms."


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*SERVED, *ALONE, []], help="which figures")
    names = parser.parse_args().names or [*SERVED, *ALONE]
    print(f"Python {platform.python_version()}, {platform.machine()}. {yardstick()}")
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

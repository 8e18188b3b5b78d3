"""`make bench`: all figures, or those named: python -m benchmarks chat analyser accounts process."""

import argparse
import platform
import sys

from benchmarks import accounts, analyser, chat, process
from benchmarks.figures import table
from benchmarks.server import scratch_server

SERVED = {"chat": chat, "analyser": analyser, "accounts": accounts}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*SERVED, "process", []], help="which figures")
    names = parser.parse_args().names or [*SERVED, "process"]
    print(
        f"Python {platform.python_version()}, {platform.machine()}; medians are what to compare.\n"
    )
    figures = []
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr)
        if name == "process":
            figures += process.measure()
        else:
            with scratch_server() as server:
                figures += SERVED[name].measure(server)
    print(table(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())

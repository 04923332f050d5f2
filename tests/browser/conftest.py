"""The demo to look at, and visitors on a phone and on a desktop."""

from collections.abc import Iterator

import live_server
import pytest
from fixtures_peers import PATIENCE
from playwright.sync_api import Browser, Page

SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 900}}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running demo with three people."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    with live_server.serving(folder, None, "demo", "--pods", "3", "--gardens", "1") as base:
        yield base


@pytest.fixture(params=sorted(SIZES))
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A fresh French visitor on a phone and on a desktop, who complains about errors in the console."""
    context = browser.new_context(viewport=SIZES[request.param], locale="fr-FR")
    context.set_default_timeout(PATIENCE)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda told: complaints.append(told.text) if "Content Security Policy" in told.text else None)
    yield opened
    context.close()
    assert complaints == []

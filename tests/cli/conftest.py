"""One community of `pod_app demo`, built once through the doors and looked at by several tests."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import httpx
import pytest
from fixtures_town import badge, town  # noqa: F401  # fixtures
from installations import Clock, Installation
from terminals import Terminal
from villages import Village

from pod_app.cli import demo_community, demo_story
from pod_app.cli.demo_records import Story
from pod_app.errors import PodAppError
from pod_app.services import assemble
from pod_app.settings import load
from pod_app.storage.web_client import RawTargetTransport
from pod_app.web.app import create

SEED = 11


@dataclass(frozen=True)
class Demo:
    """A built story, and what was refused on the way."""

    installation: Installation
    story: Story
    refused: dict[str, PodAppError]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """Somebody who types commands on installations of this process."""
    return Terminal(monkeypatch, capsys)


@pytest.fixture
def village(installation: Installation, terminal: Terminal) -> Village:
    """Four people, a garden, a community, and somebody who types commands for them."""
    return Village(installation, terminal)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A hundred people over one year: as dense as the 400 of the default over three."""
    print(f"seed {SEED}")
    folder = tmp_path_factory.mktemp("demo")
    settings, _ = load({"data": folder, "base_url": "https://garden.example/"}, environ={})
    clock = Clock(datetime(2026, 3, 12, 9, 0, tzinfo=UTC))
    services = assemble(settings, clock)
    client = httpx.Client(transport=RawTargetTransport(create(services)), base_url=settings.base_url)
    story = demo_story.generate(SEED, 100, 11, until=date(2026, 3, 1), years=1)
    yield Demo(Installation(services, clock, client), story, demo_community.build_whole(services, story))
    client.close()
    services.close()

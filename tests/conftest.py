"""Fixtures for every test: installations in this process, and a private PostgreSQL."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from installations import Clock, Installation, begin

from pod_app.services import assemble
from pod_app.settings import load
from pod_app.storage.web_client import RawTargetTransport
from pod_app.web.app import create

pytest_plugins = ["fixtures_peers", "fixtures_postgres"]

Make = Callable[..., Installation]


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are named by their length: compressed ones hold the time, and all processes must give a test one name."""
    return f"{argname} of {len(val)}" if isinstance(val, bytes) else None


@pytest.fixture
def make_installation(tmp_path: Path) -> Iterator[Make]:
    """Makes installations, each in a folder of its own; `mounts` lets them reach each other by origin."""
    made: list[Installation] = []

    def make(base_url: str = "https://garden.example/", **options: Any) -> Installation:
        mounts = options.pop("mounts", None)
        folder = options.pop("data", tmp_path / f"installation-{len(made)}")
        clock = options.pop("clock", None) or Clock(datetime(2026, 3, 12, 9, 0, tzinfo=UTC))
        settings, _ = load({"data": folder, "base_url": base_url, **options}, environ={})
        services = assemble(begin(settings), clock, mounts)
        client = httpx.Client(transport=RawTargetTransport(create(services)), base_url=settings.base_url)
        made.append(Installation(services, clock, client))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def installation(make_installation: Make) -> Installation:
    """One installation at https://garden.example/."""
    return make_installation()

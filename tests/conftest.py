"""Installations for tests: whole ones, in this process, with a clock that only moves when told to."""

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from pod_app.pods.catalogue import Pod
from pod_app.services import Services, assemble
from pod_app.settings import load
from pod_app.storage.web_client import RawTargetTransport
from pod_app.web.app import create

pytest_plugins = ["fixtures_postgres"]


class Clock:
    """A clock that stands still until `forward`."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **much: float) -> None:
        self.now += timedelta(**much)


@dataclasses.dataclass
class Installation:
    """One installation, its clock and a client that speaks HTTP to it without sockets."""

    services: Services
    clock: Clock
    client: httpx.Client

    @property
    def base(self) -> str:
        return self.services.settings.base_url

    def person(self, name: str, password: str | None = None, title: str = "") -> Pod:
        """A person with an account and a pod."""
        return self.services.accounts.create(name, password, title=title)[1]

    def headers(self, pod: Pod) -> dict[str, str]:
        """What a script sends to act as the pod's WebID."""
        account = self.services.accounts.of_pod(pod.name)
        assert account is not None
        return {"Authorization": f"Bearer {self.services.credentials.issue(account.id, pod.webid).token}"}

    def send(self, method: str, target: str, **more: Any) -> httpx.Response:
        """A request with exactly this target, however hostile its spelling."""
        extensions = {"target": target.encode("latin-1")}
        return self.client.request(method, f"{self.base}x", extensions=extensions, **more)

    def close(self) -> None:
        self.client.close()
        self.services.close()


Make = Callable[..., Installation]


@pytest.fixture
def make_installation(tmp_path: Path) -> Iterator[Make]:
    """Makes installations, each in a folder of its own; `mounts` lets them reach each other by origin."""
    made: list[Installation] = []

    def make(base_url: str = "https://garden.example/", **options: Any) -> Installation:
        mounts = options.pop("mounts", None)
        folder = options.pop("data", tmp_path / f"installation-{len(made)}")
        clock = options.pop("clock", None) or Clock(datetime(2026, 3, 12, 9, 0, tzinfo=UTC))
        settings, _ = load({"data": folder, "base_url": base_url, **options}, environ={})
        services = assemble(settings, clock, mounts)
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

"""Whole installations for tests, in this process, with a clock that only moves when told to."""

import dataclasses
import tempfile
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from pod_app.pods.catalogue import Pod
from pod_app.services import Services
from pod_app.settings import Settings
from pod_app.storage.database import FILE_NAME, Database


@cache
def _migrated() -> bytes:
    """An SQLite database of the newest layout with nothing in it."""
    with tempfile.TemporaryDirectory() as folder:
        Database("", Path(folder)).close()
        return (Path(folder) / FILE_NAME).read_bytes()


def begin(settings: Settings) -> Settings:
    """Lay a migrated database into a folder that has none: tests begin thousands, and migrating takes a third of a
    second. The migrations have tests of their own."""
    file = settings.data / FILE_NAME
    if not settings.database_url and not file.exists():
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_bytes(_migrated())
        file.chmod(0o600)
    return settings


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

"""Whole installations for tests, in this process, with a clock that only moves when told to."""

import dataclasses
from datetime import datetime, timedelta
from typing import Any

import httpx

from pod_app.pods.catalogue import Pod
from pod_app.services import Services


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

"""How hard one remote host may be leaned on: a few requests at a time, and a rest after repeated failures."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from pod_app.storage.egress_policy import EgressPolicy, RefusedError

_MOST_HOSTS: Final = 4096


@dataclass(slots=True)
class _Host:
    interested: int = 0
    running: int = 0
    failures: int = 0
    resting_until: float = 0.0


class HostPace:
    """Turns per origin (`per_host` at once) and a circuit breaker; safe for threads; forgets hosts that behave."""

    def __init__(self, policy: EgressPolicy, clock: Callable[[], float]) -> None:
        self._policy = policy
        self._clock = clock
        self._changed = threading.Condition()
        self._hosts: dict[str, _Host] = {}

    @contextmanager
    def turn(self, origin: str, seconds: float) -> Iterator[None]:
        """Wait at most `seconds` for a turn; any error inside other than `RefusedError` counts against the host.

        Raises `RefusedError` when no turn came free or when the host rests after `breaker_failures` in a row.
        After `breaker_seconds` one request at a time may try again.
        """
        with self._known(origin) as host:
            self._begin(host, seconds)
            failures = host.failures
            try:
                yield
                failures = 0
            except RefusedError:
                raise
            except Exception:
                failures += 1
                raise
            finally:
                self._end(host, failures)

    @contextmanager
    def _known(self, origin: str) -> Iterator[_Host]:
        with self._changed:
            host = self._hosts.setdefault(origin, _Host())
            host.interested += 1
        try:
            yield host
        finally:
            with self._changed:
                host.interested -= 1
                self._forget(origin, host)

    def _begin(self, host: _Host, seconds: float) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: host.running < self._policy.per_host, seconds):
                raise RefusedError("too many requests to this host at once")
            if host.failures >= self._policy.breaker_failures:
                if self._clock() < host.resting_until:
                    raise RefusedError("the host rests after repeated failures")
                host.resting_until = self._clock() + self._policy.breaker_seconds
            host.running += 1

    def _end(self, host: _Host, failures: int) -> None:
        with self._changed:
            host.running -= 1
            if failures > host.failures:
                host.resting_until = self._clock() + self._policy.breaker_seconds
            host.failures = failures
            self._changed.notify_all()

    def _forget(self, origin: str, host: _Host) -> None:
        """Keep no host that behaves, and let the oldest failures go when thousands of hosts are dead."""
        if not host.interested and not host.failures:
            del self._hosts[origin]
        if len(self._hosts) > _MOST_HOSTS:
            idle = [name for name, other in self._hosts.items() if not other.interested]
            for name in idle[: _MOST_HOSTS // 2]:
                del self._hosts[name]

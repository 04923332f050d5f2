"""Connections that go to checked addresses only, charged to the time and bytes of the request that uses them.

One layer below HTTP: a name is resolved once and the connection goes to an address of that very answer, so that
a name cannot be public when it is checked and private when it is used. TLS above still verifies the name.
"""

import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import httpcore  # noqa: TID251  # this module is behind the door

from pod_app.storage.egress_policy import EgressPolicy, RefusedError, checked_addresses, literal_address

Resolver = Callable[[str, int], Sequence[str]]

_SLICE: Final = 16 * 2**10
_MOST_ADDRESSES: Final = 3


def system_resolver(host: str, port: int) -> Sequence[str]:
    """Ask the operating system for every address of a name; raises `OSError`."""
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class Budget:
    """What is left of one request's time and of its bytes on the wire."""

    def __init__(self, clock: Callable[[], float], seconds: float, wire_bytes: int) -> None:
        self._clock = clock
        self._deadline = clock() + seconds
        self._wire_bytes = wire_bytes

    def remaining(self) -> float:
        """Seconds left, always positive; raises `httpcore.ReadTimeout`."""
        seconds = self._deadline - self._clock()
        if seconds <= 0:
            raise httpcore.ReadTimeout("the time for the whole request is over")
        return seconds

    def take(self, wire_bytes: int) -> None:
        """Charge bytes that arrived; raises `RefusedError`."""
        self._wire_bytes -= wire_bytes
        if self._wire_bytes < 0:
            raise RefusedError("too many bytes on the wire")


class Spending(threading.local):
    """The budget of the request that this thread is making: connections are shared, budgets are not."""

    now: Budget

    @contextmanager
    def of(self, budget: Budget) -> Iterator[None]:
        """Charge everything inside to `budget`; requests that an application in this thread makes nest."""
        outer = getattr(self, "now", None)
        self.now = budget
        try:
            yield
        finally:
            if outer is not None:
                self.now = outer


class PinnedBackend(httpcore.NetworkBackend):
    """Resolves once, checks every address, connects to a checked one; TLS above it still verifies the name."""

    def __init__(
        self, policy: EgressPolicy, resolver: Resolver, network: httpcore.NetworkBackend, spending: Spending
    ) -> None:
        self._policy = policy
        self._resolver = resolver
        self._network = network
        self._spending = spending

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002  # the budget decides
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Try the first few addresses, each for `connect_seconds` at most."""
        failure: Exception = httpcore.ConnectError("no address")
        for address in self.addresses(host, port)[:_MOST_ADDRESSES]:
            seconds = min(self._policy.connect_seconds, self._spending.now.remaining())
            try:
                stream = self._network.connect_tcp(address, port, seconds, local_address, socket_options)
                return _BudgetedStream(stream, self._spending, self._policy.connect_seconds)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def addresses(self, host: str, port: int) -> tuple[str, ...]:
        """The addresses of a name, every one of them checked."""
        if literal_address(host) is not None:
            return checked_addresses([host], self._policy)
        answers = _within(self._spending.now.remaining(), lambda: self._resolver(host, port))
        return checked_addresses(answers, self._policy)


class _BudgetedStream(httpcore.NetworkStream):
    """A connection whose every read and write is charged to the request that makes it, however slowly bytes drip."""

    def __init__(self, stream: httpcore.NetworkStream, spending: Spending, connect_seconds: float) -> None:
        self._stream = stream
        self._spending = spending
        self._connect_seconds = connect_seconds

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002  # the budget decides
        data = self._stream.read(max_bytes, self._spending.now.remaining())
        self._spending.now.take(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002  # the budget decides
        for start in range(0, len(buffer), _SLICE):
            self._stream.write(buffer[start : start + _SLICE], self._spending.now.remaining())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002  # the budget decides
    ) -> httpcore.NetworkStream:
        seconds = min(self._connect_seconds, self._spending.now.remaining())
        stream = self._stream.start_tls(ssl_context, server_hostname, seconds)
        return _BudgetedStream(stream, self._spending, self._connect_seconds)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _within(seconds: float, ask: Callable[[], Sequence[str]]) -> Sequence[str]:
    """Call a resolver, which has no time limit of its own, and stop waiting for it after `seconds`."""
    outcome: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

    def work() -> None:
        try:
            outcome.put(ask())
        except Exception as error:  # noqa: BLE001  # handed over to the thread that waits
            outcome.put(error)

    threading.Thread(target=work, name="resolver", daemon=True).start()
    try:
        answers = outcome.get(timeout=seconds)
    except queue.Empty:
        raise httpcore.ConnectTimeout("the resolver did not answer") from None
    if isinstance(answers, Exception):
        raise answers
    return answers

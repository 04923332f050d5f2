"""A closed-loop load over keep-alive connections: each one sends its next request when its answer is there.

    python bench/solid_load.py        # the generator's own ceiling, against a responder that does nothing

Raw bytes over asyncio protocols; requests are made before their clock starts.
"""

import asyncio
import base64
import hashlib
import json
import re
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
WITHOUT_BODY = (204, 304)


@dataclass
class Outcome:
    """What one run saw: seconds of every answer, and how many had which status."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    statuses: Counter = field(default_factory=Counter)

    @property
    def rate(self):
        return len(self.times) / self.seconds if self.seconds else 0.0

    def within(self, share):
        ordered = sorted(self.times) or [float("nan")]
        return 1000 * ordered[min(int(share * len(ordered)), len(ordered) - 1)]

    def good(self, expected):
        return sum(self.statuses[status] for status in expected) / max(sum(self.statuses.values()), 1)


class Connection(asyncio.Protocol):
    """One keep-alive connection in its loop of question and answer."""

    def __init__(self, make: Callable[[], tuple[bytes, bool]], outcome: Outcome, over: asyncio.Future) -> None:
        self._make = make
        self._outcome = outcome
        self.over = over
        self._buffer = b""
        self._head_only = False
        self._sent = 0.0
        self.stopping = False

    def connection_made(self, transport):
        self._transport = transport
        self._next()

    def data_received(self, data):
        self._buffer = self._buffer + data if self._buffer else data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[: end + 2]
        status = int(head[9:12])
        length = LENGTH.search(head)
        if self._head_only or status in WITHOUT_BODY:
            complete = True
        elif length:
            complete = len(self._buffer) >= end + 4 + int(length[1])
        else:
            complete = bool(CHUNKED.search(head)) and self._buffer.endswith(b"0\r\n\r\n")
        if complete:
            self._outcome.times.append(time.perf_counter() - self._sent)
            self._outcome.statuses[status] += 1
            self._buffer = b""
            if b"\r\nconnection: close" in head.lower():
                self._transport.close()
            else:
                self._next()

    def connection_lost(self, _error):
        if not self.over.done():
            self.over.set_result(None)

    def _next(self):
        if self.stopping:
            self._transport.close()
            return
        request, self._head_only = self._make()
        self._sent = time.perf_counter()
        self._transport.write(request)


async def _load(port, make, connections, seconds, longest):
    outcome, loop = Outcome(), asyncio.get_running_loop()
    protocols = []
    began = time.perf_counter()

    async def keep():
        """A server that closes a connection gets a new one."""
        while time.perf_counter() - began < seconds:
            protocol = Connection(make, outcome, loop.create_future())
            protocols.append(protocol)
            await loop.create_connection(lambda made=protocol: made, "127.0.0.1", port)
            await protocol.over

    tasks = [asyncio.create_task(keep()) for _ in range(connections)]
    await asyncio.sleep(seconds)
    outcome.seconds = time.perf_counter() - began
    counted = len(outcome.times)
    for protocol in protocols:
        protocol.stopping = True
    _, late = await asyncio.wait(tasks, timeout=longest)
    for task in late:
        task.cancel()
    if not counted and outcome.times:  # nothing came in time: what came late tells how long one takes
        outcome.seconds = time.perf_counter() - began
    else:
        del outcome.times[counted:]
    return outcome


def load(port, make, connections, seconds, longest=20.0):
    """Run one load. `make` gives the next request and whether it is a HEAD."""
    return asyncio.run(_load(port, make, connections, seconds, longest))


def request(method, target, port, *headers, body=b""):
    lines = [f"{method} {target} HTTP/1.1", f"Host: localhost:{port}", *headers]
    if body or method in {"PUT", "POST", "PATCH"}:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def _text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    """A client's key; `proof` makes a DPoP proof (RFC 9449), a new one for each request."""

    def __init__(self):
        self._key = ec.generate_private_key(ec.SECP256R1())
        numbers = self._key.public_key().public_numbers()
        jwk = {"crv": "P-256", "kty": "EC", "x": _text(numbers.x.to_bytes(32)), "y": _text(numbers.y.to_bytes(32))}
        self._head = _text(json.dumps({"alg": "ES256", "typ": "dpop+jwt", "jwk": jwk}).encode())

    def proof(self, method, url, token=None):
        claims = {"htm": method, "htu": url, "jti": str(uuid.uuid4()), "iat": int(time.time())}
        if token:
            claims["ath"] = _text(hashlib.sha256(token.encode()).digest())
        signed = f"{self._head}.{_text(json.dumps(claims).encode())}"
        first, second = utils.decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{_text(first.to_bytes(32) + second.to_bytes(32))}"


def ceiling(connections, seconds=2.0):
    """Answers a second from a responder that does nothing, on the other core."""
    import multiprocessing  # noqa: PLC0415  # only here

    ready = multiprocessing.Queue()
    process = multiprocessing.Process(target=_respond, args=(ready,), daemon=True)
    process.start()
    asked = request("GET", "/", port := ready.get())
    outcome = load(port, lambda: (asked, False), connections, seconds)
    process.terminate()
    return outcome.rate


def _respond(ready):
    class Trivial(asyncio.Protocol):
        def connection_made(self, transport):
            self.transport = transport

        def data_received(self, _data):
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    async def main():
        server = await asyncio.get_running_loop().create_server(Trivial, "127.0.0.1", 0)
        ready.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


if __name__ == "__main__":
    for number in (1, 8, 64):
        print(f"{number:3} connections: {ceiling(number):8,.0f} answers a second")

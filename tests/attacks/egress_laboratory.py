"""A town on loopback for attacks on the egress guard: every address that gets dialled leads to one canary."""

import queue
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager

import httpcore

from pod_app.storage.egress_policy import EgressPolicy
from pod_app.storage.web_client import WebClient

PUBLIC = "93.184.215.14"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"

Answer = Callable[[socket.socket, bytes], None]


def say(data: bytes) -> Answer:
    return lambda connection, _head: connection.sendall(data)


def redirect_to(location: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} Go\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


class Canary:
    """A raw listener on 127.0.0.1 that counts connections and keeps the heads of the requests."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.hits = 0
        self.heads: list[bytes] = []
        self.broken = queue.SimpleQueue[OSError]()
        self.socket = socket.create_server(("127.0.0.1", 0))  # listens, does not connect
        self.port = self.socket.getsockname()[1]
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            connection, _ = self.socket.accept()
            if self._ending.is_set():
                connection.close()
                return
            self.hits += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(20)
        with connection:
            try:
                head = b""
                while b"\r\n\r\n" not in head and (data := connection.recv(65536)):
                    head += data
                self.heads.append(head)
                self.answer(connection, head)
            except OSError as error:  # the client hung up on us, as it should in most of these tests
                self.broken.put(error)

    def close(self) -> None:
        self._ending.set()
        with socket.socket() as last:
            last.connect(("127.0.0.1", self.port))
        for thread in self._threads:
            thread.join(20)
        self.socket.close()


class Town(httpcore.NetworkBackend):
    """Keeps what address would be dialled and leads it to the canary: a forbidden one would show as a hit."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.dialled: list[tuple[str, int]] = []
        self._below = httpcore.SyncBackend()

    def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        self.dialled.append((host, port))
        return self._below.connect_tcp("127.0.0.1", self.port, timeout, local_address, socket_options)


class Names:
    """A resolver: each name has answers that are given one after the other, the last one for ever."""

    def __init__(self, answers: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self.answers = {name: list(several) for name, several in answers.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        several = self.answers.get(host, [[PUBLIC]])
        return several.pop(0) if len(several) > 1 else several[0]


class Laboratory:
    def __init__(self, canary: Canary, policy: EgressPolicy, names: Names) -> None:
        self.canary = canary
        self.town = Town(canary.port)
        self.names = names
        self.web = WebClient(policy, resolver=names, network=self.town)


@contextmanager
def laboratory(
    answer: Answer | bytes = OK,
    *,
    policy: EgressPolicy | None = None,
    names: Mapping[str, Sequence[Sequence[str]]] | None = None,
) -> Iterator[Laboratory]:
    with closing(Canary(say(answer) if isinstance(answer, bytes) else answer)) as canary:
        made = Laboratory(canary, policy or EgressPolicy(allow_http=True), Names(names or {}))
        with closing(made.web):
            yield made

"""Large files through the real server: streamed up and down, whole, and nothing left when somebody goes away (V3)."""

import hashlib
import json
import os
import socket
import time
from pathlib import Path

import live_server
import pytest

LONG = bool(os.environ.get("POD_APP_LONG"))
SIZE = (2 * 2**30 if LONG else 256 * 2**20) + 4321
PIECE = bytes(range(256)) * 4096
MEMORY = 50.0  # megabytes above idle
GUARD = 300.0


class Served:
    """The program's process, its owner's token and raw connections to it."""

    def __init__(self, folder, base, token):
        self.folder = folder
        self.port = int(base.rstrip("/").rpartition(":")[2])
        self._token = token
        wanted = {b"serve", str(self.port).encode()}
        self.process = next(number for number in _children(os.getpid()) if wanted <= set(_command(number)))

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.settimeout(GUARD)
        return connection

    def head(self, method, target, *headers):
        lines = (f"{method} {target} HTTP/1.1", f"Host: localhost:{self.port}", f"Authorization: Bearer {self._token}")
        return "\r\n".join((*lines, "Connection: close", *headers, "", "")).encode()

    def ask(self, method, target, *headers):
        """Status line and headers, and the body's size and hash, read piece by piece."""
        with self.connect() as connection:
            connection.sendall(self.head(method, target, *headers))
            return _read(connection)

    def send(self, target, pieces, *headers):
        with self.connect() as connection:
            connection.sendall(self.head("PUT", target, "Content-Type: application/octet-stream", *headers))
            for piece in pieces:
                connection.sendall(piece)
            return _read(connection)[0]

    def memory(self, kind="VmRSS"):
        """Megabytes that the process holds, or held at most (`VmHWM`)."""
        status = Path(f"/proc/{self.process}/status").read_text("utf-8")
        return int(next(line for line in status.splitlines() if line.startswith(kind)).split()[1]) / 1024

    def forget_peak(self):
        """What the process held at most is counted from now on: other tests had their own."""
        Path(f"/proc/{self.process}/clear_refs").write_text("5", "utf-8")

    def files(self):
        return [path for path in (self.folder / "blobs").rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large") / "data"
    port = live_server.free_port()
    base = f"http://localhost:{port}/"
    made = live_server.run(folder, "account", "create", "alice", "--client-credentials", "--json", "--base-url", base)
    assert made.returncode == 0, made.stderr
    (folder / "pod_app.toml").write_text(f"max_body = {4 * SIZE}\npod_quota = {4 * SIZE}\n" if LONG else "", "utf-8")
    with live_server.serving(folder, port):
        server = Served(folder, base, json.loads(made.stdout)["token"])
        assert server.ask("GET", "/alice/profile/card")[0].startswith("HTTP/1.1 200")
        yield server


def _content(size):
    whole, rest = divmod(size, len(PIECE))
    yield from (PIECE for _ in range(whole))
    yield PIECE[:rest]


def _hash(size):
    digest = hashlib.sha256()
    for piece in _content(size):
        digest.update(piece)
    return digest.hexdigest()


def _read(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        assert part, data
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    digest, size = hashlib.sha256(body), len(body)  # which may come later than the head
    while body := connection.recv(2**20):
        digest.update(body)
        size += len(body)
    return head.decode("latin-1"), size, digest.hexdigest()


def _children(parent):
    return [int(number) for number in Path(f"/proc/self/task/{parent}/children").read_text("utf-8").split()]


def _command(number):
    return Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")


def test_v3_a_large_file_goes_up_and_comes_down_whole_in_little_memory(served):
    served.forget_peak()
    idle = served.memory()
    assert served.send("/alice/private/film", _content(SIZE), f"Content-Length: {SIZE}").startswith("HTTP/1.1 201")
    assert served.memory("VmHWM") - idle < MEMORY
    head, size, digest = served.ask("GET", "/alice/private/film")
    assert head.startswith("HTTP/1.1 200")
    assert f"content-length: {SIZE}" in head.lower()
    assert (size, digest) == (SIZE, _hash(SIZE))
    assert served.memory("VmHWM") - idle < MEMORY


def test_v3_a_part_of_a_large_file_is_read_alone_and_a_head_reads_nothing(served):
    assert served.send("/alice/private/part", _content(SIZE), f"Content-Length: {SIZE}")[9:12] in {"201", "204"}
    first = SIZE - 1000
    head, size, digest = served.ask("GET", "/alice/private/part", f"Range: bytes={first}-")
    assert head.startswith("HTTP/1.1 206")
    assert f"content-range: bytes {first}-{SIZE - 1}/{SIZE}" in head.lower()
    wanted = (PIECE + PIECE[: SIZE % len(PIECE)])[-1000:]
    assert (size, digest) == (1000, hashlib.sha256(wanted).hexdigest())
    head, size, _ = served.ask("HEAD", "/alice/private/part", "Range: bytes=0-9")
    assert head.startswith("HTTP/1.1 200")
    assert (f"content-length: {SIZE}" in head.lower(), size) == (True, 0)
    assert served.ask("GET", "/alice/private/part", f"Range: bytes={SIZE}-")[0].startswith("HTTP/1.1 416")


def test_v3_a_large_body_of_unknown_length_is_taken_too(served):
    size = 40 * 2**20
    chunks = (b"%x\r\n%b\r\n" % (len(piece), piece) for piece in _content(size) if piece)
    status = served.send("/alice/private/chunked", (*chunks, b"0\r\n\r\n"), "Transfer-Encoding: chunked")
    assert status.startswith("HTTP/1.1 201")
    assert served.ask("GET", "/alice/private/chunked")[1:] == (size, _hash(size))


def test_v3_who_goes_away_while_sending_leaves_nothing(served):
    before = set(served.files())
    with served.connect() as connection:
        connection.sendall(served.head("PUT", "/alice/private/gone", "Content-Type: a/b", "Content-Length: 90000000"))
        for _ in range(8):
            connection.sendall(PIECE)
        until = time.monotonic() + GUARD
        while not set(served.files()) - before:  # it has begun to write
            assert time.monotonic() < until
            time.sleep(0.01)
    until = time.monotonic() + GUARD
    while set(served.files()) - before:  # what stood before may be going away
        assert time.monotonic() < until, set(served.files()) - before
        time.sleep(0.02)
    assert served.ask("GET", "/alice/private/gone")[0].startswith("HTTP/1.1 404")


def test_rdf_is_never_taken_in_that_size(served):
    head = served.head("PUT", "/alice/private/rdf", "Content-Type: text/turtle", "Content-Length: 11000000")
    with served.connect() as connection:
        connection.sendall(head + PIECE[: 300 * 2**10])
        assert _read(connection)[0].startswith("HTTP/1.1 413")

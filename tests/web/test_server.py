"""The real server on a loopback port, spoken to over raw sockets (S16, S33; house.md §8)."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from live_server import HANG_GUARD, free_port

from pod_app.errors import Unavailable
from pod_app.web.serving.server import run

ROOT = Path(__file__).resolve().parents[2]
MEGA = 2**20
GUARD = HANG_GUARD


class Served:
    """One server process, its port and the lines that its application wrote."""

    def __init__(self, folder, engine):
        self.port = free_port()
        self.log = folder / "log"
        self.log.touch()
        script = Path(__file__).with_name("served_application.py")
        self.errors = folder / "stderr"
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, script, str(self.port), engine, self.log],
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                cwd=folder,
                stderr=errors,
            )
        self.wait_for("ready")

    def lines(self):
        return self.log.read_text("utf-8").splitlines()

    def wait_for(self, line, times=1):
        deadline = time.monotonic() + GUARD
        while self.lines().count(line) < times:
            assert time.monotonic() < deadline, (line, self.lines(), self.errors.read_text("utf-8"))
            time.sleep(0.01)

    def connect(self):
        connection = socket.socket()
        connection.settimeout(GUARD)
        connection.connect(("127.0.0.1", self.port))
        return closing(connection)

    def exchange(self, request):
        """Everything that comes back until the server closes."""
        with self.connect() as connection:
            connection.sendall(request)
            return read_all(connection)

    def echo(self, target, *headers, method="GET", body=b""):
        head = f"{method} {target} HTTP/1.1\r\nHost: pods.example\r\nConnection: close\r\n"
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        answer = self.exchange(
            "".join([head, length, *(f"{line}\r\n" for line in headers), "\r\n"]).encode("latin-1") + body
        )
        return json.loads(answer.partition(b"\r\n\r\n")[2])

    def memory(self):
        """Most megabytes that the process ever held."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("utf-8")
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(GUARD)


def read_all(connection):
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        parts.append(b"<reset>")
    return b"".join(parts)


@pytest.fixture(scope="module", params=["granian", "uvicorn"])
def served(request, tmp_path_factory):
    made = Served(tmp_path_factory.mktemp("served"), request.param)
    yield made
    if made.process.poll() is None:
        made.stop()


@pytest.fixture
def fresh(tmp_path):
    made = Served(tmp_path, "granian")
    yield made
    if made.process.poll() is None:
        made.stop()


def get(target, *headers):
    lines = [f"GET {target} HTTP/1.1", "Host: pods.example", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1")


@pytest.mark.parametrize(
    "target",
    [
        "/a%2Fb",
        "/a%2fb",
        "/a/../b",
        "/a/./b",
        "/a/%2e%2e/b",
        "//x",
        "/x//y/",
        "/%ff%c3",
        "/a%00b",
        "/a;p=1/b;q",
        "/a%5cb",
        "/a?b=%20&c=%2F",
        "/a?b?c",
        "/%C3%A9",
        "/a%20b",
        "/~a/!$&'()*+,=:@",
        "/..",
    ],
)
def test_a_hostile_target_arrives_untouched_in_raw_uri(served, target):
    """S16: the identifier comes from what the client sent, not from what somebody decoded."""
    environ = served.echo(target)["environ"]
    assert environ["RAW_URI"] == target
    assert environ["QUERY_STRING"] == target.partition("?")[2]


def test_the_environ_says_who_asks_for_what(served):
    environ = served.echo("/a%20%C3%A9/b?c")["environ"]
    assert environ["PATH_INFO"] == "/a \u00c3\u00a9/b"
    assert environ["REQUEST_METHOD"] == "GET"
    assert environ["REMOTE_ADDR"] == "127.0.0.1"
    assert environ["SERVER_PORT"] == str(served.port)
    assert environ["HTTP_HOST"] == "pods.example"
    assert environ["wsgi.url_scheme"] == "http"


def test_header_names_with_an_underscore_are_dropped_and_repeats_joined(served):
    environ = served.echo(
        "/",
        "X-Real: 1",
        "X_Real: forged",
        "x-real: 2",
        "Cookie: a=1",
        "Cookie: b=2",
        "Proxy: http://evil",
        "Content_Length: 9",
    )["environ"]
    assert environ["HTTP_X_REAL"].replace(" ", "") == "1,2"
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert "HTTP_PROXY" not in environ
    assert "CONTENT_LENGTH" not in environ


def test_a_body_with_a_length_and_a_chunked_one_are_read_to_their_end(served):
    assert served.echo("/", method="PUT", body=b"hello")["body"] == "hello"
    head = b"PUT /up HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = served.exchange(head + b"5\r\nhello\r\n1;x=y\r\n!\r\n0\r\n\r\n")
    shown = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert shown["body"] == "hello!"
    assert shown["environ"]["CONTENT_LENGTH"] == "6"


def test_a_chunked_upload_longer_than_a_batch_is_read_to_its_end(served):
    head = b"PUT /upload HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    answer = served.exchange(head + chunk * 20 + b"0\r\n\r\n")
    assert str(20 * 65536).encode() in answer


def test_head_has_the_headers_of_get_and_no_body(served):
    answer = served.exchange(get("/").replace(b"GET", b"HEAD", 1))
    assert answer.startswith(b"HTTP/1.1 200")
    length = next(line for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length"))
    assert int(length.split(b":")[1]) > 10
    assert answer.endswith(b"\r\n\r\n")


def test_requests_on_one_connection_are_answered_in_order(served):
    request = b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = served.exchange(request % b"first" + request % b"second" + get("/third"))
    assert answer.count(b"HTTP/1.1 200") == 3
    assert answer.index(b"/first") < answer.index(b"/second") < answer.index(b"/third")


def test_repeated_headers_of_an_answer_and_latin_1_come_through(served):
    answer = served.exchange(get("/headers")).lower()
    assert answer.count(b"set-cookie:") == 2
    assert b"caf\xe9" in answer


def test_write_and_late_start_response_work_as_pep_3333_says(served):
    assert b"written, " in served.exchange(get("/write"))
    late = served.exchange(get("/lazy")).lower()
    assert b"x-status: late" in late
    assert b"transfer-encoding: x" not in late


def test_an_application_that_fails_gives_a_plain_500_without_its_reason(served):
    for path in ("/fails", "/silent"):
        answer = served.exchange(get(path))
        assert answer.startswith(b"HTTP/1.1 500")
        assert b"secret" not in answer


def test_an_answer_that_breaks_in_the_middle_does_not_look_complete(served):
    before = served.lines().count("closed breaks")
    answer = served.exchange(get("/breaks"))
    assert b"some" in answer
    assert not answer.endswith(b"0\r\n\r\n")
    assert b"secret" not in answer
    served.wait_for("closed breaks", before + 1)


def test_the_iterator_of_every_answer_is_closed(served):
    before = served.lines().count("closed echo")
    served.exchange(get("/"))
    served.exchange(get("/").replace(b"GET", b"HEAD", 1))
    served.wait_for("closed echo", before + 2)


def test_a_client_that_leaves_a_stream_has_its_iterator_closed(served):
    for path, needed in (("/ticks", b"tick"), ("/download", b"xxxx")):
        name = path.strip("/")
        before = served.lines().count(f"closed {name}")
        with served.connect() as connection:
            connection.sendall(get(path))
            while needed not in connection.recv(65536):
                pass
        served.wait_for(f"closed {name}", before + 1)
    assert not [line for line in served.lines() if line.startswith("context")]


def test_a_body_above_the_limit_is_refused_before_it_is_read(served):
    answer = served.exchange(f"PUT /up HTTP/1.1\r\nHost: x\r\nContent-Length: {300 * MEGA}\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"application/problem+json" in answer


def test_a_body_that_comes_too_slowly_ends_with_408(served):
    for length in (10, 10 * MEGA):
        answer = served.exchange(f"PUT /upload HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\nab".encode())
        assert answer.startswith(b"HTTP/1.1 408"), answer


def test_a_long_body_that_stalls_in_its_middle_ends_with_408(served):
    head = f"PUT /upload HTTP/1.1\r\nHost: x\r\nContent-Length: {10 * MEGA}\r\n\r\n".encode()
    assert served.exchange(head + b"x" * MEGA).startswith(b"HTTP/1.1 408")


def test_headers_above_the_limit_are_refused(served):
    assert served.exchange(get("/", "X: " + "y" * 30_000)).startswith(b"HTTP/1.1 431")


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: x",
        "Content-Length: -1",
        "Content-Length: 3\r\nContent-Length: 4",
        "Content-Length: 99999999999999999999999",
        "Transfer-Encoding: chunked\r\n\r\nzz",
        "Transfer-Encoding: chunked\r\n\r\n-1",
    ],
)
def test_a_body_of_unclear_length_never_reaches_the_application_as_a_whole(served, head):
    """S33."""
    answer = served.exchange(f"PUT /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{head}\r\n\r\nabcd".encode())
    assert b"HTTP/1.1 200" not in answer


def test_after_an_answer_to_an_unread_long_body_the_connection_is_closed(served):
    """S33: what is left of the body is not taken for a request."""
    head = f"PUT /unread HTTP/1.1\r\nHost: x\r\nContent-Length: {MEGA}\r\n\r\n".encode()
    answer = served.exchange(head + b"x" * 300_000 + b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 401")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_websockets_are_refused_cleanly(served):
    key = ("Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
    with served.connect() as connection:
        connection.sendall(get("/", *key).replace(b"Connection: close", b"Connection: Upgrade"))
        assert connection.recv(100).startswith((b"HTTP/1.1 403", b"HTTP/1.1 200"))


def test_slow_readers_hold_no_thread(served):
    """Two threads work; eight clients that do not read their long answers leave them free."""
    connections = [served.connect() for _ in range(8)]
    opened = [connection.__enter__() for connection in connections]
    for connection in opened:
        connection.sendall(get("/download"))
    assert served.echo("/still-there")["environ"]["RAW_URI"] == "/still-there"
    for connection in connections:
        connection.__exit__(None, None, None)


def test_a_hundred_megabytes_up_and_down_need_little_memory(fresh):
    fresh.echo("/")
    before = fresh.memory()
    with fresh.connect() as connection:
        length = 100 * MEGA
        connection.sendall(
            f"PUT /upload HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n".encode()
        )
        for _ in range(100):
            connection.sendall(b"x" * MEGA)
        assert str(length).encode() in read_all(connection)
    for path in ("/download", "/download?length"):
        with fresh.connect() as connection:
            connection.sendall(get(path))
            time.sleep(0.2)  # a reader that is late must not make the server collect
            size = 0
            while part := connection.recv(MEGA):
                size += len(part)
            assert size >= 1600 * 65536
    assert fresh.memory() - before < 30


def test_an_idle_server_is_small(fresh):
    assert fresh.memory() < 120


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_running_requests_finish_and_ends_streams(served, number, tmp_path):
    engine = served.process.args[3]
    made = Served(tmp_path, engine)
    with made.connect() as stream, made.connect() as slow:
        stream.sendall(get("/ticks"))
        stream.recv(100)
        slow.sendall(get("/slow"))
        made.wait_for("slow begins")
        made.process.send_signal(number)
        assert read_all(slow).endswith(b"done")
        assert b"tick" in read_all(stream)
    assert made.process.wait(GUARD) == 0
    assert made.lines()[-1] == "stopped"
    assert "closed ticks" in made.lines()
    assert made.errors.read_text("utf-8") == ""


def test_a_port_in_use_is_told_with_its_number_and_what_to_do(fresh):
    made = []
    with pytest.raises(Unavailable) as refused:
        run(lambda: made.append(1), "127.0.0.1", fresh.port, on_ready=list, on_stop=list)
    assert str(fresh.port) in refused.value.detail
    assert "--port" in refused.value.remedy
    assert made == []


@pytest.mark.parametrize("host", ["203.0.113.1", "2001:db8::1"])
def test_an_address_that_is_not_ours_is_told_too(host):
    with pytest.raises(Unavailable):
        run(lambda: None, host, free_port(), on_ready=list, on_stop=list)


@pytest.mark.parametrize("port", [-1, 0, 65_536])
def test_a_port_outside_the_range_is_told_too(port):
    with pytest.raises(Unavailable) as refused:
        run(lambda: None, "127.0.0.1", port, on_ready=list, on_stop=list)
    assert str(port) in refused.value.detail

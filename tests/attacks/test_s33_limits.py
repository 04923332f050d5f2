"""S33: what a request may cost before anybody has looked at it: size, slowness, ambiguity and number of headers."""

import os
import socket
import time
from pathlib import Path

import pytest
from fixtures_server import GUARD, Served, status

LONG = bool(os.environ.get("POD_APP_LONG"))
SLOW = 500 if LONG else 200
GIBIBYTE = 2**30


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    from live_server import free_port  # noqa: PLC0415  # the only thing needed of it

    made = Served(tmp_path_factory.mktemp("limits"), free_port())
    yield made
    made.stop()


def memory(served):
    """Megabytes that the server holds."""
    lines = Path(f"/proc/{served.process.pid}/status").read_text("utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def head(served, method, target, *headers):
    return "\r\n".join([f"{method} {target} HTTP/1.1", f"Host: localhost:{served.port}", *headers, "", ""]).encode()


@pytest.mark.parametrize("target", ["/alice/private/x", "/me/sign-in", "/verify"])
def test_s33_a_gibibyte_of_multipart_is_refused_before_it_is_sent(served, target):
    """The announcement is enough: the answer comes while the body has hardly begun."""
    before = memory(served)
    lines = ("Content-Type: multipart/form-data; boundary=x", f"Content-Length: {GIBIBYTE}", "Connection: close")
    part = b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n'
    answer = served.exchange(head(served, "POST", target, *lines) + part + bytes(400_000))
    assert status(answer) == 413
    assert memory(served) - before < 50


@pytest.mark.parametrize("target", ["/me/sign-in", "/verify"])
def test_s33_multipart_of_unknown_length_is_cut_off(served, target):
    """Sent in chunks, without saying how much: what is kept in memory has an end."""
    before = memory(served)
    lines = ("Content-Type: multipart/form-data; boundary=x", "Transfer-Encoding: chunked", "Connection: close")
    sent = 0
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.settimeout(GUARD)
        connection.sendall(head(served, "POST", target, *lines))
        piece = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n'
        try:
            while sent < 64 * 2**20:
                connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
                sent += len(piece)
                piece = bytes(2**20)
        except (BrokenPipeError, ConnectionResetError):
            pass
    assert memory(served) - before < 50
    assert status(served.send("GET", b"/healthz")) == 200


def test_s33_clients_that_never_finish_their_headers_hold_nobody_up_and_are_sent_away(served):
    slow = []
    for _ in range(SLOW):
        connection = socket.create_connection(("127.0.0.1", served.port))
        connection.settimeout(GUARD)
        connection.sendall(b"GET /alice/profile/card HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        slow.append(connection)
    assert status(served.send("GET", b"/healthz")) == 200
    until = time.monotonic() + GUARD
    for connection in slow:
        while connection.recv(4096):
            assert time.monotonic() < until
        connection.close()
    assert status(served.send("GET", b"/healthz")) == 200


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", "Content-Length: 5"),
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: 5, 6",),
        ("Content-Length: +5",),
        ("Transfer-Encoding: chunked, identity",),
        ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding : chunked",),
    ],
)
def test_s33_a_body_whose_end_is_ambiguous_never_hides_a_second_request(served, lines):
    """CL+TE and their kin: one answer at most to what was sent in one go, and never one to the smuggled part."""
    smuggled = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = served.exchange(
        head(served, "POST", "/alice/private/", *lines, "Content-Type: text/plain") + b"0\r\n\r\n" + smuggled
    )
    assert b"\r\n\r\nok\n" not in answer
    assert answer == b"" or status(answer) in {400, 401, 403, 404, 408, 411, 413, 501}


@pytest.mark.parametrize(("count", "size"), [(10_000, 1), (200, 10), (1, 200_000)])
def test_s33_too_many_or_too_long_headers_are_refused(served, count, size):
    answer = served.exchange(
        head(served, "GET", "/healthz", "Connection: close", *(f"X-{number}: {'x' * size}" for number in range(count)))
    )
    assert answer == b"" or status(answer) in {400, 431} or (status(answer) == 200 and count == 200)
    assert status(served.send("GET", b"/healthz")) == 200

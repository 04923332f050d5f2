"""S8: a remote host that is slow, endless or explosive costs a bounded time and a bounded memory."""

import gzip
import itertools
import socket
import threading
import time
import tracemalloc
import zlib

import pytest
from egress_laboratory import OK, PUBLIC, laboratory
from subscribers import wait_until

from pod_app.errors import Unreachable
from pod_app.storage.egress_policy import EgressPolicy
from pod_app.storage.web_client import WebClient

HASTY = EgressPolicy(allow_http=True, connect_seconds=0.8, total_seconds=1.5)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
HANG_GUARD = 60.0  # seconds; far above what is expected on a busy machine, and what a silent host holds out


def drip(data, pause=0.05):
    """One byte after the other, for ever."""

    def answer(connection, _head):
        for byte in itertools.chain(data, itertools.repeat(b"a"[0])):
            connection.sendall(bytes([byte]))
            time.sleep(pause)

    return answer


def pour(start, block):
    def answer(connection, _head):
        connection.sendall(start)
        while True:
            connection.sendall(block)

    return answer


def refused(web, url="http://public.example/", **options):
    start = time.monotonic()
    with pytest.raises(Unreachable):
        web.fetch(url, **options)
    assert time.monotonic() - start < HANG_GUARD


def refused_in_little_memory(web):
    tracemalloc.start()
    refused(web, max_bytes=2**20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * 2**20


@pytest.mark.parametrize(
    "answer",
    [drip(HEAD + b"\r\n"), drip(b"HTTP/1.1 200 OK\r\nX: "), drip(HEAD + b"Content-Length: 1000000\r\n\r\n"), drip(b"")],
    ids=["body", "header", "counted body", "no http"],
)
def test_one_byte_after_the_other_ends_at_the_deadline(answer):
    with laboratory(answer, policy=HASTY) as lab:
        refused(lab.web)
        wait_until(lambda: lab.canary.hits == 1)


def test_a_host_that_says_nothing_ends_at_the_deadline():
    silent = threading.Event()
    with laboratory(lambda _connection, _head: silent.wait(HANG_GUARD), policy=HASTY) as lab:
        refused(lab.web)
        silent.set()


def test_a_tls_handshake_that_never_answers_ends_at_the_deadline():
    silent = threading.Event()
    with laboratory(lambda _connection, _head: silent.wait(HANG_GUARD), policy=HASTY) as lab:
        refused(lab.web, "https://public.example/")
        assert lab.town.dialled == [(PUBLIC, 443)]
        silent.set()


def test_a_resolver_that_never_answers_ends_at_the_deadline():
    silent = threading.Event()
    with laboratory(policy=HASTY) as lab:
        web = WebClient(HASTY, resolver=lambda _host, _port: silent.wait(HANG_GUARD) and [PUBLIC], network=lab.town)
        refused(web)
        silent.set()
        assert lab.town.dialled == []


def test_a_caller_may_shorten_the_deadline_but_not_lengthen_it():
    with laboratory(drip(HEAD + b"\r\n"), policy=HASTY) as lab:
        refused(lab.web, seconds=3600.0)
    with laboratory(drip(HEAD + b"\r\n"), policy=EgressPolicy(allow_http=True)) as lab:
        refused(lab.web, seconds=0.3)


@pytest.mark.parametrize(
    "start",
    [
        HEAD + b"\r\n",
        HEAD + b"Content-Length: 10737418240\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
    ],
    ids=["until close", "ten gigabytes", "chunked"],
)
def test_a_body_without_end_stops_at_the_limit(start):
    block = b"10000\r\n" + b"x" * 65536 + b"\r\n" if b"chunked" in start else b"x" * 65536
    with laboratory(pour(start, block)) as lab:
        refused_in_little_memory(lab.web)


@pytest.mark.parametrize(
    ("start", "block"),
    [
        (HEAD, b"X-More: " + b"y" * 1000 + b"\r\n"),
        (HEAD, b"y" * 65536),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1;" + b"e" * 4000 + b"\r\nx\r\n"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Trailer: " + b"y" * 1000 + b"\r\n"),
    ],
    ids=["header lines", "one header line", "informational answers", "chunk extensions", "trailers"],
)
def test_headers_without_end_stop_at_the_limit(start, block):
    with laboratory(pour(start, block)) as lab:
        refused(lab.web, max_bytes=1000)


def test_a_compression_bomb_stops_at_the_limit_of_the_decompressed_size():
    bomb = gzip.compress(bytes(200 * 2**20), 9)
    assert len(bomb) < 2**18
    head = HEAD + f"Content-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    with laboratory(head + bomb) as lab:
        refused_in_little_memory(lab.web)


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("br", b"\x0b\x02\x80hello\x03"),
        ("zstd", b"(\xb5/\xfd"),
        ("deflate", zlib.compress(b"hello")),
        ("gzip, gzip", gzip.compress(gzip.compress(b"hello"))),
        ("gzip", b"not gzip"),
        ("gzip", gzip.compress(b"hello" * 1000)[:-9]),
    ],
)
def test_an_encoding_that_nobody_asked_for_or_that_is_broken_is_refused(encoding, data):
    head = HEAD + f"Content-Encoding: {encoding}\r\nContent-Length: {len(data)}\r\n\r\n".encode()
    with laboratory(head + data) as lab:
        refused(lab.web)


def test_honest_gzip_is_read_and_a_body_of_exactly_the_limit_is_taken():
    data = gzip.compress(b"x" * 5000)
    head = HEAD + f"Content-Encoding: gzip\r\nContent-Length: {len(data)}\r\n\r\n".encode()
    with laboratory(head + data) as lab:
        assert lab.web.fetch("http://public.example/", max_bytes=5000).body == b"x" * 5000
        refused(lab.web, max_bytes=4999)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x00" * 100,
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 999999 No\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ],
)
def test_anything_else_than_a_whole_document_is_unreachable(answer):
    with laboratory(answer) as lab:
        refused(lab.web)


@pytest.mark.parametrize("media_type", [b"text/html", b"text/turtlex", b"", b"TEXT"])
def test_only_the_media_types_asked_for_are_taken(media_type):
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: " + media_type + b"\r\nContent-Length: 2\r\n\r\nok"
    with laboratory(answer) as lab:
        refused(lab.web, media_types=frozenset({"text/turtle"}))


def test_media_types_are_compared_without_case_and_parameters():
    with laboratory(OK.replace(b"text/plain", b"Text/Turtle; charset=utf-8")) as lab:
        answer = lab.web.fetch("http://public.example/", media_types=frozenset({"text/turtle"}))
        assert (answer.media_type, answer.ok) == ("text/turtle", True)


def test_four_requests_at_once_and_no_more_lean_on_one_host():
    at_once = []
    inside = []
    lock = threading.Lock()

    def answer(connection: socket.socket, _head: bytes) -> None:
        with lock:
            inside.append(1)
            at_once.append(len(inside))
        time.sleep(0.05)
        with lock:
            inside.pop()
        connection.sendall(OK)

    with laboratory(answer) as lab:
        threads = [threading.Thread(target=lab.web.fetch, args=("http://public.example/",)) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert lab.canary.hits == 16
        assert max(at_once) <= 4


def test_a_host_that_failed_five_times_rests_and_then_one_request_tries_again():
    clock = [1000.0]
    with laboratory(b"") as lab:
        web = WebClient(EgressPolicy(allow_http=True), resolver=lab.names, network=lab.town, clock=lambda: clock[0])
        for _ in range(8):
            refused(web)
        assert lab.canary.hits == 5
        refused(web, "http://other.example/")
        assert lab.canary.hits == 6
        clock[0] += 31
        for _ in range(3):
            refused(web)
        assert lab.canary.hits == 7
        clock[0] += 31
        lab.canary.answer = lambda connection, _head: connection.sendall(OK)
        for _ in range(3):
            assert web.fetch("http://public.example/").body == b"ok"
        web.close()


def test_answers_of_any_status_and_policy_refusals_do_not_send_a_host_to_rest():
    with laboratory(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n") as lab:
        for _ in range(7):
            refused(lab.web)
        assert lab.canary.hits == 7

"""S40: nobody takes what everybody needs by asking for very many channels, sockets or messages."""

import json
import os
import socket
import threading
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from fixtures_notifications import serving_by
from fixtures_pods import people
from subscribers import CONTEXT, GUARD, Stream
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

LD = "application/ld+json"
STALLED = 50


def subscribe(person, topic="alice/public/"):
    wanted = {"@context": [CONTEXT], "type": "WebSocketChannel2023", "topic": f"{person.installation.base}{topic}"}
    return person("POST", "/subscriptions/WebSocketChannel2023", json.dumps(wanted), LD)


def test_s40_an_agent_has_so_many_channels_and_gets_room_when_one_ends(make_installation):
    installation = make_installation(channels_per_agent=3)
    alice, bob, _ = people(installation, "alice", "bob")
    made = [subscribe(alice) for _ in range(3)]
    assert [answer.status_code for answer in made] == [200] * 3
    refused = subscribe(alice)
    assert refused.status_code == 429
    assert "3" in refused.json()["detail"]
    assert subscribe(bob, "bob/public/").status_code == 200
    path = made[0].json()["id"].removeprefix(installation.base.rstrip("/"))
    assert alice("DELETE", path).status_code == 204
    assert subscribe(alice).status_code == 200
    installation.clock.forward(days=15)
    assert subscribe(alice).status_code == 200
    with installation.services.database.read() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM channels").scalar() == 1
        assert conn.exec_driver_sql("SELECT count(*) FROM channel_topics").scalar() == 1


def test_s40_strangers_count_by_their_address(make_installation):
    installation = make_installation(channels_per_agent=2)
    alice, stranger = people(installation, "alice")
    for expected in (200, 200, 429):
        assert subscribe(stranger, "alice/profile/card").status_code == expected
    assert subscribe(alice).status_code == 200


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A server that allows few sockets and short queues."""
    folder = tmp_path_factory.mktemp("small") / "data"
    limits = {"POD_APP_SOCKETS_PER_AGENT": "3", "POD_APP_CHANNEL_QUEUE": "5"}
    with serving_by("granian", folder, **limits) as made:
        yield made


def test_s40_an_agent_has_so_many_open_sockets_and_the_next_is_refused_before_the_upgrade(small):
    url = small.subscribe("WebSocketChannel2023", "/alice/public/")["receiveFrom"]
    with ExitStack() as open_ones:
        for _ in range(3):
            open_ones.enter_context(connect(url))
        with pytest.raises(InvalidStatus) as refused:
            connect(url, legacy=True)
        assert refused.value.response.status_code == 429


def test_s40_who_talks_too_much_on_a_socket_is_sent_away(small):
    """Bob, because places come back a little after the end of a socket, and Alice needs all of hers."""
    bob = small.person("bob")
    url = small.subscribe("WebSocketChannel2023", "/bob/public/", who=bob)["receiveFrom"]
    with connect(url) as talking, pytest.raises(ConnectionClosed) as closed:
        for _ in range(40):
            talking.send("x" * 4000)
        talking.recv(GUARD)
    assert closed.value.rcvd is None or closed.value.rcvd.code in {1008, 1009}


class Deaf:
    """A subscriber who opens a stream or a socket with the smallest window and never reads."""

    def __init__(self, url):
        parts = urlsplit(url)
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(GUARD)
        self.socket.connect((parts.hostname, parts.port))
        upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        upgrade += "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        lines = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n{upgrade if parts.scheme == 'ws' else ''}\r\n"
        self.socket.sendall(lines.encode())
        assert self.socket.recv(12).startswith((b"HTTP/1.1 200", b"HTTP/1.1 101"))


def test_s40_n13_fifty_stalled_subscribers_stop_neither_writers_nor_readers_nor_each_other(tmp_path):
    with ExitStack() as held:
        served = held.enter_context(
            serving_by("granian", tmp_path / "data", POD_APP_SOCKETS_PER_AGENT="100", POD_APP_CHANNEL_QUEUE="200")
        )
        kinds = ["WebSocketChannel2023", "StreamingHTTPChannel2023", "EventSourceChannel2023"]
        urls = [served.subscribe(kind, "/alice/public/")["receiveFrom"] for kind in kinds]
        for number in range(STALLED):
            deaf = Deaf(urls[number % 3])
            held.callback(deaf.socket.close)
        awake = Stream(urls[1])
        held.callback(awake.close)
        heard = []
        listening = threading.Thread(target=listen, args=(awake, heard, 100), daemon=True)
        listening.start()
        for number in range(100):
            assert served.put(f"/alice/public/{os.urandom(60).hex()}") == 201, number
            assert served.send("GET", "/alice/profile/card")[0] == 200
        listening.join(GUARD)
        assert len(heard) == 100
        assert len(set(heard)) == 100


def listen(stream, heard, count):
    while len(heard) < count:
        heard.append(stream.message()["object"])

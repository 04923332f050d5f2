"""`serve --workers`: several processes on one port, replaced and restarted without dropping requests."""

import os
import signal
import socket
import threading
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from worker_parent import GUARD, running_parent


@pytest.fixture
def parent(tmp_path):
    """One for each test: they end, kill and reload what they are given."""
    with running_parent(tmp_path / "data") as made:
        yield made


class Load(threading.Thread):
    """Puts and gets without a pause, each on a connection of its own, and notes what did not succeed."""

    def __init__(self, parent, name):
        super().__init__()
        self._parent = parent
        self._name = name
        self.done = 0
        self.wrong = []
        self.over = threading.Event()

    def run(self):
        while not self.over.is_set():
            iri = f"{self._parent.base}alice/private/{self._name}{self.done}"
            try:
                put = httpx.put(iri, content=self._name, headers=self._parent.headers, timeout=GUARD)
                got = httpx.get(iri, headers=self._parent.headers, timeout=GUARD)
            except httpx.TransportError as error:
                self.wrong.append(repr(error))
            else:
                if (put.status_code, got.text) != (201, self._name):
                    self.wrong.append((put.status_code, got.status_code))
            self.done += 1


def test_a_reload_replaces_every_worker_and_drops_no_request(parent):
    before = parent.children()
    assert len(before) == 2
    loads = [Load(parent, name) for name in ("a", "b")]
    for load in loads:
        load.start()
    parent.process.send_signal(signal.SIGHUP)
    parent.wait_for(lambda: len(parent.children()) == 2 and not parent.children() & before)
    for load in loads:
        load.over.set()
        load.join()
        assert load.done > 3
        assert load.wrong == []


def test_who_has_connected_to_a_worker_that_ends_still_gets_an_answer(parent):
    """The request itself comes only after the worker was told to end."""
    before = parent.children()
    with closing(socket.create_connection(("127.0.0.1", parent.port), timeout=GUARD)) as connection:
        parent.wait_for(parent.connected)
        ending = parent.connected()
        assert len(ending) == 1
        os.kill(*ending, signal.SIGTERM)
        time.sleep(0.2)
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nconnection: close\r\n" in answer
    parent.wait_for(lambda: len(parent.children()) == 2 and parent.children() - before)


def test_a_worker_that_dies_is_begun_again_and_the_other_one_answers_meanwhile(parent):
    victim = min(parent.children())
    os.kill(victim, signal.SIGKILL)
    assert httpx.get(f"{parent.base}healthz", timeout=GUARD).status_code == 200
    parent.wait_for(lambda: len(parent.children()) == 2 and victim not in parent.children())
    assert "is begun again" in parent.log.read_text("utf-8")


def test_s16_workers_see_the_raw_target(parent):
    """A spelling that is not canonical is refused, which only the raw target can tell."""
    with httpx.Client(timeout=GUARD) as client:
        request = client.build_request("GET", parent.base, extensions={"target": b"/alice/a%2Fb"})
        assert client.send(request).status_code == 400


def test_stopping_ends_every_worker(parent):
    children = parent.children()
    assert parent.end() == 0
    for child in children:
        assert not Path(f"/proc/{child}").exists()

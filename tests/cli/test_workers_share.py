"""What the workers of `serve --workers` share, over SQLite and PostgreSQL: writes, news and conditions."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest
from subscribers import Served, connect
from worker_parent import GUARD, running_parent

MANY = 8


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def parent(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared") / "data"
    settings = "sockets_per_agent = 500\n"
    if request.param == "postgresql":
        settings += f'database_url = "{request.getfixturevalue("postgres_server").new_database()}"'
    with running_parent(folder, settings) as made:
        yield made


@pytest.fixture(scope="module")
def alice(parent):
    return Served(parent.base, None, {"alice": parent.token})


def test_n8_a_channel_is_heard_across_workers(parent, alice):
    """Subscribers on both workers hear of writes by either."""
    target = "/alice/public/across"
    alice.put(target)
    with ExitStack() as stack:
        sockets, channel = [], alice.subscribe("WebSocketChannel2023", target)
        while len(sockets) < MANY or len(parent.connected()) < 2:
            assert len(sockets) < 400, "the kernel sends every connection to one worker"
            sockets.append(stack.enter_context(connect(channel["receiveFrom"])))
        for number in range(MANY):
            alice.put(target, f"<> a <#{number}>.".encode())
            state = alice.send("GET", target)[1]["ETag"]
            for socket in sockets:
                told = json.loads(socket.recv(GUARD))
                assert told["type"] == "Update"
                assert told["state"] in state


def test_v2_of_many_that_create_at_once_exactly_one_does(parent):
    iri = f"{parent.base}alice/private/once"
    headers = {**parent.headers, "If-None-Match": "*"}
    with ThreadPoolExecutor(MANY) as pool:
        answers = pool.map(lambda n: httpx.put(iri, content=str(n), headers=headers, timeout=GUARD), range(MANY * 2))
        found = sorted(answer.status_code for answer in answers)
    assert found == [201] + [412] * (MANY * 2 - 1)


def test_v2_what_one_worker_acknowledged_the_other_one_reads(parent):
    def write_and_read(number):
        iri = f"{parent.base}alice/private/read-{number}"
        assert httpx.put(iri, content=str(number), headers=parent.headers, timeout=GUARD).status_code == 201
        return [httpx.get(iri, headers=parent.headers, timeout=GUARD).text for _ in range(4)]

    with ThreadPoolExecutor(MANY) as pool:
        for number, texts in enumerate(pool.map(write_and_read, range(MANY * 2))):
            assert texts == [str(number)] * 4

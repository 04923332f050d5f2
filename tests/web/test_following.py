"""What waits for a slow subscriber, and what happens when too much does (N6, N13)."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from loops import in_a_loop

from pod_app.standards import rdf
from pod_app.standards.notifications import Message
from pod_app.storage.channels import StoredChannel
from pod_app.web.solid.following import End, EndedError, Following, Line
from pod_app.web.solid.legacy_sockets import LegacySocket

NOW = datetime(2026, 3, 12, 9, tzinfo=UTC)
CHANNEL = StoredChannel(
    pod="alice", id="1", kind="WebSocketChannel2023", holder="alice", webid=None, client=None, issuer=None, origin=None,
    created=NOW, starts=None, ends=NOW + timedelta(days=1), rate=None, accept=rdf.JSON_LD, state=None, send_to=None,
    seen=0, paths=("public/",),
)  # fmt: skip


def message(seq, thing="a", verb="Update"):
    return Message(seq, verb, "topic", thing, NOW)


async def line(installation, **changes):
    return Line(replace(CHANNEL, **changes), installation.services, asyncio.get_running_loop())


async def taken(made, seconds=0.05):
    """Everything that may be sent now."""
    found = []
    while (one := await made.next(seconds)) is not None:
        found.append(one.seq)
    return found


def test_n13_a_queue_that_overflows_ends_the_connection(make_installation):
    installation = make_installation(channel_queue=3)

    async def run():
        made = await line(installation)
        made.offer([message(number, str(number % 3)) for number in range(1, 50)])
        assert await taken(made) == [47, 48, 49]
        made.offer([message(number, str(number)) for number in range(50, 54)])
        with pytest.raises(EndedError) as ended:
            await made.next(1)
        assert ended.value.reason is End.SLOW

    in_a_loop(run)


def test_n6_a_rate_leaves_only_the_last_message_of_each_pause(installation):
    async def run():
        made = await line(installation, rate=timedelta(seconds=0.2))
        made.offer([message(1)])
        assert await taken(made) == [1]
        made.offer([message(2, "b"), message(3, "c")])
        made.offer([message(4, "d")])
        assert await taken(made, 5) == [4]

    in_a_loop(run)


def test_n6_a_channel_ends_at_its_end(installation):
    async def run():
        made = await line(installation)
        assert await made.next(0.01) is None
        installation.clock.forward(days=2)
        with pytest.raises(EndedError) as ended:
            await made.next(1)
        assert ended.value.reason is End.OVER

    in_a_loop(run)


def test_n11_what_was_told_already_is_not_told_again(installation):
    async def run():
        made = await line(installation)
        made.offer([message(7, "x"), message(9, "y")])
        await asyncio.sleep(0)
        made.begin([message(5, "v"), message(7, "w")], 7)
        assert await taken(made) == [5, 7, 9]

    in_a_loop(run)


def test_n12_s40_who_goes_away_at_once_keeps_no_place(make_installation):
    """All that is said has come before anybody is told anything: what was to tell them never began."""
    installation = make_installation(sockets_per_agent=3)
    alice = installation.person("alice")
    following = Following(installation.services)
    said = [{"type": "websocket.receive", "text": f"sub {alice.iri}public/{number}"} for number in range(3)]

    async def come_and_go():
        heard, waiting = [], [*said, {"type": "websocket.disconnect"}]

        async def send(event):
            heard.append(event.get("text", "").partition(" ")[0])

        async def receive():
            return waiting.pop(0)

        with ThreadPoolExecutor(1) as threads:
            await LegacySocket(installation.services, following, threads, send, "192.0.2.1").run(receive)
        return heard

    for _ in range(2):
        assert in_a_loop(come_and_go) == ["", "protocol", "ack", "ack", "ack"]
    following.close()

"""What sockets and streams bring, and when they end (solid.md N5 to N8, N10, N11)."""

import json
import signal

import pytest
from fixtures_notifications import ENGINES, serving_by
from subscribers import CONTEXT, GUARD, LD, Stream, connect, fresh
from subscribers import status_of as refused
from websockets.exceptions import ConnectionClosed, InvalidStatus

from pod_app.standards import rdf
from pod_app.standards.namespaces import NOTIFY


def test_n5_a_channel_whose_read_is_gone_is_told_nothing_more_and_is_closed(served):
    target = fresh("/alice/private/")
    served.put(target, b"<> a <#secret>.")
    share(served, target, "bob", "Read")
    with connect(served.subscribe("WebSocketChannel2023", target, who="bob")["receiveFrom"]) as socket:
        served.put(target, b"<> a <#second>.")
        assert json.loads(socket.recv(GUARD))["type"] == "Update"
        share(served, target, "bob", "")
        served.put(target, b"<> a <#third>.")
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(GUARD)
    assert closed.value.rcvd.code == 1008


def test_n7_who_could_read_a_resource_by_its_own_rules_is_told_that_it_is_gone(served):
    target = fresh("/alice/private/")
    served.put(target, b"<> a <#secret>.")
    share(served, target, "bob", "Read")
    with connect(served.subscribe("WebSocketChannel2023", target, who="bob")["receiveFrom"]) as socket:
        assert served.send("DELETE", target, who="alice")[0] == 204
        assert json.loads(socket.recv(GUARD))["type"] == "Delete"
        served.put(target, b"<> a <#another>.")
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(GUARD)
    assert closed.value.rcvd.code == 1008


def share(served, target, who, modes):
    acl = "@prefix acl: <http://www.w3.org/ns/auth/acl#>.\n"
    for number, (agent, granted) in enumerate([("alice", "Read, acl:Write, acl:Control"), (who, modes)]):
        if granted:
            acl += (
                f"<#{number}> a acl:Authorization; acl:agent <{served.base}{agent}/profile/card#me>; "
                f"acl:accessTo <{served.base}{target[1:]}>; acl:mode acl:{granted}.\n"
            )
    served.put(f"{target}.acl", acl.encode())


def test_n6_a_state_that_is_current_is_not_told_and_another_one_at_once(served):
    target = fresh()
    served.put(target, b"<> a <#first>.")
    etag = served.send("HEAD", target, who="alice")[1]["ETag"]
    for number, spelled in enumerate((str, lambda tag: tag.strip('"'), lambda tag: tag.strip('"').rpartition("-")[0])):
        channel = served.subscribe("WebSocketChannel2023", target, state=spelled(etag))
        with connect(channel["receiveFrom"]) as socket:
            served.put(target, f"<> a <#{number}>.".encode())
            first = json.loads(socket.recv(GUARD))
            assert first["state"] not in etag
        etag = served.send("HEAD", target, who="alice")[1]["ETag"]
    with connect(served.subscribe("WebSocketChannel2023", target, state="other")["receiveFrom"]) as socket:
        told = json.loads(socket.recv(GUARD))
    assert (told["type"], told["object"]) == ("Update", f"{served.base}{target[1:]}")
    assert told["state"] in etag


def test_n6_nothing_is_told_before_the_start_and_the_stream_ends_at_its_end(served):
    target = fresh()
    served.put(target)
    later = served.subscribe("StreamingHTTPChannel2023", target, startAt="2999-01-01T00:00:00Z")
    early = Stream(later["receiveFrom"])
    now = served.subscribe("StreamingHTTPChannel2023", target)
    stream = Stream(now["receiveFrom"])
    served.put(target, b"<> a <#second>.")
    assert stream.message()["type"] == "Update"
    early.connection.sock.settimeout(0.3)
    with pytest.raises(TimeoutError):
        early.chunk()
    early.close()
    stream.close()


def test_n6_messages_come_in_the_form_that_was_accepted(served):
    target = fresh()
    served.put(target)
    channel = served.subscribe("StreamingHTTPChannel2023", target, accept="text/turtle")
    stream = Stream(channel["receiveFrom"])
    assert stream.answer.headers["Content-Type"] == "text/turtle"
    served.put(target, b"<> a <#second>.")
    quads = rdf.parse(stream.chunk(), rdf.TURTLE, served.base)
    assert any(quad.predicate == NOTIFY["state"] for quad in quads)
    stream.close()


def test_n7_a_document_and_its_container_are_told_what_happens(served):
    target = fresh()
    iri, container = f"{served.base}{target[1:]}", f"{served.base}alice/public/"
    with (
        connect(served.subscribe("WebSocketChannel2023", target)["receiveFrom"]) as document,
        connect(served.subscribe("WebSocketChannel2023", "/alice/public/")["receiveFrom"]) as around,
    ):
        served.put(target, b"<> a <#first>.")
        served.put(target, b"<> a <#second>.")
        etag = served.send("HEAD", target, who="alice")[1]["ETag"]
        told = [json.loads(document.recv(GUARD))]
        while told[-1].get("state", "-") not in etag:
            told.append(json.loads(document.recv(GUARD)))
        assert told[0]["type"] == "Create"
        assert {one["type"] for one in told} <= {"Create", "Update"}
        added = json.loads(around.recv(GUARD))
        served.send("DELETE", target, who="alice")
        deleted = json.loads(document.recv(GUARD))
        removed = json.loads(around.recv(GUARD))
    for one in (*told, added, deleted, removed):
        assert one["@context"] == ["https://www.w3.org/ns/activitystreams", CONTEXT]
        assert one["id"].startswith("urn:uuid:")
        assert one["object"] == iri
        assert one["published"].endswith("Z")
    assert (deleted["type"], "state" in deleted, "target" in deleted) == ("Delete", False, False)
    assert (added["type"], added["target"]) == ("Add", container)
    assert (removed["type"], removed["target"]) == ("Remove", container)
    assert added["state"] != removed["state"]


def test_n7_a_write_that_fails_or_changes_nothing_is_not_told(served):
    target = fresh()
    served.put(target, b"<> a <#first>.")
    with connect(served.subscribe("WebSocketChannel2023", target, "/alice/public/")["receiveFrom"]) as socket:
        assert served.send("PUT", target, b"<> <>", who="alice")[0] == 400
        assert served.send("PUT", target, b"<> a <#x>.", who="bob")[0] == 403
        assert served.send("PUT", target, b"<> a <#x>.", who="alice", If_None_Match="*")[0] == 412
        assert served.send("DELETE", "/alice/public/", who="alice")[0] == 409
        served.put(target, b"<> a <#first>.")
        served.put(target, b"<> a <#last>.")
        etag = served.send("HEAD", target, who="alice")[1]["ETag"]
        told = json.loads(socket.recv(GUARD))
    assert (told["type"], told["object"]) == ("Update", f"{served.base}{target[1:]}")
    assert told["state"] in etag


def test_n8_a_socket_brings_one_message_per_frame(engine):
    target = fresh()
    with connect(engine.subscribe("WebSocketChannel2023", "/alice/public/")["receiveFrom"]) as socket:
        for number in range(3):
            engine.put(f"{target}-{number}")
        objects = [json.loads(socket.recv(GUARD))["object"] for _ in range(3)]
        assert socket.ping().wait(GUARD)
    assert [one.rpartition("-")[2] for one in objects] == ["0", "1", "2"]


def test_n8_a_subprotocol_that_is_asked_for_is_answered(engine):
    channel = engine.subscribe("WebSocketChannel2023", "/alice/public/")
    with connect(channel["receiveFrom"], subprotocols=["solid-notifications"]) as socket:
        assert socket.subprotocol == "solid-notifications"


def test_n8_an_unknown_channel_a_wrong_capability_and_one_of_another_kind_are_404_before_the_upgrade(engine):
    channel = engine.subscribe("WebSocketChannel2023", "/alice/public/")["receiveFrom"]
    stream = engine.subscribe("StreamingHTTPChannel2023", "/alice/public/")["receiveFrom"]
    base = channel.partition("/subscriptions/")[0]
    wrong = [
        f"{channel[:-4]}AAAA", f"{channel}/x", channel.rpartition("/")[0], f"{base}/alice/public/", f"{base}/",
        f"{base}/subscriptions/streams/nobody/0123/abcd", stream.replace("http:", "ws:"),
    ]  # fmt: skip
    for url in wrong:
        with pytest.raises(InvalidStatus) as refused:
            connect(url, legacy=True)
        assert refused.value.response.status_code == 404, url


def test_n10_a_stream_brings_one_message_per_chunk_to_whoever_has_the_address(engine):
    target = fresh()
    engine.put(target)
    channel = engine.subscribe("StreamingHTTPChannel2023", target)
    stream = Stream(channel["receiveFrom"], Origin="https://app.example")
    assert stream.status == 200
    assert stream.answer.headers["Content-Type"] == LD
    assert stream.answer.headers["Access-Control-Allow-Origin"] == "https://app.example"
    for number in range(3):
        engine.put(target, f"<> a <#{number}x>.".encode())
        assert stream.message()["type"] == "Update"
    stream.close()


def test_n10_the_same_agent_gets_the_stream_without_the_capability_and_nobody_else(served):
    target = fresh()
    served.put(target)
    bare = served.subscribe("StreamingHTTPChannel2023", target)["receiveFrom"].rpartition("/")[0]
    assert refused(bare) == 404
    assert refused(bare, Authorization=f"Bearer {served.tokens['bob']}") == 404
    assert refused(bare, Authorization="Bearer nobody.nothing") == 401
    mine = Stream(bare, Authorization=f"Bearer {served.tokens['alice']}")
    assert mine.status == 200
    served.put(target, b"<> a <#second>.")
    assert mine.message()["type"] == "Update"
    mine.close()


def test_n11_events_are_taken_up_again_where_they_broke_off(engine):
    target = fresh()
    channel = engine.subscribe("EventSourceChannel2023", target, "/alice/public/")
    first = Stream(channel["receiveFrom"])
    assert first.answer.headers["Content-Type"] == "text/event-stream"
    engine.put(target)
    told = [first.event(), first.event()]
    assert {json.loads(data)["type"] for _, data in told} == {"Create", "Add"}
    assert [number is None for number, _ in told] == [True, False]
    first.close()
    engine.put(target, b"<> a <#second>.")
    engine.put(f"{target}-beside")
    again = Stream(channel["receiveFrom"], Last_Event_ID=told[-1][0])
    missed = [json.loads(again.event()[1]) for _ in range(2)]
    assert [one["type"] for one in missed] == ["Update", "Add"]
    engine.put(target, b"<> a <#third>.")
    assert json.loads(again.event()[1])["type"] == "Update"
    again.close()


@pytest.mark.parametrize("name", ENGINES)
def test_n11_a_stopping_server_closes_sockets_and_streams_politely(tmp_path, name):
    with serving_by(name, tmp_path / "data") as made:
        stream = Stream(made.subscribe("StreamingHTTPChannel2023", "/alice/public/")["receiveFrom"])
        events = Stream(made.subscribe("EventSourceChannel2023", "/alice/public/")["receiveFrom"])
        assert events.chunk().startswith(b":")
        with connect(made.subscribe("WebSocketChannel2023", "/alice/public/")["receiveFrom"]) as socket:
            made.process.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv(GUARD)
        assert closed.value.rcvd.code == 1001
        assert (stream.chunk(), events.chunk()) == (b"", b"")
        assert made.process.wait(GUARD) == 0
        assert b"Traceback" not in made.log.read_bytes()
    stream.close()
    events.close()

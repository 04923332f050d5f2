"""Solid notifications, by the numbers of docs/requirements/solid.md N."""

import json
import signal
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from fixtures_notifications import ENGINES, engine, served, serving_by  # noqa: F401  # fixtures
from fixtures_pods import people
from subscribers import CONTEXT, GUARD, Stream, connect, receiving, wait_until
from subscribers import status_of as refused
from websockets.exceptions import ConnectionClosed, InvalidStatus

from pod_app.errors import Gone
from pod_app.standards import jose, rdf
from pod_app.standards.namespaces import NOTIFY, PIM, RDF
from pod_app.standards.notifications import CHANNEL_TYPES, FEATURES, Message, coalesced
from pod_app.storage import channels
from pod_app.web.problems import status_of

LD = "application/ld+json"
OLDER = "https://www.w3.org/ns/solid/notification/v1"
names = count()


def fresh(container="/alice/public/"):
    return f"{container}n{next(names)}"


def ask(person, kind, content_type=LD, **request):
    """A subscription request, and its answer."""
    wanted = {"@context": [CONTEXT], "type": kind, **request}
    return person("POST", f"/subscriptions/{kind}", json.dumps(wanted), content_type)


def topic(installation, path="alice/public/"):
    return f"{installation.base}{path}"


# -- N1, N2: finding the services ----------------------------------------------------------------


def test_n1_the_storage_description_lists_every_service_in_the_words_of_the_data_model(installation):
    alice = people(installation, "alice")[0]
    answer = alice.get("/alice/.well-known/solid", Accept=LD)
    assert answer.headers["Content-Type"].startswith(LD)
    document = answer.json()
    assert CONTEXT in document["@context"]
    assert document["id"] == f"{installation.base}alice/.well-known/solid"
    assert {service["channelType"] for service in document["subscription"]} == {
        NOTIFY[kind].value for kind in CHANNEL_TYPES
    }
    assert all(set(service["feature"]) == set(FEATURES) for service in document["subscription"])


def test_n1_the_description_says_the_same_in_turtle_and_json_ld(installation):
    people(installation, "alice")
    found = []
    for media_type in (LD, rdf.TURTLE):
        answer = installation.send("GET", "/alice/.well-known/solid", headers={"Accept": media_type})
        found.append({tuple(quad)[:3] for quad in rdf.parse(answer.content, media_type, "https://elsewhere.example/")})
    assert found[0] == found[1]
    assert any(one[1] == RDF["type"] and one[2] == PIM["Storage"] for one in found[0])


@pytest.mark.parametrize("kind", CHANNEL_TYPES)
def test_n2_a_service_answers_get_head_options_and_says_what_it_is(installation, kind):
    stranger = people(installation)[-1]
    target = f"/subscriptions/{kind}"
    shown = stranger.get(target, Accept=LD)
    assert shown.headers["Content-Type"] == LD
    assert shown.json() == {
        "@context": [CONTEXT], "id": f"{installation.base}subscriptions/{kind}",
        "channelType": NOTIFY[kind].value, "feature": list(FEATURES),
    }  # fmt: skip
    head = stranger("HEAD", target)
    assert (head.status_code, head.content) == (200, b"")
    options = stranger("OPTIONS", target, Origin="https://app.example", Access_Control_Request_Method="POST")
    assert options.status_code == 204
    assert {"GET", "HEAD", "OPTIONS", "POST"} <= set(options.headers["Allow"].split(", "))
    assert "POST" in options.headers["Access-Control-Allow-Methods"]
    assert options.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert stranger("DELETE", target).status_code == 405


# -- N3 to N6: subscribing -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        (LD, 200),
        (f'{LD}; profile="{CONTEXT}"', 200),
        (f'{LD}; profile="{OLDER}"', 200),
        (f'{LD}; profile="https://elsewhere.example/profile"', 415),
        (f'{LD}; profile="{CONTEXT} https://elsewhere.example/profile"', 415),
        ("text/turtle", 415),
        ("application/json", 415),
    ],
)
def test_n3_an_unknown_profile_or_media_type_is_415(installation, content_type, expected):
    alice = people(installation, "alice")[0]
    answer = ask(alice, "WebSocketChannel2023", content_type, topic=topic(installation))
    assert answer.status_code == expected, answer.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"@context": ["https://elsewhere.example/context"]},
        {"@context": []},
        {"type": "WebhookChannel2023"},
        {"type": "NoSuchChannel2023"},
        {"type": None},
        {"topic": None},
        {"topic": []},
        {"topic": "https://elsewhere.example/x"},
        {"topic": "https://garden.example/nobody-of-this-name/x"},
        {"topic": "https://garden.example/alice/.well-known/solid"},
        {"topic": ["https://garden.example/alice/public/", "https://garden.example/bob/public/"]},
        {"topic": [f"https://garden.example/alice/public/{number}" for number in range(51)]},
        {"startAt": "tomorrow"},
        {"endAt": "yesterday"},
        {"endAt": "2020-01-01T00:00:00Z"},
        {"startAt": "2026-03-14T00:00:00Z", "endAt": "2026-03-13T00:00:00Z"},
        {"rate": "often"},
        {"rate": "P"},
        {"rate": "-PT1S"},
        {"rate": "P5000Y"},
        {"rate": "PT"},
        {"state": "x" * 201},
        {"state": "x", "topic": ["https://garden.example/alice/public/", "https://garden.example/alice/profile/card"]},
        {"accept": "image/png"},
        {"accept": "nonsense"},
        {"sendTo": "https://receiver.example/"},
    ],
    ids=lambda wrong: json.dumps(wrong)[:60],
)
def test_n3_what_cannot_be_processed_is_422_and_leaves_no_channel(installation, wrong):
    alice = people(installation, "alice", "bob")[0]
    request = {"topic": topic(installation), **wrong}
    answer = ask(alice, "WebSocketChannel2023", **{name: value for name, value in request.items() if name != "x"})
    assert answer.status_code == 422, answer.text
    assert answer.json()["remedy"]
    with installation.services.database.read() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM channels").scalar() == 0


def test_n3_what_is_no_json_is_400_and_what_is_too_large_413(installation):
    alice = people(installation, "alice")[0]
    target = "/subscriptions/WebSocketChannel2023"
    assert alice("POST", target, b"{", LD).status_code == 400
    assert alice("POST", target, b" " * 70_000, LD).status_code == 413


@pytest.mark.parametrize("context", [CONTEXT, [CONTEXT], OLDER, [OLDER]])
@pytest.mark.parametrize(
    "prefix", ["", "http://www.w3.org/ns/solid/notifications#", "http://www.w3.org/ns/solid/notification#", "notify:"]
)
def test_n4_every_spelling_of_context_and_type_is_understood(installation, context, prefix):
    alice = people(installation, "alice")[0]
    request = {"@context": context, "type": f"{prefix}WebSocketChannel2023", "topic": topic(installation)}
    answer = alice("POST", "/subscriptions/WebSocketChannel2023", json.dumps(request), LD)
    assert answer.status_code == 200, answer.text


def test_n4_the_answer_names_the_channel_and_echoes_what_was_accepted(installation):
    alice = people(installation, "alice")[0]
    asked = {
        "topic": [topic(installation), topic(installation, "alice/profile/card")], "startAt": "2026-03-13T00:00:00Z",
        "endAt": "2026-03-14T00:00:00Z", "rate": "PT10s", "accept": "text/turtle",
    }  # fmt: skip
    answer = ask(alice, "WebSocketChannel2023", **asked)
    assert answer.headers["Content-Type"] == LD
    told = answer.json()
    assert told["@context"] == [CONTEXT]
    assert told["id"].startswith(f"{installation.base}subscriptions/channels/alice/")
    assert told["type"] == NOTIFY["WebSocketChannel2023"].value
    assert set(told["topic"]) == set(asked["topic"])
    assert told["receiveFrom"].startswith("wss://garden.example/subscriptions/streams/alice/")
    assert told["startAt"] == "2026-03-13T00:00:00.000Z"
    assert told["endAt"] == "2026-03-14T00:00:00.000Z"
    assert (told["rate"], told["accept"]) == ("PT10S", "text/turtle")


def test_n5_read_is_needed_on_each_topic(installation):
    alice, bob, stranger = people(installation, "alice", "bob")
    private = topic(installation, "alice/private/")
    assert ask(stranger, "WebSocketChannel2023", topic=private).status_code == 401
    assert ask(bob, "WebSocketChannel2023", topic=private).status_code == 403
    assert (
        ask(bob, "WebSocketChannel2023", topic=[topic(installation, "alice/profile/card"), private]).status_code == 403
    )
    assert ask(stranger, "WebSocketChannel2023", topic=topic(installation, "alice/profile/card")).status_code == 200
    assert ask(alice, "WebSocketChannel2023", topic=private).status_code == 200
    alice.grant("/alice/private/", (bob.webid, "Read"))
    assert ask(bob, "WebSocketChannel2023", topic=private).status_code == 200
    assert ask(bob, "WebSocketChannel2023", topic=f"{private}.acl").status_code == 403
    wrong = {**bob.headers, "Authorization": "Bearer nobody.nothing", "Content-Type": LD}
    request = json.dumps({"@context": [CONTEXT], "type": "WebSocketChannel2023", "topic": topic(installation)})
    assert (
        installation.send("POST", "/subscriptions/WebSocketChannel2023", headers=wrong, content=request).status_code
        == 401
    )


def test_n5_a_channel_whose_read_is_gone_is_told_nothing_more_and_is_closed(served):  # noqa: F811
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


def test_n7_who_could_read_a_resource_by_its_own_rules_is_told_that_it_is_gone(served):  # noqa: F811
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


def share(served, target, who, modes):  # noqa: F811
    acl = "@prefix acl: <http://www.w3.org/ns/auth/acl#>.\n"
    for number, (agent, granted) in enumerate([("alice", "Read, acl:Write, acl:Control"), (who, modes)]):
        if granted:
            acl += (
                f"<#{number}> a acl:Authorization; acl:agent <{served.base}{agent}/profile/card#me>; "
                f"acl:accessTo <{served.base}{target[1:]}>; acl:mode acl:{granted}.\n"
            )
    served.put(f"{target}.acl", acl.encode())


def test_n6_the_usual_and_longest_life_is_two_weeks(installation):
    alice = people(installation, "alice")[0]
    told = ask(alice, "EventSourceChannel2023", topic=topic(installation)).json()
    assert told["endAt"] == "2026-03-26T09:00:00.000Z"
    assert told["receiveFrom"].startswith("https://")
    longer = ask(alice, "EventSourceChannel2023", topic=topic(installation), endAt="2030-01-01T00:00:00Z").json()
    assert longer["endAt"] == told["endAt"]


def test_n6_a_state_that_is_current_is_not_told_and_another_one_at_once(served):  # noqa: F811
    target = fresh()
    served.put(target, b"<> a <#first>.")
    etag = served.send("HEAD", target, who="alice")[1]["ETag"]
    for spelled in (str, lambda tag: tag.strip('"'), lambda tag: tag.strip('"').rpartition("-")[0]):
        channel = served.subscribe("WebSocketChannel2023", target, state=spelled(etag))
        with connect(channel["receiveFrom"]) as socket:
            served.put(target, f"<> a <#{next(names)}>.".encode())
            first = json.loads(socket.recv(GUARD))
            assert first["state"] not in etag
        etag = served.send("HEAD", target, who="alice")[1]["ETag"]
    with connect(served.subscribe("WebSocketChannel2023", target, state="other")["receiveFrom"]) as socket:
        told = json.loads(socket.recv(GUARD))
    assert (told["type"], told["object"]) == ("Update", f"{served.base}{target[1:]}")
    assert told["state"] in etag


def test_n6_nothing_is_told_before_the_start_and_the_stream_ends_at_its_end(served):  # noqa: F811
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


def test_n6_messages_come_in_the_form_that_was_accepted(served):  # noqa: F811
    target = fresh()
    served.put(target)
    channel = served.subscribe("StreamingHTTPChannel2023", target, accept="text/turtle")
    stream = Stream(channel["receiveFrom"])
    assert stream.answer.headers["Content-Type"] == "text/turtle"
    served.put(target, b"<> a <#second>.")
    quads = rdf.parse(stream.chunk(), rdf.TURTLE, served.base)
    assert any(quad.predicate == NOTIFY["state"] for quad in quads)
    stream.close()


# -- N7: messages --------------------------------------------------------------------------------


def test_n7_a_document_and_its_container_are_told_what_happens(served):  # noqa: F811
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


def test_n7_a_write_that_fails_or_changes_nothing_is_not_told(served):  # noqa: F811
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


# -- N8, N10, N11: connections -------------------------------------------------------------------


def test_n8_a_socket_brings_one_message_per_frame(engine):  # noqa: F811
    target = fresh()
    with connect(engine.subscribe("WebSocketChannel2023", "/alice/public/")["receiveFrom"]) as socket:
        for number in range(3):
            engine.put(f"{target}-{number}")
        objects = [json.loads(socket.recv(GUARD))["object"] for _ in range(3)]
        assert socket.ping().wait(GUARD)
    assert [one.rpartition("-")[2] for one in objects] == ["0", "1", "2"]


def test_n8_a_subprotocol_that_is_asked_for_is_answered(engine):  # noqa: F811
    channel = engine.subscribe("WebSocketChannel2023", "/alice/public/")
    with connect(channel["receiveFrom"], subprotocols=["solid-notifications"]) as socket:
        assert socket.subprotocol == "solid-notifications"


def test_n8_an_unknown_channel_a_wrong_capability_and_one_of_another_kind_are_404_before_the_upgrade(engine):  # noqa: F811
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


def test_n8_a_channel_whose_time_is_over_is_410(installation):
    alice = people(installation, "alice")[0]
    ask(alice, "WebSocketChannel2023", topic=topic(installation), endAt="2026-03-12T10:00:00Z")
    subscriptions = installation.services.subscriptions
    with installation.services.database.read() as conn:
        pod, name = conn.exec_driver_sql("SELECT pod, id FROM channels").one()
    with installation.services.database.read() as conn:
        channel = channels.get(conn, pod, name)
    secret = subscriptions.document(channel)["receiveFrom"].rpartition("/")[2]
    assert subscriptions.open(pod, name, secret=secret) == channel
    installation.clock.now += timedelta(hours=2)

    with pytest.raises(Gone) as over:
        subscriptions.open(pod, name, secret=secret)
    assert status_of(over.value) == 410


def test_n10_a_stream_brings_one_message_per_chunk_to_whoever_has_the_address(engine):  # noqa: F811
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


def test_n10_the_same_agent_gets_the_stream_without_the_capability_and_nobody_else(served):  # noqa: F811
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


def test_n11_events_are_taken_up_again_where_they_broke_off(engine):  # noqa: F811
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


# -- N9: webhooks --------------------------------------------------------------------------------


def test_n9_a_webhook_is_called_by_its_sender_with_a_proof_that_anybody_can_check(served):  # noqa: F811

    target = fresh()
    receiver = served.hooks.pop()
    channel = served.subscribe("WebhookChannel2023", target, sendTo=receiver.url)
    assert channel["sender"] == f"{served.base}subscriptions/sender#us"
    assert channel["id"]
    assert "receiveFrom" not in channel
    served.put(target)
    (told,) = receiver.wait_for(1)
    headers = {name.lower(): value for name, value in receiver.got[0][0].items()}
    assert (told["type"], told["object"]) == ("Create", f"{served.base}{target[1:]}")
    assert headers["content-type"] == LD
    token = headers["authorization"].removeprefix("DPoP ")
    claims, proof = jose.peek(token).claims, jose.peek(headers["dpop"])
    assert claims["webid"] == channel["sender"]
    assert (proof.claims["htm"], proof.claims["htu"]) == ("POST", receiver.url)
    assert jose.thumbprint(jose.public_key(proof.header["jwk"])) == claims["cnf"]["jkt"]
    profile = served.send("GET", "/subscriptions/sender", Accept="text/turtle")[2].decode()
    assert f"solid:oidcIssuer <{claims['iss']}>" in profile
    keys = json.loads(served.send("GET", "/oidc/jwks")[2])["keys"]
    key = jose.find(keys, jose.peek(token).header)
    assert jose.verify(token, key).claims["webid"] == channel["sender"]


def test_n9_only_the_subscriber_may_delete_the_channel_and_then_it_is_silent(served):  # noqa: F811
    target = fresh()
    served.put(target)
    receiver, other = served.hooks.pop(), served.hooks.pop()
    channel = served.subscribe("WebhookChannel2023", target, sendTo=receiver.url)
    served.subscribe("WebhookChannel2023", target, sendTo=other.url)
    path = channel["id"].removeprefix(served.base.rstrip("/"))
    assert served.send("DELETE", path)[0] == 401
    assert served.send("DELETE", path, who="bob")[0] == 403
    assert json.loads(served.send("GET", path, who="alice")[2])["id"] == channel["id"]
    assert served.send("DELETE", path, who="alice")[0] == 204
    assert served.send("DELETE", path, who="alice")[0] == 404
    served.put(target, b"<> a <#second>.")
    other.wait_for(1)
    assert receiver.got == []


def test_n9_a_webhook_that_was_made_before_a_restart_is_still_called(make_installation, tmp_path):
    with receiving() as receiver:
        first = laboratory(make_installation, receiver, tmp_path / "kept")
        alice = people(first, "alice")[0]
        assert ask(alice, "WebhookChannel2023", topic=topic(first), sendTo=receiver.url).status_code == 200
        alice.put("/alice/public/x")
        first.close()
        again = laboratory(make_installation, receiver, tmp_path / "kept")
        wait_until(again.services.call_webhooks)
        while again.services.call_webhooks():
            pass
        assert [one["type"] for one in receiver.got and receiver.wait_for(1)] == ["Add"]


def laboratory(make_installation, receiver, folder):
    return make_installation(
        data=folder, egress_allow_http=True, egress_allow_private=True, egress_ports=(receiver.port,)
    )


def test_n9_a_state_that_differs_is_told_at_once(make_installation, tmp_path):
    with receiving() as receiver:
        installation = laboratory(make_installation, receiver, tmp_path / "state")
        alice = people(installation, "alice")[0]
        ask(alice, "WebhookChannel2023", topic=topic(installation), sendTo=receiver.url, state="other")
        while installation.services.call_webhooks():
            pass
        assert [one["type"] for one in receiver.wait_for(1)] == ["Update"]


def test_n9_five_failures_in_a_row_close_the_channel(make_installation, tmp_path):
    with receiving(500) as receiver:
        installation = laboratory(make_installation, receiver, tmp_path / "failing")
        alice = people(installation, "alice")[0]
        channel = ask(alice, "WebhookChannel2023", topic=topic(installation), sendTo=receiver.url).json()
        path = channel["id"].removeprefix(installation.base.rstrip("/"))
        alice.put("/alice/public/x")
        for attempt in range(5):
            assert alice.get(path).status_code == 200, attempt
            while installation.services.call_webhooks():
                pass
            installation.clock.forward(hours=1)
        assert alice.get(path).status_code == 404
        assert len(receiver.got) == 5
        assert len({told["id"] for _, told in receiver.got}) == 1


def test_n9_a_rate_keeps_the_receiver_from_being_called_too_often(make_installation, tmp_path):
    with receiving() as receiver:
        installation = laboratory(make_installation, receiver, tmp_path / "rate")
        alice = people(installation, "alice")[0]
        alice.put("/alice/public/x")
        wanted = {"topic": topic(installation, "alice/public/x"), "sendTo": receiver.url, "rate": "PT1M"}
        assert ask(alice, "WebhookChannel2023", **wanted).status_code == 200
        for number in range(4):
            alice.put("/alice/public/x", f"<> a <#{number}>.".encode())
            while installation.services.call_webhooks():
                pass
        assert len(receiver.got) == 1
        installation.clock.forward(seconds=61)
        while installation.services.call_webhooks():
            pass
        last = receiver.wait_for(2)[-1]
        assert last["state"] in alice("HEAD", "/alice/public/x").headers["ETag"]
        assert len(receiver.got) == 2


# -- N13: slow readers ---------------------------------------------------------------------------


def test_n13_of_messages_that_wait_only_the_last_one_about_each_object_is_left():

    def message(seq, verb, thing):
        return Message(seq, verb, "topic", thing, datetime(2026, 1, 1, tzinfo=UTC), state=str(seq))

    waiting = [
        message(1, "Create", "a"),
        message(2, "Update", "b"),
        message(3, "Update", "a"),
        message(4, "Delete", "b"),
    ]
    assert [(one.seq, one.verb, one.object) for one in coalesced(waiting)] == [(3, "Create", "a"), (4, "Delete", "b")]
    assert [one.seq for one in coalesced(waiting, by_topic=True)] == [4]

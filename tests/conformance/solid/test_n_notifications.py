"""Solid notifications, by the numbers of docs/requirements/solid.md N: finding the services and subscribing."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from fixtures_pods import people
from subscribers import CONTEXT, LD, ask, topic

from pod_app.errors import Gone
from pod_app.standards import rdf
from pod_app.standards.namespaces import NOTIFY, PIM, RDF
from pod_app.standards.notifications import CHANNEL_TYPES, FEATURES, Message, coalesced
from pod_app.storage import channels
from pod_app.web.problems import status_of

OLDER = "https://www.w3.org/ns/solid/notification/v1"


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


def test_n6_the_usual_and_longest_life_is_two_weeks(installation):
    alice = people(installation, "alice")[0]
    told = ask(alice, "EventSourceChannel2023", topic=topic(installation)).json()
    assert told["endAt"] == "2026-03-26T09:00:00.000Z"
    assert told["receiveFrom"].startswith("https://")
    longer = ask(alice, "EventSourceChannel2023", topic=topic(installation), endAt="2030-01-01T00:00:00Z").json()
    assert longer["endAt"] == told["endAt"]


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

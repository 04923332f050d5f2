"""Webhooks: who is called, by whom, and when that ends (solid.md N9)."""

import json

from fixtures_pods import people
from subscribers import LD, ask, fresh, receiving, topic, wait_until

from pod_app.standards import jose


def test_n9_a_webhook_is_called_by_its_sender_with_a_proof_that_anybody_can_check(served):
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


def test_n9_only_the_subscriber_may_delete_the_channel_and_then_it_is_silent(served):
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

"""S3: nobody makes the program call into a private network by subscribing a webhook."""

import itertools
import json
import time

import pytest
from egress_laboratory import PUBLIC, laboratory
from fixtures_pods import people

from pod_app.errors import Unreachable
from pod_app.pods.webhooks import Webhooks
from pod_app.storage.egress_policy import EgressPolicy

HANG_GUARD = 60.0
LD = "application/ld+json"
CONTEXT = "https://www.w3.org/ns/solid/notifications-context/v1"


def subscribe(person, send_to, **more):
    wanted = {"@context": [CONTEXT], "type": "WebhookChannel2023", "topic": topic(person), "sendTo": send_to, **more}
    return person("POST", "/subscriptions/WebhookChannel2023", json.dumps(wanted), LD)


def topic(person):
    return f"{person.installation.base}alice/public/"


@pytest.mark.parametrize(
    "send_to",
    [
        "http://receiver.example/",  # not https
        "https://127.0.0.1/hook",
        "https://[::1]/hook",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/",
        "https://0x7f000001/",
        "https://[::ffff:192.168.0.1]/",
        "https://localhost/",
        "https://user:secret@receiver.example/",
        "https://receiver.example:22/",
        "https://garden.example/alice/inbox/",  # ourselves
        "https://garden.example/me",
        "ftp://receiver.example/",
        "file:///etc/passwd",
        "urn:uuid:1",
    ],
)
def test_s3_an_address_that_may_not_be_called_is_refused_at_subscription(installation, send_to):
    alice = people(installation, "alice")[0]
    answer = subscribe(alice, send_to)
    assert answer.status_code == 422, answer.text
    assert installation.services.call_webhooks() == 0


def test_s3_a_name_that_turns_to_loopback_after_the_subscription_is_never_connected_to(installation):
    """The rebinding resolver: public on the first answer, 127.0.0.1 on the second."""
    names = {"receiver.example": [[PUBLIC], ["127.0.0.1"]]}
    with laboratory(policy=EgressPolicy(ports=frozenset({443})), names=names) as lab:
        services = installation.services
        services.subscriptions._check_url = lab.web.check
        webhooks = Webhooks(
            services.settings, services.database, services.subscriptions, lab.web, lambda *_: {}, services.clock
        )
        alice = people(installation, "alice")[0]
        assert subscribe(alice, "https://receiver.example/hook").status_code == 200
        assert lab.names.asked == ["receiver.example"]
        alice.put("/alice/public/x")
        assert webhooks.follow() > 0
        with services.database.read() as conn:
            payload = json.loads(conn.exec_driver_sql("SELECT payload FROM outbox WHERE kind = 'webhook'").scalar())
        with pytest.raises(Unreachable):
            webhooks.deliver(payload)
        assert lab.names.asked == ["receiver.example"] * 2
        assert (lab.canary.hits, lab.town.dialled) == (0, [])


def waiting(installation, lab):
    """Webhooks that speak through the laboratory's client, and the job of one that has something to tell."""
    services = installation.services
    services.subscriptions._check_url = lab.web.check
    webhooks = Webhooks(
        services.settings, services.database, services.subscriptions, lab.web, lambda *_: {}, services.clock
    )
    alice = people(installation, "alice")[0]
    assert subscribe(alice, "http://receiver.example/hook").status_code == 200
    alice.put("/alice/public/x")
    webhooks.follow()
    with services.database.read() as conn:
        payload = json.loads(conn.exec_driver_sql("SELECT payload FROM outbox WHERE kind = 'webhook'").scalar())
    return webhooks, payload


def test_s3_a_redirect_of_a_receiver_is_not_followed(installation):
    answer = b"HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with laboratory(answer) as lab:
        webhooks, payload = waiting(installation, lab)
        with pytest.raises(Unreachable):
            webhooks.deliver(payload)
        assert lab.canary.hits == 1


def test_s3_the_refusal_does_not_tell_what_stands_where(installation):
    alice = people(installation, "alice")[0]
    told = {
        subscribe(alice, url).json()["detail"].replace(url, "URL")
        for url in ("https://10.0.0.1/", "https://10.0.0.2:1/")
    }
    assert len(told) == 1


def pour(connection, _head):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def drip(connection, _head):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\n")
    for _ in itertools.count():
        connection.sendall(b"x")
        time.sleep(0.05)


@pytest.mark.parametrize(
    "answer", [pour, drip, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"], ids=["pours", "drips", "stops"]
)
def test_s3_s8_a_receiver_that_never_ends_its_answer_has_failed_and_holds_nobody_up(installation, answer):
    policy = EgressPolicy(allow_http=True, connect_seconds=0.3, total_seconds=0.6)
    with laboratory(answer, policy=policy) as lab:
        webhooks, payload = waiting(installation, lab)
        began = time.monotonic()
        with pytest.raises(Unreachable):
            webhooks.deliver(payload)
        assert time.monotonic() - began < HANG_GUARD
        with installation.services.database.read() as conn:
            assert conn.exec_driver_sql("SELECT failures FROM channels").scalar() == 1

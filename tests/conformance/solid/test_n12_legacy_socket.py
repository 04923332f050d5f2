"""N12: the socket of Solid servers before 2022, off unless somebody wants it."""

from itertools import count

import pytest
from fixtures_notifications import ENGINES, serving_by
from subscribers import GUARD, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

NOTE = "/alice/public/note"
OWN = "/alice/private/own"
callers = count(1)


@pytest.fixture(scope="module", params=ENGINES)
def old(request, tmp_path_factory):
    """Alice on a server that offers the socket, with an open and a closed document."""
    with serving_by(
        request.param,
        tmp_path_factory.mktemp("old") / "data",
        POD_APP_LEGACY_UPDATES="true",
        POD_APP_TRUSTED_PROXIES="1",
    ) as made:
        made.put(NOTE)
        made.put(OWN)
        yield made


@pytest.fixture
def socket(old):
    """Each from an address of its own: places are counted by address, and come back a little after the end."""
    offered = old.send("HEAD", NOTE)[1]["Updates-Via"]
    caller = {"X-Forwarded-For": f"192.0.2.{next(callers)}"}
    with connect(offered, subprotocols=["solid-0.1"], additional_headers=caller) as opened:
        assert opened.subprotocol == "solid-0.1"
        assert opened.recv(GUARD) == "protocol solid-0.1"
        yield opened


def asked(socket, text):
    socket.send(text)
    return socket.recv(GUARD)


def test_n12_what_is_followed_is_told_when_it_changes(old, socket):
    iri = old.base + NOTE[1:]
    assert asked(socket, f"sub {iri}") == f"ack {iri}"
    old.put(NOTE, b"<> a <#changed>.")
    assert socket.recv(GUARD) == f"pub {iri}"
    old.put(NOTE, b"<> a <#again>.")
    assert socket.recv(GUARD) == f"pub {iri}"


def test_n12_a_container_tells_what_comes_into_it(old, socket):
    iri = f"{old.base}alice/public/"
    assert asked(socket, f"sub {iri}") == f"ack {iri}"
    old.put("/alice/public/new", b"<> a <#new>.")
    assert socket.recv(GUARD) == f"pub {iri}"


@pytest.mark.parametrize(
    "target", [OWN, "/alice/private/nothing", "/nobody/x", "/.well-known/x", "/alice/public/x.acl"]
)
def test_n12_what_not_everybody_may_read_is_refused_alike(old, socket, target):
    iri = old.base + target[1:]
    assert asked(socket, f"sub {iri}") == f"err {iri} forbidden"


def test_n12_elsewhere_is_not_followed(socket):
    assert asked(socket, "sub https://elsewhere.example/x") == "err https://elsewhere.example/x forbidden"


def test_n12_what_is_closed_later_is_told_no_more(old, socket):
    target = "/alice/public/later"
    iri = old.base + target[1:]
    old.put(target)
    assert asked(socket, f"sub {iri}") == f"ack {iri}"
    webid = f"{old.base}alice/profile/card#me"
    old.put(
        f"{target}.acl",
        f"@prefix acl: <http://www.w3.org/ns/auth/acl#>. <#o> a acl:Authorization; acl:agent <{webid}>; "
        f"acl:accessTo <{iri}>; acl:mode acl:Read, acl:Write, acl:Control.".encode(),
    )
    old.put(target, b"<> a <#secret>.")
    assert socket.recv(GUARD).startswith(f"err {iri} ")
    assert asked(socket, "ping") == "pong"


def test_n12_nothing_more_after_unsub(old, socket):
    iri = old.base + NOTE[1:]
    assert asked(socket, f"sub {iri}") == f"ack {iri}"
    socket.send(f"unsub {iri}")
    old.put(NOTE, b"<> a <#unheard>.")
    assert asked(socket, "ping") == "pong"
    assert asked(socket, "hello") == "err say «sub» and the address of a resource"


def test_n12_s40_one_address_follows_so_many_and_says_so_much(old, socket):
    said = [asked(socket, f"sub {old.base}alice/public/{number}") for number in range(22)]
    assert [text.split()[0] for text in said] == ["ack"] * 20 + ["err"] * 2
    assert said[-1].endswith(" too many")
    socket.send("sub " + "x" * 5000)
    with pytest.raises(ConnectionClosed):
        socket.recv(GUARD)


def test_n12_by_default_there_is_none(engine):
    engine.put(NOTE)
    assert "Updates-Via" not in engine.send("GET", NOTE)[1]
    address = f"ws{engine.base.removeprefix('http')}subscriptions/legacy"
    with pytest.raises(InvalidStatus) as refused:
        connect(address, subprotocols=["solid-0.1"])
    assert refused.value.response.status_code == 404

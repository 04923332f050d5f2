"""Crashes at the worst moments: what waits is there after a restart, arrives once, and no renewed token is lost."""

import httpx
import pytest
from installations import Installation
from rose import award, contribute, deliver, settle, waiting
from solid_elsewhere import HOST

from pod_app.errors import Unavailable
from pod_app.pods import tray
from pod_app.services import assemble
from pod_app.settings import load


@pytest.fixture
def rose(make_installation):
    return settle(make_installation)


@pytest.fixture
def begin_again(rose):
    """The same folder opened by another process, while the first one is never heard of again."""
    opened = []

    def again():
        data = rose.services.settings.data
        settings, _ = load({"data": data, "base_url": rose.base}, environ={})
        services = assemble(settings, rose.clock, {HOST: rose.server})
        opened.append(services)
        made = Installation(services, rose.clock, rose.client)
        made.server, made.pod = rose.server, rose.pod
        return made

    yield again
    for services in opened:
        services.close()


def test_what_waits_is_there_after_a_restart_and_arrives_once(rose, begin_again):
    rose.server.down = True
    _, path = award(rose)
    address = contribute(rose)
    deliver(rose)
    other = begin_again()
    assert len(waiting(other)) == 2
    rose.server.down = False
    rose.clock.forward(hours=1)
    assert deliver(other) == 2
    assert waiting(other) == []
    for one in (path, f"/rose/{address.path}"):
        assert rose.server.asked.count(("PUT", one)) == 1


def test_who_dies_in_the_middle_of_sending_is_followed_by_another(rose, begin_again):
    issued, path = award(rose)
    rose.services.database.write(lambda conn: tray.lease(conn, rose.clock(), 10))
    other = begin_again()
    assert deliver(other) == 0, "the first one may still be at it"
    rose.clock.forward(minutes=3)
    assert deliver(other) == 1
    assert rose.server.files[path][1] == issued.document


def test_an_answer_that_gets_lost_on_its_way_back_writes_nothing_twice(rose, monkeypatch):
    issued, path = award(rose)
    heard = rose.server.handle_request

    def deaf(request):
        answer = heard(request)
        if request.method == "PUT" and request.url.path == path:
            monkeypatch.setattr(rose.server, "handle_request", heard)
            raise httpx.ReadError("cut")
        return answer

    monkeypatch.setattr(rose.server, "handle_request", deaf)
    deliver(rose)
    assert len(waiting(rose)) == 1
    rose.clock.forward(hours=1)
    deliver(rose)
    assert waiting(rose) == []
    assert rose.server.files[path] == ("application/vc", issued.document)


def test_a_change_of_access_while_the_one_before_is_sent_is_sent_as_well(rose):
    _, path = award(rose)
    deliver(rose)
    bag, address = rose.services.bag_elsewhere, rose.pod.address(path.removeprefix("/rose/"))
    from pod_app.standards.wac import Agent  # noqa: PLC0415  # only here

    bag.show_to(Agent(webid=rose.pod.webid), address, "everyone")
    leased = rose.services.database.write(lambda conn: tray.lease(conn, rose.clock(), 10))
    rose.clock.forward(seconds=1)
    bag.show_to(Agent(webid=rose.pod.webid), address, "me")
    rose.services.database.write(lambda conn: tray.finish(conn, leased[0], rose.clock()))
    assert len(waiting(rose)) == 1, "the last word has not been sent"
    deliver(rose)
    assert "agentClass" not in rose.server.files[f"{path}.acl"][1].decode()


def test_a_renewed_token_stays_when_it_cannot_be_written_down(rose, monkeypatch):
    tokens = rose.services.elsewhere.tokens
    before = tokens.current(rose.pod.name)
    rose.clock.forward(minutes=20)
    keep = tokens.keep_within

    def full(*_):
        monkeypatch.setattr(tokens, "keep_within", keep)
        raise Unavailable("The disk is full.")

    monkeypatch.setattr(tokens, "keep_within", full)
    with pytest.raises(Unavailable):
        tokens.current(rose.pod.name)
    after = tokens.current(rose.pod.name)
    assert after.refresh != before.refresh
    assert after.refresh in rose.server.refreshes
    assert rose.server.asked.count(("POST", "/token")) == 2

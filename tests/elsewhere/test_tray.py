"""The outgoing tray: what is written for somebody goes to their pod elsewhere, and waits while that is down."""

import re
from datetime import UTC, datetime

import pytest
from rose import award, contribute, deliver, enter, page, settle, waiting
from solid_elsewhere import HOST, WEBID

from pod_app.community.contributions import Contribution
from pod_app.errors import Invalid
from pod_app.pods import tray
from pod_app.standards import rdf
from pod_app.standards.wac import Agent


@pytest.fixture
def rose(make_installation):
    return settle(make_installation)


def test_a_badge_arrives_in_the_pod_elsewhere_as_it_was_signed(rose):
    issued, path = award(rose)
    assert deliver(rose) == 1
    assert rose.server.files[path] == (rdf.VC, issued.document)
    assert waiting(rose) == []
    assert "Gardienne" in page(rose, "/me")


def test_rules_stand_before_the_first_document_and_let_nobody_else_in(rose):
    _, path = award(rose)
    deliver(rose)
    rules = rose.server.files["/rose/badges/.acl"][1].decode()
    assert WEBID in rules
    assert "agentClass" not in rules
    asked = rose.server.asked
    assert asked.index(("PUT", "/rose/badges/.acl")) < asked.index(("PUT", path))


def test_what_is_kept_there_is_registered_in_the_type_index_of_its_owner(rose):
    award(rose)
    deliver(rose)
    index = "/rose/settings/privateTypeIndex"
    patched = "\n".join(text for where, text in rose.server.patches if where == index)
    assert "OpenBadgeCredential" in patched
    assert f"<{HOST}/rose/badges/>" in patched
    assert any(where == "/rose/card" and "privateTypeIndex" in text for where, text in rose.server.patches)


def test_a_contribution_is_written_there_and_not_here(rose):
    address = contribute(rose)
    assert deliver(rose) == 1
    media_type, body = rose.server.files[f"/rose/{address.path}"]
    assert media_type == rdf.TURTLE
    assert f"{HOST}/rose/{address.path}#it" in {
        quad.subject.value for quad in rdf.parse(body, media_type, f"{HOST}/rose/{address.path}")
    }
    with rose.services.database.read() as conn:
        assert not rose.services.resources.exists(conn, address)


@pytest.mark.parametrize(
    ("sharing", "word"),
    [({"audience": "everyone"}, "agentClass"), ({"audience": "garden"}, "potager/members/group#members")],
)
def test_rules_of_a_document_follow_its_audience(rose, sharing, word):
    garden = {"garden": rose.garden.webid} if sharing["audience"] == "garden" else {}
    address = contribute(rose, **sharing, **garden)
    deliver(rose)
    assert word in rose.server.files[f"/rose/{address.path}.acl"][1].decode()


def test_a_thing_that_breaks_a_shape_is_refused_before_it_is_sent(rose):
    thing = Contribution(garden=rose.garden.webid, kind="care", at=datetime(2026, 3, 1, tzinfo=UTC), minutes=60 * 48)
    with pytest.raises(Invalid):
        rose.services.life.contributions.add(Agent(webid=WEBID), rose.pod, thing)
    assert waiting(rose) == []


def test_while_the_server_is_down_it_waits_visibly_and_then_arrives_once(rose):
    rose.server.down = True
    issued, path = award(rose)
    assert deliver(rose) == 1
    assert deliver(rose) == 0, "not before the pause is over"
    told = page(rose)
    assert "verger.example does not answer." in told
    assert "Tried 1 time; again on" in told
    assert "verger.example does not answer." in page(rose, "/me")
    for _ in range(5):
        rose.clock.forward(hours=2)
        assert deliver(rose) == 1
    assert waiting(rose)[0].attempts == 6
    rose.server.down = False
    rose.clock.forward(hours=2)
    assert deliver(rose) == 1
    assert rose.server.files[path][1] == issued.document
    assert "Everything has arrived" in page(rose)
    assert [one for one in rose.server.asked if one[0] == "PUT" and one[1] == path] == [("PUT", path)]


def test_a_pause_is_never_longer_than_an_hour_and_trying_now_is_a_tap(rose):
    rose.server.down = True
    award(rose)
    for _ in range(20):
        deliver(rose)
        rose.clock.forward(hours=1)
    assert waiting(rose)[0].attempts == 20
    deliver(rose)
    rose.server.down = False
    assert deliver(rose) == 0
    assert tap(rose, "now").status_code == 303
    assert deliver(rose) == 1
    assert waiting(rose) == []


def tap(rose, what, **fields):
    [token] = re.findall(r'name="csrf" value="([^"]+)"', rose.client.get("/me").text)[:1]
    return rose.client.post(f"/me/tray/{what}", data={"csrf": token, **fields})


def test_what_has_not_been_sent_can_be_taken_back(rose):
    rose.server.down = True
    _, path = award(rose)
    deliver(rose)
    [item] = waiting(rose)
    assert tap(rose, "cancel", id=item.id).status_code == 303
    assert waiting(rose) == []
    rose.server.down = False
    rose.clock.forward(hours=2)
    assert deliver(rose) == 0
    assert path not in rose.server.files
    assert tap(rose, "cancel", id=item.id).status_code == 409


def test_a_form_of_another_site_changes_nothing(rose):
    rose.server.down = True
    award(rose)
    [item] = waiting(rose)
    assert rose.client.post("/me/tray/cancel", data={"id": item.id}).status_code == 403
    assert len(waiting(rose)) == 1


def test_a_write_that_came_through_without_our_knowing_is_not_repeated(rose):
    """As after a crash between the other server's answer and our commit: the lease runs out, and it is taken again."""
    issued, path = award(rose)
    rose.server.files[path] = (rdf.VC, issued.document)
    assert deliver(rose) == 1
    assert waiting(rose) == []
    assert rose.server.files[path] == (rdf.VC, issued.document)


def test_a_lease_that_ran_out_is_taken_again(rose):
    award(rose)
    leased = rose.services.database.write(lambda conn: tray.lease(conn, rose.clock(), 10))
    assert len(leased) == 1
    assert deliver(rose) == 0
    rose.clock.forward(minutes=3)
    assert deliver(rose) == 1
    assert waiting(rose) == []


def test_something_else_that_stands_there_is_never_overwritten(rose):
    _, path = award(rose)
    rose.server.files[path] = ("text/plain", b"le mien")
    deliver(rose)
    assert rose.server.files[path][1] == b"le mien"
    assert "Something else stands at" in page(rose)


def test_the_same_job_done_twice_keeps_one_row(rose):
    issued, _ = award(rose)
    rose.services.backpack.keep_offer({"record": issued.iri, "target": WEBID})
    assert len(waiting(rose)) == 1
    deliver(rose)
    rose.services.backpack.keep_offer({"record": issued.iri, "target": WEBID})
    assert waiting(rose) == []


@pytest.mark.parametrize(
    ("status", "sentence"),
    [(403, "does not let you do this"), (500, "answered 500"), (409, "Something else stands"), (302, "answered 302")],
)
def test_every_refusal_is_told_and_tried_again(rose, status, sentence):
    _, path = award(rose)
    rose.server.refuse["PUT", path] = status
    deliver(rose)
    assert sentence in page(rose)
    rose.server.refuse.clear()
    rose.clock.forward(hours=1)
    deliver(rose)
    assert path in rose.server.files


def test_a_server_with_other_access_rules_gets_nothing(rose):
    rose.server.acl_link = '<{url}.acr>; rel="acl"'
    _, path = award(rose)
    deliver(rose)
    assert "keeps access rules of a kind" in page(rose)
    assert path not in rose.server.files


# -- tokens --------------------------------------------------------------------------------------


def test_tokens_are_renewed_in_time_and_the_new_refresh_token_is_kept(rose):
    first = rose.services.elsewhere.tokens.current(rose.pod.name)
    rose.clock.forward(minutes=20)
    award(rose)
    deliver(rose)
    second = rose.services.elsewhere.tokens.current(rose.pod.name)
    assert second.refresh != first.refresh
    rose.clock.forward(minutes=20)
    assert rose.services.elsewhere.tokens.current(rose.pod.name).refresh != second.refresh


def test_a_token_that_the_server_refuses_is_renewed_at_once(rose):
    rose.server.access.clear()
    _, path = award(rose)
    deliver(rose)
    assert path in rose.server.files


def test_revoked_tokens_say_sign_in_again_and_lose_nothing(rose):
    rose.server.refreshes.clear()
    rose.clock.forward(minutes=20)
    _, path = award(rose)
    deliver(rose)
    assert "Your notebook elsewhere lets us in no more." in page(rose)
    assert "Sign in again" in page(rose, "/me")
    assert rose.services.elsewhere.tokens.is_open(rose.pod.name) is False
    enter(rose)
    assert deliver(rose) == 1, "signing in hurries what waits"
    assert path in rose.server.files


def test_a_provider_that_is_down_ends_nothing(rose):
    rose.clock.forward(minutes=20)
    rose.server.down = True
    award(rose)
    deliver(rose)
    assert rose.services.elsewhere.tokens.is_open(rose.pod.name)
    rose.server.down = False
    rose.clock.forward(minutes=20)
    deliver(rose)
    assert waiting(rose) == []


def test_two_that_renew_at_once_use_the_refresh_token_once(rose):
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  # only here

    rose.clock.forward(minutes=20)
    tokens = rose.services.elsewhere.tokens
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(tokens.current, [rose.pod.name] * 8))
    assert len({one.access for one in found}) == 1
    assert rose.server.asked.count(("POST", "/token")) == 2

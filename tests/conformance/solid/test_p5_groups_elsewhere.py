"""Groups on other servers (solid.md P5): asked outside of decisions, kept for minutes, empty when they fail."""

import httpx
import pytest
from fixtures_pods import TEXT, settled

from pod_app.errors import Forbidden
from pod_app.standards.addresses import parse_target
from pod_app.standards.wac import Agent, Mode

HAS_MEMBER = "http://www.w3.org/2006/vcard/ns#hasMember"
GROUP = "https://elsewhere.example/friends#us"


class Elsewhere(httpx.BaseTransport):
    """Another server with a document about a group; counts how often it was asked."""

    def __init__(self):
        self.members = []
        self.status = 200
        self.media_type = "text/turtle"
        self.asked = []
        self.meanwhile = lambda: None

    def handle_request(self, request):
        self.asked.append(request)
        self.meanwhile()
        lines = [f"<#us> <{HAS_MEMBER}> <{member}> .\n" for member in self.members]
        headers = {"content-type": self.media_type}
        stream = httpx.ByteStream("".join(lines).encode())
        return httpx.Response(self.status, headers=headers, stream=stream, request=request)


@pytest.fixture
def elsewhere():
    return Elsewhere()


@pytest.fixture
def village(make_installation, elsewhere):
    return settled(make_installation(mounts={"https://elsewhere.example": elsewhere}))


@pytest.fixture
def shared(village):
    """Alice lets a group on another server read and write her text."""
    village[0].grant(TEXT, (f"group {GROUP}", "Read Write"), default=False)
    return village


def test_p5_a_member_of_a_group_elsewhere_gets_in(shared, elsewhere):
    _, bob, stranger = shared
    elsewhere.members = [bob.webid]
    assert bob.get(TEXT).status_code == 200
    assert stranger.get(TEXT).status_code == 401
    assert bob.put(TEXT, b"hello", "text/plain").status_code == 204


def test_p5_a_stranger_makes_nobody_ask(shared, elsewhere):
    _, _, stranger = shared
    assert stranger.get(TEXT).status_code == 401
    assert elsewhere.asked == []


@pytest.mark.parametrize(
    ("status", "media_type"), [(404, "text/turtle"), (500, "text/turtle"), (200, "text/html"), (200, "text/plain")]
)
def test_p5_what_cannot_be_read_is_empty(shared, elsewhere, status, media_type):
    _, bob, _ = shared
    elsewhere.members, elsewhere.status, elsewhere.media_type = [bob.webid], status, media_type
    assert bob.get(TEXT).status_code == 403


def test_p5_what_does_not_parse_is_empty(shared, elsewhere):
    _, bob, _ = shared
    elsewhere.members = [f"{bob.webid}> oops <"]
    assert bob.get(TEXT).status_code == 403


def test_p5_membership_is_kept_for_minutes_and_then_asked_again(shared, elsewhere):
    alice, bob, _ = shared
    elsewhere.members = [bob.webid]
    assert [bob.get(TEXT).status_code for _ in range(3)] == [200] * 3
    assert len(elsewhere.asked) == 1
    elsewhere.members = []
    alice.installation.clock.forward(minutes=6)
    assert bob.get(TEXT).status_code == 403
    assert len(elsewhere.asked) == 2


def test_p5_a_server_that_fails_later_lets_nobody_in_any_more(shared, elsewhere):
    alice, bob, _ = shared
    elsewhere.members = [bob.webid]
    assert bob.get(TEXT).status_code == 200
    elsewhere.status = 503
    alice.installation.clock.forward(minutes=6)
    assert [bob.get(TEXT).status_code for _ in range(3)] == [403] * 3
    assert len(elsewhere.asked) == 2, "a dead host costs one request, not one for each reader"
    elsewhere.status = 200
    alice.installation.clock.forward(seconds=11)
    assert bob.get(TEXT).status_code == 200


def test_p5_rules_that_name_many_groups_ask_for_ten(village, elsewhere):
    alice, bob, _ = village
    many = [(f"group https://elsewhere.example/g{number:02}#us", "Read") for number in range(25)]
    alice.grant(TEXT, *many, default=False)
    assert bob.get(TEXT).status_code == 403
    assert len(elsewhere.asked) == 10


def test_p5_an_inherited_rule_and_a_form_of_the_resource_count_too(village, elsewhere):
    alice, bob, _ = village
    elsewhere.members = [bob.webid]
    alice.put("/alice/private/box/doc", b"<#a> <#b> 1 .")
    alice.grant("/alice/private/box/", (f"group {GROUP}", "Read"))
    assert bob.get("/alice/private/box/doc.nt").status_code == 200
    assert bob.get("/alice/private/box/").status_code == 200


@pytest.mark.parametrize("method", ["POST", "DELETE", "PATCH", "PUT", "HEAD"])
def test_p5_the_first_request_of_a_member_counts_whatever_it_is(village, elsewhere, method):
    alice, bob, _ = village
    elsewhere.members = [bob.webid]
    alice.put("/alice/private/box/doc", b"<#a> <#b> 1 .")
    alice.grant("/alice/private/box/", (f"group {GROUP}", "Read Write"))
    target = "/alice/private/box/" if method == "POST" else "/alice/private/box/doc"
    patch = b"@prefix s: <http://www.w3.org/ns/solid/terms#>. _:p a s:InsertDeletePatch; s:inserts { <#c> <#d> 2 }."
    body = {"POST": b"<#a> <#b> 2 .", "PUT": b"<#a> <#b> 3 .", "PATCH": patch}.get(method)
    answer = bob(method, target, body, "text/n3" if method == "PATCH" else "text/turtle")
    assert answer.status_code in {200, 201, 204}, answer.text


@pytest.mark.parametrize("door", ["read", "decide"])
def test_p5_rules_that_change_while_a_group_is_asked_are_looked_at_anew(shared, elsewhere, door):
    """The other server may take seconds: meanwhile others write here, and what they wrote counts."""
    alice, bob, _ = shared
    elsewhere.members = [bob.webid]
    resources, agent, rules = alice.installation.services.resources, Agent(webid=bob.webid), parse_target(f"{TEXT}.acl")
    elsewhere.meanwhile = lambda: resources.write(Agent(webid=alice.webid), lambda writing: writing.delete(rules))
    with pytest.raises(Forbidden):
        if door == "read":
            resources.read(agent, parse_target(TEXT))
        else:
            resources.decide(agent, parse_target(TEXT)).require(Mode.READ)
    assert len(elsewhere.asked) == 1

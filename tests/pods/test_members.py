"""Who belongs to a garden: one document each and the group that access rules name, always in step."""

import random

import pyoxigraph as ox
import pytest
from fixtures_pods import people

from pod_app.errors import Forbidden, Invalid, NotFound
from pod_app.pods import members
from pod_app.pods.groups import HAS_MEMBER
from pod_app.standards import rdf
from pod_app.standards.wac import Agent

ELSEWHERE = "https://autre.example/claire/profile/card#me"


@pytest.fixture
def garden(installation):
    """Alice looks after the garden; Bob is nobody there yet."""
    alice, bob, stranger = people(installation, "alice", "bob")
    installation.services.catalogue.create("verger", "garden", owners=[alice.webid])
    return installation.services, alice, bob, stranger


def group(services):
    with services.resources.reading() as conn:
        return sorted(
            one.webid for one in services.members.all("verger") if services.members.get(conn, "verger", one.webid)
        )


def roles(services, webid):
    with services.resources.reading() as conn:
        found = services.members.get(conn, "verger", webid)
    return None if found is None else sorted(found.roles)


def test_whoever_creates_a_garden_is_its_first_member_and_may_sign_for_it(garden):
    services, alice, _, _ = garden
    assert group(services) == [alice.webid]
    assert roles(services, alice.webid) == ["founder", "issuer"]


def test_a_member_reads_what_members_read_from_the_moment_of_joining_to_that_of_leaving(garden):
    services, alice, bob, _ = garden
    assert bob.get("/verger/events/").status_code == 403
    services.members.put(Agent(webid=alice.webid), "verger", bob.webid)
    assert bob.get("/verger/events/").status_code == 200
    assert bob.get("/verger/members/group").status_code == 200
    assert bob.put("/verger/events/e", b"").status_code == 403
    services.members.remove(Agent(webid=alice.webid), "verger", bob.webid)
    assert bob.get("/verger/events/").status_code == 403
    assert roles(services, bob.webid) is None


def test_roles_change_and_somebody_from_elsewhere_can_have_them(garden):
    services, alice, _, _ = garden
    agent = Agent(webid=alice.webid)
    services.members.put(agent, "verger", ELSEWHERE)
    assert roles(services, ELSEWHERE) == ["member"]
    services.members.put(agent, "verger", ELSEWHERE, ["issuer", "welcomer"])
    assert roles(services, ELSEWHERE) == ["issuer", "welcomer"]
    assert group(services) == sorted([alice.webid, ELSEWHERE])


def test_only_who_may_write_there_changes_members(garden):
    services, alice, bob, _ = garden
    for agent in (Agent(webid=bob.webid), Agent(webid=ELSEWHERE)):
        with pytest.raises(Forbidden):
            services.members.put(agent, "verger", bob.webid)
        with pytest.raises(Forbidden):
            services.members.remove(agent, "verger", alice.webid)
    assert group(services) == [alice.webid]


def test_the_last_member_does_not_leave_and_an_unknown_one_cannot(garden):
    services, alice, bob, _ = garden
    with pytest.raises(Invalid, match="last member"):
        services.members.remove(Agent(webid=alice.webid), "verger", alice.webid)
    with pytest.raises(NotFound):
        services.members.remove(Agent(webid=alice.webid), "verger", bob.webid)
    assert roles(services, alice.webid) == ["founder", "issuer"]


@pytest.mark.parametrize("webid", ["", "not an iri", "https://a.example/> <urn:evil> <urn:evil", "urn:x y"])
def test_s37_a_member_is_one_iri_and_nothing_more(garden, webid):
    services, alice, _, _ = garden
    with pytest.raises(Invalid):
        services.members.put(Agent(webid=alice.webid), "verger", webid)
    assert group(services) == [alice.webid]


def test_a_role_that_nobody_defined_is_refused(garden):
    services, alice, bob, _ = garden
    with pytest.raises(Invalid, match="no role named king"):
        services.members.put(Agent(webid=alice.webid), "verger", bob.webid, ["king"])
    assert roles(services, bob.webid) is None
    assert len(set(members.ROLES)) == len(members.ROLES)


def test_the_group_and_the_memberships_name_the_same_people_after_any_sequence(garden):
    services, alice, _, _ = garden
    seed = random.randrange(2**32)
    print("seed", seed)
    choose = random.Random(seed)
    agent, expected = Agent(webid=alice.webid), {alice.webid}
    for _ in range(25):
        webid = f"https://autre.example/p{choose.randrange(5)}#me"
        if webid in expected and choose.random() < 0.6:
            services.members.remove(agent, "verger", webid)
            expected.discard(webid)
        else:
            services.members.put(agent, "verger", webid, choose.sample(members.ROLES, 2))
            expected.add(webid)
        assert group(services) == sorted(expected)
    named = {
        quad.object.value
        for quad in rdf.parse(alice.get("/verger/members/group").content, rdf.TURTLE, "https://garden.example/")
        if quad.predicate == HAS_MEMBER
    }
    assert named == expected


def test_a_garden_of_thousands_keeps_its_doors_open(garden):
    """The group document is then larger than what the database keeps in a row."""
    services, alice, bob, stranger = garden
    services.members.put(Agent(webid=alice.webid), "verger", bob.webid)
    crowd = [f"https://grand-jardin.example/personne-{number}/profile/card#me" for number in range(5_000)]
    listed = ", ".join(str(ox.NamedNode(webid)) for webid in [*crowd, alice.webid, bob.webid])
    body = f"@prefix vcard: <http://www.w3.org/2006/vcard/ns#>. <#members> a vcard:Group; vcard:hasMember {listed}."
    assert alice.put("/verger/members/group", body.encode()).status_code == 204
    assert bob.get("/verger/events/").status_code == 200
    assert stranger.get("/verger/events/").status_code == 401
    services.members.remove(Agent(webid=alice.webid), "verger", bob.webid)
    assert bob.get("/verger/events/").status_code == 403
    services.members.put(Agent(webid=alice.webid), "verger", bob.webid)
    assert bob.get("/verger/events/").status_code == 200

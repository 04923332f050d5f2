"""Other hosts of badges from a terminal, both sides (open-badges.md §5.9; issue 6, part 8)."""

import json

import pytest
from badge_host import BadgeHost
from three_hosts import World

from pod_app.standards.wac import Agent


class Bob:
    """Lives here; has a notebook there as well, and a garden there gives him badges."""

    def __init__(self, world):
        self.world, self.here, self.there = world, world[0], world[1]
        self.mine = self.here.person("bob", title="Bob")
        self.yours = self.there.person("robert", title="Robert")
        self.agent = Agent(webid=self.yours.webid)
        garden = self.there.services.catalogue.create("moulin", "garden", owners=[self.yours.webid])
        bread = self.there.services.achievements.create(
            self.agent, garden, name="Pain", description="Fait du pain.", criteria="Dix fournées."
        )
        self.issue = lambda to: self.there.services.issuing.issue(self.agent, garden, bread, to)

    def badge_there(self):
        issued = self.issue(self.yours.webid)
        self.world.settle()
        return issued

    def held(self, place, pod):
        agent = Agent(webid=pod.webid)
        return {one.document["id"] for one in place.services.backpack.held(agent, pod)}


@pytest.fixture
def bob(make_installation):
    return Bob(World(make_installation, hosts=("https://amandier.example/", "https://bouleau.example/")))


def connect(terminal, bob):
    """The whole way by commands, the person's own yes included."""
    asked = terminal.type(bob.here, "host", "connect", "bouleau.example", "--as", "bob")
    assert asked.code == 0
    assert "within half an hour" in asked.err
    assert asked.out.startswith("https://bouleau.example/oidc/authorize?")
    agreed = terminal.type(bob.there, "host", "allow", asked.out, "--as", "robert", "--yes")
    assert "See all the badges in your notebook" in agreed.err
    assert agreed.out.startswith("https://amandier.example/me/hosts/back?")
    return terminal.type(bob.here, "host", "finish", agreed.out, "--as", "bob")


def test_box_5_9_7_two_installations_are_connected_and_badges_come_and_go(terminal, bob, tmp_path):
    first = bob.badge_there()
    answer = connect(terminal, bob)
    assert (answer.code, answer.out) == (0, "fetched: 1 new, 0 known already, 0 refused")
    assert bob.held(bob.here, bob.mine) == {first.iri}
    second = bob.badge_there()
    fetched = terminal.done(bob.here, "host", "fetch", "https://bouleau.example/", "--as", "bob")
    assert fetched == "fetched: 1 new, 1 known already, 0 refused"
    assert bob.held(bob.here, bob.mine) == {first.iri, second.iri}
    file = tmp_path / "mine.json"
    file.write_bytes(bob.issue(bob.mine.webid).document)
    own = terminal.done(bob.here, "badge", "import", file, "--into", "bob")
    sent = terminal.done(bob.here, "host", "send", "bouleau.example", own)
    assert sent == "sent: 1 new, 0 known already, 0 refused"
    assert json.loads(file.read_bytes())["id"] in bob.held(bob.there, bob.yours)
    assert terminal.done(bob.here, "host", "send", "bouleau.example", own) == "sent: 0 new, 1 known already, 0 refused"
    row = terminal.rows(bob.here, "host", "list", "--as", "bob")[0]
    assert (row["host"], row["state"], row["report"]["same"]) == ("bouleau.example", "open", 1)
    assert "sent: 0 new, 1 known already" in terminal.done(bob.here, "host", "list", "--as", "bob")
    again = terminal.type(bob.here, "host", "connect", "bouleau.example", "--as", "bob")
    assert (again.code, again.out, "connected already" in again.err) == (0, "", True)


def test_who_was_let_in_is_listed_and_dismissed(terminal, bob):
    connect(terminal, bob)
    guest = terminal.rows(bob.there, "host", "guests", "--as", "robert")[0]
    assert guest["home"] == "https://amandier.example/"
    assert any(one.endswith("credential.readonly") for one in guest["may"])
    assert "credential.upsert" in terminal.done(bob.there, "host", "guests", "--as", "robert")
    terminal.done(bob.there, "host", "dismiss", guest["client"], "--as", "robert")
    assert terminal.rows(bob.there, "host", "guests", "--as", "robert") == []
    assert "host guests" in terminal.refused(bob.there, "host", "dismiss", guest["client"], "--as", "robert")
    bob.here.clock.forward(hours=2)
    assert "lets us in no more" in terminal.refused(bob.here, "host", "fetch", "bouleau.example", "--as", "bob")
    row = terminal.rows(bob.here, "host", "list", "--as", "bob")[0]
    assert (row["state"], row["report"]["ended"]) == ("ended", True)
    assert "lets us in no more" in terminal.done(bob.here, "host", "list", "--as", "bob")


def test_a_host_is_forgotten_on_both_sides(terminal, bob):
    connect(terminal, bob)
    terminal.done(bob.here, "host", "end", "bouleau.example", "--as", "bob")
    assert terminal.rows(bob.here, "host", "list", "--as", "bob") == []
    assert terminal.rows(bob.there, "host", "guests", "--as", "robert") == []
    for command in ("fetch", "end"):
        assert "not connected" in terminal.refused(bob.here, "host", command, "bouleau.example", "--as", "bob")


def test_a_refusal_is_carried_back_and_nothing_is_shared(terminal, bob):
    asked = terminal.type(bob.here, "host", "connect", "bouleau.example", "--as", "bob").out
    declined = terminal.type(bob.there, "host", "allow", asked, "--as", "robert", stdin="n\n")
    assert "error=access_denied" in declined.out
    refused = terminal.done(bob.there, "host", "allow", asked, "--as", "robert", "--refuse")
    assert "was not told yes" in terminal.refused(bob.here, "host", "finish", refused, "--as", "bob")
    assert terminal.rows(bob.there, "host", "guests", "--as", "robert") == []
    assert terminal.rows(bob.here, "host", "list", "--as", "bob") == []


def test_what_a_host_may_not_ask_for_is_told_and_goes_nowhere(terminal, bob):
    asked = terminal.type(bob.here, "host", "connect", "bouleau.example", "--as", "bob").out
    allow = ("host", "allow")
    mine = ("--as", "robert", "--yes")
    assert "does not hold" in terminal.refused(bob.there, *allow, f"{asked}&state=other", *mine)
    assert "does not hold" in terminal.refused(bob.there, *allow, asked.replace("S256", "plain"), *mine)
    assert "does not hold" in terminal.refused(bob.there, *allow, asked.replace("amandier", "pirate"), *mine)
    assert "copy it whole" in terminal.refused(bob.there, *allow, "https://bouleau.example/", *mine)
    assert "Nobody keeps the bag" in terminal.refused(bob.there, *allow, asked, "--as", "moulin", "--yes")
    assert "copy it whole" in terminal.refused(bob.here, "host", "finish", "https://x.example/", "--as", "bob")
    back = "https://amandier.example/me/hosts/back?code=x&state=y"
    assert "not by you" in terminal.refused(bob.here, "host", "finish", back, "--as", "bob")


def test_hosts_that_are_none_and_badges_of_several_bags_are_refused(terminal, bob):
    assert "the very place" in terminal.refused(bob.here, "host", "connect", bob.here.base, "--as", "bob")
    assert "not the address" in terminal.refused(bob.here, "host", "connect", "ftp://x", "--as", "bob")
    terminal.refused(bob.here, "host", "connect", "nobody.example", "--as", "bob")
    connect(terminal, bob)
    none = f"{bob.mine.iri}badges/none"
    assert "nothing" in terminal.refused(bob.here, "host", "send", "bouleau.example", none)


def test_badges_that_do_not_hold_are_counted_and_told(terminal, bob, monkeypatch):
    bob.badge_there()
    hosting = bob.there.services.between.hosting
    page = hosting.page

    def forged(*arguments, **more):
        found = page(*arguments, **more)
        found.credentials[:] = [one.replace(b"Fait du pain.", b"Fait du miel.") for one in found.credentials]
        return found

    monkeypatch.setattr(hosting, "page", forged)
    answer = connect(terminal, bob)
    assert (answer.code, answer.out) == (1, "fetched: 0 new, 0 known already, 1 refused")
    assert answer.err
    assert bob.held(bob.here, bob.mine) == set()


def test_box_5_9_5_the_profile_is_shown_and_replaced(terminal, bob, tmp_path):
    told = json.loads(terminal.done(bob.here, "host", "profile", "--as", "bob"))
    assert (told["id"], told["name"]) == (bob.mine.webid, "Bob")
    file = tmp_path / "profile.json"
    file.write_text(json.dumps({"type": ["Profile"], "name": "Bob le boulanger"}), "utf-8")
    terminal.done(bob.here, "host", "profile", "--as", "bob", "--set", file)
    assert json.loads(terminal.done(bob.here, "host", "profile", "--as", "bob"))["name"] == "Bob le boulanger"
    file.write_text(json.dumps({"type": ["Profile"], "id": "https://other.example/"}), "utf-8")
    terminal.refused(bob.here, "host", "profile", "--as", "bob", "--set", file)


def test_an_application_that_is_no_host_of_badges_needs_a_browser(terminal, installation):
    installation.person("alice", "un jardin au bout du chemin")
    registered = installation.client.post("/oidc/register", json={"redirect_uris": ["https://app.example/back"]}).json()
    host = BadgeHost(installation)
    page = host.authorize(client_id=registered["client_id"], redirect_uri="https://app.example/back")
    answer = terminal.refused(installation, "host", "allow", str(page.request.url), "--as", "alice", "--yes")
    assert "no host of badges" in answer

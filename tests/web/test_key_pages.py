"""The keys that sign badges, on a page: begun anew, declared stolen, what they signed signed anew (issue 6, part 7)."""

import sys
from pathlib import Path

import pytest

from pod_app.badges.verifier import verifying
from pod_app.standards import addresses
from pod_app.standards.wac import Agent

sys.path.insert(0, str(Path(__file__).parent))
from test_me import PASSWORD, Browser


class Town:
    """Alice at her notebook; she looks after a garden that gave Bob a badge."""

    def __init__(self, here):
        self.here = here
        self.alice = here.person("alice", PASSWORD, title="Alice")
        self.bob = here.person("bob", title="Bob")
        self.agent = Agent(webid=self.alice.webid)
        self.garden = here.services.catalogue.create("potager", "garden", title="Potager", owners=[self.alice.webid])
        here.services.catalogue.create("verger", "garden", title="Verger", owners=[self.bob.webid])
        self.browser = Browser(here)
        self.browser.sign_in()

    def give(self):
        made = self.here.services.achievements.create(
            self.agent, self.garden, name="Pain", description="d", criteria="c"
        )
        issued = self.here.services.issuing.issue(self.agent, self.garden, made, self.bob.webid)
        while self.here.services.run_pending():
            pass
        self.here.clock.forward(minutes=1)
        return issued.iri

    def post(self, what, pod="potager", **form):
        return self.browser.post(f"/me/keys/{what}", {"csrf": self.browser.csrf(), "pod": pod, **form})

    def all_keys(self, pod="potager"):
        with self.here.services.resources.reading() as conn:
            return [(one.id, one.state) for one in self.here.services.keys.all(conn, pod)]

    def verified(self, badge):
        resources = self.here.services.resources
        data = resources.data(resources.read(self.agent, addresses.of_iri(badge, self.here.base)).stored)
        return verifying.verify(data, fetch=self.here.services.own_documents, at=self.here.clock()).verified


@pytest.fixture
def town(make_installation):
    made = Town(make_installation())
    yield made
    made.browser.client.close()


def test_the_keys_of_every_pod_one_signs_for_are_listed_and_no_others(town):
    page = town.browser.get("/me/keys").text
    assert "Potager" in page
    assert "Verger" not in page
    assert page.count("Signs now") == 2
    assert town.all_keys()[0][0][-8:] in page
    assert town.garden.did in page
    assert "/me/keys" in town.browser.get("/me/account").text


def test_a_new_key_is_begun_and_badges_of_the_old_one_hold(town):
    badge, old = town.give(), town.all_keys()[0][0]
    assert town.post("new").status_code == 303
    assert [state for _, state in town.all_keys()] == ["retired", "active"]
    assert town.all_keys()[0][0] == old
    assert town.verified(badge) is True
    assert "Signs no more; its badges hold" in town.browser.get("/me/keys").text


def test_a_stolen_key_makes_badges_fail_until_they_are_signed_anew(town):
    badge, old = town.give(), town.all_keys()[0][0]
    assert town.post("stolen", key=old).status_code == 422
    assert town.verified(badge) is True
    assert town.post("stolen", key=old, sure="1").status_code == 303
    assert [state for _, state in town.all_keys()] == ["revoked", "active"]
    assert town.verified(badge) is False
    assert "1 badge no longer holds" in town.browser.get("/me/keys").text
    assert town.post("anew").status_code == 303
    assert town.verified(badge) is True
    assert "no longer holds" not in town.browser.get("/me/keys").text


def test_what_is_not_mine_or_never_was_is_refused(town):
    before = town.all_keys(), town.all_keys("verger")
    for what in ("new", "stolen", "anew"):
        assert town.post(what, pod="verger", key=town.all_keys("verger")[0][0], sure="1").status_code == 403
        assert town.post(what, pod="nowhere", sure="1").status_code == 403
    assert town.post("stolen", key="z6MkNone", sure="1").status_code == 404
    forged = town.browser.post("/me/keys/new", {"csrf": "x", "pod": "potager"})
    assert forged.status_code == 403
    assert (town.all_keys(), town.all_keys("verger")) == before


def test_visitors_of_a_demo_break_nobodys_keys(town):
    town.here.services.personas.declare({"welcomer": "alice"})
    assert town.post("new").status_code == 403
    assert "Begin a new key" not in town.browser.get("/me/keys").text

"""The page on which consent is given and taken back: without script, for communities here and elsewhere."""

import re

import pytest
from three_hosts import World

from pod_app.standards.wac import Agent, Mode


@pytest.fixture
def world(make_installation):
    """A community on the first host; Alice lives on the second, where there is a community too."""
    world = World(make_installation)
    home, there = world[0], world[1]
    founder = home.person("founder")
    home.services.catalogue.create("commons", "community", title="Les Communs", owners=[founder.webid])
    alice = there.person("alice", password="un-secret-de-jardin")
    there.services.catalogue.create("bocages", "community", title="Les Bocages", owners=[alice.webid])
    there.services.catalogue.create("verger", "garden", title="Le Verger", owners=[alice.webid])
    account = there.services.accounts.of_pod("alice")
    there.client.cookies.set("__Host-session", there.services.sessions.begin(account))
    return world


ELSEWHERE = "https://amandier.example/commons/profile/card#us"


def page(world, **query):
    return world[1].client.get("/me/consents", params=query, headers={"Accept-Language": "en"})


def send(world, **form):
    token = re.search(r'name="csrf" value="([^"]+)"', page(world).text)[1]
    form = {"csrf": token, "pod": "alice", "purpose": "count", "given": "yes"} | form
    return world[1].client.post("/me/consents", data=form)


def stands(world, pod="alice"):
    services = world[1].services
    with services.resources.reading() as conn:
        return services.consents.state(conn, pod)


def reads(world, webid, path):
    address = world[1].services.catalogue.get("alice").address(path)
    return world[1].services.resources.decide(Agent(webid=webid), address).allows(Mode.READ)


def test_the_page_says_what_each_purpose_opens_and_who_sees_it(world):
    shown = page(world)
    assert shown.status_code == 200
    for words in ("What I agree to", "Les Bocages", "Count me, without my name", "What it opens:", "For Le Verger"):
        assert words in shown.text
    french = world[1].client.get("/me/consents", headers={"Accept-Language": "fr"}).text
    assert "Ce que j’accepte" in french
    assert "Qui voit ce qui en sort" in french


def test_a_form_gives_and_takes_back(world):
    assert send(world, community="bocages").status_code == 303
    assert stands(world) == {"bocages": {"count"}}
    assert "Take back" in page(world).text
    assert send(world, community="bocages", given="no").status_code == 303
    assert stands(world) == {}


def test_a_community_elsewhere_is_looked_up_and_consented_to(world):
    shown = page(world, community=ELSEWHERE)
    assert "Les Communs" in shown.text
    assert "amandier.example" in shown.text
    assert send(world, community=ELSEWHERE).status_code == 303
    assert stands(world) == {ELSEWHERE: {"count"}}
    assert reads(world, ELSEWHERE, "contributions/")
    assert "Take back" in page(world).text
    assert send(world, community=ELSEWHERE, given="no").status_code == 303
    assert not reads(world, ELSEWHERE, "contributions/")


@pytest.mark.parametrize(
    "address",
    [
        "https://amandier.example/nobody/profile/card#us",
        "https://amandier.example/founder/profile/card#me",
        "https://nowhere.example/commons/profile/card#us",
        "https://bouleau.example/bocages/profile/card#us",
        "javascript:alert(1)",
        "<b>x</b>",
    ],
)
def test_an_address_that_is_no_community_elsewhere_is_told_in_words(world, address):
    shown = page(world, community=address)
    assert shown.status_code == 200
    assert 'aria-invalid="true"' in shown.text
    assert 'value="https://amandier' not in shown.text.partition('method="get"')[0]
    assert "<b>x</b>" not in shown.text


def test_an_owner_speaks_for_a_garden_and_nobody_for_others(world):
    assert send(world, pod="verger", community="bocages").status_code == 303
    assert stands(world, "verger") == {"bocages": {"count"}}
    world[1].person("bob")
    assert send(world, pod="bob", community="bocages").status_code == 403
    assert stands(world, "bob") == {}


def test_a_form_without_its_token_or_without_session_changes_nothing(world):
    assert send(world, community="bocages", csrf="x").status_code == 403
    world[1].client.cookies.clear()
    assert page(world).status_code == 303
    assert stands(world) == {}


@pytest.mark.parametrize("form", [{"community": "alice"}, {"community": "nobody"}, {"purpose": "selling"}])
def test_a_word_that_makes_no_sense_is_refused_in_words(world, form):
    answer = send(world, **({"community": "bocages"} | form))
    assert 400 <= answer.status_code < 500
    assert stands(world) == {}

"""Confirming on a page: who sees it is said, the word stands beside the badge, and can be taken back."""

import re

import pytest
from test_me import PASSWORD, Browser

from pod_app.standards.wac import Agent


@pytest.fixture
def village(installation):
    """Alice confirms; the garden of Amina gave Bob a badge that everybody sees; Alice founded a community."""
    services = installation.services
    alice = installation.person("alice", PASSWORD, title="Alice")
    amina, bob = installation.person("amina"), installation.person("bob", title="Bob")
    garden = services.catalogue.create("jardin", "garden", title="Le jardin", owners=[amina.webid])
    services.catalogue.create("communs", "community", title="Les Communs", owners=[alice.webid])
    services.members.put(Agent(webid=amina.webid), "jardin", alice.webid)
    agent = Agent(webid=amina.webid)
    achievement = services.achievements.create(agent, garden, name="Greffe", description="d", criteria="c")
    issued = services.issuing.issue(agent, garden, achievement, bob.webid)
    while services.run_pending():
        pass
    copy = bob.address(f"badges/{issued.iri.rpartition('/')[2]}")
    services.backpack.show_to(Agent(webid=bob.webid), copy, "everyone")
    return installation, issued.iri, achievement, garden


@pytest.fixture
def browser(village):
    made = Browser(village[0])
    yield made
    made.client.close()


def test_a_stranger_is_led_to_sign_in_and_back(village, browser):
    answer = browser.get(f"/me/confirm?about={village[1]}")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/me/sign-in?next=/me/confirm%3Fabout%3D")


def test_one_field_and_one_tap_confirm_a_badge(village, browser):
    browser.sign_in()
    page = browser.get(f"/me/confirm?about={village[1]}").text
    assert "Everyone sees your name and your word." in page
    assert "Le jardin" in page  # she may say of which garden
    form = {"csrf": browser.csrf(f"/me/confirm?about={village[1]}"), "about": village[1], "comment": "I was <there>."}
    answer = browser.post("/me/confirm", form | {"garden": "jardin"})
    assert answer.status_code == 303
    shown = browser.get(answer.headers["Location"], Accept="text/html").text
    assert "I was &lt;there&gt;." in shown
    assert "Signed, and it holds" in shown
    again = browser.post("/me/confirm", form)
    assert again.status_code == 422
    assert "has confirmed this already" in again.text


def test_vouching_says_why_and_until_when_in_the_name_of_a_community(village, browser):
    _, badge, achievement, _ = village
    browser.sign_in()
    where = f"/me/confirm?about={achievement}"
    form = {"csrf": browser.csrf(where), "about": achievement, "by": "communs", "until": "365"}
    assert browser.post("/me/confirm", form).status_code == 422
    answer = browser.post("/me/confirm", form | {"comment": "We watched three grafts."})
    shown = browser.get(answer.headers["Location"], Accept="text/html").text
    assert "We watched three grafts." in shown
    assert "until Friday 12 March 2027" in shown
    assert "Recognised by a community" in browser.get(badge, Accept="text/html").text


def test_a_word_is_taken_back_with_another_and_only_ones_own(village, browser):
    browser.sign_in()
    where = f"/me/confirm?about={village[1]}"
    browser.post("/me/confirm", {"csrf": browser.csrf(where), "about": village[1], "comment": "Yes."})
    mine = browser.get("/me/confirm/mine").text
    name = re.search(r'name="id" value="([^"]+)"', mine)[1]
    form = {"csrf": browser.csrf("/me/confirm/mine"), "pod": "alice", "id": name, "reason": "Another day."}
    assert browser.post("/me/confirm/withdraw", form | {"pod": "jardin"}).status_code == 403
    assert browser.post("/me/confirm/withdraw", form | {"csrf": "x"}).status_code == 403
    assert browser.post("/me/confirm/withdraw", form | {"reason": ""}).status_code == 422
    assert browser.post("/me/confirm/withdraw", form).status_code == 303
    assert "Taken back: Another day." in browser.get("/me/confirm/mine").text
    assert "Taken back" in browser.get(village[1], Accept="text/html").text


def test_what_is_no_badge_is_refused_in_a_sentence(village, browser):
    browser.sign_in()
    for about in ("", "did:web:x.example:y", f"{village[0].base}bob/", "https://elsewhere.example/b"):
        assert browser.get(f"/me/confirm?about={about}").status_code == 404, about

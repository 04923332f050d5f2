"""Every tile says in a word whose look stands behind a badge: in the bag, a public notebook and a collection."""

import re
from html import unescape

import pytest
from fixtures_pods import Person
from visitors import PASSWORD, Visitor

from pod_app.badges.bag.collecting import Collection
from pod_app.badges.recognition.endorsing import Word
from pod_app.standards.wac import Agent


def acting(pod):
    return Agent(webid=pod.webid)


@pytest.fixture
def alice(installation):
    """Alice shows three badges to everybody: one of her own, which a peer confirmed; a garden's; her own alone."""
    services = installation.services
    pod, amina = installation.person("alice", PASSWORD, title="Alice"), installation.person("amina")
    garden = services.catalogue.create("mare", "garden", title="La Mare", owners=[amina.webid])
    givers = {"Greffe": (amina, garden), "Compost": (pod, pod), "Semences": (pod, pod)}
    for name, (signer, giver) in givers.items():
        made = services.achievements.create(acting(signer), giver, name=name, description="d", criteria="c")
        issued = services.issuing.issue(acting(signer), giver, made, pod.webid)
        while services.run_pending():
            pass
        services.backpack.show_to(acting(pod), pod.address(f"badges/{issued.iri.rpartition('/')[2]}"), "everyone")
        if name == "Compost":
            endorsing = services.recognition.endorsing
            endorsing.endorse(acting(amina), amina, endorsing.subject(acting(amina), issued.iri), Word("J'y étais."))
    browser = Visitor(installation, "alice")
    yield browser
    browser.close()


LOOKS = {"Greffe": "By a garden", "Compost": "By peers", "Semences": "Self-declared"}


def told(page):
    """The word of each tile by the badge's name."""
    tiles = re.findall(r'<div class="tile">(.*?)</h3>(.*?)(?=<div class="tile">|</ul>)', page, re.DOTALL)
    words = {}
    for head, rest in tiles:
        name = unescape(re.search(r"<h3><a [^>]*>([^<]+)</a>", head)[1])
        found = [look for look in LOOKS.values() if f"<span>{look}</span>" in rest or f">{look}</span>" in rest]
        words.setdefault(name, " ".join(found))  # a card shows what it gives after what it has
    return words


def test_the_bag_and_the_notebook_say_whose_look_it_is(alice):
    assert told(alice.get("/me/badges").text) == LOOKS
    assert told(alice.get("/me").text) == LOOKS


def test_a_public_notebook_and_a_collection_say_it_too(alice, installation):
    services = installation.services
    pod = services.catalogue.get("alice")
    held = services.backpack.held(acting(pod), pod)
    badges = tuple(one.address.iri(installation.base) for one in held)
    address = services.collections.save(acting(pod), pod, Collection("Été", "", badges), "everyone")
    stranger = Person(installation)
    for path in ("/alice/profile/card", address.target):
        page = stranger.get(path, **{"Accept": "text/html", "Accept-Language": "en"})
        assert page.status_code == 200
        assert told(page.text) == LOOKS


def test_in_french_it_is_a_short_word(alice):
    french = alice.client.get("/me/badges", headers={"Accept-Language": "fr"}).text
    for word in ("Auto-déclaré", "Par des pairs", "Par un jardin"):
        assert f">{word}</span>" in french

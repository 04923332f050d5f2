"""Collections: badges put together, a page for others that shows no more than each badge's own audience."""

import re
import sys
from pathlib import Path

import pytest
from fixtures_pods import Person

sys.path.insert(0, str(Path(__file__).parent))
from test_me import PASSWORD, Browser

from pod_app.standards.wac import Agent


@pytest.fixture
def alice(installation):
    """Alice with two badges, the first of which everybody may see."""
    pod, amina = installation.person("alice", PASSWORD, title="Alice"), installation.person("amina")
    services, agent = installation.services, Agent(webid=amina.webid)
    for name in ("Compost", "Semences"):
        achievement = services.achievements.create(agent, amina, name=name, description="d", criteria="c")
        services.issuing.issue(agent, amina, achievement, pod.webid)
    while services.run_pending():
        pass
    held = {one.document["name"]: one.address for one in services.backpack.held(Agent(webid=pod.webid), pod)}
    services.backpack.show_to(Agent(webid=pod.webid), held["Compost"], "everyone")
    browser = Browser(installation)
    browser.sign_in()
    browser.badges = {name: address.iri(installation.base) for name, address in held.items()}
    yield browser
    browser.client.close()


def save(alice, **form):
    sent = {"csrf": alice.csrf(), "title": "Mon été", "about": "De la terre.", "audience": "everyone"} | form
    return alice.post("/me/collections", sent | {"badge": form.get("badge", list(alice.badges.values()))})


def public_address(answer):
    return re.search(r"iri=https%3A%2F%2Fgarden\.example(.*)", answer.headers["Location"])[1].replace("%2F", "/")


def test_a_collection_has_a_public_page_that_shows_public_badges_alone(alice, installation):
    made = save(alice)
    assert made.status_code == 303
    own = alice.get(made.headers["Location"]).text
    assert "Compost" in own
    assert "Semences" in own
    stranger = Person(installation)
    page = stranger.get(public_address(made), Accept="text/html")
    assert page.status_code == 200
    assert "Compost" in page.text
    assert "Semences" not in page.text
    assert "more badge is not shown" in page.text or "autre badge" in page.text
    assert '<meta property="og:title" content="Mon été' in page.text
    assert '<meta property="og:description" content="De la terre."' in page.text
    assert re.search(r'<meta property="og:image" content="https://garden\.example/alice/badges/[^"]+\.png"', page.text)
    turtle = stranger.get(public_address(made), Accept="text/turtle").text
    assert "OrderedCollection" in turtle


def test_a_collection_is_private_until_one_says_otherwise_and_can_be_changed_and_deleted(alice, installation):
    where = public_address(save(alice, audience="me"))
    stranger = Person(installation)
    assert stranger.get(where).status_code == 401
    name = where.rpartition("/")[2]
    form = alice.get(f"/me/collections/{name}").text
    assert form.count(" checked>") == 2
    again = save(alice, name=name, title="Mon hiver", badge=[alice.badges["Semences"]], audience="everyone")
    assert public_address(again) == where
    assert "Mon hiver" in alice.get("/me/collections").text
    assert "Mon hiver" in stranger.get(where, Accept="text/html").text
    assert alice.post(f"/me/collections/{name}/remove", {"csrf": alice.csrf()}).status_code == 303
    assert stranger.get(where).status_code in {401, 404}
    assert alice.get(f"/me/collections/{name}").status_code == 404


def test_the_order_that_was_chosen_is_kept(alice):
    names = ["Semences", "Compost"]
    page = alice.get(save(alice, badge=[alice.badges[name] for name in names]).headers["Location"]).text
    assert page.index(">Semences<") < page.index(">Compost<")


@pytest.mark.parametrize(
    "form",
    [
        {"title": " "},
        {"title": "x" * 81},
        {"about": "x" * 1001},
        {"badge": ["https://garden.example/amina/badges/x"]},
        {"badge": ["https://evil.example/badges/x"]},
        {"badge": ["https://garden.example/alice/private/x"]},
        {"audience": "garden:nowhere"},
    ],
)
def test_what_is_no_collection_is_said_on_the_form(alice, form):
    answer = save(alice, **form)
    assert answer.status_code == 200
    assert 'role="alert"' in answer.text
    assert "Mon été" not in alice.get("/me/collections").text


def test_whatever_stands_among_the_collections_their_page_opens(alice, installation):
    owner = Person(installation, installation.services.catalogue.get("alice"))
    for name, body in (("a", b"<#it> <https://www.w3.org/ns/activitystreams#items> <#it> ."), ("b", b"")):
        assert owner.put(f"/alice/collections/{name}", body, "text/turtle").status_code in {201, 204}
    ring = b"""@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
        <#it> <https://www.w3.org/ns/activitystreams#items> <#c> . <#c> rdf:first <x> ; rdf:rest <#c> ."""
    owner.put("/alice/collections/c", ring, "text/turtle")
    assert alice.get("/me/collections").status_code == 200
    for name in "abc":
        iri = f"{installation.base}alice/collections/{name}"
        assert alice.client.get("/me/open", params={"iri": iri}).status_code == 200
        assert alice.get(f"/me/collections/{name}").status_code == 200


def test_linkedin_is_offered_for_public_badges_alone(alice, installation):
    for name, offered in (("Compost", True), ("Semences", False)):
        page = alice.client.get("/me/open", params={"iri": alice.badges[name]}).text
        assert ("https://www.linkedin.com/profile/add?" in page) == offered

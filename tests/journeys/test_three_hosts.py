"""Three installations that know nothing of each other: a badge travels, is checked, is withdrawn."""

import json

import pytest
from three_hosts import HOSTS, World

from pod_app.badges.bag.kept import Incoming
from pod_app.standards import rdf
from pod_app.standards.wac import Agent


@pytest.fixture
def world(make_installation):
    return World(make_installation)


@pytest.fixture
def given(world):
    """A garden on the first host gives Basile a badge; he shows it to everybody."""
    here = world[0]
    amina, basile = here.person("amina", title="Amina"), here.person("basile", title="Basile")
    garden = here.services.catalogue.create("verger", "garden", title="Le Verger", owners=[amina.webid])
    signer = Agent(webid=amina.webid)
    achievement = here.services.achievements.create(
        signer, garden, name="Greffeuse de pommiers", description="Sait greffer.", criteria="Trois greffes reprises."
    )
    issued = here.services.issuing.issue(signer, garden, achievement, basile.webid)
    world.settle()
    copy = basile.address(f"badges/{issued.iri.rpartition('/')[2]}")
    here.services.backpack.show_to(Agent(webid=basile.webid), copy, "everyone")
    return issued, signer, copy.iri(here.base)


def verify(host, *, url=None, text=None, accept="application/json"):
    form = {"url": url} if url else {"text": text}
    headers = {"Accept": accept, "Accept-Language": "en", "Origin": host.base.rstrip("/")}
    return host.client.post(f"{host.base}verify", data=form, headers=headers)


def outcomes(answer):
    return {check["name"]: check["outcome"] for check in answer.json()["checks"]}


@pytest.mark.parametrize("number", [1, 2])
def test_another_host_checks_the_badge_with_the_documents_of_its_issuer(world, given, number):
    issued, _, _ = given
    there = world[number]
    for way in ({"url": issued.iri}, {"text": issued.document.decode()}):
        answer = verify(there, **way)
        assert answer.status_code == 200, answer.text
        assert answer.json()["verified"] is True, answer.json()
        assert "fail" not in outcomes(answer).values()
    asked = {url for _, url, _ in world.asked[HOSTS[0]]}
    assert {"https://amandier.example/verger/did.json", "https://amandier.example/verger/issued/status/1"} <= asked
    assert all(proof is None for _, _, proof in world.asked[HOSTS[0]])
    assert world.asked[HOSTS[3 - number]] == []


def test_the_page_says_in_words_what_was_checked(world, given):
    page = verify(world[1], url=given[2], accept="text/html")
    assert page.status_code == 200
    assert "Greffeuse de pommiers" in page.text
    assert "Le Verger" in page.text
    assert 'class="seal bad' not in page.text


def test_a_withdrawn_badge_fails_on_the_other_host_at_once_and_its_neighbour_does_not(world, given):
    issued, signer, copy = given
    here, there = world[0], world[1]
    garden = here.services.catalogue.get("verger")
    basile = here.services.catalogue.get("basile").webid
    content = json.loads(issued.document)["credentialSubject"]["achievement"]["id"]
    neighbour = here.services.issuing.issue(signer, garden, content, basile)
    assert verify(there, url=issued.iri).json()["verified"] is True
    here.services.issuing.revoke(signer, issued.iri, "Donné deux fois par erreur.")
    for way in ({"url": issued.iri}, {"url": copy}, {"text": issued.document.decode()}):
        answer = verify(there, **way)
        assert answer.json()["verified"] is False
        failed = [check for check in answer.json()["checks"] if check["outcome"] == "fail"]
        assert [check["name"] for check in failed] == ["status"]
        assert "withdrawn" in failed[0]["detail"].lower() or "revoked" in failed[0]["detail"].lower()
    assert verify(there, text=neighbour.document.decode()).json()["verified"] is True


def test_a_badge_that_is_private_again_can_still_be_shown_as_a_file(world, given):
    issued, _, copy = given
    here, there = world[0], world[1]
    address = here.services.catalogue.get("basile").address(f"badges/{copy.rpartition('/')[2]}")
    basile = Agent(webid=here.services.catalogue.get("basile").webid)
    here.services.backpack.show_to(basile, address, "me")
    for url in (issued.iri, copy):
        assert here.client.get(url).status_code == 401
        answer = verify(there, url=url)
        assert answer.status_code == 502
        assert "Greffeuse" not in answer.text
    assert verify(there, text=issued.document.decode()).json()["verified"] is True


def test_one_changed_letter_fails_on_the_other_host(world, given):
    forged = given[0].document.decode().replace("Greffeuse de pommiers", "Greffeuse de poiriers")
    answer = verify(world[1], text=forged)
    assert answer.json()["verified"] is False
    assert outcomes(answer)["proof"] == "fail"


def test_a_host_that_does_not_answer_leaves_the_question_open(world, given):
    there, mounts = world.hosts[1]
    mounts.clear()
    answer = verify(there, text=given[0].document.decode())
    assert answer.status_code == 200
    assert answer.json()["verified"] is not True


def test_a_badge_for_somebody_elsewhere_is_checked_and_kept_where_they_live(world):
    """The issuer's record is readable by its holder; the holder brings the file home."""
    here, there, third = world[0], world[1], world[2]
    amina, claire = here.person("amina"), there.person("claire")
    signer = Agent(webid=amina.webid)
    achievement = here.services.achievements.create(signer, amina, name="Compost", description="d", criteria="c")
    issued = here.services.issuing.issue(signer, amina, achievement, claire.webid)
    world.settle()
    assert here.client.get(issued.iri).status_code == 401
    holder = Agent(webid=claire.webid)
    kept = there.services.backpack.add(holder, claire, Incoming(issued.document, rdf.VC, json.loads(issued.document)))
    there.services.backpack.show_to(holder, kept, "everyone")
    shown = third.services.fetch(kept.iri(there.base), "application/vc")
    assert shown.body == issued.document
    answer = verify(third, url=kept.iri(there.base))
    assert answer.json()["verified"] is True
    assert here.client.get(issued.iri).status_code == 401
    assert there.client.get(f"{there.base}claire/badges/").status_code == 401


def test_nobody_of_another_host_is_let_in_by_their_webid_alone(world, given):
    here, there = world[0], world[1]
    claire = there.person("claire")
    token = there.headers(claire)["Authorization"]
    assert here.client.get(f"{here.base}basile/badges/", headers={"Authorization": token}).status_code == 401
    assert there.client.get(f"{there.base}claire/badges/", headers={"Authorization": token}).status_code == 200

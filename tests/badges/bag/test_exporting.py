"""A badge as a token and as a hosted badge of version 2: each verifies alone, and follows its holder and its end."""

import json
from pathlib import Path

import pytest

from pod_app.badges.verifier import verifying
from pod_app.errors import Conflict
from pod_app.standards import baking
from pod_app.standards.wac import Agent


def acting(pod):
    return Agent(webid=pod.webid)


@pytest.fixture
def given(forge):
    issued = forge.issue()
    forge.deliver()
    address = forge.services.backpack.held(acting(forge.bob), forge.bob)[0].address
    return issued, address


def judged(forge, data, recipient=None):
    """What a stranger says who asks over HTTP, as everybody may."""

    def fetch(url, accept):
        answer = forge.installation.client.get(url, headers={"Accept": accept})
        if answer.status_code != 200:
            raise verifying.documents({})(url, accept)
        return verifying.Fetched(url, answer.headers["Content-Type"].partition(";")[0], answer.content)

    return verifying.verify(data, fetch=fetch, at=forge.services.clock(), recipient=recipient)


def test_a_token_is_signed_around_the_badge_and_verifies(forge, given):
    issued, address = given
    token = forge.services.exporting.token(acting(forge.bob), address)
    report = judged(forge, token, forge.bob.webid)
    assert report.verified is True, report.to_json()
    assert report.credential["proof"] == json.loads(issued.document)["proof"]
    assert token.count(b".") == 2


def test_a_token_that_is_imported_is_kept_and_had_again_byte_for_byte(forge, given):
    token = forge.services.exporting.token(acting(forge.bob), given[1])
    forge.services.backpack.remove(acting(forge.bob), given[1])
    forge.services.importing._fetch = forge.services.own_documents
    imported = forge.services.importing.keep(acting(forge.bob), forge.bob, token)
    assert imported.report.verified is True
    assert forge.services.exporting.token(acting(forge.bob), imported.address) == token
    held = forge.services.backpack.held(acting(forge.bob), forge.bob)
    assert [one.document["name"] for one in held] == ["Passeur·se de savoirs"]
    forge.services.backpack.show_to(acting(forge.bob), imported.address, "everyone")
    page = forge.get(imported.address.iri(forge.installation.base), forge.bob, accept="text/html")
    assert page.status_code == 200
    assert "Passeur·se de savoirs" in page.text
    picture = forge.get(f"{imported.address.iri(forge.installation.base)}.png", forge.bob, accept="*/*").content
    assert baking.unbake(picture) == token.decode()


def test_box_5_10_the_hosted_twin_verifies_and_names_a_confirmed_address(forge, given):
    services, bob = forge.services, acting(forge.bob)
    with pytest.raises(Conflict, match="not public"):
        services.exporting.host(bob, given[1])
    services.confirmed.add("bob", "bob@example.org")
    services.backpack.show_to(bob, given[1], "everyone")
    iri = services.exporting.host(bob, given[1])
    assert iri == f"{forge.garden.iri}hosted/{given[0].iri.rpartition('/')[2]}"
    assert services.exporting.host(bob, given[1]) == iri
    hosted = forge.installation.client.get(iri, headers={"Accept": "application/ld+json"})
    assertion = hosted.json()
    assert assertion["recipient"]["type"] == "email"
    report = judged(forge, hosted.content, "bob@example.org")
    assert report.verified is True, report.to_json()
    assert report.credential["credentialSubject"]["achievement"]["name"] == "Passeur·se de savoirs"
    image = forge.installation.client.get(forge.installation.client.get(assertion["badge"]).json()["image"])
    assert image.content.startswith(b"\x89PNG")


def test_without_a_confirmed_address_the_twin_names_the_webid(forge, given):
    services, bob = forge.services, acting(forge.bob)
    services.backpack.show_to(bob, given[1], "everyone")
    services.exporting.host(bob, given[1])
    _, data = services.exporting.hosted(given[1])
    assert judged(forge, data, forge.bob.webid).verified is True


def test_the_twin_is_hidden_with_the_badge_and_withdrawn_with_it(forge, given):
    services, bob = forge.services, acting(forge.bob)
    services.backpack.show_to(bob, given[1], "everyone")
    iri = services.exporting.host(bob, given[1])
    _, data = services.exporting.hosted(given[1])
    for audience, status in (("me", 401), ("everyone", 200)):
        services.backpack.show_to(bob, given[1], audience)
        assert forge.installation.client.get(iri).status_code == status
        assert forge.installation.client.get(f"{iri}-class").status_code == status
    services.issuing.revoke(acting(forge.amina), given[0].iri, "Donné par erreur.")
    report = judged(forge, data, forge.bob.webid)
    assert report["status"].outcome == "fail"
    assert "Donné par erreur." in report["status"].to_json()["detail"]


def test_nobody_else_makes_a_twin_or_a_token(forge, given):
    for act in (forge.services.exporting.host, forge.services.exporting.token):
        with pytest.raises(Exception, match="may not do this"):
            act(acting(forge.amina), given[1])


@pytest.mark.parametrize("picture", [b'<svg xmlns="http://www.w3.org/2000/svg"/>', None])
def test_both_generations_live_in_one_picture(picture):

    png = Path(__file__).parents[2] / "data/badges/samples/ob2-reference-validator/public_domain_heart.png"
    image = picture or png.read_bytes()
    both = baking.bake(baking.bake(image, '{"a": 3}'), '{"a": 2}', old=True)
    assert baking.unbake(both) == '{"a": 3}'
    assert baking.unbake(baking.bake(image, '{"a": 2}', old=True)) == '{"a": 2}'
    assert baking.bake(both, '{"a": 2}', old=True) == both

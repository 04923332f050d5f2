"""Achievements («moules»): linked data at their own address, complete or refused (open-badges.md §5.3)."""

import json

import pytest

from pod_app.badges.forge.achievements import readable_name
from pod_app.errors import Forbidden, Invalid, NotFound, Unauthenticated
from pod_app.standards.wac import ANONYMOUS, Agent

PARTS = {"name": "Compost", "description": "Fait du sol.", "criteria": "Trois tas, *trois* saisons."}


def acting(pod):
    return Agent(webid=pod.webid)


def free(forge):
    description = f"{forge.garden.iri}achievements/.meta"
    headers = forge.installation.headers(forge.amina)
    assert forge.installation.client.delete(description, headers=headers).status_code == 204


def put(forge, document):
    """Write into a container that its owner has freed of its shape, as anybody may."""
    headers = forge.installation.headers(forge.amina) | {"Content-Type": "application/ld+json"}
    free(forge)
    iri = f"{forge.garden.iri}achievements/by-hand"
    assert forge.installation.client.put(iri, headers=headers, content=json.dumps(document)).status_code in {201, 204}
    return iri


def test_an_achievement_answers_at_its_own_address_to_everybody_box_5_3(forge):
    found = forge.get(forge.achievement, accept="application/ld+json")
    assert found.status_code == 200
    document = found.json()
    assert document["id"] == forge.achievement
    assert document["type"] == ["Achievement"]
    assert document["criteria"] == {"narrative": "Une personne raconte **ce qu'elle a appris**."}
    assert document["creator"]["id"] == forge.garden.did
    assert forge.get(forge.achievement, accept="text/turtle").status_code == 200
    assert "Passeur" in forge.get(forge.achievement, accept="text/html").text


def test_its_address_can_be_read_aloud_and_a_second_one_gets_another(forge):
    assert forge.achievement == f"{forge.garden.iri}achievements/passeur-se-de-savoirs"
    again = forge.services.achievements.create(acting(forge.amina), forge.garden, **PARTS, slug="passeur-se-de-savoirs")
    assert again != forge.achievement
    assert again.startswith(f"{forge.garden.iri}achievements/passeur-se-de-savoirs-")


@pytest.mark.parametrize(
    ("text", "name"),
    [("Élodie & Zoé", "elodie-zoe"), ("  ", ""), ("日本", ""), ("A" * 90, "a" * 60), ("ça-va?", "ca-va")],
)
def test_names_lose_accents_and_signs(text, name):
    assert readable_name(text) == name


@pytest.mark.parametrize("missing", ["name", "description", "criteria"])
def test_an_achievement_without_one_of_its_parts_is_refused_box_5_3(forge, missing):
    with pytest.raises(Invalid):
        forge.services.achievements.create(acting(forge.amina), forge.garden, **(PARTS | {missing: ""}))


def test_only_whoever_may_write_in_the_pod_adds_achievements(forge):
    with pytest.raises(Forbidden):
        forge.services.achievements.create(acting(forge.bob), forge.garden, **PARTS)
    with pytest.raises(Unauthenticated):
        forge.services.achievements.create(ANONYMOUS, forge.garden, **PARTS)


def test_the_badge_carries_a_copy_of_the_achievement_without_its_context(forge):
    document = json.loads(forge.stored(forge.achievement))
    copied = json.loads(forge.issue().document)["credentialSubject"]["achievement"]
    assert copied == {key: value for key, value in document.items() if key != "@context"}


@pytest.mark.parametrize("path", ["achievements/", "achievements/unknown", "profile/card", "did.json", "issued/x"])
def test_what_is_no_achievement_cannot_be_given(forge, path):
    with pytest.raises(NotFound):
        forge.issue(achievement=f"{forge.garden.iri}{path}")


def test_an_achievement_of_another_installation_cannot_be_given(forge):
    with pytest.raises(NotFound):
        forge.issue(achievement="https://elsewhere.example/garden/achievements/compost")


def test_an_incomplete_achievement_written_by_hand_is_refused_with_what_is_missing(forge):
    context = ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]
    iri = put(forge, {"@context": context, "id": "", "type": ["Achievement"], "name": "Compost"})
    with pytest.raises(Invalid) as refusal:
        forge.issue(achievement=iri)
    assert iri in str(refusal.value)


@pytest.mark.parametrize("document", [[], [{}], {}, {"a": {"b": []}}])
def test_json_that_is_no_achievement_is_refused(forge, document):
    iri = put(forge, document)
    with pytest.raises((Invalid, NotFound)):
        forge.issue(achievement=iri)


def test_a_private_achievement_stays_private(forge):
    """A badge would publish it: what strangers may not read is not given."""
    acl = f"<#o> a <http://www.w3.org/ns/auth/acl#Authorization>; <http://www.w3.org/ns/auth/acl#accessTo> <{forge.achievement}>; <http://www.w3.org/ns/auth/acl#agent> <{forge.amina.webid}>; <http://www.w3.org/ns/auth/acl#mode> <http://www.w3.org/ns/auth/acl#Read>, <http://www.w3.org/ns/auth/acl#Write>, <http://www.w3.org/ns/auth/acl#Control> ."  # noqa: E501  # one rule
    headers = forge.installation.headers(forge.amina) | {"Content-Type": "text/turtle"}
    assert forge.installation.client.put(f"{forge.achievement}.acl", headers=headers, content=acl).status_code == 201
    with pytest.raises((Unauthenticated, Forbidden, NotFound)):
        forge.issue()


@pytest.mark.parametrize(
    ("media_type", "body"),
    [("text/plain", "a note"), ("application/ld+json", "[]"), ("image/png", "no image"), ("text/turtle", "<> <> <>.")],
)
def test_whatever_lies_among_the_achievements_the_gardens_page_still_opens(forge, media_type, body):
    headers = forge.installation.headers(forge.amina) | {"Content-Type": media_type}
    iri = f"{forge.garden.iri}achievements/odd"
    free(forge)
    assert forge.installation.client.put(iri, headers=headers, content=body).status_code == 201
    card = forge.get(forge.garden.webid.partition("#")[0], accept="text/html")
    assert card.status_code == 200
    assert "Passeur" in card.text
    for form in ("text/html", "image/png", "image/svg+xml", "text/turtle"):
        assert forge.get(iri, accept=form).status_code < 500, form

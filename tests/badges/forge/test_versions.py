"""Achievements change, are shared, retired and twinned; badges already issued do not move (open-badges.md §5.3)."""

import json

import pytest

from pod_app.badges.forge import likeness
from pod_app.errors import Conflict, Forbidden, Invalid, NotFound
from pod_app.standards.wac import Agent


def acting(pod):
    return Agent(webid=pod.webid)


def standing(forge, iri):
    return json.loads(forge.stored(iri))


def test_an_edit_is_a_new_version_and_the_one_before_keeps_an_address_box_5_3(forge):
    issued = forge.issue()
    number = forge.services.achievements.edit(
        acting(forge.amina), forge.garden, forge.achievement, description="Autre chose.", tags=["passage"]
    )
    assert number == "2"
    now = standing(forge, forge.achievement)
    assert (now["version"], now["description"], now["tag"], now["name"]) == (
        "2", "Autre chose.", ["passage"], "Passeur·se de savoirs",
    )  # fmt: skip
    with forge.services.resources.reading() as conn:
        versions = forge.services.achievements.versions(conn, forge.achievement)
    assert [number for number, _ in versions] == ["1"]
    before = forge.get(versions[0][1], accept="application/ld+json").json()
    assert before["description"] == "A transmis un savoir."
    assert before["id"] == versions[0][1]
    assert {"id": forge.achievement, "type": ["Related"]} in before["related"]
    assert "version d’avant" in forge.get(versions[0][1], accept="text/html").text
    assert forge.stored(issued.iri) == issued.document
    assert forge.verify(issued.document).verified is True
    again = json.loads(forge.issue().document)["credentialSubject"]["achievement"]
    assert (again["id"], again["version"], again["description"]) == (forge.achievement, "2", "Autre chose.")


def test_the_same_words_are_no_new_version(forge):
    edit = forge.services.achievements.edit
    assert edit(acting(forge.amina), forge.garden, forge.achievement, name="Passeur·se de savoirs") == "1"
    with forge.services.resources.reading() as conn:
        assert forge.services.achievements.versions(conn, forge.achievement) == []


def test_two_people_who_edit_at_once_do_not_overwrite_each_other(forge):
    edit, me = forge.services.achievements.edit, acting(forge.amina)
    assert edit(me, forge.garden, forge.achievement, seen="1", name="Un") == "2"
    with pytest.raises(Conflict):
        edit(me, forge.garden, forge.achievement, seen="1", name="Deux")
    assert standing(forge, forge.achievement)["name"] == "Un"


@pytest.mark.parametrize("parts", [{"name": ""}, {"criteria": ""}, {"alignments": [{"targetName": "x"}]}])
def test_an_edit_that_would_leave_it_incomplete_is_refused_and_changes_nothing(forge, parts):
    before = standing(forge, forge.achievement)
    with pytest.raises(Invalid):
        forge.services.achievements.edit(acting(forge.amina), forge.garden, forge.achievement, **parts)
    assert standing(forge, forge.achievement) == before


def test_members_with_the_role_of_issuer_make_and_change_and_others_do_not(forge):
    achievements, parts = forge.services.achievements, {"name": "A", "description": "d", "criteria": "c"}
    for pod in (forge.carole, forge.bob):
        with pytest.raises(Forbidden):
            achievements.create(acting(pod), forge.garden, **parts)
        with pytest.raises(Forbidden):
            achievements.edit(acting(pod), forge.garden, forge.achievement, name="B")
        with pytest.raises(Forbidden):
            achievements.retire(acting(pod), forge.garden, forge.achievement)
    forge.services.members.put(acting(forge.amina), "ecoutants", forge.carole.webid, ["member", "issuer"])
    made = achievements.create(acting(forge.carole), forge.garden, **parts)
    assert achievements.edit(acting(forge.carole), forge.garden, made, name="B") == "2"
    assert forge.issue(by=forge.carole, achievement=made)
    assert [pod.name for pod in forge.services.signers.pods_of(acting(forge.carole))] == ["carole", "ecoutants"]
    assert [pod.name for pod in forge.services.signers.pods_of(acting(forge.bob))] == ["bob"]


def test_nobody_edits_through_another_pod_or_a_version(forge):
    achievements = forge.services.achievements
    with pytest.raises(NotFound):
        achievements.edit(acting(forge.bob), forge.bob, forge.achievement, name="Pris")
    achievements.edit(acting(forge.amina), forge.garden, forge.achievement, name="Deux")
    with forge.services.resources.reading() as conn:
        old = achievements.versions(conn, forge.achievement)[0][1]
    with pytest.raises(NotFound):
        achievements.edit(acting(forge.amina), forge.garden, old, name="Histoire refaite")


def test_a_retired_achievement_is_given_no_more_and_its_badges_stand(forge):
    issued = forge.issue()
    forge.services.achievements.retire(acting(forge.amina), forge.garden, forge.achievement)
    with pytest.raises(Conflict):
        forge.issue()
    assert forge.verify(issued.document).verified is True
    page = forge.get(forge.achievement, accept="text/html").text
    assert "n’est plus donné" in page
    assert "Passeur" not in forge.get(f"{forge.garden.iri}achievements/", accept="text/html").text
    forge.services.achievements.retire(acting(forge.amina), forge.garden, forge.achievement, retired=False)
    assert forge.issue()


def test_a_shared_mould_is_given_by_several_issuers_each_in_its_own_name(forge):
    services = forge.services
    orchard = services.catalogue.create("verger", "garden", title="Le Verger", owners=[forge.bob.webid])
    issued = services.issuing.issue(acting(forge.bob), orchard, forge.achievement, forge.carole.webid)
    badge = json.loads(issued.document)
    assert badge["issuer"]["id"] == orchard.did
    assert badge["credentialSubject"]["achievement"]["id"] == forge.achievement
    assert badge["credentialSubject"]["achievement"]["creator"]["id"] == forge.garden.did
    assert forge.verify(issued.document).verified is True


def test_a_reserved_one_is_given_by_its_own_pod_only(forge):
    services = forge.services
    services.achievements.edit(acting(forge.amina), forge.garden, forge.achievement, reserved=True)
    orchard = services.catalogue.create("verger", "garden", title="Le Verger", owners=[forge.bob.webid])
    with pytest.raises(Forbidden):
        services.issuing.issue(acting(forge.bob), orchard, forge.achievement, forge.carole.webid)
    assert forge.issue()


def test_languages_are_twins_that_name_each_other_and_a_third_names_both_box_5_3(forge):
    achievements = forge.services.achievements
    english = achievements.create(
        acting(forge.amina), forge.garden, name="Passer-on", description="d", criteria="c", language="en",
        twin_of=forge.achievement,
    )  # fmt: skip
    assert standing(forge, english)["related"] == [{"id": forge.achievement, "type": ["Related"], "inLanguage": "fr"}]
    assert standing(forge, forge.achievement)["related"] == [{"id": english, "type": ["Related"], "inLanguage": "en"}]
    with pytest.raises(Conflict):
        achievements.create(
            acting(forge.amina), forge.garden, name="Again", description="d", criteria="c", language="en",
            twin_of=forge.achievement,
        )  # fmt: skip
    assert achievements.edit(acting(forge.amina), forge.garden, forge.achievement, name="Passeuse") == "2"
    related = standing(forge, forge.achievement)["related"]
    assert [one.get("inLanguage") for one in related] == ["en", None]
    given = json.loads(forge.issue().document)
    assert given["credentialSubject"]["achievement"]["related"] == related[:1]
    assert forge.verify(json.dumps(given).encode()).verified is True


def test_what_looks_alike_is_found_by_name_and_by_skill_and_kind(forge):
    achievements, skill = forge.services.achievements, "https://w3id.org/jdn#skill-listening"
    aligned = [{"type": ["Alignment"], "targetName": "écoute", "targetUrl": skill}]
    parts = {"description": "d", "criteria": "c", "alignments": aligned}
    same = achievements.create(acting(forge.bob), forge.bob, name="Écoutante", achievement_type="Competency", **parts)
    achievements.create(acting(forge.bob), forge.bob, name="Autre sorte", achievement_type="Badge", **parts)
    achievements.create(
        acting(forge.bob), forge.bob, name="Listener", achievement_type="Competency", language="en", **parts
    )

    def found(**more):
        asked = {"name": "Nouveau", "kind": "Competency", "language": "fr", "targets": [skill]} | more
        with forge.services.resources.reading() as conn:
            return [one["id"] for one in likeness.alike(forge.services.resources, conn, **asked)]

    assert found() == [same]
    assert found(name="passeur se de SAVOIRS") == [forge.achievement, same]
    assert found(targets=[]) == []

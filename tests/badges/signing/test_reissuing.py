"""After a key was stolen: its badges fail, and stand again once they are signed anew (open-badges.md §5.5)."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from pod_app.badges.recognition.endorsing import Word
from pod_app.errors import Forbidden, NotFound
from pod_app.standards.wac import Agent


def acting(pod):
    return Agent(webid=pod.webid)


def without(document, *names):
    return {name: value for name, value in json.loads(document).items() if name not in names}


def held(forge, issued):
    return forge.get(issued.iri.replace("/ecoutants/issued/", "/bob/badges/"), forge.bob).content


def record(forge, issued):
    return forge.stored(issued.iri)


def test_box_5_5_3_a_badge_of_a_stolen_key_stands_again_when_it_is_signed_anew(forge):
    issued = forge.issue()
    forge.deliver()
    forge.services.issuing.rotate_key(acting(forge.amina), forge.garden, revoke=True)
    assert forge.verify(issued.document)["key"].outcome == "fail"
    assert len(forge.services.reissuing.affected(forge.garden)) == 1
    forge.installation.clock.forward(days=1)
    done = forge.services.reissuing.all_of_lost_keys(acting(forge.amina), forge.garden)
    assert (done.records, done.copies) == (1, 1)
    renewed = record(forge, issued)
    assert forge.verify(renewed).verified is True
    assert held(forge, issued) == renewed
    assert forge.services.reissuing.affected(forge.garden) == []


def test_box_5_5_3_everything_else_stays_as_it_was(forge):
    issued = forge.issue(evidence=["https://forum.example/t/12"], narrative="Trois saisons.")
    forge.services.issuing.rotate_key(acting(forge.amina), forge.garden, revoke=True)
    forge.installation.clock.forward(days=1)
    forge.services.reissuing.all_of_lost_keys(acting(forge.amina), forge.garden)
    before, after = json.loads(issued.document), json.loads(record(forge, issued))
    changing = ("proof", "validFrom", "awardedDate")
    assert without(issued.document, *changing) == without(record(forge, issued), *changing)
    assert after["credentialStatus"] == before["credentialStatus"]
    assert after["awardedDate"] == before["validFrom"] < after["validFrom"]
    forge.services.issuing.rotate_key(acting(forge.amina), forge.garden, revoke=True)
    forge.installation.clock.forward(days=1)
    forge.services.reissuing.all_of_lost_keys(acting(forge.amina), forge.garden)
    assert json.loads(record(forge, issued))["awardedDate"] == before["validFrom"]


def test_what_was_withdrawn_or_has_expired_or_had_another_key_is_left_alone(forge):
    first = forge.issue()
    forge.services.issuing.rotate_key(acting(forge.amina), forge.garden)
    soon = forge.installation.clock() + timedelta(hours=1)
    withdrawn, expired, lost = forge.issue(), forge.issue(valid_until=soon), forge.issue()
    forge.services.issuing.revoke(acting(forge.amina), withdrawn.iri, "Donné par erreur.")
    forge.services.issuing.rotate_key(acting(forge.amina), forge.garden, revoke=True)
    forge.installation.clock.forward(days=1)
    assert forge.services.reissuing.all_of_lost_keys(acting(forge.amina), forge.garden).records == 1
    for issued in (first, withdrawn, expired):
        assert record(forge, issued) == issued.document
    assert forge.verify(first.document).verified is True
    assert forge.verify(record(forge, lost)).verified is True
    assert forge.verify(record(forge, withdrawn)).verified is False


def test_a_key_that_signed_long_ago_can_be_found_stolen_too(forge):
    old = forge.issue()
    key = json.loads(old.document)["proof"][0]["verificationMethod"].rpartition("#")[2]
    now = forge.services.issuing.rotate_key(acting(forge.amina), forge.garden)
    young = forge.issue()
    assert forge.services.issuing.revoke_key(acting(forge.amina), forge.garden, key) == now
    assert forge.verify(old.document)["key"].outcome == "fail"
    assert forge.verify(young.document).verified is True
    assert forge.services.issuing.revoke_key(acting(forge.amina), forge.garden, now) != now
    assert forge.verify(young.document)["key"].outcome == "fail"
    with pytest.raises(NotFound):
        forge.services.issuing.revoke_key(acting(forge.amina), forge.garden, "z6MkNobody")


def test_only_whoever_may_sign_signs_anew(forge):
    issued = forge.issue()
    forge.services.issuing.rotate_key(acting(forge.amina), forge.garden, revoke=True)
    with pytest.raises(Forbidden):
        forge.services.reissuing.all_of_lost_keys(acting(forge.carole), forge.garden)
    assert record(forge, issued) == issued.document


def test_the_holder_sees_the_new_copy_as_they_chose_to_show_it(forge):
    issued = forge.issue()
    forge.deliver()
    [mine] = forge.services.backpack.held(acting(forge.bob), forge.bob)
    forge.services.backpack.show_to(acting(forge.bob), mine.address, "everyone")
    forge.services.issuing.rotate_key(acting(forge.amina), forge.garden, revoke=True)
    forge.installation.clock.forward(days=1)
    forge.services.reissuing.all_of_lost_keys(acting(forge.amina), forge.garden)
    answer = forge.get(issued.iri)
    assert answer.status_code == 200
    assert forge.verify(answer.content).verified is True
    [mine] = forge.services.backpack.held(acting(forge.bob), forge.bob)
    assert mine.audience == "everyone"


def test_a_confirmation_by_a_stolen_key_is_signed_anew_in_both_pods(forge):
    issued = forge.issue()
    forge.deliver()
    endorsing = forge.services.recognition.endorsing
    subject = endorsing.subject(acting(forge.bob), issued.iri)
    address = endorsing.endorse(acting(forge.carole), forge.carole, subject, Word("J'y étais."))
    iri = address.iri(forge.installation.base)
    forge.services.issuing.rotate_key(acting(forge.carole), forge.carole, revoke=True)
    assert forge.verify(forge.stored(iri)).verified is False
    forge.installation.clock.forward(days=1)
    done = forge.services.reissuing.all_of_lost_keys(acting(forge.carole), forge.carole)
    assert (done.records, done.copies) == (1, 1)
    renewed = forge.stored(iri)
    assert forge.verify(renewed).verified is True
    assert forge.stored(iri.replace("/carole/", "/bob/")) == renewed
    assert "awardedDate" not in json.loads(renewed)


def test_box_5_6_2_no_place_in_a_status_list_is_given_twice_when_many_issue_at_once(forge):
    with ThreadPoolExecutor(8) as pool:
        issued = list(pool.map(lambda _: forge.issue(), range(40)))
    places = [
        (status["statusListCredential"], status["statusListIndex"])
        for status in (json.loads(one.document)["credentialStatus"] for one in issued)
    ]
    assert len(set(places)) == 40


def test_box_5_6_2_a_status_list_may_be_kept_for_as_long_as_it_says_itself(forge):
    entry = json.loads(forge.issue().document)["credentialStatus"]
    answer = forge.get(entry["statusListCredential"])
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.json()["credentialSubject"]["ttl"] == 300_000
    again = forge.installation.client.get(
        entry["statusListCredential"],
        headers={"If-None-Match": answer.headers["ETag"], "Accept": "application/vc"},
    )
    assert (again.status_code, again.content) == (304, b"")


def test_a_did_document_is_asked_about_each_time_and_names_the_webid(forge):
    answer = forge.get(f"{forge.garden.iri}did.json", accept="application/did+json")
    assert answer.headers["Cache-Control"] == "public, no-cache"
    assert answer.json()["alsoKnownAs"] == [forge.garden.webid]
    for pod in (forge.amina, forge.bob):
        told = forge.get(f"{pod.iri}did.json", accept="application/json").json()
        assert told["id"] == pod.did
        assert len(told["assertionMethod"]) == 1

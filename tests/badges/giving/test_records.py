"""What a pod has given, and what is done to a badge later: renewed, given anew after it was withdrawn."""

import json
from datetime import timedelta

import pytest

from pod_app.badges.giving.awards import Words
from pod_app.errors import Conflict, Forbidden, Invalid, NotFound
from pod_app.standards.wac import Agent


def acting(pod):
    return Agent(webid=pod.webid)


@pytest.fixture
def giving(forge):
    return forge.services.giving


def give(forge, **words):
    issued = forge.services.giving.awards.give(
        acting(forge.amina), forge.garden, forge.achievement, forge.bob.webid, Words(**words)
    )
    forge.installation.clock.forward(seconds=20)
    forge.deliver()
    return issued


def bag(forge):
    return [held.document for held in forge.services.backpack.held(acting(forge.bob), forge.bob)]


def test_the_history_tells_answers_and_withdrawals_newest_first(forge, giving):
    first = give(forge)
    giving.awards.keep(acting(forge.bob), forge.bob, first.address)
    second = give(forge)
    by_command = forge.issue(forge.carole.webid)
    forge.services.issuing.revoke(acting(forge.amina), second.iri, "Erreur.")
    found = giving.records.given(acting(forge.amina), forge.garden)
    assert {one.record: (one.state, one.withdrawn) for one in found} == {
        first.address: ("kept", None), second.address: ("pending", "Erreur."), by_command.address: (None, None),
    }  # fmt: skip
    assert found[-1].record == first.address
    assert [one.record for one in giving.records.given(acting(forge.amina), forge.garden, limit=1, after=2)] == [
        first.address
    ]
    with pytest.raises(Forbidden):
        giving.records.given(acting(forge.carole), forge.garden)


def test_renewing_is_the_same_badge_with_a_later_end_and_the_present_words_box_5_1(forge, giving):
    clock = forge.installation.clock
    issued = give(forge, until=clock.now + timedelta(days=10), note="Merci.")
    giving.awards.keep(acting(forge.bob), forge.bob, issued.address, "everyone")
    clock.forward(days=11)
    assert forge.verify(issued.document)["valid-until"].outcome == "fail"
    forge.services.achievements.edit(acting(forge.amina), forge.garden, forge.achievement, description="Mieux dit.")
    giving.records.renew(acting(forge.amina), forge.garden, issued.address.name, clock.now + timedelta(days=365))
    before, (now,) = json.loads(issued.document), bag(forge)
    assert (now["id"], now["issuer"], now["credentialStatus"]) == (
        before["id"], before["issuer"], before["credentialStatus"],
    )  # fmt: skip
    assert now["awardedDate"] == before["validFrom"] < now["validFrom"] < now["validUntil"]
    assert now["credentialSubject"]["achievement"]["description"] == "Mieux dit."
    assert now["credentialSubject"]["narrative"] == "Merci."
    copy = forge.get(f"{forge.bob.iri}badges/{issued.address.name}")
    assert copy.status_code == 200
    assert forge.verify(copy.content).verified is True
    giving.records.renew(acting(forge.amina), forge.garden, issued.address.name, None)
    assert "validUntil" not in bag(forge)[0]
    assert bag(forge)[0]["awardedDate"] == before["validFrom"]


def test_a_withdrawn_badge_is_given_anew_with_its_first_day(forge, giving):
    issued = give(forge, note="Merci.", evidence=("https://example.org/photo",))
    with pytest.raises(Conflict):
        giving.records.give_anew(acting(forge.amina), forge.garden, issued.address.name)
    forge.services.issuing.revoke(acting(forge.amina), issued.iri, "Nom mal écrit.")
    with pytest.raises(Conflict):
        giving.records.renew(acting(forge.amina), forge.garden, issued.address.name, None)
    forge.installation.clock.forward(days=3)
    again = giving.records.give_anew(acting(forge.amina), forge.garden, issued.address.name)
    old, new = json.loads(issued.document), json.loads(again.document)
    assert new["id"] != old["id"]
    assert new["credentialStatus"]["statusListIndex"] != old["credentialStatus"]["statusListIndex"]
    assert (new["awardedDate"], new["evidence"]) == (old["validFrom"], old["evidence"])
    assert new["credentialSubject"]["narrative"] == "Merci."
    assert forge.verify(again.document).verified is True
    assert forge.verify(issued.document).verified is False


def test_only_signers_do_and_only_with_what_stands(forge, giving):
    issued = give(forge)
    for call in (lambda name: giving.records.renew(acting(forge.carole), forge.garden, name, None),
                 lambda name: giving.records.give_anew(acting(forge.bob), forge.garden, name)):  # fmt: skip
        with pytest.raises(Forbidden):
            call(issued.address.name)
    for name in ("none", "status/1", "../inbox/x"):
        with pytest.raises(NotFound):
            giving.records.renew(acting(forge.amina), forge.garden, name, None)
    past = forge.installation.clock.now - timedelta(days=1)
    with pytest.raises(Invalid):
        giving.records.renew(acting(forge.amina), forge.garden, issued.address.name, past)

"""A badge is given, waits for its recipient's answer, and is kept or declined; ten seconds to take it back."""

import json
from datetime import timedelta

import pytest

from pod_app.badges.giving.awards import Words
from pod_app.errors import Conflict, Forbidden, Invalid, NotFound
from pod_app.standards.addresses import Address
from pod_app.standards.wac import Agent


def acting(pod):
    return Agent(webid=pod.webid)


@pytest.fixture
def awards(forge):
    return forge.services.giving.awards


def give(forge, **words):
    return forge.services.giving.awards.give(
        acting(forge.amina), forge.garden, forge.achievement, forge.bob.webid, Words(**words)
    )


def later(forge, **much):
    forge.installation.clock.forward(**(much or {"seconds": 16}))
    forge.deliver()


def bag(forge, pod=None):
    pod = pod or forge.bob
    return [held.address.name for held in forge.services.backpack.held(acting(pod), pod)]


def waiting(forge):
    return [one.record.name for one in forge.services.giving.awards.pending(forge.bob, forge.installation.clock.now)]


def inbox(forge, pod, by=None):
    answer = forge.installation.client.get(f"{pod.iri}inbox/", headers=forge.installation.headers(by or pod))
    return answer.text


def test_nobody_is_told_for_some_seconds_and_then_an_offer_lies_in_the_inbox(forge):
    issued = give(forge, note="Merci pour l’écoute.", evidence=("https://example.org/photo",))
    forge.deliver()
    assert (waiting(forge), bag(forge)) == ([], [])
    assert "offer-" not in inbox(forge, forge.bob)
    later(forge)
    assert waiting(forge) == [issued.address.name]
    assert f"offer-{issued.address.name}" in inbox(forge, forge.bob)
    assert bag(forge) == []
    badge = json.loads(issued.document)
    assert badge["credentialSubject"]["narrative"] == "Merci pour l’écoute."
    assert badge["evidence"][0]["id"] == "https://example.org/photo"
    assert "description" not in badge


def test_the_recipient_keeps_it_and_says_who_sees_it(forge, awards):
    issued = give(forge)
    later(forge)
    copy = awards.keep(acting(forge.bob), forge.bob, issued.address, "everyone")
    assert copy == forge.bob.address(f"badges/{issued.address.name}")
    assert forge.get(copy.iri(forge.installation.base)).content == issued.document
    assert forge.get(issued.iri).content == issued.document
    assert waiting(forge) == []
    assert f"accept-{issued.address.name}" in inbox(forge, forge.garden, by=forge.amina)
    assert forge.verify(issued.document).verified is True
    with pytest.raises(Conflict):
        awards.keep(acting(forge.bob), forge.bob, issued.address)
    with pytest.raises(Conflict):
        awards.decline(acting(forge.bob), forge.bob, issued.address)


def test_kept_for_oneself_nobody_else_sees_it(forge, awards):
    issued = give(forge)
    later(forge)
    awards.keep(acting(forge.bob), forge.bob, issued.address)
    assert forge.get(f"{forge.bob.iri}badges/{issued.address.name}").status_code == 401
    assert forge.get(issued.iri).status_code == 401


def test_a_declined_badge_never_stands_anywhere_of_the_recipients_and_stops_verifying(forge, awards):
    issued = give(forge)
    later(forge)
    awards.decline(acting(forge.bob), forge.bob, issued.address)
    assert (bag(forge), waiting(forge)) == ([], [])
    assert forge.verify(issued.document)["status"].outcome == "fail"
    assert forge.get(issued.iri, forge.bob).status_code == 403
    with forge.services.resources.reading() as conn:
        assert awards.get(conn, issued.address).state == "declined"
        assert not awards.has(conn, "ecoutants", forge.achievement, forge.bob.webid)


@pytest.mark.parametrize("answer", ["keep", "decline"])
def test_nobody_answers_for_somebody_else(forge, awards, answer):
    issued = give(forge)
    later(forge)
    for agent, holder in ((forge.carole, forge.carole), (forge.carole, forge.bob), (forge.amina, forge.bob)):
        with pytest.raises((NotFound, Forbidden)):
            getattr(awards, answer)(acting(agent), holder, issued.address)
    with pytest.raises(NotFound):
        getattr(awards, answer)(acting(forge.bob), forge.bob, Address("ecoutants", "issued/none"))
    assert waiting(forge) == [issued.address.name]


def test_within_ten_seconds_it_is_taken_back_and_nothing_of_it_stays(forge, awards):
    issued = give(forge)
    forge.installation.clock.forward(seconds=10)
    with pytest.raises(Forbidden):
        awards.undo(acting(forge.carole), forge.garden, issued.address.name)
    awards.undo(acting(forge.amina), forge.garden, issued.address.name)
    later(forge)
    assert (waiting(forge), bag(forge)) == ([], [])
    assert "offer-" not in inbox(forge, forge.bob)
    assert forge.get(issued.iri, forge.amina).status_code == 404
    assert forge.verify(issued.document)["status"].outcome == "fail"
    with pytest.raises(NotFound):
        awards.undo(acting(forge.amina), forge.garden, issued.address.name)


def test_later_it_is_withdrawn_with_a_word_and_no_longer_waits(forge, awards):
    issued = give(forge)
    later(forge)
    with pytest.raises(Conflict):
        awards.undo(acting(forge.amina), forge.garden, issued.address.name)
    forge.services.issuing.revoke(acting(forge.amina), issued.iri, "Erreur de nom.")
    assert waiting(forge) == []


def test_one_reminder_and_no_more(forge, awards):
    issued = give(forge)
    with pytest.raises(Conflict):
        awards.remind(acting(forge.amina), forge.garden, issued.address.name)
    later(forge)
    awards.remind(acting(forge.amina), forge.garden, issued.address.name)
    forge.deliver()
    assert f"offer-{issued.address.name}-again" in inbox(forge, forge.bob)
    with pytest.raises(Conflict):
        awards.remind(acting(forge.amina), forge.garden, issued.address.name)
    awards.keep(acting(forge.bob), forge.bob, issued.address)
    with pytest.raises(Conflict):
        awards.remind(acting(forge.amina), forge.garden, issued.address.name)


def test_only_signers_give_and_only_to_people_with_an_address(forge, awards):
    for pod in (forge.carole, forge.bob):
        with pytest.raises(Forbidden):
            awards.give(acting(pod), forge.garden, forge.achievement, forge.bob.webid)
    for nobody in ("", "bob", "bob@example.org"):
        with pytest.raises(Invalid):
            awards.give(acting(forge.amina), forge.garden, forge.achievement, nobody)
    with pytest.raises(Invalid):
        give(forge, until=forge.installation.clock.now - timedelta(days=1))
    with pytest.raises(Invalid):
        give(forge, note="x" * 1001)
    with pytest.raises(Invalid):
        give(forge, evidence=("no link",))


def test_somebody_elsewhere_can_read_the_record_and_nothing_breaks(forge, awards):
    webid = "https://elsewhere.example/dora/profile/card#me"
    issued = awards.give(acting(forge.amina), forge.garden, forge.achievement, webid)
    later(forge)
    assert json.loads(issued.document)["credentialSubject"]["id"] == webid
    assert forge.services.resources.read(Agent(webid=webid), issued.address)


def test_leaving_erases_what_waited_for_an_answer(forge):
    give(forge)
    later(forge)
    forge.services.erasing.erase(forge.bob)
    assert waiting(forge) == []

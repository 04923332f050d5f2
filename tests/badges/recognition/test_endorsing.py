"""Confirmations: signed, beside the badge, judged each on its own, taken back (open-badges.md §5.4, §5.5, §5.8)."""

import json
from datetime import timedelta

import pytest
from badge_workshop import acting as agent

from pod_app.badges.recognition.endorsing import Word
from pod_app.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from pod_app.standards import addresses


@pytest.fixture
def given(forge):
    issued = forge.issue()
    forge.deliver()
    return issued


@pytest.fixture
def commons(forge):
    return forge.services.catalogue.create("communs", "community", title="Les Communs", owners=[forge.carole.webid])


def bag(forge, issued):
    return f"{forge.bob.iri}badges/{issued.iri.rpartition('/')[2]}"


def show(forge, issued, audience="everyone"):
    address = addresses.of_iri(bag(forge, issued), forge.installation.base)
    forge.services.backpack.show_to(agent(forge.bob), address, audience)


def confirm(forge, iri, by, *, as_pod=None, comment="J'y étais.", **more):
    endorsing = forge.services.recognition.endorsing
    return endorsing.endorse(agent(by), as_pod or by, endorsing.subject(agent(by), iri), Word(comment, **more))


def words(forge, issued):
    return forge.services.recognition.confirmations.of_badge(json.loads(issued.document), "bob")


def regard(forge, issued):
    confirmations = forge.services.recognition.confirmations
    document = json.loads(issued.document)
    found = [*confirmations.of_badge(document, "bob"), *confirmations.of_its_kind(document)]
    return confirmations.regard(document, found)


def a_year(forge):
    return forge.services.clock() + timedelta(days=365)


def test_54_a_members_word_is_signed_and_kept_in_both_pods_beside_the_badge(forge, given):
    show(forge, given)
    record = confirm(forge, given.iri, forge.carole)
    document = json.loads(forge.stored(record.iri(forge.installation.base)))
    assert document["type"] == ["VerifiableCredential", "EndorsementCredential"]
    assert document["issuer"]["id"] == forge.carole.did == "did:web:garden.example:carole"
    assert document["credentialSubject"] == {
        "id": given.iri, "type": ["EndorsementSubject"], "endorsementComment": "J'y étais."
    }  # fmt: skip
    assert document["proof"][0]["cryptosuite"] == "eddsa-rdfc-2022"
    assert document["proof"][0]["verificationMethod"].startswith(f"{forge.carole.did}#z6Mk")
    (kept,) = words(forge, given)
    assert kept.document == document
    assert kept.holds
    assert forge.verify(json.dumps(document).encode()).verified is True
    assert forge.stored(given.iri) == given.document  # the badge itself is what it was


def test_55_the_word_passes_the_verifier_alone_and_fails_when_changed(forge, given):
    show(forge, given)
    record = confirm(forge, given.iri, forge.carole)
    data = forge.stored(record.iri(forge.installation.base))
    report = forge.verify(data.replace(b"J'y \xc3\xa9tais", b"J'y \xc3\xa9tait"))
    assert report["proof"].outcome == "fail"


def test_the_word_follows_who_may_see_the_badge(forge, given):
    show(forge, given)
    record = confirm(forge, given.iri, forge.carole).iri(forge.installation.base)
    copy = f"{forge.bob.iri}endorsements/{record.rpartition('/')[2]}"
    assert [forge.get(one).status_code for one in (record, copy)] == [200, 200]
    show(forge, given, "me")
    assert [forge.get(one).status_code for one in (record, copy)] == [401, 401]
    assert [forge.get(one, forge.bob).status_code for one in (record, copy)] == [200, 200]
    assert forge.get(record, forge.carole).status_code == 200
    assert forge.get(copy, forge.amina).status_code == 403


def test_the_holder_hears_of_it(forge, given):
    show(forge, given)
    record = confirm(forge, given.iri, forge.carole)
    told = forge.get(f"{forge.bob.iri}inbox/confirmed-{record.name}", forge.bob, "application/ld+json").json()
    assert (told["type"], told["actor"]) == ("Offer", forge.carole.webid)


def test_what_one_may_not_see_one_cannot_confirm(forge, given):
    with pytest.raises((Forbidden, Unauthenticated)):
        confirm(forge, given.iri, forge.carole)
    with pytest.raises(NotFound):
        confirm(forge, f"{forge.bob.iri}profile/card", forge.carole)
    with pytest.raises(NotFound):
        confirm(forge, "did:web:elsewhere.example:x", forge.carole)


def test_nobody_confirms_themselves_or_twice_or_for_a_pod_they_do_not_sign_for(forge, given):
    show(forge, given)
    with pytest.raises(Invalid):
        confirm(forge, given.iri, forge.bob)
    with pytest.raises(Forbidden):
        confirm(forge, given.iri, forge.carole, as_pod=forge.garden)
    with pytest.raises(Invalid):
        confirm(forge, given.iri, forge.carole, comment="x" * 1001)
    confirm(forge, given.iri, forge.carole)
    with pytest.raises(Conflict):
        confirm(forge, given.iri, forge.carole)
    assert len(words(forge, given)) == 1


def test_a_word_taken_back_holds_no_more_and_can_be_said_again(forge, given):
    show(forge, given)
    record = confirm(forge, given.iri, forge.carole)
    endorsing = forge.services.recognition.endorsing
    with pytest.raises(Forbidden):
        endorsing.withdraw(agent(forge.bob), record, "Non.")
    with pytest.raises(Invalid):
        endorsing.withdraw(agent(forge.carole), record, " ")
    endorsing.withdraw(agent(forge.carole), record, "Je me suis trompée de jour.")
    (kept,) = words(forge, given)
    assert (kept.holds, kept.is_withdrawn) == (False, True)
    confirm(forge, given.iri, forge.carole)
    assert sum(one.holds for one in words(forge, given)) == 1
    assert len(endorsing.said_by(forge.carole)) == 2


def test_a_member_may_say_of_which_garden_and_nobody_else_may(forge, given):
    show(forge, given)
    record = confirm(forge, given.iri, forge.carole, garden=forge.garden)
    document = json.loads(forge.stored(record.iri(forge.installation.base)))
    assert document["issuer"]["parentOrg"]["id"] == forge.garden.did
    stranger = forge.installation.person("dave")
    with pytest.raises(Invalid):
        confirm(forge, given.iri, stranger, garden=forge.garden)


def test_certifying_an_achievement_or_an_issuer_takes_a_reason_and_an_end(forge, given, commons):
    for iri in (forge.achievement, forge.garden.did):
        for comment, until in (("", a_year(forge)), ("Oui.", None), ("Oui.", forge.services.clock())):
            with pytest.raises(Invalid):
                confirm(forge, iri, forge.carole, as_pod=commons, comment=comment, until=until)
        with pytest.raises(Invalid):  # nobody certifies their own
            confirm(forge, iri, forge.amina, as_pod=forge.garden, until=a_year(forge))


def test_certified_the_badge_shows_the_community_until_it_ends_or_is_taken_back(forge, given, commons):
    assert regard(forge, given) == "garden"
    record = confirm(forge, forge.achievement, forge.carole, as_pod=commons, until=a_year(forge))
    assert regard(forge, given) == "community"
    assert forge.get(record.iri(forge.installation.base)).status_code == 200
    forge.installation.clock.forward(days=366)
    assert regard(forge, given) == "garden"
    again = confirm(forge, forge.garden.did, forge.carole, as_pod=commons, until=a_year(forge))
    assert regard(forge, given) == "community"
    forge.services.recognition.endorsing.withdraw(agent(forge.carole), again, "Le jardin a fermé.")
    assert regard(forge, given) == "garden"


def test_a_claim_is_self_declared_until_a_peer_confirms_it(forge):
    claim = forge.services.issuing.issue(agent(forge.bob), forge.bob, forge.achievement, forge.bob.webid)
    forge.deliver()
    assert regard(forge, claim) == "self"
    show(forge, claim)
    confirm(forge, claim.iri, forge.carole)
    assert regard(forge, claim) == "peers"


def test_a_word_that_somebody_put_there_without_a_good_signature_counts_for_nothing(forge, given):
    show(forge, given)
    record = confirm(forge, given.iri, forge.carole)
    copy = f"/bob/endorsements/{record.name}"
    forged = forge.stored(record.iri(forge.installation.base)).replace(
        b"garden.example:carole", b"garden.example:amina"
    )
    headers = {**forge.installation.headers(forge.bob), "Content-Type": "application/vc"}
    answer = forge.installation.send("PUT", copy, headers=headers, content=forged)
    assert answer.status_code == 204
    (kept,) = words(forge, given)
    assert not kept.holds


def test_54_embedded_on_issue_each_is_verified_and_a_bad_one_spoils_the_whole(forge):
    claim = forge.services.issuing.issue(agent(forge.bob), forge.bob, forge.achievement, forge.bob.webid)
    forge.deliver()
    show(forge, claim)
    confirm(forge, claim.iri, forge.carole)
    said = [one.document for one in words(forge, claim)]
    issue = forge.services.issuing.issue_within

    def badge(endorsements):
        return forge.services.resources.write(
            agent(forge.amina),
            lambda writing: issue(
                writing, forge.garden, forge.achievement, forge.bob.webid, evidence=[claim.iri],
                endorsements=endorsements,
            ),
        )  # fmt: skip

    good = badge(said)
    assert forge.verify(good.document)["endorsements"].outcome == "pass"
    inside = forge.services.recognition.confirmations.of_badge(json.loads(good.document), None)
    assert [(one.about, one.holds) for one in inside] == [("badge", True)]
    spoilt = json.loads(json.dumps(said).replace("J'y \\u00e9tais", "J'y \\u00e9tait"))
    assert forge.verify(badge(spoilt).document)["endorsements"].outcome == "fail"


def test_54_what_others_confirmed_goes_inside_when_the_badge_is_signed_again(forge, given):
    show(forge, given)
    confirm(forge, given.iri, forge.carole)
    taken_back = confirm(forge, given.iri, forge.amina)
    forge.services.recognition.endorsing.withdraw(agent(forge.amina), taken_back, "Erreur.")
    key = json.loads(given.document)["proof"][0]["verificationMethod"].partition("#")[2]
    forge.services.issuing.revoke_key(agent(forge.amina), forge.garden, key)
    assert forge.verify(forge.stored(given.iri)).verified is False
    assert forge.services.reissuing.all_of_lost_keys(agent(forge.amina), forge.garden).records == 1
    again = forge.stored(given.iri)
    assert [one["issuer"]["id"] for one in json.loads(again)["endorsement"]] == [forge.carole.did]
    report = forge.verify(again)
    assert report["endorsements"].outcome == "pass"
    assert report.verified is True
    assert forge.stored(bag(forge, given)) == again

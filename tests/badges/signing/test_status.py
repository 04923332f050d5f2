"""The status lists that this installation keeps (open-badges.md §5.6)."""

import json

import pytest

from pod_app.badges.signing import status
from pod_app.errors import Conflict, NotFound
from pod_app.standards import addresses, status_list
from pod_app.standards.wac import Agent
from pod_app.storage import schema


def acting(pod):
    return Agent(webid=pod.webid)


def entry(issued):
    return json.loads(issued.document)["credentialStatus"]


def served(forge, issued):
    return forge.get(entry(issued)["statusListCredential"]).json()


def bits(document):
    return status_list.decode(document["credentialSubject"]["encodedList"])


def test_a_list_is_long_signed_by_the_issuer_and_clear_at_first_box_5_6(forge):
    document = served(forge, forge.issue())
    assert document["type"] == ["VerifiableCredential", "BitstringStatusListCredential"]
    assert document["credentialSubject"]["statusPurpose"] == "revocation"
    assert document["credentialSubject"]["encodedList"].startswith("u")
    assert len(bits(document)) * 8 >= 131_072
    assert not any(bits(document))
    assert document["proof"][0]["verificationMethod"].startswith(f"{forge.garden.did}#")


def test_exactly_the_bit_of_the_revoked_badge_is_set_left_most_first_box_5_6(forge):
    revoked, kept = forge.issue(), forge.issue()
    forge.services.issuing.revoke(acting(forge.amina), revoked.iri, "Donné par erreur.")
    index = int(entry(revoked)["statusListIndex"])
    found = bits(served(forge, revoked))
    assert [number for number in range(len(found) * 8) if status_list.get_bit(found, number)] == [index]
    assert found[index // 8] == 0x80 >> index % 8
    assert served(forge, kept) == served(forge, revoked)


def test_a_rewritten_list_is_newly_dated_and_newly_signed(forge):
    issued = forge.issue()
    before = served(forge, issued)
    forge.installation.clock.forward(hours=1)
    forge.services.issuing.revoke(acting(forge.amina), issued.iri, "Donné par erreur.")
    after = served(forge, issued)
    assert after["validFrom"] > before["validFrom"]
    assert after["proof"][0]["proofValue"] != before["proof"][0]["proofValue"]


def test_the_reason_is_kept_beside_the_badge_and_only_once_it_is_withdrawn(forge):
    issued = forge.issue()
    address = addresses.of_iri(issued.iri, forge.installation.base)
    with forge.services.resources.reading() as conn:
        assert status.reason(conn, address) is None
    forge.services.issuing.revoke(acting(forge.amina), issued.iri, "  Donné par erreur.  ")
    with forge.services.resources.reading() as conn:
        assert status.reason(conn, address) == "Donné par erreur."


def test_a_half_full_list_is_followed_by_another_box_5_6(forge):
    first = forge.issue()
    lists = schema.status_lists
    forge.services.database.write(
        lambda conn: conn.execute(lists.update().where(lists.c.number == 1).values(bits_used=status.FULL_AT))
    )
    second = forge.issue()
    assert entry(first)["statusListCredential"].endswith("issued/status/1")
    assert entry(second)["statusListCredential"].endswith("issued/status/2")
    forge.services.issuing.revoke(acting(forge.amina), second.iri, "Donné par erreur.")
    assert not any(bits(served(forge, first)))
    assert any(bits(served(forge, second)))
    assert forge.verify(first.document).verified is True
    assert forge.verify(second.document)["status"].outcome == "fail"


def test_no_place_is_given_twice_even_when_chance_repeats_itself(forge, monkeypatch):
    """The random draw is made to repeat: the table refuses, another place is drawn."""
    draws = iter([7, 7, 7, 9])
    monkeypatch.setattr(status.secrets, "randbelow", lambda _: next(draws))
    assert [entry(forge.issue())["statusListIndex"] for _ in range(2)] == ["7", "9"]


def test_each_pod_has_its_own_lists(forge):
    mine = forge.issue()
    own = forge.services.achievements.create(
        acting(forge.bob), forge.bob, name="Merci", description="D'une personne à une autre.", criteria="Un merci."
    )
    theirs = forge.services.issuing.issue(acting(forge.bob), forge.bob, own, forge.amina.webid)
    assert entry(mine)["statusListCredential"].startswith(forge.garden.iri)
    assert entry(theirs)["statusListCredential"].startswith(forge.bob.iri)
    assert forge.verify(theirs.document).verified is True


def test_a_status_list_is_written_by_the_program_alone(forge):
    url = entry(forge.issue())["statusListCredential"]
    before = forge.get(url).content
    headers = forge.installation.headers(forge.amina) | {"Content-Type": "application/vc"}
    for method in ("PUT", "DELETE"):
        assert forge.installation.client.request(method, url, headers=headers, content=before).status_code == 409
    parent = url.rpartition("/")[0] + "/"
    assert forge.installation.client.post(parent, headers=headers, content=before).status_code == 409
    assert forge.get(url).content == before


def test_what_was_never_issued_has_no_status(forge):
    with pytest.raises(NotFound):
        forge.services.issuing.revoke(acting(forge.amina), f"{forge.garden.iri}issued/never", "?")
    issued = forge.issue()
    forge.services.issuing.revoke(acting(forge.amina), issued.iri, "?")
    with pytest.raises(Conflict):
        forge.services.issuing.revoke(acting(forge.amina), issued.iri, "?")

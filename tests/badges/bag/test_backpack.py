"""The bag: badges arrive once, byte for byte, and their holder says who sees them (contracts.md §1, §5)."""

import json

import pytest

from pod_app.errors import Forbidden, Invalid, NotFound, Unauthenticated
from pod_app.standards import addresses
from pod_app.standards.wac import ANONYMOUS, Agent
from pod_app.storage import outbox, schema


def acting(pod):
    return Agent(webid=pod.webid)


def copy_of(forge, issued, pod=None):
    return f"{(pod or forge.bob).iri}badges/{issued.iri.rpartition('/')[2]}"


def held(forge, pod=None, by=None):
    return forge.services.backpack.held(acting(by or pod or forge.bob), pod or forge.bob)


@pytest.fixture
def given(forge):
    issued = forge.issue()
    forge.deliver()
    return issued


def test_the_recipients_copy_has_the_same_bytes_and_nobody_else_sees_it(forge, given):
    copy = copy_of(forge, given)
    assert forge.get(copy, forge.bob).content == given.document
    assert forge.get(copy).status_code == 401
    assert forge.get(copy, forge.amina).status_code == 403
    assert [one.audience for one in held(forge)] == ["me"]


def test_an_offer_in_the_inbox_tells_the_recipient(forge, given):
    name = given.iri.rpartition("/")[2]
    found = forge.get(f"{forge.bob.iri}inbox/offer-{name}", forge.bob, accept="application/ld+json")
    assert found.status_code == 200
    activity = found.json()
    assert activity["@context"] == "https://www.w3.org/ns/activitystreams"
    assert activity["type"] == "Offer"
    assert activity["id"] == f"{forge.bob.iri}inbox/offer-{name}"
    assert (activity["actor"], activity["object"], activity["target"]) == (
        forge.garden.webid, given.iri, forge.bob.webid,
    )  # fmt: skip
    listing = forge.get(f"{forge.bob.iri}inbox/", forge.bob, accept="text/turtle").text
    assert f"offer-{name}" in listing
    assert forge.get(f"{forge.bob.iri}inbox/").status_code == 401


def test_delivering_twice_leaves_the_same_state(forge, given):
    """Jobs run at least once: whatever one does must not depend on how often (house.md §2.5)."""
    resources = schema.resources

    def state():
        with forge.services.resources.reading() as conn:
            mine = resources.c.pod == "bob"
            return {row.path: row.sha256 for row in conn.execute(resources.select().where(mine))}

    before = state()
    forge.installation.clock.forward(minutes=5)
    for _ in range(2):
        forge.services.backpack.keep_offer({"record": given.iri, "target": forge.bob.webid})
    assert state() == before
    assert len(held(forge)) == 1


def test_a_second_delivery_neither_hides_nor_shows_what_the_holder_has_chosen(forge, given):
    address = held(forge)[0].address
    forge.services.backpack.show_to(acting(forge.bob), address, "everyone")
    forge.services.backpack.keep_offer({"record": given.iri, "target": forge.bob.webid})
    assert held(forge)[0].audience == "everyone"


def test_a_delivery_that_was_cut_short_is_done_again_when_its_lease_has_run_out(forge):
    forge.issue()
    services = forge.services
    leased = services.database.write(
        lambda conn: outbox.lease(conn, worker="dies", now=services.clock(), limit=9, seconds=60, kinds=["badge.offer"])
    )
    assert len(leased) == 1
    assert forge.deliver() == 0
    forge.installation.clock.forward(seconds=61)
    assert forge.deliver() == 1
    assert len(held(forge)) == 1


def test_a_badge_for_a_webid_elsewhere_stays_with_its_issuer(forge):
    issued = forge.issue("https://elsewhere.example/dora/profile/card#me")
    forge.deliver()
    assert [job.done_at is not None for job in forge.jobs()] == [True]
    assert forge.get(issued.iri, forge.amina).status_code == 200


def test_a_badge_for_a_mail_address_waits_without_a_job(forge):
    forge.issue("dora@example.org")
    assert forge.jobs() == []


def test_showing_a_badge_also_opens_the_issuers_record_and_hiding_closes_it(forge, given):
    """contracts.md §1: the record is readable exactly as the holder's chosen audience says."""
    address = held(forge)[0].address
    copy = copy_of(forge, given)
    for audience, status in (("everyone", 200), ("me", 401), ("everyone", 200)):
        forge.services.backpack.show_to(acting(forge.bob), address, audience)
        assert forge.get(copy).status_code == status
        assert forge.get(given.iri).status_code == status
        assert forge.get(given.iri, forge.bob).status_code == 200
        assert forge.get(given.iri, forge.amina).status_code == 200
        assert held(forge)[0].audience == audience


def test_only_the_holder_chooses_who_sees_a_badge(forge, given):
    address = held(forge)[0].address
    for who, refusal in ((acting(forge.amina), Forbidden), (ANONYMOUS, Unauthenticated)):
        with pytest.raises(refusal):
            forge.services.backpack.show_to(who, address, "everyone")
    assert forge.get(given.iri).status_code == 401


def test_there_are_no_other_audiences_and_no_badges_out_of_nothing(forge, given):
    with pytest.raises(Invalid):
        forge.services.backpack.show_to(acting(forge.bob), held(forge)[0].address, "friends")
    with pytest.raises(NotFound):
        forge.services.backpack.show_to(acting(forge.bob), forge.bob.address("badges/none"), "everyone")


def test_a_document_that_only_claims_the_id_of_a_record_does_not_open_it(forge, given):
    """Somebody else writes a false copy into their own bag and shows it: the true record stays closed."""
    false = json.dumps({"id": given.iri, "type": ["VerifiableCredential"]})
    iri = f"{forge.carole.iri}badges/false"
    headers = forge.installation.headers(forge.carole) | {"Content-Type": "application/vc"}
    assert forge.installation.client.put(iri, headers=headers, content=false).status_code == 422
    description = f"{forge.carole.iri}badges/.meta"  # the shape of the bag, which its owner may set aside
    assert forge.installation.client.delete(description, headers=headers).status_code == 204
    assert forge.installation.client.put(iri, headers=headers, content=false).status_code == 201
    address = addresses.of_iri(iri, forge.installation.base)
    forge.services.backpack.show_to(acting(forge.carole), address, "everyone")
    assert forge.get(given.iri).status_code == 401


def test_a_true_copy_in_a_strangers_bag_does_not_open_the_record_either(forge, given):
    """A stranger who got hold of the bytes does not decide in place of the holder."""
    iri = f"{forge.carole.iri}badges/{given.iri.rpartition('/')[2]}"
    headers = forge.installation.headers(forge.carole) | {"Content-Type": "application/vc"}
    assert forge.installation.client.put(iri, headers=headers, content=given.document).status_code == 201
    address = addresses.of_iri(iri, forge.installation.base)
    forge.services.backpack.show_to(acting(forge.carole), address, "everyone")
    assert forge.get(given.iri).status_code == 401
    assert forge.get(given.iri, forge.bob).status_code == 200


def test_a_bag_shows_each_reader_what_they_may_see_newest_first(forge):
    first = forge.issue()
    forge.deliver()
    forge.installation.clock.forward(hours=1)
    second = forge.issue()
    forge.deliver()
    assert [one.document["id"] for one in held(forge)] == [second.iri, first.iri]
    assert held(forge, by=forge.carole) == []
    forge.services.backpack.show_to(acting(forge.bob), held(forge)[1].address, "everyone")
    assert [one.document["id"] for one in held(forge, by=forge.carole)] == [first.iri]
    assert [one.document["id"] for one in forge.services.backpack.held(ANONYMOUS, forge.bob)] == [first.iri]


def test_other_documents_in_the_bag_are_no_badges(forge, given):
    headers = forge.installation.headers(forge.bob) | {"Content-Type": "text/plain"}
    forge.installation.client.put(f"{forge.bob.iri}badges/note", headers=headers, content="a note")
    assert len(held(forge)) == 1


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"{}", b'{"id": 5, "issuer": 3}', b'{"credentialSubject": "x"}'])
def test_whatever_a_person_puts_into_their_bag_their_notebook_still_opens(forge, given, body):
    headers = forge.installation.headers(forge.bob) | {"Content-Type": "application/vc"}
    answer = forge.installation.client.put(f"{forge.bob.iri}badges/odd", headers=headers, content=body)
    assert answer.status_code in {201, 400, 422}
    for one in held(forge):
        forge.services.backpack.show_to(acting(forge.bob), one.address, "everyone")
    signed_in = forge.services.sessions.begin(forge.services.accounts.of_pod("bob"))
    notebook = forge.installation.client.get("/me", headers={"Cookie": f"__Host-session={signed_in}"})
    assert notebook.status_code == 200
    assert "Passeur" in notebook.text
    if answer.status_code == 201:
        for form in ("text/html", "image/png", "text/turtle"):
            assert forge.get(f"{forge.bob.iri}badges/odd", accept=form).status_code < 500, form

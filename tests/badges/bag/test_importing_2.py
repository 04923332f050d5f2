"""Badges of Open Badges 0.5 to 2.1 in a bag: hosted and signed, withdrawn and lost (open-badges.md §5.10)."""

import json

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fixtures_badges import base64url

from pod_app.badges.bag.importing import StepFailed
from pod_app.errors import Invalid
from pod_app.standards import baking, open_badges
from pod_app.standards.wac import Agent

HOST = "https://badges.example"
ISSUER = {"@context": "https://w3id.org/openbadges/v2", "type": "Issuer", "id": f"{HOST}/issuer", "name": "La Forge"}
CLASS = {
    "@context": "https://w3id.org/openbadges/v2", "type": "BadgeClass", "id": f"{HOST}/class", "name": "Compost",
    "description": "Fait du sol.", "criteria": {"narrative": "Trois saisons."}, "image": f"{HOST}/class.png",
    "issuer": f"{HOST}/issuer", "tags": ["sol"],
}  # fmt: skip
KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="http://openbadges.org">{}<circle r="4"/></svg>'


def assertion(**more):
    made = {
        "@context": "https://w3id.org/openbadges/v2", "type": "Assertion", "id": f"{HOST}/award",
        "recipient": {"type": "email", "hashed": True, "salt": "sel", "identity": mail("bob@example.org")},
        "issuedOn": "2024-05-01", "badge": f"{HOST}/class", "verification": {"type": "hosted"},
    }  # fmt: skip
    return {key: value for key, value in (made | more).items() if value is not None}


def mail(address, salt="sel"):
    return open_badges.identity_hash(address, salt).upper().replace("SHA256", "sha256")


class Hosts(httpx.BaseTransport):
    """What other hosts answer: bytes, or a status."""

    def __init__(self):
        self.pages = {f"{HOST}/issuer": ISSUER, f"{HOST}/class": CLASS, f"{HOST}/award": assertion()}

    def handle_request(self, request):
        found = self.pages.get(str(request.url), 404)
        body = found if isinstance(found, bytes) else b"" if isinstance(found, int) else json.dumps(found).encode()
        status = found if isinstance(found, int) else 200
        return httpx.Response(status, headers={"Content-Type": "application/json"}, stream=httpx.ByteStream(body))


class Place:
    def __init__(self, installation, hosts):
        self.services, self.hosts, self.installation = installation.services, hosts, installation
        self.bob = installation.person("bob")
        self.agent = Agent(webid=self.bob.webid)

    def keep(self, file, **more):
        file = json.dumps(file).encode() if isinstance(file, dict) else file
        return self.services.importing.keep(self.agent, self.bob, file, **more)

    def held(self):
        return self.services.backpack.held(self.agent, self.bob)

    def bytes_at(self, address):
        reading = self.services.resources.read(self.agent, address)
        return self.services.resources.data(reading.stored)


@pytest.fixture
def place(make_installation):
    hosts = Hosts()
    return Place(make_installation(mounts={HOST: hosts, "https://evil.example": hosts}), hosts)


def signed(document, key=KEY):
    parts = ({"alg": "RS256"}, document)
    head = ".".join(base64url(json.dumps(part).encode()) for part in parts).encode()
    return f"{head.decode()}.{base64url(key.sign(head, padding.PKCS1v15(), hashes.SHA256()))}"


def test_box_5_10_a_hosted_badge_is_fetched_anew_and_kept_as_it_came(place):
    file = json.dumps(assertion(), indent=3).encode()
    imported = place.keep(file)
    assert imported.report.verified is False  # not made out to Bob's WebID
    assert [check.name for check in imported.report.checks if check.outcome == "fail"] == ["recipient"]
    assert place.bytes_at(imported.address) == file
    (held,) = place.held()
    assert held.document["name"] == "Compost"
    assert held.document["issuer"]["name"] == "La Forge"
    assert held.document["validFrom"] == "2024-05-01T00:00:00Z"
    assert not held.is_for(place.bob.webid)


def test_box_5_10_an_address_that_was_confirmed_makes_it_ones_own(place):
    place.services.confirmed.add("bob", "Bob@Example.org")
    assert place.keep(assertion()).report.verified is True
    assert place.held()[0].is_for(*place.services.backpack.names(place.bob))


def test_box_5_10_documents_are_kept_with_their_date_and_outlive_their_host(place):
    address = place.keep(assertion()).address
    place.hosts.pages.clear()
    place.installation.clock.forward(days=3)
    report = place.services.importing.verify_again(place.agent, address)
    assert report["proof"].outcome == "unknown"
    documents = place.services.backpack.documents_of(address)
    assert documents.checked_at.isoformat() == "2026-03-12T09:00:00+00:00"
    assert documents.gone_since.isoformat() == "2026-03-15T09:00:00+00:00"
    assert set(documents.found) == {f"{HOST}/award", f"{HOST}/class", f"{HOST}/issuer"}
    assert place.held()[0].document["name"] == "Compost"


@pytest.mark.parametrize(
    ("answer", "verified", "step"),
    [
        (410, False, "status"),
        ({"id": f"{HOST}/award", "revoked": True, "revocationReason": "erreur"}, False, "status"),
        (404, None, None),
        (503, None, None),
        (b"<html>", None, None),
        (assertion(id=f"{HOST}/other"), False, "proof"),
        (assertion(recipient={"type": "email", "identity": "eve@example.org"}), False, "proof"),
    ],
)
def test_box_5_10_withdrawn_unknown_and_changed_are_told_apart(place, answer, verified, step):
    place.services.confirmed.add("bob", "bob@example.org")
    place.hosts.pages[f"{HOST}/award"] = answer
    if step is None:
        assert place.keep(assertion()).report.verified is verified
        return
    with pytest.raises(StepFailed) as refusal:
        place.keep(assertion())
    assert refusal.value.step.name == step
    assert place.held() == []


def test_box_5_10_a_copy_on_a_host_that_is_not_its_issuers_is_forged(place):
    forged = assertion(id="https://evil.example/award")
    place.hosts.pages["https://evil.example/award"] = forged
    with pytest.raises(StepFailed) as refusal:
        place.keep(forged)
    assert refusal.value.step.name == "key"


@pytest.mark.parametrize(
    ("rules", "is_kept"),
    [
        ({"allowedOrigins": ["evil.example"]}, True),
        ({"allowedOrigins": "evil.example", "startsWith": "https://evil.example/aw"}, True),
        ({"allowedOrigins": ["evil.example"], "startsWith": ["https://evil.example/other/"]}, False),
        ({"allowedOrigins": ["badges.example"]}, False),
    ],
)
def test_box_5_10_an_issuer_says_where_its_badges_are_kept(place, rules, is_kept):
    elsewhere = assertion(id="https://evil.example/award")
    place.hosts.pages |= {"https://evil.example/award": elsewhere, f"{HOST}/issuer": ISSUER | {"verification": rules}}
    if is_kept:
        place.keep(elsewhere)
    else:
        with pytest.raises(StepFailed, match="«key»"):
            place.keep(elsewhere)


def test_box_5_10_what_a_badge_says_itself_about_its_issuer_decides_nothing(place):
    """An embedded issuer that allows the forger's host is asked at its own address."""
    lying = ISSUER | {"verification": {"allowedOrigins": ["evil.example"]}}
    forged = assertion(id="https://evil.example/award", badge=CLASS | {"issuer": lying})
    place.hosts.pages["https://evil.example/award"] = forged
    with pytest.raises(StepFailed, match="«key»"):
        place.keep(forged)


@pytest.mark.parametrize("baked", ["address", "json"])
def test_a_picture_with_the_address_or_the_whole_of_a_hosted_badge(place, baked):
    inside = (
        f'<openbadges:assertion verify="{HOST}/award"></openbadges:assertion>'
        if baked == "address"
        else f'<openbadges:assertion verify="{HOST}/award"><![CDATA[{json.dumps(assertion())}]]></openbadges:assertion>'
    )
    picture = SVG.format(inside).encode()
    imported = place.keep(picture)
    assert json.loads(place.bytes_at(imported.address)) == assertion()
    (held,) = place.held()
    assert held.document["name"] == "Compost"


def test_a_signed_badge_holds_when_its_issuer_lists_the_key(place):
    place.services.confirmed.add("bob", "bob@example.org")
    key = {"id": f"{HOST}/key", "type": "CryptographicKey", "owner": f"{HOST}/issuer", "publicKeyPem": PEM}
    place.hosts.pages |= {f"{HOST}/issuer": ISSUER | {"publicKey": f"{HOST}/key"}, f"{HOST}/key": key}
    token = signed(assertion(id="urn:uuid:1", verification={"type": "signed", "creator": f"{HOST}/key"}))
    imported = place.keep(token.encode())
    assert imported.report.verified is True
    assert place.bytes_at(imported.address) == token.encode()


@pytest.mark.parametrize(
    ("change", "step"),
    [
        ({f"{HOST}/issuer": ISSUER}, "key"),
        ({f"{HOST}/key": {"id": f"{HOST}/key", "owner": "https://evil.example/", "publicKeyPem": PEM}}, "key"),
        ({f"{HOST}/issuer": ISSUER | {"publicKey": f"{HOST}/key", "revocationList": f"{HOST}/list"},
          f"{HOST}/list": {"revokedAssertions": [{"id": "urn:uuid:1", "revocationReason": "parti"}]}}, "status"),
    ],
)  # fmt: skip
def test_a_signed_badge_with_a_foreign_key_or_on_the_list_is_refused(place, change, step):
    key = {"id": f"{HOST}/key", "owner": f"{HOST}/issuer", "publicKeyPem": PEM}
    place.hosts.pages |= {f"{HOST}/issuer": ISSUER | {"publicKey": f"{HOST}/key"}, f"{HOST}/key": key} | change
    token = signed(assertion(id="urn:uuid:1", verification={"type": "signed", "creator": f"{HOST}/key"}))
    with pytest.raises(StepFailed) as refusal:
        place.keep(token.encode())
    assert refusal.value.step.name == step


def test_a_signed_badge_that_was_changed_is_refused(place):
    key = {"id": f"{HOST}/key", "owner": f"{HOST}/issuer", "publicKeyPem": PEM}
    place.hosts.pages |= {f"{HOST}/issuer": ISSUER | {"publicKey": f"{HOST}/key"}, f"{HOST}/key": key}
    said = assertion(id="urn:uuid:1", verification={"type": "signed", "creator": f"{HOST}/key"})
    header, _, signature = signed(said).split(".")
    forged = f"{header}.{base64url(json.dumps(said | {'issuedOn': '2020-01-01'}).encode())}.{signature}"
    with pytest.raises(StepFailed, match="«proof»"):
        place.keep(forged.encode())


OLD_1 = {
    "uid": "42", "recipient": {"type": "email", "hashed": True, "salt": "sel", "identity": mail("bob@example.org")},
    "badge": f"{HOST}/class-1", "verify": {"type": "hosted", "url": f"{HOST}/award-1"}, "issuedOn": 1359217910,
    "evidence": f"{HOST}/trace",
}  # fmt: skip
CLASS_1 = {"name": "Vieux", "description": "d", "criteria": f"{HOST}/c", "issuer": f"{HOST}/org"}
OLD_0 = {
    "recipient": mail("bob@example.org"), "salt": "sel", "issued_on": "2012-03-01", "evidence": "/trace",
    "badge": {"version": "0.5.0", "name": "Ancien", "image": "/i.png", "description": "d", "criteria": "/c",
              "issuer": {"origin": HOST, "name": "La Forge"}},
}  # fmt: skip


def test_box_5_10_badges_of_version_1_have_a_uid_and_unix_time(place):
    place.services.confirmed.add("bob", "bob@example.org")
    place.hosts.pages |= {
        f"{HOST}/award-1": OLD_1, f"{HOST}/class-1": CLASS_1, f"{HOST}/org": {"name": "La Forge", "url": HOST},
    }  # fmt: skip
    imported = place.keep(OLD_1)
    assert imported.report.verified is True
    assert place.held()[0].document["validFrom"] == "2013-01-26T16:31:50Z"


def test_box_5_10_badges_of_version_0_5_are_known_by_where_they_were_found(place):
    place.services.confirmed.add("bob", "bob@example.org")
    place.hosts.pages[f"{HOST}/award-0"] = OLD_0
    alone = place.keep(OLD_0)
    assert alone.report.verified is None
    found = place.keep(OLD_0, found_at=f"{HOST}/award-0")
    assert found.report.verified is True
    assert found.report["key"].outcome == "pass"
    assert place.held()[0].document["name"] == "Ancien"


def test_box_5_1_a_newer_copy_replaces_and_an_older_one_is_refused(place):
    place.hosts.pages[f"{HOST}/award"] = assertion(issuedOn="2024-05-02")
    newer = place.keep(assertion(issuedOn="2024-05-02"))
    place.hosts.pages[f"{HOST}/award"] = assertion()
    with pytest.raises(Invalid, match="2024-05-02"):
        place.keep(assertion())
    assert [one.address for one in place.held()] == [newer.address]


@pytest.mark.parametrize("part", [CLASS, ISSUER, {"type": "RevocationList", "@context": CLASS["@context"]}])
def test_a_part_of_a_badge_is_no_badge(place, part):
    with pytest.raises(Invalid, match="not a badge"):
        place.keep(part)


@pytest.mark.parametrize(
    ("recipient", "told"),
    [
        ({"type": "email", "hashed": False, "identity": "bob@example.org"}, True),
        ({"type": "email", "hashed": True, "salt": "sel", "identity": mail("bob@example.org")}, False),
        ({"type": "url", "hashed": False, "identity": "https://bob.example/@bob"}, False),
    ],
)
def test_an_address_in_plain_letters_is_noticed(place, recipient, told):
    award = assertion(recipient=recipient)
    place.hosts.pages[f"{HOST}/award"] = award
    place.keep(award)
    assert place.held()[0].tells_address is told


def test_an_expired_badge_was_earned_and_is_kept(place):
    old = assertion(expires="2025-01-01")
    place.hosts.pages[f"{HOST}/award"] = old
    imported = place.keep(old)
    assert imported.report["valid-until"].outcome == "fail"


def test_a_badge_is_taken_out_with_all_that_stands_beside_it(place):
    address = place.keep(SVG.format(f'<openbadges:assertion verify="{HOST}/award"/>').encode()).address
    place.services.backpack.remove(place.agent, address)
    assert place.held() == []
    assert place.services.resources.children(place.bob.address("badges/")) == []


def test_what_is_baked_is_what_is_kept(place):
    imported = place.keep(SVG.format(f'<openbadges:assertion verify="{HOST}/award"/>').encode())
    picture = place.bytes_at(place.bob.address(f"{imported.address.path}.svg"))
    assert baking.unbake(picture) == f"{HOST}/award"

"""A garden that issues badges: real keys, real proofs, and a dict of documents for the network."""

import base64
import copy
import hashlib
import json
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pod_app.badges.verifier.verifying import documents, verify
from pod_app.standards import data_integrity, did, multibase, status_list
from pod_app.standards import open_badges as ob

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
ALICE = "https://pods.example/alice/profile/card#me"
LIST = "https://pods.example/garden/issued/status/1"
INDEX = 4242


class Signer:
    """Somebody with a did:web and one Ed25519 key, always the same for the same name."""

    def __init__(self, name):
        self.key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())
        self.public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.did = f"did:web:pods.example:{name}"
        self.url = f"https://pods.example/{name}/did.json"
        self.method = did.key_id(self.did, self.public)
        self.profile = ob.profile(id=self.did, name=f"The {name}", url=f"https://pods.example/{name}/")

    def document(self):
        return did.did_document(self.did, [did.DidKey(self.public)])

    def sign(self, document, method=None, created=AT - timedelta(days=30)):
        return data_integrity.sign(
            document, sign=self.key.sign, verification_method=method or self.method, created=created
        )

    def sign_with(self, document, **options):
        """A proof with options of one's own choice, also bad ones."""
        proof = {
            "type": "DataIntegrityProof",
            "cryptosuite": "eddsa-rdfc-2022",
            "created": "2026-05-02T12:00:00Z",
            "verificationMethod": self.method,
            "proofPurpose": "assertionMethod",
        } | options
        data = data_integrity.hash_data(document, data_integrity.proof_config(document, proof))
        return document | {"proof": [proof | {"proofValue": multibase.encode(self.key.sign(data))}]}


GARDEN, MALLORY, BOB = Signer("garden"), Signer("mallory"), Signer("bob")


def badge(**more):
    """An unsigned badge of the garden for Alice."""
    achievement = ob.achievement(
        id="https://pods.example/garden/achievements/compost",
        name="Compost",
        description="Turns waste into soil.",
        narrative="Three heaps, three seasons.",
        alignments=[ob.alignment(name="composting", url="http://data.europa.eu/esco/skill/x")],
        tags=["soil"],
    )
    given = {
        "id": "https://pods.example/garden/issued/1",
        "issuer": GARDEN.profile,
        "subject": ALICE,
        "achievement": achievement,
        "valid_from": AT - timedelta(days=30),
        "valid_until": AT + timedelta(days=300),
        "awarded": AT - timedelta(days=30),
        "evidence": [ob.evidence(url="https://pods.example/alice/photo", name="A photo")],
        "status_entry": status_list.entry(LIST, INDEX),
    }
    return ob.credential(**given | more)


def endorsement(signer=BOB, **more):
    """A signed endorsement of the garden's badge."""
    given = {
        "id": f"https://pods.example/{signer.did.rpartition(':')[2]}/endorsements/1",
        "issuer": signer.profile,
        "of": "https://pods.example/garden/issued/1",
        "name": "I saw it",
        "comment": "Good soil.",
        "valid_from": AT - timedelta(days=3),
    }
    return signer.sign(ob.endorsement(**given | more))


def status_document(*indices, signer=GARDEN, issuer=None, url=LIST, **more):
    """A signed status list in which `indices` are set."""
    bits = status_list.empty()
    for index in indices:
        bits = status_list.set_bit(bits, index)
    given = {"valid_from": AT - timedelta(hours=1)} | more
    return signer.sign(status_list.credential(url, issuer or signer.did, bits, **given))


def network(**changes):
    """Documents by address: those of the three signers and the garden's status list, with changes (None removes)."""
    found = {signer.url: signer.document() for signer in (GARDEN, MALLORY, BOB)} | {LIST: status_document()}
    return found | changes.pop("more", {})


def check(document, *, at=AT, recipient=None, more=None):
    """Verify a document (or bytes, or text) against the network."""
    body = (
        document
        if isinstance(document, bytes)
        else (document if isinstance(document, str) else json.dumps(document)).encode()
    )
    world = {url: json.dumps(found).encode() for url, found in network(more=more or {}).items() if found is not None}
    return verify(body, fetch=documents(world), at=at, recipient=recipient)


def changed(document, path, value):
    """A deep copy with one place set, or taken away by `...`."""
    found = copy.deepcopy(document)
    place = found
    *way, last = path
    for step in way:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return found


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


RSA = rsa.generate_private_key(65537, 2048)
P256 = ec.generate_private_key(ec.SECP256R1())


def number(value):
    return base64url(value.to_bytes((value.bit_length() + 7) // 8))


RSA_JWK = {"kty": "RSA", "n": number(RSA.public_key().public_numbers().n), "e": "AQAB"}
P256_JWK = {
    "kty": "EC",
    "crv": "P-256",
    "x": base64url(P256.public_key().public_numbers().x.to_bytes(32)),
    "y": base64url(P256.public_key().public_numbers().y.to_bytes(32)),
}


def with_keys(*pairs):
    """The garden's document with more keys, as JSON Web Keys under the names given."""
    found = GARDEN.document()
    for name, jwk in pairs:
        method = {"id": f"{GARDEN.did}#{name}", "type": "JsonWebKey", "controller": GARDEN.did, "publicKeyJwk": jwk}
        found["verificationMethod"].append(method)
        found["assertionMethod"].append(method["id"])
    return found


def claims(document, **more):
    """The claims of VC-JWT around a badge."""
    found = {
        "iss": document["issuer"]["id"],
        "jti": document["id"],
        "nbf": int(datetime.fromisoformat(document["validFrom"]).timestamp()),
    }
    if "validUntil" in document:
        found["exp"] = int(datetime.fromisoformat(document["validUntil"]).timestamp())
    if "id" in document["credentialSubject"]:
        found["sub"] = document["credentialSubject"]["id"]
    return document | {name: value for name, value in (found | more).items() if value is not None}


def token(payload, *, header=None, signer=None):
    """A compact JWS; `signer(bytes) -> bytes` defaults to RS256 with the garden's RSA key."""
    head = {"alg": "RS256", "typ": "JWT", "kid": f"{GARDEN.did}#rsa"} if header is None else header
    signed = ".".join(base64url(json.dumps(part).encode()) for part in (head, payload)).encode()
    return f"{signed.decode()}.{base64url((signer or sign_rsa)(signed))}"


def sign_rsa(data):
    return RSA.sign(data, padding.PKCS1v15(), hashes.SHA256())


def sign_p256(data):
    r, s = decode_dss_signature(P256.sign(data, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32) + s.to_bytes(32)

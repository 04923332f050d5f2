"""Proofs of possession that hold and those that do not (RFC 9449 §4.3; solid.md R5, R6)."""

import base64
import hashlib
import json
from datetime import UTC, datetime

import pytest
from joserfc import jwk, jwt
from joserfc.jws import JWSRegistry

from pod_app.standards import dpop, jose
from pod_app.standards.jose import BadTokenError

NOW = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)
URL = "https://garden.example/alice/private/"
KEY = jwk.ECKey.generate_key("P-256")


class _Room(JWSRegistry):
    max_header_length = 100_000


def proof(key=KEY, header=None, **claims):
    said = {"htm": "GET", "htu": URL, "iat": int(NOW.timestamp()), "jti": "one"} | claims
    about = {"alg": "ES256", "typ": "dpop+jwt", "jwk": key.as_dict(private=False)} | (header or {})
    about = {name: value for name, value in about.items() if value is not None}
    registry = _Room(algorithms=[about["alg"]], strict_check_header=False)
    return jwt.encode(about, {k: v for k, v in said.items() if v is not None}, key, registry=registry)


def verify(*proofs, **more):
    return dpop.verify(proofs, **({"method": "GET", "url": URL, "now": NOW} | more))


def test_r5_a_proof_names_its_key():
    assert verify(proof()).jkt == KEY.thumbprint()


@pytest.mark.parametrize(
    "htu",
    [
        "HTTPS://Garden.Example/alice/private/",
        "https://garden.example:443/alice/private/",
        "https://garden.example/alice/private/?a=b",
        "https://garden.example/alice/private/#x",
    ],
)
def test_r5_the_address_is_compared_without_query_case_and_default_port(htu):
    assert verify(proof(htu=htu)).jti == "one"


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [("RS256", jwk.RSAKey.generate_key(2048)), ("PS256", jwk.RSAKey.generate_key(2048)),
     ("Ed25519", jwk.OKPKey.generate_key("Ed25519"))],
)  # fmt: skip
def test_r5_other_asymmetric_keys_are_good_too_without_alg_in_the_key(algorithm, key):
    assert verify(proof(key, {"alg": algorithm})).jkt == key.thumbprint()


def test_r6_the_hash_of_the_token_must_be_right_when_it_is_there():
    right = base64.urlsafe_b64encode(hashlib.sha256(b"t.o.k").digest()).rstrip(b"=").decode()
    assert verify(proof(ath=right), token="t.o.k", require_ath=True)
    assert verify(proof(), token="t.o.k")
    for wrong in (proof(ath="x"), proof(ath=7)):
        with pytest.raises(BadTokenError):
            verify(wrong, token="t.o.k")
    with pytest.raises(BadTokenError):
        verify(proof(), token="t.o.k", require_ath=True)


BAD_PROOFS = [
    pytest.param(lambda: proof(htm="POST"), id="another method"),
    pytest.param(lambda: proof(htm=None), id="no method"),
    pytest.param(lambda: proof(htu="https://garden.example/bob/private/"), id="another path"),
    pytest.param(lambda: proof(htu="https://other.example/alice/private/"), id="another host"),
    pytest.param(lambda: proof(htu="https://garden.example:8443/alice/private/"), id="another port"),
    pytest.param(lambda: proof(htu="http://garden.example/alice/private/"), id="another scheme"),
    pytest.param(lambda: proof(htu="https://garden.example:x/"), id="no address"),
    pytest.param(lambda: proof(htu=7), id="a number as address"),
    pytest.param(lambda: proof(iat=int(NOW.timestamp()) - 61), id="61 seconds old"),
    pytest.param(lambda: proof(iat=int(NOW.timestamp()) + 61), id="61 seconds ahead"),
    pytest.param(lambda: proof(iat=None), id="no time"),
    pytest.param(lambda: proof(iat="now"), id="a time in words"),
    pytest.param(lambda: proof(iat=float("nan")), id="no number"),
    pytest.param(lambda: proof(iat=True), id="true as time"),
    pytest.param(lambda: proof(jti=None), id="no jti"),
    pytest.param(lambda: proof(jti=""), id="empty jti"),
    pytest.param(lambda: proof(jti="x" * 300), id="endless jti"),
    pytest.param(lambda: proof(header={"typ": "JWT"}), id="another typ"),
    pytest.param(lambda: proof(header={"jwk": KEY.as_dict(private=True)}), id="a private key shown"),
    pytest.param(lambda: proof(header={"jwk": None}), id="no key"),
    pytest.param(lambda: proof(header={"jwk": {"kty": "oct", "k": "AAAA"}}), id="a symmetric key"),
    pytest.param(lambda: proof(header={"jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}}), id="no point"),
    pytest.param(
        lambda: proof(header={"jwk": jwk.ECKey.generate_key("P-256").as_dict(private=False)}), id="another key"
    ),
    pytest.param(lambda: proof(header={"pad": "x" * 17_000}), id="a header of 17 kB"),
    pytest.param(lambda: proof()[:-4] + "AAAA", id="altered signature"),
    pytest.param(lambda: proof().rpartition(".")[0] + ".", id="no signature"),
    pytest.param(lambda: "x.y.z", id="no token"),
    pytest.param(lambda: "", id="nothing"),
    pytest.param(lambda: proof() + ".more", id="four parts"),
]


def test_the_table_of_bad_proofs_has_fifteen_rows():
    assert len(BAD_PROOFS) >= 15


@pytest.mark.parametrize("made", BAD_PROOFS)
def test_s13_what_proves_nothing_is_refused(made):
    with pytest.raises(BadTokenError):
        verify(made())


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_s13_a_proof_signed_with_nothing_or_with_a_shared_secret_is_refused(algorithm):
    head, body, _ = proof().split(".")
    said = json.loads(base64.urlsafe_b64decode(head + "=="))
    forged = base64.urlsafe_b64encode(json.dumps({**said, "alg": algorithm}).encode()).rstrip(b"=").decode()
    with pytest.raises(BadTokenError):
        verify(f"{forged}.{body}.")


def test_s13_two_proofs_are_none():
    with pytest.raises(BadTokenError):
        verify(proof(), proof())
    with pytest.raises(BadTokenError):
        verify()


def test_a_weak_key_proves_nothing():
    with pytest.raises(BadTokenError):
        jose.public_key({"kty": "RSA", "n": base64.urlsafe_b64encode(b"\xc1" * 96).decode(), "e": "AQAB"})

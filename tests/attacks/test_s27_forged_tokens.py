"""S27: tokens that claim more than their issuer signed (trust.md)."""

import hmac
import json
import sys
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
import fixtures_badges as world
from fixtures_badges import AT, GARDEN, MALLORY, badge, changed, check, claims, token
from fixtures_forgeries import refused

RSA_LISTED = {"more": {GARDEN.url: world.with_keys(("rsa", world.RSA_JWK))}}
HEADER = {"alg": "RS256", "kid": f"{GARDEN.did}#rsa"}
MALLORYS_RSA = world.rsa.generate_private_key(65537, 2048)


def mallorys_signature(data):
    return MALLORYS_RSA.sign(data, world.padding.PKCS1v15(), world.hashes.SHA256())


def mallorys_jwk():
    return world.RSA_JWK | {"n": world.number(MALLORYS_RSA.public_key().public_numbers().n)}


def shared_secret(data):
    return hmac.digest(json.dumps(world.RSA_JWK).encode(), data, "sha256")


TOKENS = {
    "token without signature": (
        token(claims(badge()), header=HEADER | {"alg": "none"}, signer=lambda _: b""),
        "key",
        RSA_LISTED,
    ),
    "token with a shared secret": (
        token(claims(badge()), header=HEADER | {"alg": "HS256"}, signer=shared_secret),
        "key",
        RSA_LISTED,
    ),
    "token with an unknown demand": (token(claims(badge()), header=HEADER | {"crit": ["exp"]}), "key", RSA_LISTED),
    "token without key": (token(claims(badge()), header={"alg": "RS256"}), "key", RSA_LISTED),
    "token with its own key": (
        token(claims(badge()), header={"alg": "RS256", "jwk": mallorys_jwk()}, signer=mallorys_signature),
        "key",
        RSA_LISTED,
    ),
    "token with a private key": (
        token(claims(badge()), header={"alg": "RS256", "jwk": world.RSA_JWK | {"d": "AQAB"}}),
        "key",
        RSA_LISTED,
    ),
    "token with a key elsewhere": (
        token(claims(badge()), header=HEADER | {"kid": "https://mallory.example/key"}, signer=mallorys_signature),
        "key",
        RSA_LISTED,
    ),
    "token by another key": (token(claims(badge()), signer=mallorys_signature), "proof", RSA_LISTED),
    "token under another algorithm": (token(claims(badge()), header=HEADER | {"alg": "ES256"}), "proof", RSA_LISTED),
    "token of another issuer": (token(claims(badge(), iss=MALLORY.did)), "proof", RSA_LISTED),
    "token without issuer": (token(claims(badge(), iss=None)), "proof", RSA_LISTED),
    "token about another person": (token(claims(badge(), sub="https://pods.example/mallory")), "proof", RSA_LISTED),
    "token with another id": (token(claims(badge(), jti="https://pods.example/garden/issued/2")), "proof", RSA_LISTED),
    "token with another beginning": (token(claims(badge(), nbf=1)), "proof", RSA_LISTED),
    "token with a longer life": (token(claims(badge(), exp=4_000_000_000)), "proof", RSA_LISTED),
    "token expired": (token(claims(badge(valid_until=AT))), "valid-until", RSA_LISTED),
    "token not yet valid": (token(claims(badge(valid_from=AT + timedelta(1)))), "valid-from", RSA_LISTED),
    "token altered": (
        token(claims(badge())).split(".")[0]
        + "."
        + ".".join(token(claims(badge(name="Gold"))).split(".")[1:2])
        + "."
        + token(claims(badge())).split(".")[2],
        "proof",
        RSA_LISTED,
    ),
    "token whose key was withdrawn": (
        token(claims(badge())),
        "key",
        {
            "more": {
                GARDEN.url: changed(
                    world.with_keys(("rsa", world.RSA_JWK)),
                    ("verificationMethod", 1, "revoked"),
                    "2026-01-01T00:00:00Z",
                )
            }
        },
    ),
    "token whose key is not for assertions": (
        token(claims(badge())),
        "key",
        {"more": {GARDEN.url: world.with_keys(("rsa", world.RSA_JWK)) | {"assertionMethod": []}}},
    ),
}


@pytest.mark.parametrize("name", TOKENS)
def test_a_forged_token_fails_for_the_reason_named(name):
    refused(TOKENS[name])


def test_the_honest_token_passes_so_that_each_refusal_means_something():
    assert check(token(claims(badge())), **RSA_LISTED).verified is True

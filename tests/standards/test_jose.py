"""Signed tokens: the short way for ES256 takes and refuses exactly what joserfc does (RFC 7515, 7518; trust.md S14)."""

import base64
import json
import random

import pytest
from joserfc import jwk, jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from pod_app.standards import jose
from pod_app.standards.jose import BadTokenError

KEY = jwk.ECKey.generate_key("P-256")
OTHERS = [
    jwk.ECKey.generate_key("P-256"), jwk.ECKey.generate_key("P-384"), jwk.RSAKey.generate_key(2048),
    jwk.OKPKey.generate_key("Ed25519"),
]  # fmt: skip


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(**header):
    return jwt.encode({"alg": "ES256", "typ": "at+jwt"} | header, {"sub": "alice", "n": 7}, KEY)


def by_library(token, key):
    registry = JWSRegistry(algorithms=list(jose.ALGORITHMS), strict_check_header=False)
    try:
        return jwt.decode(token, key, registry=registry).claims
    except (JoseError, ValueError):
        return None


def by_us(token, key):
    try:
        return dict(jose.verify(token, key).claims)
    except BadTokenError:
        return None


def test_a_signature_of_our_own_key_holds_on_both_ways():
    for token in (signed(), signed(kid="k1"), signed(jwk=KEY.as_dict(private=False)), signed(cty="x")):
        assert by_us(token, KEY) == by_library(token, KEY) == {"sub": "alice", "n": 7}


@pytest.mark.parametrize("key", OTHERS, ids=lambda key: key.as_dict(private=False).get("crv", "RSA"))
def test_another_key_opens_nothing(key):
    assert by_us(signed(), key) is by_library(signed(), key) is None


def test_s14_whatever_is_altered_is_refused_on_both_ways():
    """Each letter of a token changed, dropped and doubled: seeded, so that a failure comes again."""
    chance, token = random.Random(5), signed()
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ "
    for place in range(len(token)):
        before, letter, after = token[:place], token[place], token[place + 1 :]
        for changed in (before + chance.choice(letters.replace(letter, "")) + after, before + after,
                        before + letter + letter + after):  # fmt: skip
            ours, theirs = by_us(changed, KEY), by_library(changed, KEY)
            assert ours == theirs or _same_bits(changed, token), changed


def _same_bits(changed, token):
    """The unused bits at the end of a part mean nothing: the signed bytes and the signature are the same."""

    def parts(one):
        return [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in one.split(".")]

    return changed.rpartition(".")[0] == token.rpartition(".")[0] and parts(changed) == parts(token)


@pytest.mark.parametrize(
    "signature",
    [b"", b"\0" * 64, b"\xff" * 64, b"\0" * 63, b"\0" * 65, b"\x30\x44" + b"\0" * 68, b"\0" * 32 + b"\1" * 32],
)
def test_s14_a_signature_of_zeros_or_of_another_length_is_none(signature):
    token = f"{signed().rpartition('.')[0]}.{text(signature)}"
    assert by_us(token, KEY) is by_library(token, KEY) is None


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"]}, {"crit": ["b64"], "b64": False}, {"b64": False}, {"typ": 7}, {"kid": ["k1"]},
        {"alg": "es256"}, {"alg": ["ES256"]}, {"alg": None}, {"alg": "ES384"}, {"alg": "none"}, {"alg": "HS256"},
    ],
    ids=str,
)  # fmt: skip
def test_s14_a_header_that_asks_for_more_goes_the_long_way(header):
    said = json.dumps({"alg": "ES256"} | header).encode()
    token = f"{text(said)}.{text(b'{}')}.{signed().rpartition('.')[2]}"
    assert by_us(token, KEY) is by_library(token, KEY) is None


@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.parametrize("nested", [b"[" * 4000, b'{"a":' * 800, b"[" * 2000 + b"]" * 2000])
def test_s14_bottomless_nesting_is_a_bad_token_and_no_error_of_ours(part, nested):
    parts = signed().split(".")
    parts[part] = text(nested)
    for ask in (jose.peek, lambda token: jose.verify(token, KEY)):
        with pytest.raises(BadTokenError):
            ask(".".join(parts))

"""Multibase and Multikey (box 5.5)."""

import random
import secrets

import pytest

from pod_app.errors import Invalid, Unsupported
from pod_app.standards import multibase

# https://datatracker.ietf.org/doc/html/draft-msporny-base58-03, section 5
BASE58 = [
    (b"Hello World!", "2NEpo7TZRRrLZSi2U"),
    (b"The quick brown fox jumps over the lazy dog.", "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z"),
    (bytes.fromhex("0000287fb4cd"), "11233QC4"),
    (b"", ""),
    (b"\0", "1"),
]


@pytest.mark.parametrize(("data", "text"), BASE58)
def test_base58_has_the_published_values(data, text):
    assert multibase.encode_base58(data) == text
    assert multibase.decode_base58(text) == data


def test_every_value_comes_back():
    seed = secrets.randbits(32)
    print("seed", seed)
    generator = random.Random(seed)
    for length in range(70):
        data = generator.randbytes(length)
        assert multibase.decode(multibase.encode(data)) == data
        assert multibase.decode("u" + multibase.encode_base64url(data)) == data


def test_a_key_begins_with_z6mk_and_comes_back():
    key = bytes(range(32))
    assert multibase.encode_key(key).startswith("z6Mk")
    assert multibase.decode_key(multibase.encode_key(key)) == key


@pytest.mark.parametrize("text", [None, 7, "", "6Mk", "x6Mk", "z0", "zI", "z ", "u=", "u+", "z" + "2" * 600, "z6Mk"])
def test_what_is_no_key_is_invalid(text):
    with pytest.raises(Invalid):
        multibase.decode_key(text)


def test_a_short_and_a_long_key_are_invalid():
    for length in (31, 33):
        with pytest.raises(Invalid):
            multibase.encode_key(bytes(length))
        with pytest.raises(Invalid):
            multibase.decode_key(multibase.encode(b"\xed\x01" + bytes(length)))


@pytest.mark.parametrize(
    ("prefix", "name"),
    [(b"\x80\x24", "P-256"), (b"\x81\x24", "P-384"), (b"\xe7\x01", "secp256k1"), (b"\x80\x26", "private")],
)
def test_other_types_of_key_are_named(prefix, name):
    with pytest.raises(Unsupported, match=name):
        multibase.decode_key(multibase.encode(prefix + bytes(33)))

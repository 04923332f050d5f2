"""RFC 9421: the appendix's own keys and messages, and messages that are not what they say (trust.md S35)."""

import base64
import hashlib
import hmac
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.serialization import load_der_private_key

from pod_app.standards import http_signatures
from pod_app.standards.http_signatures import BadSignatureError, Message

ED25519 = base64.b64decode("MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF")
PUBLIC = base64.b64decode("JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=")
SHARED = base64.b64decode("uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==")
BODY = b'{"hello": "world"}'
REQUEST = Message(
    "POST",
    "https://example.com/foo?param=Value&Pet=dog",
    {
        "host": "example.com",
        "date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "content-type": "application/json",
        "content-digest": "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm"
        "+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:",
        "content-length": "18",
    },
)
B26 = {
    "signature-input": 'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length")'
    ';created=1618884473;keyid="test-key-ed25519"',
    "signature": "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:",
}


def test_the_appendix_ed25519_signature_verifies_and_is_made_again():
    """B.2.6; Ed25519 is deterministic, so that our own signature is the same bytes."""
    [signature] = http_signatures.read(B26)
    http_signatures.verify(REQUEST, signature, PUBLIC)
    assert (signature.created, signature.key_id) == (1618884473, "test-key-ed25519")
    signed = http_signatures.base(REQUEST, signature.components, signature.parameters)
    assert load_der_private_key(ED25519, None).sign(signed) == signature.value


def test_the_base_of_the_appendix_hmac_example_is_the_same():
    """B.2.5: another algorithm over the same kind of base."""
    fields = {
        "signature-input": 'sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
        "signature": "sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:",
    }
    [signature] = http_signatures.read(fields)
    signed = http_signatures.base(REQUEST, signature.components, signature.parameters)
    assert hmac.digest(SHARED, signed, "sha256") == signature.value


def test_the_minimal_example_of_the_appendix_has_no_components():
    """B.2.1: nothing but the parameters is covered."""
    parameters = '();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"'
    assert http_signatures.base(REQUEST, (), parameters) == f'"@signature-params": {parameters}'.encode()
    [signature] = http_signatures.read({"signature-input": f"sig-b21={parameters}", "signature": "sig-b21=:AA==:"})
    assert (signature.components, signature.nonce) == ((), "b3k2pp5k7z-50gnwp.yemd")


def test_the_digest_of_the_appendix_is_that_of_its_body():
    http_signatures.check_digest(REQUEST.fields, BODY)
    http_signatures.check_digest({"content-digest": http_signatures.digest(BODY)}, BODY)
    digest = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
    assert http_signatures.digest(BODY) == f"sha-256=:{digest}:"


@pytest.mark.parametrize(
    ("components", "value"),
    [
        ("@method", "POST"),
        ("@target-uri", "https://example.com/foo?param=Value&Pet=dog"),
        ("@authority", "example.com"),
        ("@scheme", "https"),
        ("@request-target", "/foo?param=Value&Pet=dog"),
        ("@path", "/foo"),
        ("@query", "?param=Value&Pet=dog"),
        ("content-length", "18"),
    ],
)
def test_components_are_derived_as_section_2_2_says(components, value):
    assert http_signatures.base(REQUEST, [components], "()").decode().startswith(f'"{components}": {value}\n')


def test_the_authority_is_lower_case_and_without_the_usual_port():
    message = replace(REQUEST, target="https://Example.COM:443/")
    assert b'"@authority": example.com\n' in http_signatures.base(message, ["@authority"], "()")
    message = replace(REQUEST, target="http://example.com:8001/")
    assert b'"@authority": example.com:8001\n' in http_signatures.base(message, ["@authority"], "()")


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "PUT"},
        {"target": "https://example.com/bar"},
        {"target": "https://other.example/foo"},
        {"fields": REQUEST.fields | {"date": "Tue, 20 Apr 2021 02:07:56 GMT"}},
        {"fields": REQUEST.fields | {"content-type": "text/plain"}},
        {"fields": {k: v for k, v in REQUEST.fields.items() if k != "content-length"}},
    ],
)
def test_a_changed_message_does_not_verify(changed):
    [signature] = http_signatures.read(B26)
    with pytest.raises(BadSignatureError):
        http_signatures.verify(replace(REQUEST, **changed), signature, PUBLIC)


@pytest.mark.parametrize(
    "changed",
    [
        {"parameters": B26["signature-input"].removeprefix("sig-b26=").replace("1618884473", "1618884474")},
        {"value": bytes(64)},
        {"value": b""},
        {"algorithm": "hmac-sha256"},
        {"components": ("date", "date")},
        {"components": ("@query-param",)},
    ],
)
def test_a_changed_signature_does_not_verify(changed):
    [signature] = http_signatures.read(B26)
    with pytest.raises(BadSignatureError):
        http_signatures.verify(REQUEST, replace(signature, **changed), PUBLIC)


@pytest.mark.parametrize(
    "fields",
    [
        {"signature-input": B26["signature-input"]},
        {"signature-input": "sig1=(date);created=1", "signature": "sig1=:AA==:"},
        {"signature-input": 'sig1=("date";sf);created=1', "signature": "sig1=:AA==:"},
        {"signature-input": 'sig1=("@query-param";name="Pet")', "signature": "sig1=:AA==:"},
        {"signature-input": 'sig1=("date"  "host")', "signature": "sig1=:AA==:"},
        {"signature-input": 'sig1=("date");created=1;created=2', "signature": "sig1=:AA==:"},
        {"signature-input": 'sig1=("date");created="1"', "signature": "sig1=:AA==:"},
        {"signature-input": 'sig1=("date");keyid=1', "signature": "sig1=:AA==:"},
        {"signature-input": 'sig1=("date"),', "signature": "sig1=:AA==:"},
        {"signature-input": 'sig1=("date"),sig1=("host")', "signature": "sig1=:AA==:"},
        {"signature-input": 'sig1=("date")', "signature": "sig1=:A:"},
        {"signature-input": 'sig1=("date")', "signature": "sig1=AA=="},
        {"signature-input": 'sig1=("date");created=1;keyid="' + "a" * 9000 + '"', "signature": "sig1=:AA==:"},
        {"signature-input": 'sig1=("date");keyid="a\nb"', "signature": "sig1=:AA==:"},
    ],
)
def test_fields_that_are_not_in_canonical_form_are_refused(fields):
    with pytest.raises(BadSignatureError):
        http_signatures.read(fields)


def test_several_signatures_are_read_in_their_order():
    fields = {
        "signature-input": 'proxy=("host");created=1;keyid="p", own=("date");created=2;keyid="\\"o\\\\"',
        "signature": "own=:AQ==: , proxy=:AA==:",
    }
    proxy, own = http_signatures.read(fields)
    assert (proxy.key_id, proxy.value, own.key_id, own.value) == ("p", b"\0", '"o\\', b"\1")


@pytest.mark.parametrize("value", ["", "md5=:AA==:", "sha-256=:AA==:", "sha-256=AA", "sha-512=:AA==:, sha-256=:AA==:"])
def test_a_digest_that_is_missing_or_another_is_refused(value):
    with pytest.raises(BadSignatureError):
        http_signatures.check_digest({"content-digest": value}, BODY)

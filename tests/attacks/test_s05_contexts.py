"""S5: a context from elsewhere changes the meaning of a document, so none is ever fetched.

A canary listens on loopback while documents name contexts on it; a name that answers would be hit.
"""

import json
import socket
import threading
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pod_app.errors import Damaged, Invalid
from pod_app.standards import context_files, data_integrity, jsonld, normalise

VECTOR = Path(__file__).resolve().parents[1] / "data" / "badges" / "vectors" / "1edtech-ob3-linked-data-proof"
KEYS = json.loads((VECTOR / "keyPair.json").read_text(encoding="utf-8"))
PUBLIC = bytes.fromhex(KEYS["publicKeyHex"])
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def signed():
    return json.loads((VECTOR / "signed.json").read_text(encoding="utf-8"))


@pytest.fixture
def canary():
    """Address of a listener, and the list of connections that it got."""
    listener = socket.create_server(("127.0.0.1", 0))
    hits = []

    def accept():
        while True:
            try:
                connection, peer = listener.accept()
            except OSError:
                return
            hits.append(peer)
            connection.close()

    thread = threading.Thread(target=accept)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/context.json", hits
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(timeout=10)


def spellings(url):
    """Documents that bring the attacker's context in by every way that JSON-LD has."""
    document = signed()
    official = document["@context"]
    yield {**document, "@context": url}
    yield {**document, "@context": [*official, url]}
    yield {**document, "@context": [url, *official]}
    yield {**document, "@context": [*official, {"@import": url}]}
    yield {**document, "@context": [*official, {"evidence": {"@id": "https://e.example/p", "@context": url}}]}
    yield {**document, "@context": [*official, [url]]}
    nested = deepcopy(document)
    nested["credentialSubject"]["@context"] = url
    yield nested
    proof = deepcopy(document)
    proof["proof"]["@context"] = url
    yield {**proof, "@context": url}


READERS = [
    jsonld.guard,
    jsonld.expand,
    jsonld.inline,
    data_integrity.canonical,
    data_integrity.canonical_second,
    normalise.triples_of,
    lambda document: data_integrity.check(document, document["proof"], PUBLIC),
]


@pytest.mark.parametrize("reader", READERS)
def test_no_reader_follows_a_context_to_its_address(canary, reader):
    url, hits = canary
    for document in spellings(url):
        with pytest.raises(Invalid):
            reader(document)
    assert hits == []


@pytest.mark.parametrize(
    "url",
    [
        "http://www.w3.org/ns/credentials/v2",
        "https://www.w3.org/ns/credentials/v2#",
        "https://www.w3.org/ns/credentials/v2/",
        "https://WWW.w3.org/ns/credentials/v2",
        "https://www.w3.org/ns/credentials/../credentials/v2",
        "https://www.w3.org:443/ns/credentials/v2",
        "https://www.w3.org@evil.example/ns/credentials/v2",
        " https://www.w3.org/ns/credentials/v2",
        "v2",
        "",
        "file:///etc/passwd",
        "../contexts/credentials-v2.jsonld",
    ],
)
def test_a_context_is_known_by_its_exact_address_only(url):
    document = signed()
    document["@context"][0] = url
    for reader in READERS:
        with pytest.raises(Invalid):
            reader(document)


def test_a_context_that_maps_issuer_to_subject_makes_a_badge_invalid():
    swapped = {"issuer": {"@id": "https://www.w3.org/2018/credentials#credentialSubject", "@type": "@id"}}
    document = signed()
    document["@context"].append(swapped)
    with pytest.raises(Invalid, match="@context"):
        jsonld.guard(document)


def test_an_altered_file_is_noticed_before_it_is_used(tmp_path, monkeypatch):
    folder = tmp_path / "contexts"
    folder.mkdir()
    for path in (Path(context_files.__file__).parent / "contexts").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    altered = folder / "credentials-v2.jsonld"
    altered.write_bytes(altered.read_bytes().replace(b"credentials#issuer", b"credentials#holder"))
    monkeypatch.setattr(context_files, "_FOLDER", folder)
    context_files.context_text.cache_clear()
    try:
        with pytest.raises(Damaged):
            jsonld.context("https://www.w3.org/ns/credentials/v2")
    finally:
        context_files.context_text.cache_clear()


def test_signing_never_uses_an_unknown_context():
    key = Ed25519PrivateKey.generate()
    document = signed()
    document["@context"].append("https://pods.example/mine")
    with pytest.raises(Invalid):
        data_integrity.sign(document, sign=key.sign, verification_method="did:web:pods.example:a#k", created=NOON)

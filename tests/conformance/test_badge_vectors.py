"""The published vectors of W3C vc-di-eddsa and 1EdTech Open Badges 3.0, bit for bit (box 5.5)."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pyoxigraph as ox
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pod_app.errors import Invalid
from pod_app.standards import data_integrity, did, jsonld, multibase

VECTORS = Path(__file__).resolve().parents[1] / "data" / "badges" / "vectors"
W3C = VECTORS / "w3c-di-eddsa"
OB3 = VECTORS / "1edtech-ob3-linked-data-proof"
RDFC = [("eddsa-rdfc-2022", "DataInt"), ("Ed25519Signature2020", "EdSig")]
SIGNED = [
    "eddsa-rdfc-2022/signedDataInt",
    "Ed25519Signature2020/signedEdSig",
    "eddsa-jcs-2022/signedJCS",
    *(f"proof-set-chain/signedProof{kind}{number}" for kind in ("Set", "Chain") for number in (1, 2)),
]


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def text(path):
    return path.read_text(encoding="utf-8").strip()


def sha256(value):
    return hashlib.sha256(value.encode()).hexdigest()


def split(signed):
    proof = signed["proof"]
    return {name: value for name, value in signed.items() if name != "proof"}, proof


def w3c_key():
    pair = read(W3C / "keyPair.json")
    secret = multibase.decode(pair["privateKeyMultibase"])
    assert secret[:2] == b"\x80\x26"
    key = Ed25519PrivateKey.from_private_bytes(secret[2:])
    assert multibase.encode_key(key.public_key().public_bytes_raw()) == pair["publicKeyMultibase"]
    return key


def key_of(proof):
    method = proof["verificationMethod"]
    return did.find_key(did.resolve_key_did(method), method, "assertionMethod")


@pytest.mark.parametrize(("folder", "suffix"), RDFC)
def test_both_engines_give_the_canonical_document_of_w3c(folder, suffix):
    document, _ = split(read(W3C / folder / f"signed{suffix}.json"))
    expected = (W3C / folder / f"canonDoc{suffix}.txt").read_text(encoding="utf-8")
    assert data_integrity.canonical(document) == expected
    assert data_integrity.canonical_second(document) == expected
    assert sha256(expected) == text(W3C / folder / f"docHash{suffix}.txt")


@pytest.mark.parametrize(("folder", "suffix"), RDFC)
def test_both_engines_give_the_canonical_proof_options_of_w3c(folder, suffix):
    document, proof = split(read(W3C / folder / f"signed{suffix}.json"))
    config = data_integrity.proof_config(document, proof)
    assert config == read(W3C / folder / f"proofConfig{suffix}.json")
    expected = (W3C / folder / f"proofCanon{suffix}.txt").read_text(encoding="utf-8")
    assert data_integrity.canonical(config) == expected
    assert data_integrity.canonical_second(config) == expected
    assert sha256(expected) == text(W3C / folder / f"proofHash{suffix}.txt")


@pytest.mark.parametrize(("folder", "suffix"), RDFC)
def test_the_combined_hash_and_the_proof_value_are_those_of_w3c(folder, suffix):
    document, proof = split(read(W3C / folder / f"signed{suffix}.json"))
    data = data_integrity.hash_data(document, data_integrity.proof_config(document, proof))
    assert data.hex() == text(W3C / folder / f"combinedHash{suffix}.txt")
    signature = w3c_key().sign(data)
    assert signature.hex() == text(W3C / folder / f"sigHex{suffix}.txt")
    assert multibase.encode(signature) == text(W3C / folder / f"sigBTC58{suffix}.txt") == proof["proofValue"]


def test_the_unsigned_w3c_document_is_the_one_that_was_signed():
    document, _ = split(read(W3C / "eddsa-rdfc-2022" / "signedDataInt.json"))
    assert document == read(W3C / "unsigned.json")


def test_the_employment_vector_holds_from_its_canonical_texts_on():
    folder = W3C / "eddsa-rdfc-2022" / "employ"
    parts = []
    for name in ("proofCanon", "canonDoc"):
        canonical = (folder / f"{name}DataInt.txt").read_text(encoding="utf-8")
        dataset = ox.Dataset(ox.parse(canonical.encode(), ox.RdfFormat.N_QUADS))
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
        lines = ox.serialize(dataset, format=ox.RdfFormat.N_QUADS).decode().split("\n")
        assert "".join(f"{line}\n" for line in sorted(filter(None, lines))) == canonical
        parts.append(sha256(canonical))
    assert parts == [text(folder / "proofHashDataInt.txt"), text(folder / "docHashDataInt.txt")]
    assert "".join(parts) == text(folder / "combinedHashDataInt.txt")
    signed = read(folder / "signedDataInt.json")
    signature = w3c_key().sign(bytes.fromhex("".join(parts)))
    assert signature.hex() == text(folder / "sigHexDataInt.txt")
    assert multibase.encode(signature) == text(folder / "sigBTC58DataInt.txt") == signed["proof"]["proofValue"]
    assert split(signed)[0] == read(W3C / "employmentAuth.json")
    with pytest.raises(Invalid, match="citizenship"):
        data_integrity.check(signed, signed["proof"], key_of(signed["proof"]))


@pytest.mark.parametrize("name", SIGNED)
def test_every_signed_w3c_document_verifies_with_all_its_proofs(name):
    signed = read(W3C / f"{name}.json")
    for proof in data_integrity.proofs(signed):
        assert data_integrity.examine(signed, proof, key_of(proof)) == data_integrity.Verdict(holds=True)


@pytest.mark.parametrize("name", SIGNED)
def test_no_signed_w3c_document_verifies_once_altered(name):
    signed = read(W3C / f"{name}.json")
    signed["name"] = "Alumnus Credential"
    for proof in data_integrity.proofs(signed):
        assert not data_integrity.check(signed, proof, key_of(proof))


@pytest.mark.parametrize("name", SIGNED)
def test_no_w3c_proof_verifies_once_its_options_are_altered(name):
    signed = read(W3C / f"{name}.json")
    for proof in data_integrity.proofs(signed):
        assert not data_integrity.check(signed, {**proof, "created": "2024-02-24T23:36:38Z"}, key_of(proof))


def test_the_jcs_vector_has_the_published_texts_and_hashes():
    folder = W3C / "eddsa-jcs-2022"
    document, proof = split(read(folder / "signedJCS.json"))
    config = {name: value for name, value in proof.items() if name != "proofValue"}
    assert config == read(folder / "proofConfigJCS.json")
    data = data_integrity._jcs_hashes(document, proof)
    assert data.hex() == text(folder / "combinedHashJCS.txt")
    assert data.hex() == text(folder / "proofHashJCS.txt") + text(folder / "docHashJCS.txt")
    signature = w3c_key().sign(data)
    assert signature.hex() == text(folder / "sigHexJCS.txt")
    assert multibase.encode(signature) == text(folder / "sigBTC58JCS.txt") == proof["proofValue"]


def test_a_proof_that_follows_others_needs_them_in_the_document():
    signed = read(W3C / "proof-set-chain" / "signedProofChain1.json")
    last = data_integrity.proofs(signed)[-1]
    assert data_integrity.check(signed, last, key_of(last))
    with pytest.raises(Invalid, match="previousProof"):
        data_integrity.check({**signed, "proof": [last]}, last, key_of(last))


def test_the_open_badges_vector_has_the_published_canonical_forms_and_hashes():
    document, proof = split(read(OB3 / "signed.json"))
    assert document == read(OB3 / "unsigned.json")
    hashes = read(OB3 / "hashes.json")
    for part, canon, digest in (
        (document, "document-canon.txt", hashes["documentHash"]),
        (data_integrity.proof_config(document, proof), "proof-canon.txt", hashes["proofHash"]),
    ):
        canonical = data_integrity.canonical(part)
        assert canonical == data_integrity.canonical_second(part)
        assert canonical.strip() == text(OB3 / canon)
        assert sha256(canonical) == digest


def test_signing_the_open_badges_vector_gives_the_published_proof_value():
    hashes, pair, expected = read(OB3 / "hashes.json"), read(OB3 / "keyPair.json"), read(OB3 / "signed.json")["proof"]
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(pair["privateKeyHex"])[:32])
    signed = data_integrity.sign(
        read(OB3 / "unsigned.json"),
        sign=key.sign,
        verification_method=expected["verificationMethod"],
        created=datetime(2010, 1, 1, 19, 23, 24, tzinfo=UTC),
    )
    assert signed["proof"] == [expected]
    assert multibase.decode(signed["proof"][0]["proofValue"]).hex() == hashes["signatureHex"]
    assert multibase.decode_key(pair["publicKeyMultibase"]).hex() == pair["publicKeyHex"]
    assert data_integrity.check(signed, signed["proof"][0], bytes.fromhex(pair["publicKeyHex"]))
    jsonld.guard(signed)

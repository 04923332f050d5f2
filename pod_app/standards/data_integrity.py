"""The hash of the proof's own options comes before the hash of the document, and both are signed together.

Embedded proofs of the suite eddsa-rdfc-2022 (https://www.w3.org/TR/vc-di-eddsa/), and reading of
its ancestors eddsa-2022 and Ed25519Signature2020 and its sibling eddsa-jcs-2022. pyoxigraph
canonicalises; PyLD gives a second opinion, because each of them has faults that the other has not:
a badge whose two canonical forms differ would fail elsewhere and is not signed, and a proof is
called false only when it fails in both. Public keys are 32 raw bytes, hashes 64 bytes.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from c14n.Canonicalize import canonicalize as jcs  # type: ignore[import-untyped]  # comes with PyLD, no stubs
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pyoxigraph import CanonicalizationAlgorithm, Dataset, Quad, RdfFormat, parse, serialize

from pod_app.errors import N_, Conflict, Invalid, PodAppError, Unsupported
from pod_app.standards import complexity, multibase
from pod_app.standards.expansion import canonical_by_pyld, require_shallow, require_small
from pod_app.standards.jsonld import Edition, Expansion, edition_of, expand, guard_proof, inline_text, safe_expand
from pod_app.standards.remembered import Remembered, digest

SUITE: Final = "eddsa-rdfc-2022"
_RDFC_SUITES: Final = frozenset({SUITE, "eddsa-2022", "Ed25519Signature2020"})
_JCS_SUITE: Final = "eddsa-jcs-2022"
_SIGNATURE_LENGTH: Final = 64
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_SECOND: Final = N_("The proof holds with the second canonicaliser only.")
_NEWER: Final = N_("The badge was read with the 2026 edition of the Open Badges 3.0.3 context, for a word it adds.")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a proof holds, and how that was found out (`note` is empty in the ordinary case)."""

    holds: bool
    note: str = ""


_HELD: Final = Remembered[Verdict]()


def canonical(document: Mapping[str, Any], edition: Edition = Edition.PUBLISHED) -> str:
    """RDFC-1.0 canonical N-Quads, by pyoxigraph, of a JSON-LD document with known contexts.

    TooLarge beyond 64 kB of JSON, TooComplex for graphs that would take long (see complexity.py),
    Invalid for what is not JSON-LD. https://www.w3.org/TR/rdf-canon/
    """
    require_shallow(document)
    require_small(document)
    return _canonical_quads(_parsed(inline_text(document, edition)))


def canonical_second(document: Mapping[str, Any]) -> str:
    """Canonical N-Quads by PyLD, under the same limits, as a second opinion."""
    return _canonical_second(expand(document))


def hash_data(document_without_proof: Mapping[str, Any], proof_config: Mapping[str, Any]) -> bytes:
    """64 bytes: SHA-256 of the canonical proof config, then of the document (vc-di-eddsa §3.2.4)."""
    return _hash_pair(canonical(proof_config), canonical(document_without_proof))


def proof_config(document: Mapping[str, Any], proof: Mapping[str, Any]) -> dict[str, Any]:
    """Proof without its value, read in the document's contexts (vc-di-eddsa §3.2.5)."""
    options = {key: value for key, value in proof.items() if key not in {"proofValue", "@context"}}
    return {"@context": document["@context"], **options}


def sign(
    document: Mapping[str, Any],
    *,
    sign: Callable[[bytes], bytes],
    verification_method: str,
    created: datetime,
) -> dict[str, Any]:
    """Copy the document with one more eddsa-rdfc-2022 proof, always in an array.

    `sign` turns 64 bytes into an Ed25519 signature of 64 bytes. `created` has a time zone and is
    written in whole seconds. Invalid when jsonld.guard refuses the document, or when it holds null,
    empty arrays or control characters; Conflict when the two canonicalisers disagree.
    """
    unsecured = {key: value for key, value in document.items() if key != "proof"}
    require_shallow(unsecured)
    _require_signable(unsecured, "")
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": SUITE,
        "created": created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "verificationMethod": verification_method,
        "proofPurpose": "assertionMethod",
    }
    require_small(unsecured)
    text = _canonical_quads(_parsed(inline_text(unsecured, excerpt=True)))  # PyLD reads the whole contexts
    if text != _canonical_second(safe_expand(unsecured, Edition.PUBLISHED)):
        raise Conflict(
            N_("This document has two readings: two programs that canonicalise it do not agree, so it is not signed."),
            N_("Simplify it: plain ids and types, no repeated parts without ids."),
        )
    data = _hash_pair(_canonical_options(proof_config(unsecured, proof)), text)
    return {**unsecured, "proof": [*proofs(document), {**proof, "proofValue": multibase.encode(sign(data))}]}


def check(document: Mapping[str, Any], proof: Mapping[str, Any], public_key: bytes) -> bool:
    """Whether `proof` was made for `document` by the holder of the key; `examine` also tells how.

    Says nothing about whose key it is (did.find_key) nor about words outside the contexts
    (jsonld.guard): ask both as well.
    """
    return examine(document, proof, public_key).holds


def examine(document: Mapping[str, Any], proof: Mapping[str, Any], public_key: bytes) -> Verdict:
    """Verdict on one proof; the proofs inside `document` are left aside except the `previousProof` ones.

    Unsupported for other cryptosuites, Invalid for a malformed proof, TooComplex and TooLarge as `canonical`.
    """
    require_shallow(document)
    name = digest(document, proof, public_key.hex())
    verdict = _HELD.get(name)
    if verdict is None:
        verdict = _examined(document, proof, public_key)
        if verdict.holds:
            _HELD.keep(name, verdict)
    return verdict


def _examined(document: Mapping[str, Any], proof: Mapping[str, Any], public_key: bytes) -> Verdict:
    suite = _suite(proof)
    signature, key = _signature(proof), _key(public_key)
    secured = _secured(document, proof)
    if suite == _JCS_SUITE:
        return Verdict(_verifies(key, signature, _jcs_hashes(secured, proof)))
    config = proof_config(secured, proof)
    options = _canonical_options(config)
    edition = edition_of(secured)
    if _verifies(key, signature, _hash_pair(options, canonical(secured, edition))):
        return Verdict(holds=True, note="" if edition is Edition.PUBLISHED else _NEWER)
    if "proof" not in secured and _holds_by_second_opinion(key, signature, secured, options, edition):
        return Verdict(holds=True, note=_SECOND)
    return Verdict(holds=False)


def proofs(document: Mapping[str, Any]) -> list[Any]:
    """List the `proof` of a document whether one or many; empty when there is none."""
    found = document.get("proof", [])
    return list(found) if isinstance(found, list) else [found]


def _holds_by_second_opinion(
    key: Ed25519PublicKey, signature: bytes, secured: Mapping[str, Any], options: str, edition: Edition
) -> bool:
    """Put a proof before PyLD before it is called false.

    PyLD does not escape what it writes, so only documents that pass the guard are put before it.
    """
    try:
        second = _canonical_second(safe_expand(secured, edition))
    except PodAppError:
        return False
    return _verifies(key, signature, _hash_pair(options, second))


def _canonical_options(config: Mapping[str, Any]) -> str:
    """PyLD expands, pyoxigraph canonicalises: half the time, as PyLD keeps the processed contexts."""
    return _canonical_quads(_parsed(json.dumps(guard_proof(config))))


def _hash_pair(config: str, document: str) -> bytes:
    return hashlib.sha256(config.encode()).digest() + hashlib.sha256(document.encode()).digest()


def _parsed(text: str) -> list[Quad]:
    try:
        return list(parse(text.encode("utf-8"), RdfFormat.JSON_LD))
    except (SyntaxError, ValueError) as problem:
        raise Invalid(
            N_("This document cannot be read as JSON-LD: {problem}."),
            N_("Ask the issuer for a corrected document."),
            problem=str(problem)[:300],
        ) from problem


def _canonical_quads(quads: list[Quad]) -> str:
    complexity.require_simple(quads)
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    text = (serialize(dataset, format=RdfFormat.N_QUADS) or b"").decode("utf-8")
    # Not splitlines(): literals may hold U+2028 and its like unescaped.
    return "".join(f"{line}\n" for line in sorted(line for line in text.split("\n") if line))


def _canonical_second(expanded: Expansion) -> str:
    complexity.require_simple(_parsed(json.dumps(expanded)))
    return canonical_by_pyld(expanded)


def _secured(document: Mapping[str, Any], proof: Mapping[str, Any]) -> dict[str, Any]:
    """Pick what the proof is about: the document without proofs, but with those that `previousProof` names."""
    if "@context" not in document:
        raise Invalid(N_("The document has no @context, so its words have no meaning."))
    secured = {key: value for key, value in document.items() if key != "proof"}
    named = proof.get("previousProof")
    if named is None:
        return secured
    names = named if isinstance(named, list) else [named]
    previous = [item for item in proofs(document) if isinstance(item, Mapping) and item.get("id") in names]
    if not names or {item["id"] for item in previous} != set(names):
        raise Invalid(
            N_("proof.previousProof names a proof that the document does not hold."),
            N_("Ask for the complete document with all its proofs."),
        )
    return {**secured, "proof": previous}


def _suite(proof: Mapping[str, Any]) -> str:
    kind = proof.get("type")
    suite = proof.get("cryptosuite") if kind == "DataIntegrityProof" else kind
    if suite in _RDFC_SUITES or suite == _JCS_SUITE:
        return str(suite)
    raise Unsupported(
        N_("The proof is of kind «{suite}», which cannot be checked here."),
        N_("Ask the issuer for a proof with the cryptosuite eddsa-rdfc-2022."),
        suite=str(suite)[:100],
    )


def _signature(proof: Mapping[str, Any]) -> bytes:
    value = proof.get("proofValue")
    signature = multibase.decode(value) if isinstance(value, str) and value.startswith("z") else b""
    if len(signature) != _SIGNATURE_LENGTH:
        raise Invalid(
            N_("proof.proofValue is not z and 64 bytes in base58btc."), N_("Copy the badge again from its source.")
        )
    return signature


def _key(public_key: bytes) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(public_key)
    except ValueError as problem:
        raise Invalid(
            N_("An Ed25519 public key has 32 bytes, this one has {length}."), length=len(public_key)
        ) from problem


def _verifies(key: Ed25519PublicKey, signature: bytes, data: bytes) -> bool:
    try:
        key.verify(signature, data)
    except InvalidSignature:
        return False
    return True


def _jcs_hashes(secured: Mapping[str, Any], proof: Mapping[str, Any]) -> bytes:
    """RFC 8785 instead of RDF; the proof may fix the leading contexts of the document (vc-di-eddsa §3.3.2)."""
    config = {key: value for key, value in proof.items() if key != "proofValue"}
    document = dict(secured)
    if "@context" in proof:
        fixed = proof["@context"] if isinstance(proof["@context"], list) else [proof["@context"]]
        listed = document["@context"] if isinstance(document["@context"], list) else [document["@context"]]
        if listed[: len(fixed)] != fixed:
            raise Invalid(N_("proof.@context is not the beginning of the document's @context."))
        document["@context"] = proof["@context"]
    return _hash_pair(*(str(jcs(part).decode("utf-8")) for part in (config, document)))


def _require_signable(value: Any, path: str) -> None:
    """Stricter than reading: what other programs drop, escape differently or refuse is not signed here."""
    if value is None or value == []:
        raise Invalid(N_("{path} is empty."), N_("Leave the property out."), path=path.lstrip("."))
    if isinstance(value, str) and _CONTROL.search(value):
        raise Invalid(
            N_("{path} holds a control character."),
            N_("Remove it; line breaks and tabs may stay."),
            path=path.lstrip("."),
        )
    if isinstance(value, Mapping):
        for key, item in value.items():
            _require_signable(item, f"{path}.{key}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            _require_signable(item, f"{path}[{number}]")

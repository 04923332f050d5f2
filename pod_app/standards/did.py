"""A key counts only when the issuer's own document lists it, names the issuer as its controller and allows the purpose.

did:web (https://w3c-ccg.github.io/did-method-web/) for our pods and other issuers, did:key and
did:jwk without any fetch, and reading of controller documents (https://www.w3.org/TR/cid-1.0/).
Public keys are 32 raw bytes of Ed25519. Nothing here fetches: `document_url` says where to look.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from pod_app.errors import N_, Invalid, Unsupported
from pod_app.standards import multibase

CONTEXTS: Final = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1")
_HOST: Final = re.compile(r"(?!-)[A-Za-z0-9.-]+(%3[Aa][0-9]{1,5})?")
_SEGMENT: Final = re.compile(r"(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})+")
_MULTIBASE_KEYS: Final = frozenset({"Multikey", "Ed25519VerificationKey2020"})
_JWK_KEYS: Final = frozenset({"JsonWebKey2020", "JsonWebKey"})
_ASK_ISSUER: Final = N_("Ask the issuer to correct the document {document}.")


@dataclass(frozen=True, slots=True)
class DidKey:
    """One Ed25519 key of an issuer; `revoked` when it was compromised, which fails every badge it signed."""

    public_key: bytes
    revoked: datetime | None = None


def did_web(base_url: str, pod: str) -> str:
    """`did:web:localhost%3A8000:alice` for the pod at `http://localhost:8000/alice/`."""
    parts = urlsplit(base_url)
    path = [quote(unquote(segment), safe="") for segment in parts.path.split("/") if segment]
    return ":".join(["did:web", parts.netloc.replace(":", "%3A"), *path, pod])


def key_id(did: str, public_key: bytes) -> str:
    """`{did}#z6Mk…`, the one form of key id that all known verifiers accept."""
    return f"{did}#{multibase.encode_key(public_key)}"


def document_url(did: str, *, plain_http: Collection[str] = ()) -> str:
    """Where the document of a did:web (or of a key id in it) is: https, except for the `host:port` in `plain_http`.

    Unsupported for other methods, Invalid for a malformed did:web.
    """
    method, _, rest = did.partition("#")[0].partition("?")[0].removeprefix("did:").partition(":")
    if method != "web":
        raise Unsupported(N_("{did} is not a did:web, so no address follows from it."), did=did[:200])
    host, *path = rest.split(":")
    decoded = [unquote(segment) for segment in path]
    if (
        not _HOST.fullmatch(host)
        or not all(_SEGMENT.fullmatch(segment) for segment in path)
        or any(segment in {".", ".."} or re.search(r"[/\\\x00-\x1f\x7f]", segment) for segment in decoded)
    ):
        raise Invalid(N_("{did} is not a well-formed did:web."), N_("Ask the issuer for its exact DID."), did=did[:200])
    authority = unquote(host)
    scheme = "http" if authority in plain_http else "https"
    return f"{scheme}://{authority}/{'/'.join(path or ['.well-known'])}/did.json"


def did_document(did: str, keys: Sequence[DidKey], also_known_as: Sequence[str] = ()) -> dict[str, Any]:
    """DID document with one Multikey per key that may assert; a stolen one is not listed at all.

    Out of `assertionMethod` would be enough by the specification. One verifier in use takes any key that is listed
    (ADR 0023), so that only leaving it out fails its badges everywhere.
    """
    standing = [key for key in keys if key.revoked is None]
    document: dict[str, Any] = {
        "@context": list(CONTEXTS),
        "id": did,
        "alsoKnownAs": list(also_known_as),
        "verificationMethod": [_method(did, key) for key in standing],
        "assertionMethod": [key_id(did, key.public_key) for key in standing],
    }
    return {name: value for name, value in document.items() if value or name == "assertionMethod"}


def _method(did: str, key: DidKey) -> dict[str, str]:
    return {
        "id": key_id(did, key.public_key),
        "type": "Multikey",
        "controller": did,
        "publicKeyMultibase": multibase.encode_key(key.public_key),
    }


def find_key(
    controller_document: Mapping[str, Any],
    method_id: str,
    purpose: str = "assertionMethod",
    *,
    issuer: str | None = None,
    at: datetime | None = None,
) -> bytes:
    """Public key of the method, after every condition that makes it the issuer's (S27).

    The document's id must be `issuer` (when given), the method must be listed in it, have that id
    as its controller, stand under `purpose` and be neither revoked nor, when `at` is given,
    expired. Invalid names the condition that fails; Unsupported names another type of key.
    """
    document_id = controller_document.get("id")
    if not isinstance(document_id, str) or not document_id:
        raise _refused(N_("The issuer's document has no id."), method_id)
    if issuer is not None and document_id != issuer:
        raise _refused(
            N_("The document found calls itself {document}, but the issuer is {issuer}."), document_id, issuer=issuer
        )
    wanted = _wanted(document_id, method_id)
    method = _listed(controller_document, document_id, wanted, purpose)
    if not _allows(controller_document, document_id, wanted, purpose):
        raise _refused(
            N_("{document} lists the key {method} but not under {purpose}."),
            document_id,
            method=wanted,
            purpose=purpose,
        )
    _require_current(method, document_id, wanted, at)
    return _public_key(method, wanted)


def resolve_key_did(did: str) -> dict[str, Any]:
    """Make the controller document of a did:key or did:jwk (fragment ignored), from the name itself; Ed25519 only."""
    name = did.partition("#")[0]
    if name.startswith("did:key:"):
        value = name.removeprefix("did:key:")
        return _self_made(name, value, multibase.decode_key(value))
    if name.startswith("did:jwk:"):
        return _self_made(name, "0", _key_of_jwk(_jwk_in(name), name))
    raise Unsupported(N_("{did} is neither a did:key nor a did:jwk."), did=did[:200])


def _self_made(did: str, fragment: str, public_key: bytes) -> dict[str, Any]:
    method = {
        "id": f"{did}#{fragment}",
        "type": "Multikey",
        "controller": did,
        "publicKeyMultibase": multibase.encode_key(public_key),
    }
    return {
        "@context": list(CONTEXTS),
        "id": did,
        "verificationMethod": [method],
        "assertionMethod": [method["id"]],
        "authentication": [method["id"]],
    }


def _jwk_in(did: str) -> Any:
    try:
        return json.loads(multibase.decode_base64url(did.removeprefix("did:jwk:")))
    except ValueError as problem:
        raise Invalid(N_("{did} does not hold a JSON Web Key."), did=did[:200]) from problem


def _wanted(document_id: str, method_id: str) -> str:
    """Full id of the method; a did:key without fragment, as in 1EdTech's samples, means its only key."""
    if method_id == document_id and document_id.startswith("did:key:"):
        return f"{document_id}#{document_id.removeprefix('did:key:')}"
    return method_id


def _listed(document: Mapping[str, Any], document_id: str, wanted: str, purpose: str) -> Mapping[str, Any]:
    """Find the method itself, in `verificationMethod` or embedded under the purpose, with the right controller."""
    entries = [*_many(document.get("verificationMethod")), *_many(document.get(purpose))]
    methods = [
        entry for entry in entries if isinstance(entry, Mapping) and _full(document_id, entry.get("id")) == wanted
    ]
    if not methods:
        raise _refused(N_("{document} does not list the key {method}."), document_id, method=wanted)
    if len(methods) > 1 and any(method != methods[0] for method in methods):
        raise _refused(N_("{document} describes the key {method} in two ways."), document_id, method=wanted)
    controller = _full(document_id, methods[0].get("controller"))
    if controller != document_id:
        raise _refused(
            N_("{document} says that the key {method} is controlled by {controller}."),
            document_id,
            method=wanted,
            controller=controller,
        )
    return methods[0]


def _allows(document: Mapping[str, Any], document_id: str, wanted: str, purpose: str) -> bool:
    named = (entry.get("id") if isinstance(entry, Mapping) else entry for entry in _many(document.get(purpose)))
    return any(_full(document_id, name) == wanted for name in named)


def _require_current(method: Mapping[str, Any], document_id: str, wanted: str, at: datetime | None) -> None:
    if method.get("revoked") is not None:
        raise _refused(
            N_("{document} has revoked the key {method} ({when})."), document_id, method=wanted, when=method["revoked"]
        )
    expires = method.get("expires")
    if at is not None and expires is not None and not _later(expires, at):
        raise _refused(N_("The key {method} expired ({when})."), document_id, method=wanted, when=expires)


def _later(text: object, at: datetime) -> bool:
    """Whether a moment written in a document is after `at`; an unreadable or zoneless one is not."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return False
    return moment.tzinfo is not None and moment > at


def _public_key(method: Mapping[str, Any], wanted: str) -> bytes:
    kind = method.get("type")
    if kind in _MULTIBASE_KEYS:
        return multibase.decode_key(method.get("publicKeyMultibase"))
    if kind in _JWK_KEYS:
        return _key_of_jwk(method.get("publicKeyJwk"), wanted)
    if kind == "Ed25519VerificationKey2018":
        return _key_of_base58(method.get("publicKeyBase58"), wanted)
    raise Unsupported(
        N_("The key {method} is of type «{kind}», which cannot be used here."),
        N_("Ask the issuer to publish it as a Multikey."),
        method=wanted[:200],
        kind=str(kind)[:100],
    )


def _key_of_jwk(jwk: object, name: str) -> bytes:
    """Ed25519 only (`kty` OKP); a JWK that carries its private part is refused."""
    if not isinstance(jwk, Mapping) or jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519" or "d" in jwk:
        raise Unsupported(
            N_("The key {method} is not a public Ed25519 JSON Web Key."),
            N_("Ask the issuer to publish an Ed25519 key as a Multikey."),
            method=name[:200],
        )
    return _of_length(multibase.decode_base64url(str(jwk.get("x"))), name)


def _key_of_base58(text: object, name: str) -> bytes:
    return _of_length(multibase.decode_base58(text if isinstance(text, str) else ""), name)


def _of_length(public_key: bytes, name: str) -> bytes:
    if len(public_key) != multibase.ED25519_LENGTH:
        raise Invalid(
            N_("The key {method} has {length} bytes; Ed25519 keys have 32."), method=name[:200], length=len(public_key)
        )
    return public_key


def _many(value: object) -> Iterator[Any]:
    """JSON-LD writes one thing alone or in an array."""
    if isinstance(value, list):
        yield from value
    elif value is not None:
        yield value


def _full(document_id: str, name: object) -> str | None:
    """Resolve a relative id (`#key-1`) and the empty controller that some issuers write against the document's id."""
    if not isinstance(name, str):
        return None
    return document_id.partition("#")[0] + name if name.startswith("#") else name or document_id


def _refused(sentence: str, document_id: str, **values: object) -> Invalid:
    shown = {name: str(value)[:200] for name, value in values.items()}
    return Invalid(sentence, _ASK_ISSUER, document=document_id[:200], **shown)

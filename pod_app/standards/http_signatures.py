"""HTTP message signatures with Ed25519: signature base, reading and writing of the fields, digests of bodies.

https://www.rfc-editor.org/rfc/rfc9421 and https://www.rfc-editor.org/rfc/rfc9530. Pure: who holds a key, whether it is
the sender's and whether a signature was seen before is for the caller (trust.md S34, S35). Fields are read in the
canonical form of RFC 8941 only; component parameters (`;sf`, `;req`, `@query-param`) are refused. Functions raise
`BadSignatureError` with the reason.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LABEL: Final = "sig1"
ALGORITHM: Final = "ed25519"
_LONGEST: Final = 8192
_COMPONENT: Final = r'"(?:@?[a-z0-9-]+)"'
_PARAMETER: Final = r';([a-z][a-z0-9_-]*)=(?:"((?:[^"\\\x00-\x1f\x7f-\U0010ffff]|\\["\\])*)"|(-?[0-9]{1,15}))'
_INPUT: Final = re.compile(rf"([a-z][a-z0-9_.*-]*)=(\(((?:{_COMPONENT}(?: {_COMPONENT})*)?)\)((?:{_PARAMETER})*))")
_BYTES: Final = re.compile(r"([a-z][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):")
_NEXT: Final = re.compile(r"[ \t]*,[ \t]*")
_DIGESTS: Final = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}


class BadSignatureError(ValueError):
    """Why a message is not what its signature says."""


@dataclass(frozen=True, slots=True)
class Message:
    """A request as both sides see it: the absolute target, and fields by lower-case name, repeats joined by «, »."""

    method: str
    target: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of a message: `components` in order, `created` and `expires` in seconds of 1970."""

    components: tuple[str, ...]
    parameters: str
    key_id: str
    created: int | None
    expires: int | None
    nonce: str
    algorithm: str
    value: bytes


def signed(
    message: Message,
    components: Sequence[str],
    *,
    key_id: str,
    created: int,
    nonce: str,
    sign: Callable[[bytes], bytes],
) -> dict[str, str]:
    """The two fields that sign these components of a message."""
    named = " ".join(f'"{one}"' for one in components)
    parameters = f'({named});created={created};keyid="{key_id}";nonce="{nonce}";alg="{ALGORITHM}"'
    value = base64.b64encode(sign(base(message, components, parameters))).decode()
    return {"Signature-Input": f"{LABEL}={parameters}", "Signature": f"{LABEL}=:{value}:"}


def base(message: Message, components: Sequence[str], parameters: str) -> bytes:
    """The bytes that are signed (§2.5); raises `BadSignatureError` for a component that the message has not."""
    if len(set(components)) != len(components):
        raise BadSignatureError("a component is named twice")
    lines = [f'"{one}": {_value(message, one)}' for one in components]
    return "\n".join([*lines, f'"@signature-params": {parameters}']).encode()


def read(fields: Mapping[str, str]) -> list[Signature]:
    """Every signature of a message, in the order of `Signature-Input`."""
    values = {found[1]: _decoded(found[2]) for found in _members(_BYTES, fields.get("signature", ""))}
    read = []
    for found in _members(_INPUT, fields.get("signature-input", "")):
        if found[1] not in values:
            raise BadSignatureError(f"Signature has no member {found[1]}")
        read.append(_signature(found, values[found[1]]))
    return read


def verify(message: Message, signature: Signature, public_key: bytes) -> None:
    """Check one signature with a key that is the sender's (§3.2)."""
    if signature.algorithm not in {"", ALGORITHM}:
        raise BadSignatureError(f"the algorithm is {signature.algorithm}, not {ALGORITHM}")
    try:
        key = Ed25519PublicKey.from_public_bytes(public_key)
        key.verify(signature.value, base(message, signature.components, signature.parameters))
    except InvalidSignature:
        raise BadSignatureError("it was not made with this key over this message") from None


def digest(body: bytes) -> str:
    """The value of `Content-Digest` for a body."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def check_digest(fields: Mapping[str, str], body: bytes) -> None:
    """Every digest of a kind known here must be the body's, and there must be one (RFC 9530 §2)."""
    named = {found[1]: _decoded(found[2]) for found in _members(_BYTES, fields.get("content-digest", ""))}
    known = {name: value for name, value in named.items() if name in _DIGESTS}
    if not known:
        raise BadSignatureError("Content-Digest with sha-256 or sha-512 is missing")
    if any(_DIGESTS[name](body).digest() != value for name, value in known.items()):
        raise BadSignatureError("Content-Digest is not that of the body")


# -- steps ---------------------------------------------------------------------------------------


def _value(message: Message, component: str) -> str:
    if not component.startswith("@"):
        if component not in message.fields:
            raise BadSignatureError(f"there is no {component}")
        return re.sub(r"[ \t]*\r?\n[ \t]+", " ", message.fields[component]).strip()
    parts = urlsplit(message.target)
    derived = {
        "@method": message.method,
        "@target-uri": message.target,
        "@scheme": parts.scheme.lower(),
        "@authority": parts.netloc.lower().removesuffix({"http": ":80", "https": ":443"}.get(parts.scheme, "")),
        "@request-target": (parts.path or "/") + (f"?{parts.query}" if "?" in message.target else ""),
        "@path": parts.path or "/",
        "@query": f"?{parts.query}",
    }
    if component not in derived:
        raise BadSignatureError(f"the component {component} is not known here")
    return derived[component]


def _members(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """Members of a dictionary field, all of one form; a name that stands twice is refused (RFC 8941 takes the last)."""
    if len(text) > _LONGEST:
        raise BadSignatureError("a field is too long")
    found: list[re.Match[str]] = []
    at, text = 0, text.strip()
    while at < len(text):
        member = pattern.match(text, at)
        if member is None:
            raise BadSignatureError(f"«{text[at : at + 60]}» cannot be read")
        found.append(member)
        comma = _NEXT.match(text, member.end())
        if member.end() < len(text) and (comma is None or comma.end() == len(text)):
            raise BadSignatureError(f"«{text[member.end() : member.end() + 60]}» cannot be read")
        at = len(text) if comma is None else comma.end()
    if len({member[1] for member in found}) < len(found):
        raise BadSignatureError("a name stands twice")
    return found


def _signature(found: re.Match[str], value: bytes) -> Signature:
    read = [(one[1], one[2] if one[3] is None else int(one[3])) for one in re.finditer(_PARAMETER, found[4])]
    named = dict(read)
    if len(named) < len(read):
        raise BadSignatureError("a parameter stands twice")
    return Signature(
        components=tuple(re.findall(r'"([^"]+)"', found[3])),
        parameters=found[2],
        key_id=_text(named, "keyid"),
        created=_number(named, "created"),
        expires=_number(named, "expires"),
        nonce=_text(named, "nonce"),
        algorithm=_text(named, "alg"),
        value=value,
    )


def _text(named: Mapping[str, str | int], name: str) -> str:
    value = named.get(name, "")
    if not isinstance(value, str):
        raise BadSignatureError(f"{name} is no text")
    return re.sub(r"\\(.)", r"\1", value)


def _number(named: Mapping[str, str | int], name: str) -> int | None:
    value = named.get(name)
    if isinstance(value, str):
        raise BadSignatureError(f"{name} is no number")
    return value


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise BadSignatureError("a value is not base64") from None

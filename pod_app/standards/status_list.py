"""In a status list the bit of index 0 is the left-most one, and the index in a credential is a string.

Bitstring Status List 1.0 (https://www.w3.org/TR/vc-bitstring-status-list/) is written and read; its
forerunner StatusList2021 and 1EdTech's list of revoked credentials (VCRL 1.0) are read. Bits are
`bytes`; a set bit means that the status (revoked, suspended) applies. Nothing here checks the
list's own proof: the caller does, and requires that the credential's issuer signed it.
"""

import gzip
import zlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from pod_app.errors import N_, Invalid, TooLarge, Unreadable
from pod_app.standards import multibase

LENGTH: Final = 131_072
"""Fewest bits a list may have, so that one bit hides among many (§6.1 of the specification)."""
TTL_MILLISECONDS: Final = 300_000
"""How long readers may keep a list of ours, as its credential says and its Cache-Control repeats (§2.2 there)."""
_LARGEST: Final = 2 * 1024 * 1024  # bytes, 128 times the smallest list
_LONGEST_TEXT: Final = 4 * 1024 * 1024
_FRESH_LIST: Final = N_("Ask the issuer for a corrected status list.")
_FRESH_BADGE: Final = N_("Ask the issuer for a corrected badge.")
_ENTRIES: Final = {"BitstringStatusListEntry": "BitstringStatusList", "StatusList2021Entry": "StatusList2021"}
_LAST_INDEX_DIGITS: Final = 9


def empty(length: int = LENGTH) -> bytes:
    """`length` clear bits, at least 131 072 and a multiple of 8."""
    if length < LENGTH or length % 8:
        raise Invalid(N_("A status list has at least {least} bits, and a multiple of 8."), least=LENGTH)
    return bytes(length // 8)


def get_bit(bits: bytes, index: int) -> bool:
    """Whether the status of `index` applies; Invalid beyond the end."""
    _require_inside(bits, index)
    return bool(bits[index >> 3] & (0x80 >> (index & 7)))


def set_bit(bits: bytes, index: int, *, value: bool = True) -> bytes:
    """Copy the list with one bit set or cleared; Invalid beyond the end."""
    _require_inside(bits, index)
    changed = bytearray(bits)
    mask = 0x80 >> (index & 7)
    changed[index >> 3] = changed[index >> 3] | mask if value else changed[index >> 3] & ~mask
    return bytes(changed)


def _require_inside(bits: bytes, index: int) -> None:
    if not 0 <= index < len(bits) * 8:
        raise Invalid(
            N_("The index {index} is outside the status list, which has {count} places."),
            _FRESH_BADGE,
            index=index,
            count=len(bits) * 8,
        )


def encode(bits: bytes) -> str:
    """`encodedList`: `u` and base64url of the gzipped bits; equal bits give equal text."""
    return "u" + multibase.encode_base64url(gzip.compress(bits, mtime=0))


def decode(text: object) -> bytes:
    """Bits of an `encodedList`; Unreadable names what is wrong, TooLarge stops a bomb at 2 MiB of bits."""
    if not isinstance(text, str) or not text.startswith("u"):
        raise Unreadable(N_("The status list's encodedList does not begin with u (base64url)."), _FRESH_LIST)
    bits = _inflated(_base64url(text[1:]))
    if len(bits) * 8 < LENGTH:
        raise Unreadable(
            N_("The status list has {count} places; at least {least} are required."),
            _FRESH_LIST,
            count=len(bits) * 8,
            least=LENGTH,
        )
    return bits


def _base64url(text: str) -> bytes:
    if len(text) > _LONGEST_TEXT:
        raise _too_large()
    try:
        return multibase.decode_base64url(text)
    except Invalid as problem:
        raise Unreadable(N_("The status list's encodedList is not base64url."), _FRESH_LIST) from problem


def _inflated(data: bytes) -> bytes:
    inflater = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        bits = inflater.decompress(data, _LARGEST)
    except zlib.error as problem:
        raise Unreadable(N_("The status list is not gzipped: {problem}."), _FRESH_LIST, problem=problem) from problem
    if inflater.unconsumed_tail:
        raise _too_large()
    if not inflater.eof:
        raise Unreadable(N_("The status list breaks off before its end."), _FRESH_LIST)
    return bits


def _too_large() -> TooLarge:
    return TooLarge(N_("The status list unpacks to more than {limit} bytes."), _FRESH_LIST, limit=_LARGEST)


def credential(
    list_url: str,
    issuer: str,
    bits: bytes,
    *,
    purpose: str = "revocation",
    valid_from: datetime,
    valid_until: datetime | None = None,
) -> dict[str, Any]:
    """Unsigned BitstringStatusListCredential whose id is the address it is served from; times have a zone."""
    document: dict[str, Any] = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": list_url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": _written(valid_from),
        "credentialSubject": {
            "id": f"{list_url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": encode(bits),
            "ttl": TTL_MILLISECONDS,
        },
    }
    return document if valid_until is None else {**document, "validUntil": _written(valid_until)}


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def entry(list_url: str, index: int, *, purpose: str = "revocation") -> dict[str, str]:
    """`credentialStatus` of a credential: one object, because the strict Open Badges schema refuses an array."""
    return {
        "id": f"{list_url}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": str(index),
        "statusListCredential": list_url,
    }


def index_of(status: Mapping[str, Any], *, strict: bool = True) -> int:
    """`statusListIndex` as a number; `strict` refuses a JSON number, which 1EdTech's own sample holds."""
    found = status.get("statusListIndex")
    if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) <= _LAST_INDEX_DIGITS:
        return int(found)
    if isinstance(found, int) and not isinstance(found, bool) and found >= 0:
        if not strict:
            return found
        raise Invalid(
            N_("credentialStatus.statusListIndex is the number {index}; it must be a string."),
            _FRESH_BADGE,
            index=str(found)[:30],
        )
    raise Invalid(
        N_("credentialStatus.statusListIndex is «{index}», not a whole number in a string."),
        _FRESH_BADGE,
        index=str(found)[:30],
    )


def is_set(list_document: Mapping[str, Any], index: int, *, purpose: str | None = None) -> bool:
    """Whether the list marks `index`; Invalid when it is no status list or serves another purpose."""
    subject = _subject(list_document)
    purposes = subject.get("statusPurpose")
    if purpose is not None and purpose not in (purposes if isinstance(purposes, list) else [purposes]):
        raise Invalid(
            N_("The status list is about «{found}», the badge about «{purpose}»."),
            _FRESH_BADGE,
            found=str(purposes)[:100],
            purpose=purpose[:100],
        )
    text = subject.get("encodedList")
    if isinstance(text, str) and not text.startswith("u") and "StatusList2021" in _names(subject.get("type")):
        text = "u" + text  # that forerunner had no multibase prefix
    return get_bit(decode(text), index)


def _subject(list_document: Mapping[str, Any]) -> Mapping[str, Any]:
    subject = list_document.get("credentialSubject")
    if isinstance(subject, Mapping) and not set(_ENTRIES.values()).isdisjoint(_names(subject.get("type"))):
        return subject
    raise Invalid(N_("The document is not a status list."), _FRESH_LIST)


def is_bitstring_entry(status: Mapping[str, Any]) -> bool:
    """Whether a `credentialStatus` points into a list that `is_set` reads."""
    return not set(_ENTRIES).isdisjoint(_names(status.get("type")))


def revocation(list_document: Mapping[str, Any], credential_id: str) -> str | None:
    """Reason (maybe empty) for which a 1EdTechRevocationList names the credential; None when it does not.

    The list is an unsigned `{id, issuer, revokedCredentials: [{id, revoked, revocationReason}]}`;
    the caller requires that `issuer` is the credential's issuer. Invalid for another document.
    """
    found = list_document.get("revokedCredentials", list_document.get("revokedCredential"))
    if not isinstance(found, list):
        raise Invalid(N_("The document is not a list of revoked credentials."), _FRESH_LIST)
    for item in found:
        if item == credential_id:
            return ""
        if isinstance(item, Mapping) and item.get("id") == credential_id and item.get("revoked", True) is not False:
            return str(item.get("revocationReason", ""))
    return None


def _names(value: object) -> Iterable[str]:
    names = value if isinstance(value, list) else [value]
    return [name for name in names if isinstance(name, str)]

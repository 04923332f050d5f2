"""From any file that may hold a badge to the one credential inside it.

JSON, a compact JWS, or a PNG or SVG with one of both baked in. JSON is read strictly: a name that
stands twice in an object means one thing to one program and another to the next.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pod_app.badges.verifier import tokens
from pod_app.badges.verifier.tokens import Token
from pod_app.errors import N_, TooLarge, Unreadable
from pod_app.standards import baking, strict_json

MAX_DOCUMENT: Final = 64 * 1024
_OPEN_BADGES_2: Final = re.compile(r"w3id\.org/openbadges|openbadges\.org|purl\.imsglobal\.org/ob/v2p")
_TYPES_2: Final = frozenset({"Assertion", "BadgeClass", "Issuer", "RevocationList", "CryptographicKey", "Endorsement"})
_ADDRESS: Final = re.compile(r"https?://\S+\Z")


@dataclass(frozen=True, slots=True)
class Reading:
    """A credential, its text as it stood in the file, and the token around it if there was one."""

    document: Mapping[str, Any]
    text: str
    token: Token | None = None

    @property
    def is_open_badges_2(self) -> bool:
        """Whether it belongs to the generation before verifiable credentials."""
        contexts = self.document.get("@context")
        if contexts and "/credentials/v" in (written := json.dumps(contexts)):
            return False
        types = self.document.get("type")
        names = set(types if isinstance(types, list) else [types]) if _is_simple(types) else set()
        old_form = "badge" in self.document and "recipient" in self.document
        return old_form or not names.isdisjoint(_TYPES_2) or bool(contexts and _OPEN_BADGES_2.search(written))


def read(body: bytes) -> Reading:
    """Read a file. Raises Unreadable, TooLarge, NotFound (an image without badge), Invalid (with two), TooComplex."""
    if baking.is_image(body):
        return _of_text(baking.unbake(body))
    if len(body) > baking.MAX_TEXT:
        raise _too_large()
    try:
        return _of_text(body.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _no_badge() from None


def of_token(text: str) -> Reading:
    """Read a compact JWS on its own, as in `endorsementJwt`."""
    token = tokens.read(text)
    _limit(json.dumps(token.credential))
    return Reading(token.credential, text, token)


def of_document(document: Mapping[str, Any]) -> Reading:
    """Take a credential that stood inside another document."""
    return Reading(document, json.dumps(document, ensure_ascii=False))


def _of_text(text: str) -> Reading:
    stripped = text.strip()
    if tokens.is_compact(stripped):
        return of_token(stripped)
    if _ADDRESS.match(stripped):
        # Hosted badges of Open Badges 1 and 2 bake only their address.
        return Reading({"type": "Assertion", "id": stripped}, text)
    _limit(text)
    if not stripped.startswith("{"):
        raise _no_badge()
    return Reading(strict_json.read_object(text.lstrip("\ufeff")), text)


def _limit(text: str) -> None:
    if len(text.encode("utf-8", "surrogatepass")) > MAX_DOCUMENT:
        raise _too_large()


def _is_simple(types: object) -> bool:
    return isinstance(types, str) or (isinstance(types, list) and all(isinstance(name, str) for name in types))


def _too_large() -> TooLarge:
    return TooLarge(
        N_("The badge is larger than {kilobytes} kB."),
        N_("Ask the issuer to keep evidence outside the badge and link to it."),
        kilobytes=MAX_DOCUMENT // 1024,
    )


def _no_badge() -> Unreadable:
    return Unreadable(
        N_("The file is neither a badge in JSON, nor a signed token, nor a PNG or SVG image."),
        N_("Send the badge as it was downloaded from where it was issued."),
    )

"""Codes by which badges are taken: letters that can be typed, and what a QR shows for some seconds. Pure.

All of them follow from one secret, so that a sheet can be printed again; the database keeps only their hashes.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without letters and digits that look like others."""
ROOM: Final = 6
CODE: Final = 12
IDENTIFIER: Final = 10
_MAC: Final = 16
WINDOW: Final = 20
"""A QR that rotates shows another address after so many seconds."""
WINDOWS: Final = 6
"""An address is taken for so many stretches: time to scan it from the last row."""
PASS: Final = timedelta(minutes=30)
"""Whoever scanned in time has so long to open a notebook and take the badge."""


@dataclass(frozen=True, slots=True)
class Token:
    """What a QR or a form carries: which handout, and proof that it was scanned in time."""

    handout: str
    kind: Literal["window", "pass", "scan"]
    number: int


def identifier() -> str:
    """A fresh name for a handout."""
    return "".join(secrets.choice(ALPHABET) for _ in range(IDENTIFIER))


def letters(secret: bytes, purpose: str, length: int) -> str:
    """So many letters that only the holder of the secret can tell for this purpose."""
    number = int.from_bytes(hmac.digest(secret, purpose.encode(), "sha256"))
    found = []
    for _ in range(length):
        number, rest = divmod(number, len(ALPHABET))
        found.append(ALPHABET[rest])
    return "".join(found)


def room(secret: bytes, handout: str) -> str:
    """The six letters to type for a whole room."""
    return letters(secret, f"room {handout}", ROOM)


def single(secret: bytes, handout: str, number: int) -> str:
    """The twelve letters of one person."""
    return letters(secret, f"code {handout} {number}", CODE)


def grouped(code: str) -> str:
    """A code as people read it aloud: `abcd-efgh-jkmn`."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4)) if len(code) > ROOM else code


def typed(text: str) -> str:
    """What somebody typed, without what they may have put between."""
    return "".join(letter for letter in text.strip().lower() if letter in ALPHABET)


def hashed(code: str) -> str:
    """What is kept of a code."""
    return hashlib.sha256(code.encode()).hexdigest()


def window(now: datetime) -> int:
    """The number of the stretch of time in which a QR shows the same."""
    return int(now.timestamp()) // WINDOW


def rotating(secret: bytes, handout: str, now: datetime) -> str:
    """What a QR shows in this stretch of time."""
    return _token(secret, handout, "w", window(now))


def admission(secret: bytes, handout: str, now: datetime) -> str:
    """What a form carries for who scanned in time."""
    return _token(secret, handout, "p", int(now.timestamp()) + int(PASS.total_seconds()))


def scanned(secret: bytes, handout: str, number: int) -> str:
    """What a form carries for who scanned the single-use code of this number first."""
    return _token(secret, handout, "s", number)


def read(secret: bytes, text: str, now: datetime) -> Token | None:
    """The token in `text` if it is ours and still holds, else None; of a `scan` the caller knows when that was."""
    handout, _, rest = text.partition(".")
    kind, _, mac = rest.partition(".")
    try:
        number = int(kind[1:], 16)
    except ValueError:
        return None
    if kind[:1] not in {"w", "p", "s"} or not hmac.compare_digest(mac.encode(), _mac(secret, handout, kind).encode()):
        return None
    if kind[0] == "s":
        return Token(handout, "scan", number)
    if kind[0] == "w":
        return Token(handout, "window", number) if 0 <= window(now) - number < WINDOWS else None
    return Token(handout, "pass", number) if int(now.timestamp()) <= number else None


def _token(secret: bytes, handout: str, kind: str, number: int) -> str:
    head = f"{kind}{number:x}"
    return f"{handout}.{head}.{_mac(secret, handout, head)}"


def _mac(secret: bytes, handout: str, head: str) -> str:
    return letters(secret, f"token {handout} {head}", _MAC)

"""A phrase to print: whoever has it and the notebook's name can choose a new password, once (trust.md S43).

Five words of three syllables carry 99 bits, so that a fast hash of them is enough; nobody can guess one.
"""

import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from pod_app.errors import N_, Unauthenticated
from pod_app.identity.accounts import Account, Accounts
from pod_app.storage.database import Database
from pod_app.storage.schema import accounts, microseconds, recovery_phrases, sessions

_CONSONANTS: Final = "bcdfgjklmnprstvz"
_VOWELS: Final = "aeiou"
_SYLLABLES: Final = tuple(consonant + vowel for consonant in _CONSONANTS for vowel in _VOWELS)
WORDS: Final = 5
SYLLABLES: Final = 3


class Recovery:
    """The recovery phrases of one installation."""

    def __init__(self, database: Database, people: Accounts, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._people = people
        self._clock = clock

    def renew(self, account: Account) -> str:
        """A new phrase, shown once; the one before is worth nothing from now on."""
        phrase = " ".join("".join(secrets.choice(_SYLLABLES) for _ in range(SYLLABLES)) for _ in range(WORDS))
        row = {"account": account.id, "phrase_hash": _digest(phrase), "created": microseconds(self._clock())}

        def within(conn: Connection) -> None:
            conn.execute(delete(recovery_phrases).where(recovery_phrases.c.account == account.id))
            conn.execute(insert(recovery_phrases).values(**row))

        self._database.write(within)
        return phrase

    def use(self, name: str, phrase: str, password: str) -> Account:
        """Set a new password, end every session and spend the phrase; raises `Unauthenticated` in one form of words."""

        def within(conn: Connection) -> Account | None:
            row = conn.execute(
                select(accounts.c.id, accounts.c.name, recovery_phrases.c.phrase_hash)
                .join(recovery_phrases, recovery_phrases.c.account == accounts.c.id)
                .where(accounts.c.name == name.strip().lower())
            ).first()
            if row is None or not hmac.compare_digest(row.phrase_hash, _digest(phrase)):
                return None
            self._people.set_password_within(conn, row.id, password)
            conn.execute(delete(recovery_phrases).where(recovery_phrases.c.account == row.id))
            conn.execute(delete(sessions).where(sessions.c.account == row.id))
            return self._people.get(conn, row.id)

        found = self._database.write(within)
        if found is None:
            raise Unauthenticated(
                N_("This name and this phrase do not belong together, or the phrase was used."), N_("Try again.")
            )
        return found

    def has_one(self, account: Account) -> bool:
        """Whether a phrase is waiting to be used."""
        wanted = select(recovery_phrases.c.account).where(recovery_phrases.c.account == account.id)
        with self._database.read() as conn:
            return conn.execute(wanted).first() is not None


def _digest(phrase: str) -> str:
    """Of the letters alone: capitals, accents, hyphens and spaces are what people get wrong."""
    plain = unicodedata.normalize("NFKD", phrase).lower()
    return hashlib.sha256(f"recovery:{re.sub('[^a-z]', '', plain)}".encode()).hexdigest()

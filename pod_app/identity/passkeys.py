"""Passkeys: keys in a phone or a laptop that open an account without a password (WebAuthn).

Challenges are signed instead of stored, good for five minutes, and count once in all processes together.
"""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import delete, insert, select, update

from pod_app.errors import N_, Invalid, NotFound, Unauthenticated
from pod_app.identity.accounts import Account, Accounts
from pod_app.storage.database import Database
from pod_app.storage.keys import RootKey
from pod_app.storage.replays import Replays
from pod_app.storage.schema import microseconds, moment
from pod_app.storage.schema import passkeys as table

LIVES_SECONDS: Final = 300
_NONCE: Final = 16
_TIME: Final = 8
LONGEST_NAME: Final = 60


@dataclass(frozen=True, slots=True)
class Passkey:
    """One key of an account, under the name its owner gave it."""

    id: str
    name: str
    created: datetime
    used: datetime | None


class Passkeys:
    """The passkeys of one installation; they belong to the host of its base URL."""

    def __init__(
        self, base_url: str, database: Database, people: Accounts, root: RootKey, replays: Replays,
        clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        parts = urlsplit(base_url)
        self._host = parts.hostname or ""
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._database = database
        self._people = people
        self._secret = root.derive("passkey challenges")
        self._replays = replays
        self._clock = clock

    def to_add(self, account: Account, title: str, site: str) -> dict[str, Any]:
        """What a browser needs to make a key for an account (`navigator.credentials.create`)."""
        from pod_app.identity import ceremonies  # noqa: PLC0415  # it loads WebAuthn, which a start does not need

        known = [one.id for one in self.of(account)]
        user = (account.name, account.id.encode(), title)
        return ceremonies.to_make(self._host, site, user, self._challenge(), known)

    def add(self, account: Account, answer: object, name: str) -> None:
        """Keep the key that a browser made; raises `Invalid`."""
        from pod_app.identity import ceremonies  # noqa: PLC0415  # as in `to_add`

        answered = _object(answer)
        try:
            found = ceremonies.made(answered, self._answered_challenge(answered), self._host, self._origin)
        except (ValueError, KeyError, TypeError) as error:
            raise Invalid(N_("This passkey could not be taken."), N_("Try again, or use a password.")) from error
        row = {
            "id": found.id, "account": account.id, "public_key": found.public_key, "sign_count": found.sign_count,
            "name": name.strip()[:LONGEST_NAME] or "-", "created": microseconds(self._clock()),
        }  # fmt: skip
        self._database.write(lambda conn: conn.execute(insert(table).values(**row)))

    def to_sign_in(self) -> dict[str, Any]:
        """What a browser needs to show somebody's key (`navigator.credentials.get`); it names nobody."""
        from pod_app.identity import ceremonies  # noqa: PLC0415  # as in `to_add`

        return ceremonies.to_show(self._host, self._challenge())

    def sign_in(self, answer: object) -> Account:
        """The account whose key answered; raises `Unauthenticated`, whatever was wrong."""
        from pod_app.identity import ceremonies  # noqa: PLC0415  # as in `to_add`

        answered = _object(answer)
        with self._database.read() as conn:
            row = conn.execute(select(table).where(table.c.id == str(answered.get("id", "")))).first()
            account = None if row is None else self._people.get(conn, row.account)
        if row is None or account is None:
            raise _unknown()
        try:
            challenge, key = self._answered_challenge(answered), (row.public_key, row.sign_count)
            count = ceremonies.shown(answered, challenge, self._host, self._origin, key)
        except (ValueError, KeyError, TypeError) as error:
            raise _unknown() from error
        used = {"sign_count": count, "used": microseconds(self._clock())}
        self._database.write(lambda conn: conn.execute(update(table).where(table.c.id == row.id).values(**used)))
        return account

    def of(self, account: Account) -> list[Passkey]:
        """The keys of an account, oldest first."""
        with self._database.read() as conn:
            rows = conn.execute(select(table).where(table.c.account == account.id).order_by(table.c.created)).all()
        return [
            Passkey(row.id, row.name, moment(row.created), None if row.used is None else moment(row.used))
            for row in rows
        ]

    def remove(self, account: Account, key_id: str) -> None:
        """Let a key open the account no more; raises `NotFound`."""
        mine = (table.c.account == account.id) & (table.c.id == key_id)
        gone = self._database.write(lambda conn: conn.execute(delete(table).where(mine)).rowcount)
        if not gone:
            raise NotFound(N_("You have no such passkey."), N_("It may have been removed already."))

    # -- challenges ------------------------------------------------------------------------------

    def _challenge(self) -> bytes:
        told = int(self._clock().timestamp()).to_bytes(_TIME) + secrets.token_bytes(_NONCE)
        return told + self._mark(told)

    def _mark(self, told: bytes) -> bytes:
        return hmac.digest(self._secret, told, "sha256")

    def _answered_challenge(self, answer: dict[str, Any]) -> bytes:
        """The challenge that a browser answered, when it is one of ours, recent, and comes for the first time."""
        from pod_app.identity import ceremonies  # noqa: PLC0415  # as in `to_add`

        challenge = ceremonies.challenge_in(answer)
        told, now = challenge[: _TIME + _NONCE], int(self._clock().timestamp())
        asked = int.from_bytes(told[:_TIME])
        if (
            not hmac.compare_digest(self._mark(told), challenge[_TIME + _NONCE :])
            or not 0 <= now - asked < LIVES_SECONDS
        ):
            raise ValueError("the challenge is not ours, or too old")
        if not self._replays.first_use(f"passkey {told.hex()}", asked + LIVES_SECONDS, now):
            raise ValueError("the challenge was answered before")
        return challenge


def _object(answer: object) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise _unknown()
    return answer


def _unknown() -> Unauthenticated:
    return Unauthenticated(N_("This passkey opens nothing here."), N_("Try another one, or sign in with a password."))

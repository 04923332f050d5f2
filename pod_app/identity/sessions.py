"""Sign-ins kept on the server: the cookie holds a random number, the database its hash (trust.md S30)."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert, select, update

from pod_app.identity.accounts import Account, Accounts
from pod_app.storage import schema
from pod_app.storage.database import Database

ABSOLUTE: Final = timedelta(days=90)
NOTE_USE_EVERY: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in since when, and the token that forms must send back."""

    account: Account
    form_token: str
    since: datetime


class Sessions:
    """The sign-ins of one installation."""

    def __init__(self, database: Database, accounts: Accounts, clock: Callable[[], datetime], idle: timedelta) -> None:
        self._database = database
        self._accounts = accounts
        self._clock = clock
        self._idle = idle

    def begin(self, account: Account) -> str:
        """A new cookie value; whatever cookie came before is worth nothing (no fixation)."""
        value = secrets.token_urlsafe(32)
        now = schema.microseconds(self._clock())
        row = {"id_hash": _digest(value), "account": account.id, "created": now, "seen": now}
        row["expires"] = schema.microseconds(self._clock() + ABSOLUTE)
        self._database.write(lambda conn: conn.execute(insert(schema.sessions).values(**row)))
        return value

    def find(self, value: str | None) -> Session | None:
        """The session of a cookie value, unless it has ended or lain idle too long."""
        if not value:
            return None
        now = self._clock()
        with self._database.read() as conn:
            row = conn.execute(select(schema.sessions).where(schema.sessions.c.id_hash == _digest(value))).first()
            account = None if row is None else self._accounts.get(conn, row.account)
        if row is None or account is None:
            return None
        seen = schema.moment(row.seen)
        if now > schema.moment(row.expires) or now - seen > self._idle:
            return None
        if now - seen > NOTE_USE_EVERY:
            self._note_use(row.id_hash, now)
        return Session(account, form_token(value), schema.moment(row.created))

    def end(self, value: str | None) -> None:
        """Sign out: the row is gone, so every tab is signed out."""
        if value:
            self._database.write(
                lambda conn: conn.execute(delete(schema.sessions).where(schema.sessions.c.id_hash == _digest(value)))
            )

    def _note_use(self, id_hash: str, now: datetime) -> None:
        seen = schema.microseconds(now)
        self._database.write(
            lambda conn: conn.execute(
                update(schema.sessions).where(schema.sessions.c.id_hash == id_hash).values(seen=seen)
            )
        )


def form_token(value: str) -> str:
    """What a form of this session must carry (trust.md S29): derived, so nothing more is stored."""
    return hashlib.sha256(f"form:{value}".encode()).hexdigest()


def _digest(value: str) -> str:
    return hashlib.sha256(f"session:{value}".encode()).hexdigest()

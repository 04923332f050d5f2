"""Accounts: a name and a password that open one or several pods.

Passwords are kept as argon2id with 19 MiB, two passes, one lane: 28 ms measured, against 226 ms for
the library's default (house.md §8).
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import Connection, insert, select, update

from pod_app.errors import N_, Conflict, Invalid, Unauthenticated
from pod_app.pods.access import PROGRAM
from pod_app.pods.catalogue import Catalogue, Pod
from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing
from pod_app.standards import addresses
from pod_app.storage import schema
from pod_app.storage.database import Database

HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
MIN_PASSWORD: Final = 8
MAX_PASSWORD: Final = 1024


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can sign in, and the pods they act for; the first one is their own."""

    id: str
    name: str
    pods: tuple[str, ...]


class Accounts:
    """The accounts of one installation."""

    def __init__(self, database: Database, resources: Resources, catalogue: Catalogue) -> None:
        self.database = database
        self.resources = resources
        self.catalogue = catalogue
        # Checked when the name is unknown, so that both refusals take the same time (trust.md S43).
        self._nobody = HASHER.hash(secrets.token_urlsafe())

    def create(self, name: str, password: str | None, *, title: str = "", language: str = "fr") -> tuple[Account, Pod]:
        """Create an account with its own pod and WebID in one transaction.

        Without a password nobody can sign in by name; client credentials still work. Raises
        `Invalid` for a bad name or password, `Conflict` when the name is taken.
        """
        addresses.pod_name(name)
        password_hash = _hash(password) if password is not None else None

        def within(writing: Writing) -> tuple[Account, Pod]:
            account = self.insert_within(writing, name, password_hash, language)
            return account, self.catalogue.create_within(writing, name, "person", title or name, (), language)

        return self.resources.write(PROGRAM, within)

    def insert_within(self, writing: Writing, name: str, password_hash: str | None, language: str) -> Account:
        """The rows of a new account whose own pod has its name; raises `Conflict` when the name is taken."""
        taken = select(schema.accounts.c.id).where(schema.accounts.c.name == name)
        if writing.conn.execute(taken).first() is not None:
            raise Conflict(N_("The name {pod} is already taken."), N_("Choose another name."), pod=name)
        account = Account(secrets.token_hex(16), name, (name,))
        writing.conn.execute(
            insert(schema.accounts).values(
                id=account.id, name=name, password_hash=password_hash,
                created=schema.microseconds(writing.now), locale=language,
            )
        )  # fmt: skip
        writing.conn.execute(insert(schema.account_pods).values(account=account.id, pod=name))
        return account

    def check(self, name: str, password: str) -> Account:
        """The account, when name and password belong together; the refusal never says which was wrong."""
        with self.database.read() as conn:
            row = conn.execute(select(schema.accounts).where(schema.accounts.c.name == name.strip().lower())).first()
            account = None if row is None else self._account(conn, row.id, row.name)
        known = row.password_hash if row is not None and row.password_hash else self._nobody
        if not _matches(known, password) or account is None:
            raise Unauthenticated(N_("This name and this password do not belong together."), N_("Try again."))
        return account

    def set_password(self, account: str, password: str) -> None:
        """Replace the password; sessions elsewhere go on. Raises `Invalid` for a bad one."""
        self.database.write(lambda conn: self.set_password_within(conn, account, password))

    def set_password_within(self, conn: Connection, account: str, password: str) -> None:
        """`set_password`, inside a transaction that is already open."""
        mine = schema.accounts.c.id == account
        conn.execute(update(schema.accounts).where(mine).values(password_hash=_hash(password)))

    def has_password(self, account: str) -> bool:
        """Whether the account opens with a password."""
        with self.database.read() as conn:
            chosen = select(schema.accounts.c.password_hash).where(schema.accounts.c.id == account)
            return conn.scalar(chosen) is not None

    def free_name(self, first_name: str) -> str:
        """An address for somebody's notebook made from their first name: `elodie`, or `elodie-2`; raises `Invalid`."""
        stem = addresses.name_like(first_name)
        with self.database.read() as conn:
            taken = set(conn.scalars(select(schema.pods.c.pod).where(schema.pods.c.pod.startswith(stem))))
        tries = (stem if number == 1 else f"{stem}-{number}" for number in count(1))
        return next(one for one in tries if one not in taken and one not in addresses.RESERVED_NAMES)

    def get(self, conn: Connection, account: str) -> Account | None:
        """The account of this id."""
        row = conn.execute(select(schema.accounts).where(schema.accounts.c.id == account)).first()
        return None if row is None else self._account(conn, row.id, row.name)

    def of_pod(self, pod: str) -> Account | None:
        """The account whose own pod this is."""
        with self.database.read() as conn:
            row = conn.execute(select(schema.account_pods.c.account).where(schema.account_pods.c.pod == pod)).first()
            return None if row is None else self.get(conn, row.account)

    def _account(self, conn: Connection, account: str, name: str) -> Account:
        pods: Sequence[str] = conn.scalars(
            select(schema.account_pods.c.pod)
            .where(schema.account_pods.c.account == account)
            .order_by(schema.account_pods.c.pod)
        ).all()
        return Account(account, name, tuple(sorted(pods, key=lambda pod: pod != name)))


def _hash(password: str) -> str:
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise Invalid(
            N_("A password has {least} to {most} characters."), N_("A short sentence makes a good one."),
            least=MIN_PASSWORD, most=MAX_PASSWORD,
        )  # fmt: skip
    return HASHER.hash(password)


def _matches(password_hash: str, password: str) -> bool:
    try:
        return HASHER.verify(password_hash, password[:MAX_PASSWORD]) and len(password) <= MAX_PASSWORD
    except (VerifyMismatchError, InvalidHashError):
        return False

"""The keys with which an installation vouches for its own people: sealed at rest, two at a time while they change.

One key for each algorithm signs. A new one is published first and signs once every process has seen it; one that was
replaced is published until everything it signed has expired: a rotation under load fails nobody (trust.md S41,
solid.md S14).
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from pod_app.brevity import may_take_long
from pod_app.standards import jose
from pod_app.standards.jose import Algorithm, Key
from pod_app.storage.database import Database
from pod_app.storage.keys import RootKey
from pod_app.storage.schema import microseconds, moment
from pod_app.storage.schema import provider_keys as table

OVERLAP: Final = timedelta(days=2)
"""How long a replaced key is still published; longer than any token lives."""
LOOK_AGAIN: Final = timedelta(seconds=60)
"""How old what a process knows of the keys may be."""
LEAD: Final = 2 * LOOK_AGAIN
"""How long a new key is published before it signs."""


@dataclass(frozen=True, slots=True)
class ProviderKey:
    """One key with the name that tokens call it by."""

    id: str
    algorithm: str
    key: Key
    created: datetime
    ended: datetime | None

    def signs(self, now: datetime) -> bool:
        """Whether every process knows it, and none has put another one in its place."""
        return self.created + LEAD <= now and self.lives(now)

    def lives(self, now: datetime) -> bool:
        """Whether it has not been replaced yet."""
        return self.ended is None or now < self.ended

    def to_jwk(self) -> dict[str, Any]:
        """The public half as a JWK Set lists it."""
        return {**jose.public_members(self.key), "kid": self.id, "alg": self.algorithm, "use": "sig"}


class ProviderKeys:
    """The provider's keys of one installation; made at first use."""

    def __init__(self, database: Database, root: RootKey, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._root = root
        self._clock = clock
        self._known: list[ProviderKey] = []
        self._looked: datetime | None = None
        self._guard = threading.Lock()

    def signing(self, algorithm: Algorithm) -> ProviderKey:
        """The key that signs with this algorithm now."""
        now = self._clock()
        mine = [key for key in self._all() if key.algorithm == algorithm and key.lives(now)]
        first = min(mine, key=lambda key: (key.created, key.ended or datetime.max.replace(tzinfo=UTC)))
        return next((key for key in reversed(mine) if key.signs(now)), first)

    def published(self) -> list[dict[str, Any]]:
        """Public halves of every key that may have signed something that still counts."""
        now = self._clock()
        return [key.to_jwk() for key in self._all() if key.ended is None or now < key.ended + OVERLAP]

    def rotate(self) -> list[str]:
        """Replace the signing keys within two minutes; returns the names of the new ones."""

        def within(conn: Connection) -> list[str]:
            ends = microseconds(self._clock() + LEAD)
            conn.execute(update(table).where(table.c.ended.is_(None)).values(ended=ends))
            return [self._create(conn, algorithm) for algorithm in jose.SIGNED_WITH]

        made = self._database.write(within)
        self._looked = None
        return made

    # -- steps -----------------------------------------------------------------------------------

    def _all(self) -> list[ProviderKey]:
        """No lock is held while the database is asked: its writer could be waiting for it."""
        now = self._clock()
        with self._guard:
            if self._looked is not None and now - self._looked <= LOOK_AGAIN:
                return self._known
        may_take_long()
        found = self._read() or self._database.write(self._first)
        with self._guard:
            self._known, self._looked = found, now
        return found

    def _read(self) -> list[ProviderKey]:
        with self._database.read() as conn:
            return self._stored(conn)

    def _stored(self, conn: Connection) -> list[ProviderKey]:
        return [self._unsealed(row) for row in conn.execute(select(table).order_by(table.c.created, table.c.id))]

    def _first(self, conn: Connection) -> list[ProviderKey]:
        """Two processes that start at once agree on the keys of the one that came first."""
        if conn.execute(select(table.c.id).limit(1)).first() is None:
            for algorithm in jose.SIGNED_WITH:
                self._create(conn, algorithm)
        return self._stored(conn)

    def _create(self, conn: Connection, algorithm: Algorithm) -> str:
        key = jose.generate(algorithm)
        name = jose.thumbprint(key)
        sealed = self._root.seal(json.dumps(jose.private_members(key)).encode(), _bound_to(name))
        conn.execute(
            insert(table).values(id=name, algorithm=algorithm, sealed=sealed, created=microseconds(self._clock()))
        )
        return name

    def _unsealed(self, row: Row[Any]) -> ProviderKey:
        members = json.loads(self._root.unseal(row.sealed, _bound_to(row.id)))
        ended = None if row.ended is None else moment(row.ended)
        return ProviderKey(row.id, row.algorithm, jose.private_key(members), moment(row.created), ended)


def _bound_to(name: str) -> str:
    return f"provider|{name}"

"""Addresses that are known to be somebody's: badges from elsewhere are made out to them (open-badges.md §5.10).

Whoever keeps the installation vouches for an address (`pod_app account confirm`). It is kept as it was written,
because a badge hashes it with a salt of its own, and shown to nobody but the person.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from pod_app.errors import N_, Invalid
from pod_app.pods.catalogue import Pod
from pod_app.storage import schema
from pod_app.storage.database import Database

_LONGEST: Final = 254  # RFC 5321 §4.5.3.1.3


class Confirmed:
    """The confirmed addresses of the pods of one installation."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def add(self, pod: str, address: str) -> None:
        """Vouch that a mail address is that of whom the pod belongs to; raises `Invalid`. Twice is once."""
        address, table = _checked(address), schema.confirmed_addresses
        mine = (table.c.pod == pod) & (table.c.address == address)

        def within(conn: Connection) -> None:
            conn.execute(delete(table).where(mine))
            conn.execute(insert(table).values(pod=pod, address=address, at=schema.microseconds(self._clock())))

        self._database.write(within)

    def of(self, pod: str) -> list[str]:
        """The confirmed addresses of a pod, in their order."""
        table = schema.confirmed_addresses
        with self._database.read() as conn:
            return list(conn.scalars(select(table.c.address).where(table.c.pod == pod).order_by(table.c.address)))

    def names(self, pod: Pod) -> list[str]:
        """Every name by which a badge may be made out to whom a pod belongs; the WebID first."""
        return [pod.webid, pod.did, pod.webid.partition("#")[0], pod.iri, *self.of(pod.name)]


def _checked(address: str) -> str:
    address = address.strip()
    name, at, host = address.partition("@")
    if not (name and at and "." in host) or len(address) > _LONGEST or not address.isprintable() or " " in address:
        raise Invalid(N_("{address} is not a mail address."), N_("Write it like name@example.org."), address=address)
    return address

"""Which position of which status list a badge has, and whether it was taken back (open-badges.md §5.6).

Positions are drawn at random so that neighbours say nothing, and never given twice: the table's key
sees to it. A list is opened when the one before is half full, while random draws still find room.
"""

import secrets
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.sql import func

from pod_app.errors import N_, Conflict, NotFound
from pod_app.pods.catalogue import Pod
from pod_app.standards import status_list
from pod_app.standards.addresses import Address
from pod_app.storage import schema

SIZE: Final = 131_072
FULL_AT: Final = SIZE // 2

entry = status_list.entry


def take_index(conn: Connection, badge: Address) -> tuple[int, int]:
    """A list number and a free random position in it, recorded for the badge's record."""
    number = _open_list(conn, badge.pod)
    entries = schema.status_entries
    while True:
        index = secrets.randbelow(SIZE)
        same = select(entries.c.idx).where(entries.c.pod == badge.pod, entries.c.list == number, entries.c.idx == index)
        if conn.execute(same).first() is None:
            break
    conn.execute(insert(entries).values(pod=badge.pod, list=number, idx=index, credential=badge.path))
    return number, index


def revoke(conn: Connection, badge: Address, reason: str, now: datetime) -> int:
    """Record the revocation and return the number of the list that must be written again."""
    entries = schema.status_entries
    mine = (entries.c.pod == badge.pod) & (entries.c.credential == badge.path)
    row = conn.execute(select(entries).where(mine)).first()
    if row is None:
        raise NotFound(N_("There is no badge at {path}."), N_("Check the address of the badge."), path=badge.target)
    if row.revoked_at is not None:
        raise Conflict(N_("The badge {path} has been withdrawn before."), N_("Nothing more to do."), path=badge.target)
    conn.execute(update(entries).where(mine).values(revoked_at=schema.microseconds(now), reason=reason))
    return int(row.list)


def reason(conn: Connection, badge: Address) -> str | None:
    """Why a badge was taken back; None while it stands."""
    entries = schema.status_entries
    row = conn.execute(
        select(entries.c.reason, entries.c.revoked_at).where(
            entries.c.pod == badge.pod, entries.c.credential == badge.path
        )
    ).first()
    return None if row is None or row.revoked_at is None else str(row.reason)


def standing(conn: Connection, pod: str) -> list[Address]:
    """Records of the pod that have a place in one of its lists and were not taken back, oldest list first."""
    entries = schema.status_entries
    wanted = select(entries.c.credential).where(entries.c.pod == pod, entries.c.revoked_at.is_(None))
    found = conn.scalars(wanted.order_by(entries.c.list, entries.c.credential))
    return [Address(pod, path) for path in found]


def numbers(conn: Connection, pod: str) -> list[int]:
    """The numbers of the pod's lists."""
    return list(conn.scalars(select(schema.status_lists.c.number).where(schema.status_lists.c.pod == pod)))


def credential(conn: Connection, pod: Pod, address: Address, number: int, now: datetime) -> dict[str, Any]:
    """The unsigned list credential as it stands after this transaction."""
    entries = schema.status_entries
    revoked = conn.scalars(
        select(entries.c.idx).where(
            entries.c.pod == pod.name, entries.c.list == number, entries.c.revoked_at.is_not(None)
        )
    )
    bits = status_list.empty(SIZE)
    for index in revoked:
        bits = status_list.set_bit(bits, index)
    return status_list.credential(address.iri(pod.base_url), pod.did, bits, valid_from=now)


def _open_list(conn: Connection, pod: str) -> int:
    lists = schema.status_lists
    latest = conn.execute(select(lists).where(lists.c.pod == pod).order_by(lists.c.number.desc()).limit(1)).first()
    if latest is None or latest.bits_used >= FULL_AT:
        number = 1 if latest is None else int(latest.number) + 1
        conn.execute(insert(lists).values(pod=pod, number=number, purpose="revocation", bits_used=1))
        return number
    conn.execute(
        update(lists)
        .where(lists.c.pod == pod, lists.c.number == latest.number)
        .values(bits_used=func.coalesce(lists.c.bits_used, 0) + 1)
    )
    return int(latest.number)

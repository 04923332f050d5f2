"""Leaving: a pod and its account are gone from every store here, and stay gone after a backup is restored (S45).

What remains is a tombstone: the name, which nobody gets again, and when. What others wrote stays theirs. Numbers
follow the change like any other: the running totals lose the pod at once, published ones at the next instant.
"""

import json
import os
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, delete, select, update

from pod_app.errors import N_, Conflict, PodAppError
from pod_app.pods.access import PROGRAM
from pod_app.pods.catalogue import Catalogue, Pod
from pod_app.pods.members import Members
from pod_app.storage import outbox, schema, schema_elsewhere, schema_forge, schema_hosts, schema_recognition
from pod_app.storage import resources as rows
from pod_app.storage.blobs import Blobs
from pod_app.storage.database import Database

LEDGER: Final = "erasures.jsonl"
"""File in the data folder: keep it with the root key, and copy it beside the database before a restore."""
_OF_A_POD: Final = (
    schema_hosts.badge_connections,
    schema_elsewhere.tray, schema_elsewhere.documents_elsewhere, schema_elsewhere.readings_elsewhere,
    schema_elsewhere.tokens_elsewhere, schema_forge.awards, schema_forge.award_rows, schema_forge.award_lists,
    schema_forge.claims, schema_forge.handout_codes, schema_forge.handouts, schema.channel_topics, schema.channels,
    schema.status_entries, schema.status_lists, schema.keys, schema.consents,
    schema_recognition.recognition_links, schema_recognition.recognitions,
    schema.confirmed_addresses, schema.resources, schema.pod_owners, schema.account_pods,
)  # fmt: skip


class Erasing:
    """Ends pods of one installation."""

    def __init__(
        self, database: Database, blobs: Blobs, catalogue: Catalogue, members: Members, ledger: Path,
        clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._database = database
        self._blobs = blobs
        self._catalogue = catalogue
        self._members = members
        self._ledger = ledger
        self._clock = clock

    def erase(self, pod: Pod) -> None:
        """Remove a person's pod for good; raises `Conflict` for one that others depend on."""
        if pod.kind != "person":
            raise Conflict(
                N_("{pod} is shared: its members would lose it."), N_("Export it, and agree with them how it ends."),
                pod=pod.title,
            )  # fmt: skip
        self._refuse_last_member(pod)
        for group in self._groups_of(pod):
            self._members.remove(PROGRAM, group, pod.webid)
        self._remove(pod.name)

    def apply_ledger(self) -> list[str]:
        """Erase again what a restored backup brought back; returns the names."""
        with self._database.read() as conn:
            standing = [name for name in self._erased() if rows.pod_exists(conn, name)]
        for name in standing:
            pod = self._catalogue.get(name)
            for group in self._groups_of(pod):
                try:
                    self._members.remove(PROGRAM, group, pod.webid)
                except PodAppError:  # the last member of a group stays its keeper in name; the pod goes all the same
                    continue
            self._remove(name)
        return standing

    # -- steps -----------------------------------------------------------------------------------

    def _remove(self, name: str) -> None:
        blobs = self._database.write(lambda conn: self._delete_rows(conn, name))
        self._note(name)
        with self._database.read() as conn:
            used = rows.blobs_in_use(conn)
        self._blobs.discard(blobs - used)
        self._database.compact()

    def _delete_rows(self, conn: Connection, name: str) -> set[str]:
        mine = (schema.resources.c.pod == name) & schema.resources.c.blob.is_not(None)
        blobs = set(conn.scalars(select(schema.resources.c.blob).where(mine)))
        accounts = self._accounts_of(conn, name)
        for table in _OF_A_POD:
            conn.execute(delete(table).where(table.c.pod == name))
        webid = self._catalogue.get_within(conn, name).webid
        conn.execute(delete(schema_forge.awards).where(schema_forge.awards.c.recipient == webid))
        conn.execute(delete(schema_forge.claims).where(schema_forge.claims.c.holder == webid))
        for account in accounts:
            conn.execute(delete(schema.accounts).where(schema.accounts.c.id == account))
        conn.execute(delete(schema.outbox).where(schema.outbox.c.pod == name))
        stone = {
            "deleted": schema.microseconds(self._clock()),
            "title": "",
            "bytes_used": 0,
            "webid": None,
            "storage": None,
        }
        conn.execute(update(schema.pods).where(schema.pods.c.pod == name).values(**stone))
        outbox.append(conn, pod=name, kind=outbox.CHANGE, at=self._clock(), verb="delete")
        return blobs

    def _accounts_of(self, conn: Connection, name: str) -> list[str]:
        """Accounts for which this was the only pod."""
        table = schema.account_pods
        found = list(conn.scalars(select(table.c.account).where(table.c.pod == name)))
        others = set(conn.scalars(select(table.c.account).where(table.c.account.in_(found), table.c.pod != name)))
        return [account for account in found if account not in others]

    def _groups_of(self, pod: Pod) -> list[str]:
        groups = [one for one in self._catalogue.all() if one.kind != "person"]
        with self._database.read() as conn:
            return [one.name for one in groups if pod.webid in self._members.group(conn, one.name)]

    def _refuse_last_member(self, pod: Pod) -> None:
        with self._database.read() as conn:
            alone = [name for name in self._groups_of(pod) if self._members.group(conn, name) == {pod.webid}]
        if alone:
            raise Conflict(
                N_("You are the last member of {groups}."), N_("Ask somebody to look after it first, then leave."),
                groups=", ".join(alone),
            )  # fmt: skip

    def _note(self, name: str) -> None:
        line = json.dumps({"pod": name, "at": self._clock().isoformat()}) + "\n"
        descriptor = os.open(self._ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _erased(self) -> Iterable[str]:
        if not self._ledger.exists():
            return []
        lines: list[dict[str, Any]] = [
            json.loads(line) for line in self._ledger.read_text("utf-8").splitlines() if line
        ]
        return list(dict.fromkeys(str(line["pod"]) for line in lines))

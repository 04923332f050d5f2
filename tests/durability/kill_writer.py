"""A process that writes until it is killed: `kill_writer.py FOLDER LEDGER PREFIX`."""

import hashlib
import sys
from datetime import UTC, datetime
from pathlib import Path

from ledger import Client, Ledger

from pod_app.storage import outbox
from pod_app.storage import resources as rows
from pod_app.storage.blobs import Blobs
from pod_app.storage.database import Database
from pod_app.storage.resources import StoredResource

INLINE = 8000


def main(folder: Path, ledger: Path, prefix: str) -> None:
    database = Database("", folder)
    blobs = Blobs.in_folder(folder / "blobs")

    def send(name: str, version: int, body: bytes) -> None:
        now = datetime.now(UTC)
        blob = blobs.put(body)[0] if len(body) > INLINE else None
        stored = StoredResource(
            "alice", name, "", "", "text/plain", len(body), hashlib.sha256(body).hexdigest(), version, now, now,
            body=None if blob else body, blob=blob,
        )  # fmt: skip

        def change(conn):
            rows.put(conn, stored)
            rows.touch(conn, "alice", "", now)
            outbox.append(conn, pod="alice", kind=outbox.CHANGE, path=name, version=version, verb="Update", at=now)

        database.write(change)

    Client(Ledger(ledger), prefix, threads=4, names=20, sizes=(100, 10_000)).run(send)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])

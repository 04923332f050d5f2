"""One file with everything that was acknowledged up to one moment, made while others write; and the way back.

A ZIP: `manifest.json` (layout, base URL, SHA-256 of every entry), a file of rows for each table, and the blobs that
these rows name. It is the same from SQLite and from PostgreSQL, and either can be restored from it. The root key is
not in it: without that key the signing keys inside are useless (trust.md S41), so keep the two apart and both safe.

Left out: sign-ins, codes and counted tries, which must not live again.
"""

import base64
import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Table, delete, func, insert, select, text

from pod_app import __version__
from pod_app.errors import N_, Conflict, Damaged, Unreadable
from pod_app.storage import failures, schema
from pod_app.storage.blobs import Blobs
from pod_app.storage.database import Database
from pod_app.storage.durable import sync_folder
from pod_app.storage.keys import RootKey, check_root
from pod_app.storage.schema import LAYOUT

MANIFEST: Final = "manifest.json"
FORM: Final = 1
"""Of this file's own form; a later program reads earlier ones."""
NOT_KEPT: Final = frozenset({"sessions", "oidc_codes", "proofs_used", "tries_counted"})
_AT_ONCE: Final = 500
_CHUNK: Final = 256 * 2**10
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a backup holds."""

    created: datetime
    base_url: str
    pods: int
    resources: int
    blobs: int


def tables() -> list[Table]:
    """Every table that is kept, those first that others refer to."""
    return [table for table in schema.metadata.sorted_tables if table.name not in NOT_KEPT]


def write(database: Database, blobs: Blobs, target: Path, now: datetime) -> Summary:
    """Write a backup to `target`, which appears only when it is whole and on disk.

    The database is read at one moment first, the blobs after: they never change, and what that moment names is
    kept for a day at least. Raises `Conflict` when `target` exists.
    """
    if target.exists():
        raise Conflict(
            N_("{path} exists already."), N_("Choose another name; a backup is never overwritten."), path=target
        )
    partial = target.with_name(f"{target.name}.partial")
    with failures.told_of_system(str(target)):
        try:
            with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
                summary = _fill(archive, database, blobs, now)
            _settle(partial, target)
        finally:
            partial.unlink(missing_ok=True)
    return summary


def restore(database: Database, blobs: Blobs, root: RootKey, source: Path) -> Summary:
    """Bring a backup into an installation without pods; all of it or nothing.

    Every entry is compared with its hash before anything is committed. Raises `Conflict` where there are pods
    already, `Unreadable` for what is no backup, `Damaged` for an altered one or another root key.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            about = _manifest(archive, source)
            _check_key(archive, about, root)
            for name in about["blobs"]:
                _restore_blob(archive, blobs, name)
            database.write(lambda conn: _restore_rows(conn, archive, about))
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise _unreadable(source, error) from error
    return _summary(about)


# -- writing -------------------------------------------------------------------------------------


def _fill(archive: zipfile.ZipFile, database: Database, blobs: Blobs, now: datetime) -> Summary:
    about: dict[str, Any] = {
        "form": FORM, "program": __version__, "layout": LAYOUT, "created": now.isoformat(), "tables": {}, "blobs": [],
    }  # fmt: skip
    with database.snapshot() as conn:
        about["base_url"] = conn.scalar(select(schema.meta.c.value).where(schema.meta.c.key == "base_url")) or ""
        about["pods"] = conn.scalar(select(func.count()).select_from(schema.pods))
        for table in tables():
            about["tables"][table.name] = _write_rows(archive, conn, table)
        wanted = select(schema.resources.c.blob).where(schema.resources.c.blob.is_not(None)).distinct()
        named = sorted(conn.scalars(wanted))
    for sha256 in named:
        with archive.open(_blob_entry(sha256), "w", force_zip64=True) as entry:
            for piece in blobs.stream(sha256):
                entry.write(piece)
        about["blobs"].append(sha256)
    archive.writestr(MANIFEST, json.dumps(about, indent=1))
    return _summary(about)


def _write_rows(archive: zipfile.ZipFile, conn: Connection, table: Table) -> dict[str, Any]:
    """One JSON array a line, columns in the order of the manifest; bytes as `{"b": base64}`."""
    digest, count = hashlib.sha256(), 0
    columns = [column.name for column in table.columns]
    rows = conn.execution_options(yield_per=_AT_ONCE).execute(select(table).order_by(*table.primary_key.columns))
    with archive.open(_table_entry(table.name), "w", force_zip64=True) as entry:
        for row in rows:
            line = json.dumps([_told(value) for value in row], ensure_ascii=False).encode() + b"\n"
            digest.update(line)
            entry.write(line)
            count += 1
    return {"columns": columns, "rows": count, "sha256": digest.hexdigest()}


def _settle(partial: Path, target: Path) -> None:
    descriptor = os.open(partial, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    partial.rename(target)
    sync_folder(target.parent.resolve())


def _told(value: Any) -> Any:
    return {"b": base64.b64encode(value).decode()} if isinstance(value, (bytes, memoryview)) else value


# -- restoring -----------------------------------------------------------------------------------


def _manifest(archive: zipfile.ZipFile, source: Path) -> dict[str, Any]:
    try:
        about: dict[str, Any] = json.loads(archive.read(MANIFEST))
        known = about["form"] == FORM and about["layout"] == LAYOUT
    except (KeyError, ValueError, TypeError) as error:
        raise _unreadable(source, error) from error
    if not known:
        raise Conflict(
            N_("{path} was made by pod_app {program} with layout {layout}; this program has layout {own}."),
            N_("Restore it with that version, then start this one on the folder: it brings the layout up to date."),
            path=source, program=about.get("program"), layout=about.get("layout"), own=LAYOUT,
        )  # fmt: skip
    return about


def _check_key(archive: zipfile.ZipFile, about: dict[str, Any], root: RootKey) -> None:
    """The wrong root key is noticed before anything is written."""
    for row in _rows(archive, about, "keys"):
        check_root(root, row)
        return


def _restore_blob(archive: zipfile.ZipFile, blobs: Blobs, name: str) -> None:
    with archive.open(_blob_entry(name)) as entry:
        found, _ = blobs.put(iter(lambda: entry.read(_CHUNK), b""))
    if found != name:
        raise Damaged(N_("The blob {name} of this backup has been altered."), N_("Take an earlier backup."), name=name)


def _restore_rows(conn: Connection, archive: zipfile.ZipFile, about: dict[str, Any]) -> None:
    if conn.execute(select(schema.pods.c.pod).limit(1)).first() is not None:
        raise Conflict(
            N_("There are pods in this installation already."), N_("Restore into an empty folder: --data OTHER.")
        )
    conn.execute(delete(schema.meta))
    for table in tables():
        portion: list[dict[str, Any]] = []
        for row in _rows(archive, about, table.name):
            portion.append(row)
            if len(portion) == _AT_ONCE:
                conn.execute(insert(table), portion)
                portion = []
        if portion:
            conn.execute(insert(table), portion)
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT setval(pg_get_serial_sequence('outbox', 'seq'), (SELECT max(seq) FROM outbox))"))


def _rows(archive: zipfile.ZipFile, about: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """Rows of one table; the last is only given when their hash is the one in the manifest."""
    told, digest, held = about["tables"][name], hashlib.sha256(), None
    with archive.open(_table_entry(name)) as entry:
        for line in entry:
            digest.update(line)
            if held is not None:
                yield held
            held = dict(zip(told["columns"], map(_read, json.loads(line)), strict=True))
    if digest.hexdigest() != told["sha256"]:
        raise Damaged(
            N_("The rows of {name} in this backup have been altered."), N_("Take an earlier backup."), name=name
        )
    if held is not None:
        yield held


def _read(value: Any) -> Any:
    return base64.b64decode(value["b"]) if isinstance(value, dict) else value


def _summary(about: dict[str, Any]) -> Summary:
    return Summary(
        created=datetime.fromisoformat(about["created"]), base_url=about["base_url"], pods=about["pods"],
        resources=about["tables"]["resources"]["rows"], blobs=len(about["blobs"]),
    )  # fmt: skip


def _table_entry(name: str) -> str:
    return f"tables/{name}.jsonl"


def _blob_entry(sha256: str) -> str:
    return f"blobs/{sha256}"


def _unreadable(source: Path, error: Exception) -> Unreadable:
    return Unreadable(
        N_("{path} is not a backup of pod_app: {problem}."), N_("Give the file that pod_app backup wrote."),
        path=source, problem=error,
    )  # fmt: skip

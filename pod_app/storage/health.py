"""What `pod_app doctor` looks at: one `Finding` for each question, and nothing that is kept is changed."""

import hashlib
import os
import random
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, func, select

from pod_app import __version__
from pod_app.errors import N_, PodAppError, QuotaExceeded
from pod_app.settings import Settings
from pod_app.storage import layout, outbox
from pod_app.storage import resources as rows
from pod_app.storage.blobs import Blobs
from pod_app.storage.database import Database
from pod_app.storage.schema import LAYOUT, resources

SAMPLE: Final = 100
FREE_SHARE: Final = 0.05
FREE_BYTES: Final = 2**30
LAG: Final = timedelta(minutes=10)
OLDEST_SQLITE: Final = (3, 35, 0)
_RESTORE: Final = N_("Restore the last backup with pod_app restore.")


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer; `detail` and `remedy` are sentences with `{names}` for `values`, to be translated at the door."""

    name: str
    ok: bool
    detail_template: str
    remedy_template: str = ""
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def detail(self) -> str:
        """What was found, in English."""
        return self.detail_template.format_map(self.values)

    @property
    def remedy(self) -> str:
        """What to do when it is not well, in English."""
        return self.remedy_template.format_map(self.values)

    def to_json(self) -> dict[str, Any]:
        """Return the form of `pod_app doctor --json`."""
        return {"name": self.name, "ok": self.ok, "detail": self.detail, "remedy": "" if self.ok else self.remedy}


def examine(
    database: Database, blobs: Blobs, settings: Settings, now: datetime, *, thorough: bool = False
) -> list[Finding]:
    """Every finding, in a fixed order; `thorough` reads the whole database instead of its structure."""
    checks: tuple[tuple[str, Callable[[], Finding]], ...] = (
        ("integrity", lambda: integrity(database, thorough=thorough)),
        ("space", lambda: free_space(settings.data)),
        ("versions", lambda: versions(database)),
        ("sync", lambda: sync_probe(settings.data)),
        ("bodies", lambda: sample_bodies(database)),
        ("blobs", lambda: sample_blobs(database, blobs)),
        ("outbox", lambda: waiting_jobs(database, now)),
    )
    return [_guarded(name, check) for name, check in checks]


def trouble(database: Database, settings: Settings) -> str:
    """One word for what keeps an installation from serving: `database`, `disk`, or nothing when all is well.

    For whoever watches from outside (`/healthz`): details are for those who can run `pod_app doctor`.
    """
    try:
        if shutil.disk_usage(settings.data).free < settings.keep_free:
            return "disk"
        with database.read() as conn:
            conn.exec_driver_sql("SELECT 1")
        database.write(lambda conn: conn.exec_driver_sql("SELECT 1").close())  # a transaction that changes nothing
    except (QuotaExceeded, OSError):
        return "disk"
    except PodAppError:
        return "database"
    return ""


def integrity(database: Database, *, thorough: bool = False) -> Finding:
    """Whether the database's own structure holds together (SQLite), or the server answers (PostgreSQL)."""
    with database.read() as conn:
        if database.dialect != "sqlite":
            conn.exec_driver_sql("SELECT 1")
            return Finding("integrity", ok=True, detail_template=N_("The database server answers."))
        pragma = "integrity_check" if thorough else "quick_check"
        problems = [str(row[0]) for row in conn.exec_driver_sql(f"PRAGMA {pragma}(5)")]
    if problems == ["ok"]:
        return Finding("integrity", ok=True, detail_template=N_("The structure of the database is whole."))
    return Finding(
        "integrity",
        ok=False,
        detail_template=N_("The database {path} is damaged: {problems}."),
        remedy_template=_RESTORE,
        values={"path": database.path, "problems": "; ".join(problems)},
    )


def free_space(folder: Path) -> Finding:
    """Whether the disk of the data folder has 5 % and 1 GiB left: a full disk refuses even deletions."""
    usage = shutil.disk_usage(folder)
    values = {"free": f"{usage.free / 2**30:.1f}", "share": round(100 * usage.free / usage.total), "folder": folder}
    return Finding(
        "space",
        ok=usage.free >= FREE_BYTES and usage.free >= FREE_SHARE * usage.total,
        detail_template=N_("{free} GiB ({share} %) are free on the disk of {folder}."),
        remedy_template=N_("Free some space: a full disk refuses every change, deletions included."),
        values=values,
    )


def versions(database: Database) -> Finding:
    """Program, layout and engine."""
    with database.read() as conn:
        engine, found = layout.server_version(conn), layout.current(conn)
    old = database.dialect == "sqlite" and sqlite3.sqlite_version_info < OLDEST_SQLITE
    return Finding(
        "versions",
        ok=found == LAYOUT and not old,
        detail_template=N_("pod_app {program}, layout {layout}, {engine}."),
        remedy_template=N_("Install the newest pod_app, with SQLite 3.35 or newer."),
        values={"program": __version__, "layout": found, "engine": engine},
    )


def sync_probe(folder: Path, rounds: int = 20) -> Finding:
    """How long the disk takes to say that 8 kB are safe; a disk that answers at once is probably lying."""
    spent = []
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".sync-probe-") as file:
        for _ in range(rounds):
            file.seek(0)
            file.write(bytes(8192))
            file.flush()
            began = time.perf_counter()
            os.fsync(file.fileno())
            spent.append(time.perf_counter() - began)
    median = sorted(spent)[rounds // 2]
    values = {"microseconds": round(median * 1e6), "folder": folder}
    return Finding(
        "sync",
        ok=True,
        detail_template=N_("A sync to the disk of {folder} takes {microseconds} µs; only a real disk proves more."),
        values=values,
    )


def sample_bodies(database: Database, size: int = SAMPLE) -> Finding:
    """Whether bodies in the database still have the hash that was noted when they came."""
    with database.read() as conn:
        sample = _sample(conn, size)
    altered = [f"/{pod}/{path}" for pod, path, sha256, body in sample if hashlib.sha256(body).hexdigest() != sha256]
    return Finding(
        "bodies",
        ok=not altered,
        detail_template=N_("{altered} of {count} sampled bodies differ from their hash{which}."),
        remedy_template=_RESTORE,
        values=_counted(altered, len(sample)),
    )


def sample_blobs(database: Database, blobs: Blobs, size: int = SAMPLE) -> Finding:
    """Whether large bodies are there and still have the hash that is their name."""
    with database.read() as conn:
        known = sorted(rows.blobs_in_use(conn))
    sample = random.sample(known, min(size, len(known)))
    altered = [sha256 for sha256 in sample if not _whole(blobs, sha256)]
    return Finding(
        "blobs",
        ok=not altered,
        detail_template=N_("{altered} of {count} sampled blobs are missing or altered{which}."),
        remedy_template=_RESTORE,
        values=_counted(altered, len(sample)),
    )


def waiting_jobs(database: Database, now: datetime) -> Finding:
    """Whether background work keeps up, and which jobs were given up."""
    with database.read() as conn:
        failed = outbox.failed_jobs(conn)
        oldest = outbox.oldest_due(conn, now)
        due = outbox.due_count(conn, now)
    late = timedelta(0) if oldest is None else now - oldest
    shown = ", ".join(f"{job.seq} ({job.kind}: {job.failed})" for job in failed[:3])
    return Finding(
        "outbox",
        ok=not failed and late <= LAG,
        detail_template=N_("{due} jobs wait, the oldest for {late} s; {failed} were given up{which}."),
        remedy_template=N_("Check that pod_app serve is running; the log says why a job failed."),
        values={
            "due": due,
            "late": round(late.total_seconds()),
            "failed": len(failed),
            "which": f": {shown}" if shown else "",
        },
    )


def _guarded(name: str, check: Callable[[], Finding]) -> Finding:
    """Make a check; one that cannot even be made is a finding too."""
    try:
        return check()
    except PodAppError as error:
        return Finding(
            name,
            ok=False,
            detail_template=error.detail_template,
            remedy_template=error.remedy_template,
            values=error.values,
        )
    except OSError as error:
        problem = {"problem": error}
        return Finding(
            name,
            ok=False,
            detail_template=N_("It could not be checked: {problem}."),
            remedy_template=_RESTORE,
            values=problem,
        )


def _sample(conn: Connection, size: int) -> list[tuple[str, str, str, bytes]]:
    columns = (resources.c.pod, resources.c.path, resources.c.sha256, resources.c.body)
    chosen = select(*columns).where(resources.c.body.is_not(None)).order_by(func.random()).limit(size)
    return [(row.pod, row.path, row.sha256, row.body) for row in conn.execute(chosen)]


def _whole(blobs: Blobs, sha256: str) -> bool:
    try:
        for _ in blobs.stream(sha256):
            pass
    except PodAppError:
        return False
    return True


def _counted(altered: list[str], count: int) -> dict[str, Any]:
    which = f": {', '.join(altered[:3])}" if altered else ""
    return {"altered": len(altered), "count": count, "which": which}

"""Rows of resources. Callers decide about access, preconditions and quota; here is only what the tables must keep true.

`lookup` is the hot path of every GET: one statement brings the resource, its twin and every ACL that
could decide about it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, select

from pod_app.errors import N_, Conflict, NotFound
from pod_app.standards.addresses import uniqueness_key
from pod_app.storage.database import fetch, run
from pod_app.storage.schema import microseconds, moment, pod_owners, pods, resources
from pod_app.storage.seen import once, seen

_COLUMNS: Final = (
    "path, role, parent, media_type, size, sha256, version, created, modified, body, blob, compiled, quads"
)
_PORTION: Final = 200
_STORED: Final = (
    "media_type, size, sha256, version, modified, body, blob, compiled, quads, created, role, slashless, parent, pod, "
    "path"
)
_LASTING: Final = 6
"""So many of them, the last ones, are never changed: when the row began, and what follows from where it stands."""
_LISTED: Final = "path, role, parent, media_type, size, sha256, version, created, modified, NULL, blob, NULL, NULL"


class StoredResource(NamedTuple):
    """One row: the bytes as received are in `body`, or in the blob store under the hash `blob`; sizes in bytes.

    `compiled` holds the rules of an ACL as JSON; `quads` holds N-Quads of a document that is dear to parse.
    """

    pod: str
    path: str
    role: str
    parent: str | None
    media_type: str
    size: int
    sha256: str
    version: int
    created: datetime
    modified: datetime
    body: bytes | None = None
    blob: str | None = None
    compiled: str | None = None
    quads: bytes | None = None


def lookup(
    conn: Connection, pod: str, paths: Sequence[str], ahead: Callable[[], Sequence[str]] = tuple
) -> dict[str, StoredResource]:
    """Those of `paths` at which something stands, in one statement.

    Where a transaction remembers what it has seen, those `ahead` are looked up along with them: it asks for them next.
    """
    known = seen(conn)
    if known is None:
        return _look(conn, pod, paths)
    if any((pod, path) not in known for path in paths):
        wanted = [path for path in dict.fromkeys((*paths, *ahead())) if (pod, path) not in known]
        found = _look(conn, pod, wanted)
        known.update(((pod, path), found.get(path)) for path in wanted)
    return {path: known[pod, path] for path in paths if known[pod, path] is not None}


def _look(conn: Connection, pod: str, paths: Sequence[str]) -> dict[str, StoredResource]:
    if conn.dialect.name == "postgresql":
        rows = fetch(conn, _LOOKUP_POSTGRESQL, (pod, list(paths)))
    else:
        rows = fetch(conn, _lookup_sqlite(len(paths)), (pod, *paths))
    return {row[0]: _stored(pod, row) for row in rows}


def get(conn: Connection, pod: str, path: str) -> StoredResource | None:
    """Return what stands at `path`, or None."""
    return lookup(conn, pod, (path,)).get(path)


def is_taken(conn: Connection, pod: str, path: str) -> bool:
    """Whether something stands at `path`, or a rival keeps it from standing."""
    return _with_key(conn, pod, uniqueness_key(path)) is not None


def rival(conn: Connection, pod: str, path: str) -> str | None:
    """Path of what keeps `path` from standing: its twin, or a name of the same letters in another spelling."""
    row = _with_key(conn, pod, uniqueness_key(path))
    return None if row is None or row[0] == path else str(row[0])


def children(
    conn: Connection, pod: str, parent: str, after: str | None = None, limit: int | None = None
) -> list[StoredResource]:
    """Direct members of a container in byte order of their paths, without bodies, ACLs and quads.

    `after` is the last path of the page before; auxiliary resources are members of nothing.
    """
    mark = _mark(conn)
    statement = (
        f"SELECT {_LISTED} FROM resources WHERE pod = {mark} AND parent = {mark} AND path > {mark} ORDER BY path"  # noqa: S608  # constants
    )
    values: list[Any] = [pod, parent, after or ""]
    if limit is not None:
        statement += f" LIMIT {mark}"
        values.append(limit)
    return [_stored(pod, row) for row in fetch(conn, statement, values)]


Member = tuple[str, str, int, int]
"""A member of a container as it is listed: path, media type, size in bytes, time of change in microseconds."""


def listed(conn: Connection, pod: str, parent: str, after: str, limit: int) -> list[Member]:
    """`children`, with only what a listing tells: the rows as they come from the driver, for containers of any size."""
    mark = _mark(conn)
    statement = (
        f"SELECT path, media_type, size, modified FROM resources WHERE pod = {mark} AND parent = {mark}"  # noqa: S608  # constants
        f" AND path > {mark} ORDER BY path LIMIT {mark}"
    )
    return fetch(conn, statement, (pod, parent, after, limit))


def everything(conn: Connection, pod: str, after: str | None, limit: int) -> list[StoredResource]:
    """Resources of a pod in byte order of their paths, whatever they are, with bodies; `after` ends the page before."""
    mark = _mark(conn)
    values = (pod, limit) if after is None else (pod, after, limit)
    further = "" if after is None else f"AND path > {mark} "
    statement = f"SELECT {_COLUMNS} FROM resources WHERE pod = {mark} {further}ORDER BY path LIMIT {mark}"  # noqa: S608  # constants
    return [_stored(pod, row) for row in fetch(conn, statement, values)]


def in_containers(conn: Connection, pod: str, parents: Sequence[str]) -> list[StoredResource]:
    """Every direct member of these containers, with bodies and quads."""
    chosen = ", ".join([_mark(conn)] * len(parents))
    statement = f"SELECT {_COLUMNS} FROM resources WHERE pod = {_mark(conn)} AND parent IN ({chosen})"  # noqa: S608  # marks
    return [_stored(pod, row) for row in fetch(conn, statement, (pod, *parents))]


def contents(conn: Connection, pod: str, parent: str) -> list[StoredResource]:
    """Direct members of a container in byte order of their paths, with their bodies, without ACLs and quads."""
    mark = _mark(conn)
    columns = _LISTED.replace("NULL", "body", 1)
    statement = f"SELECT {columns} FROM resources WHERE pod = {mark} AND parent = {mark} ORDER BY path"  # noqa: S608  # constants
    return [_stored(pod, row) for row in fetch(conn, statement, (pod, parent))]


def beginning(
    conn: Connection, pods: Sequence[str], parent: str, beginnings: Sequence[str], most: int
) -> list[StoredResource]:
    """Members of a container of several pods, with their bodies, whose names begin so; `most` for a pod and beginning.

    All `beginnings` are of one length. One statement, however many there are.
    """
    if not pods or not beginnings:
        return []
    mark, length = _mark(conn), len(beginnings[0])
    start = f"substr(path, {len(parent) + 1}, {length})"
    place = f"pod IN ({', '.join([mark] * len(pods))}) AND parent = {mark}"
    columns = _LISTED.replace("NULL", "body", 1)
    statement = (
        f"SELECT pod, {columns} FROM (SELECT *, row_number() OVER (PARTITION BY pod, {start} ORDER BY path) AS place"  # noqa: S608  # marks
        f" FROM resources WHERE {place} AND {start} IN ({', '.join([mark] * len(beginnings))})) AS found"
        f" WHERE place <= {mark} ORDER BY pod, path"
    )
    found = fetch(conn, statement, (*pods, parent, *beginnings, most))
    return [_stored(str(pod), row) for pod, *row in found]


def rules(conn: Connection, pod: str, paths: Sequence[str]) -> dict[str, StoredResource]:
    """Those of many ACLs that stand, by path: `lookup` in portions that every database takes."""
    found: dict[str, StoredResource] = {}
    for start in range(0, len(paths), _PORTION):
        found |= lookup(conn, pod, paths[start : start + _PORTION])
    return found


def has_children(conn: Connection, pod: str, path: str) -> bool:
    """Whether a container holds anything."""
    mark = _mark(conn)
    statement = f"SELECT 1 FROM resources WHERE pod = {mark} AND parent = {mark} LIMIT 1"  # noqa: S608  # marks
    return bool(fetch(conn, statement, (pod, path)))


def put(conn: Connection, stored: StoredResource) -> None:
    """`keep`, for callers that have not looked: finds what is replaced.

    Raises `Conflict` when its twin (the same name with or without a final slash) or a look-alike stands.
    """
    keep(conn, stored, _size_before(conn, stored, uniqueness_key(stored.path)))


def keep(conn: Connection, stored: StoredResource, size_before: int | None) -> int:
    """Insert a row or replace one of `size_before` bytes, and count it in its pod, whose bytes are returned.

    The caller has seen in this transaction what stands there, and that nothing stands in the way. Of a row that is
    replaced `created` is kept. Raises `NotFound` when there is no such pod.
    """
    used = _count(conn, stored.pod, stored.size - (size_before or 0))
    values = _values(stored, uniqueness_key(stored.path))
    if size_before is None:
        run(conn, _insert(_mark(conn)), values)
    else:
        run(conn, _update(_mark(conn)), (*values[:-_LASTING], stored.pod, stored.path))
    return used


def touch(conn: Connection, pod: str, path: str, modified: datetime | None, around: str | None = None) -> None:
    """Note that the listing of a container has changed: a new version, and `modified` unless None.

    `around` is the container that lists this one, whose listing then tells the new date.
    """
    moved = None if modified is None else microseconds(modified)
    run(conn, _touch(_mark(conn)), (path, moved, pod, path, path if around is None else around))


def delete(conn: Connection, pod: str, path: str) -> bool:
    """Remove exactly this row; whether it stood. A blob stays until `Blobs.delete_unreferenced`."""
    mark = _mark(conn)
    here = f"pod = {mark} AND path = {mark}"
    found = fetch(conn, f"SELECT size FROM resources WHERE {here}", (pod, path))  # noqa: S608  # marks
    if not found:
        return False
    run(conn, f"DELETE FROM resources WHERE {here}", (pod, path))  # noqa: S608  # marks
    _count(conn, pod, -found[0][0])
    return True


def pod_exists(conn: Connection, pod: str) -> bool:
    """Whether a pod of this name is open."""
    return conn.execute(select(pods.c.pod).where(pods.c.pod == pod, pods.c.deleted.is_(None))).first() is not None


def owners(conn: Connection, pod: str) -> frozenset[str]:
    """WebIDs of those who always control the pod."""
    mark = _mark(conn)
    return frozenset(row[0] for row in fetch(conn, f"SELECT webid FROM pod_owners WHERE pod = {mark}", (pod,)))  # noqa: S608  # constant


def pods_of(conn: Connection, webid: str) -> list[str]:
    """Names of the pods that a WebID owns."""
    return list(conn.scalars(select(pod_owners.c.pod).where(pod_owners.c.webid == webid).order_by(pod_owners.c.pod)))


def bytes_used(conn: Connection, pod: str) -> int:
    """Sum of the sizes of everything in the pod, in bytes; 0 for an unknown pod."""
    found = fetch(conn, f"SELECT bytes_used FROM pods WHERE pod = {_mark(conn)}", (pod,))  # noqa: S608  # marks
    return int(found[0][0]) if found else 0


def pod_version(conn: Connection, pod: str) -> int:
    """Return a number that grows with every write in the pod, for caches; 0 for an unknown pod."""
    return int(conn.scalar(select(pods.c.version).where(pods.c.pod == pod)) or 0)


def blobs_in_use(conn: Connection) -> frozenset[str]:
    """Hashes of every blob that some resource refers to."""
    return frozenset(conn.scalars(select(resources.c.blob).where(resources.c.blob.is_not(None)).distinct()))


def in_the_way(pod: str, path: str, rival: str) -> Conflict:
    """The refusal to store `path` beside its `rival`."""
    if rival.removesuffix("/") == path.removesuffix("/"):
        return Conflict(
            N_("{path} exists: an address with and one without a final slash cannot both be used."),
            N_("Choose another name, or delete it first."),
            path=f"/{pod}/{rival}",
        )
    return Conflict(
        N_("{path} exists: its name has the same letters in another spelling."),
        N_("Choose another name, or delete it first."),
        path=f"/{pod}/{rival}",
    )


# -- steps ---------------------------------------------------------------------------------------

_LOOKUP_POSTGRESQL: Final = f"SELECT {_COLUMNS} FROM resources WHERE pod = %s AND path = ANY(%s)"  # noqa: S608  # constants


def _mark(conn: Connection) -> str:
    return "%s" if conn.dialect.name == "postgresql" else "?"


@lru_cache(maxsize=256)
def _lookup_sqlite(count: int) -> str:
    return f"SELECT {_COLUMNS} FROM resources WHERE pod = ? AND path IN ({', '.join('?' * count)})"  # noqa: S608  # constants


def _stored(pod: str, row: Sequence[Any]) -> StoredResource:
    path, role, parent, media_type, size, sha256, version, created, modified, body, blob, compiled, quads = row
    changed = moment(modified)
    began = changed if created == modified else moment(created)
    return StoredResource(
        pod, path, role, parent, media_type, size, sha256, version, began, changed, body, blob, compiled, quads
    )


@lru_cache(maxsize=2)
def _insert(mark: str) -> str:
    return f"INSERT INTO resources ({_STORED}) VALUES ({', '.join([mark] * (_STORED.count(',') + 1))})"  # noqa: S608  # marks


@lru_cache(maxsize=2)
def _update(mark: str) -> str:
    changed = ", ".join(f"{name} = {mark}" for name in _STORED.split(", ")[:-_LASTING])
    return f"UPDATE resources SET {changed} WHERE pod = {mark} AND path = {mark}"  # noqa: S608  # marks


def _values(stored: StoredResource, slashless: str) -> tuple[Any, ...]:
    """In the order of `_STORED`."""
    return (
        stored.media_type, stored.size, stored.sha256, stored.version, microseconds(stored.modified), stored.body,
        stored.blob, stored.compiled, stored.quads, microseconds(stored.created), stored.role, slashless, stored.parent,
        stored.pod, stored.path,
    )  # fmt: skip


def _size_before(conn: Connection, stored: StoredResource, slashless: str) -> int | None:
    row = _with_key(conn, stored.pod, slashless)
    if row is None:
        return None
    if row[0] != stored.path:
        raise in_the_way(stored.pod, stored.path, row[0])
    return int(row[1])


def _with_key(conn: Connection, pod: str, slashless: str) -> tuple[Any, ...] | None:
    """Path and size of what has this name, in whatever spelling."""
    mark = _mark(conn)
    statement = f"SELECT path, size FROM resources WHERE pod = {mark} AND slashless = {mark}"  # noqa: S608  # marks
    look = partial(fetch, conn, statement, (pod, slashless))
    return next(iter(once(conn, ("name", pod, slashless), look)), None)


@lru_cache(maxsize=2)
def _touch(mark: str) -> str:
    moved = f"CASE path WHEN {mark} THEN COALESCE({mark}, modified) ELSE modified END"
    here = f"pod = {mark} AND path IN ({mark}, {mark})"
    return f"UPDATE resources SET version = version + 1, modified = {moved} WHERE {here}"  # noqa: S608  # marks


@lru_cache(maxsize=2)
def _counted(mark: str) -> str:
    counted = f"version = version + 1, bytes_used = bytes_used + {mark}"
    return f"UPDATE pods SET {counted} WHERE pod = {mark} RETURNING bytes_used"  # noqa: S608  # marks


def _count(conn: Connection, pod: str, growth: int) -> int:
    found = fetch(conn, _counted(_mark(conn)), (growth, pod))
    if not found:
        raise NotFound(N_("There is no pod named {pod} here."), N_("Check the spelling of the address."), pod=pod)
    return int(found[0][0])

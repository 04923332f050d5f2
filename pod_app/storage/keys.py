"""Signing keys of pods, sealed by one root key; their private halves never leave this module.

A key is sealed with AES-256-GCM and bound to its pod and id, so that a row copied to another pod does
not open. A backup of the database without the root key is useless to a thief (trust.md S41).
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection, Row, insert, select, update

from pod_app.errors import N_, Conflict, Damaged, NotFound
from pod_app.settings import Settings
from pod_app.standards import multibase
from pod_app.standards.did import DidKey
from pod_app.storage import failures
from pod_app.storage.database import Database
from pod_app.storage.durable import make_folder, sync_folder
from pod_app.storage.schema import keys as table
from pod_app.storage.schema import microseconds, moment

FILE_NAME: Final = "root.key"
ROOT_LENGTH: Final = 32
KEPT_OPEN: Final = 256
_NONCE_LENGTH: Final = 12
State = Literal["active", "retired", "revoked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key(DidKey):
    """The public half of one key; `id` is its multibase form, the fragment of its id in the DID document."""

    pod: str
    id: str
    state: State
    created: datetime
    ended: datetime | None = None


class RootKey:
    """The secret that seals all others; `derive` gives independent secrets for other purposes."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._cipher = AESGCM(self.derive("seal"))

    def derive(self, purpose: str) -> bytes:
        """32 secret bytes for one purpose: knowing them says nothing about those of another."""
        return HKDF(hashes.SHA256(), ROOT_LENGTH, None, f"pod_app {purpose}".encode()).derive(self._secret)

    def seal(self, plain: bytes, bound_to: str) -> bytes:
        """`plain` made unreadable; it opens only together with the same `bound_to`."""
        nonce = os.urandom(_NONCE_LENGTH)
        return nonce + self._cipher.encrypt(nonce, plain, bound_to.encode())

    def unseal(self, sealed: bytes, bound_to: str) -> bytes:
        """Return what was sealed; raises `Damaged` for another root key or altered bytes."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_LENGTH], sealed[_NONCE_LENGTH:], bound_to.encode())
        except InvalidTag as error:
            raise Damaged(
                N_("The root key does not open the stored key of {owner}: it is another one, or the row was altered."),
                N_("Give the root key of this data folder: POD_APP_ROOT_KEY, or the file root.key of its backup."),
                owner=bound_to.partition("|")[0],
            ) from error


def check_root(root: RootKey, row: Mapping[str, Any]) -> None:
    """Raise `Damaged` unless `root` is the key that sealed this row of the table."""
    root.unseal(row["sealed"], _bound_to(row["pod"], row["id"]))


def root_key(settings: Settings) -> RootKey:
    """Take the root key from the settings, or from the file `root.key`, which is made at first use.

    Raises `Damaged` when it is malformed, unreadable, or readable by other users of the machine.
    """
    if settings.root_key:
        return RootKey(_decoded(settings.root_key, "POD_APP_ROOT_KEY"))
    path = settings.data / FILE_NAME
    try:
        if not path.exists():
            _make_file(path)
        if path.stat().st_mode & 0o077:
            raise Damaged(
                N_("{path} can be read by other users of this machine."), N_("Run: chmod 600 {path}"), path=path
            )
        return RootKey(_decoded(path.read_text("ascii", "replace").strip(), path))
    except OSError as error:
        raise failures.closed_to_us(path, error.strerror) from error


class Keys:
    """The keys of every pod of one installation."""

    def __init__(self, database: Database, root: RootKey) -> None:
        """Raise `Damaged` at once when `root` is not the key that sealed what is in the database."""
        self._root = root
        self._open: OrderedDict[tuple[str, str], Ed25519PrivateKey] = OrderedDict()
        self._guard = threading.Lock()
        with database.read() as conn:
            row = conn.execute(select(table).order_by(table.c.created).limit(1)).first()
        if row is not None:
            self._unsealed(row)

    def create(self, conn: Connection, pod: str, now: datetime) -> Key:
        """Make the pod's next signing key; earlier active ones stay active until they are retired."""
        private = Ed25519PrivateKey.generate()
        name = multibase.encode_key(private.public_key().public_bytes_raw())
        conn.execute(
            insert(table).values(
                pod=pod, id=name, kind="issuer", algorithm="Ed25519", public=name, state="active",
                sealed=self._root.seal(private.private_bytes_raw(), _bound_to(pod, name)), created=microseconds(now),
            )
        )  # fmt: skip
        return self._get(conn, pod, name)

    def active(self, conn: Connection, pod: str) -> Key:
        """Find the newest key that may sign; raises `NotFound` when the pod has none."""
        found = [key for key in self.all(conn, pod) if key.state == "active"]
        if not found:
            raise NotFound(N_("The pod {pod} has no signing key."), N_("Run: pod_app keys rotate {pod}"), pod=pod)
        return found[-1]

    def all(self, conn: Connection, pod: str) -> list[Key]:
        """Every key the pod ever had, oldest first, as its DID document lists them."""
        mine = select(table).where(table.c.pod == pod, table.c.kind == "issuer").order_by(table.c.created, table.c.id)
        return [_key(row) for row in conn.execute(mine)]

    def sign(self, conn: Connection, pod: str, data: bytes, *, key_id: str) -> bytes:
        """Sign `data` (Ed25519, 64 bytes); raises `Conflict` unless the key is active, `NotFound` without it."""
        row = self._row(conn, pod, key_id)
        if row.state != "active":
            raise Conflict(
                N_("The key {key} of {pod} is {state} and signs no more."), N_("Sign with the pod's active key."),
                key=key_id, pod=pod, state=row.state,
            )  # fmt: skip
        return self._private(row).sign(data)

    def retire(self, conn: Connection, pod: str, key_id: str, now: datetime) -> None:
        """End a key's use; what it has signed keeps verifying. Raises `NotFound`."""
        self._end(conn, pod, key_id, "retired", now)

    def revoke(self, conn: Connection, pod: str, key_id: str, now: datetime) -> None:
        """Declare a key stolen: everything it has signed stops verifying. Raises `NotFound`."""
        self._end(conn, pod, key_id, "revoked", now)
        with self._guard:
            self._open.pop((pod, key_id), None)

    # -- steps -----------------------------------------------------------------------------------

    def _end(self, conn: Connection, pod: str, key_id: str, state: State, now: datetime) -> None:
        self._row(conn, pod, key_id)
        mine = (table.c.pod == pod) & (table.c.id == key_id)
        conn.execute(update(table).where(mine).values(state=state, ended=microseconds(now)))

    def _get(self, conn: Connection, pod: str, key_id: str) -> Key:
        return _key(self._row(conn, pod, key_id))

    def _row(self, conn: Connection, pod: str, key_id: str) -> Row[Any]:
        row = conn.execute(select(table).where(table.c.pod == pod, table.c.id == key_id)).first()
        if row is None:
            raise NotFound(
                N_("The pod {pod} has no key {key}."), N_("Its DID document lists its keys."), pod=pod, key=key_id
            )
        return row

    def _private(self, row: Row[Any]) -> Ed25519PrivateKey:
        name = (row.pod, row.id)
        with self._guard:
            if name in self._open:
                self._open.move_to_end(name)
                return self._open[name]
        private = self._unsealed(row)
        with self._guard:
            self._open[name] = private
            if len(self._open) > KEPT_OPEN:
                self._open.popitem(last=False)
        return private

    def _unsealed(self, row: Row[Any]) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self._root.unseal(row.sealed, _bound_to(row.pod, row.id)))


def _bound_to(pod: str, key_id: str) -> str:
    return f"{pod}|{key_id}"


def _key(row: Row[Any]) -> Key:
    ended = None if row.ended is None else moment(row.ended)
    return Key(
        public_key=multibase.decode_key(row.public), revoked=ended if row.state == "revoked" else None,
        pod=row.pod, id=row.id, state=row.state, created=moment(row.created), ended=ended,
    )  # fmt: skip


def _decoded(text: str, where: object) -> bytes:
    try:
        secret = bytes.fromhex(text)
    except ValueError:
        secret = b""
    if len(secret) != ROOT_LENGTH:
        raise Damaged(
            N_("{where} must hold {digits} hexadecimal digits."), N_("Restore the root key from its backup."),
            where=where, digits=2 * ROOT_LENGTH,
        )  # fmt: skip
    return secret


def _make_file(path: Path) -> None:
    """Write a new key beside and link it into place, so that two processes that start at once agree on one."""
    temporary = path.with_name(f".{FILE_NAME}.{os.getpid()}.{threading.get_ident()}")
    make_folder(path.parent)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(os.urandom(ROOT_LENGTH).hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            return
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)

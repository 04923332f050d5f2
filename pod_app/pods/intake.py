"""Bodies on their way in: small ones in hand, large ones straight to the blob store, each within its pod's room.

Room is claimed before the first byte of a large body is written and given back when the body is there or has
failed (trust.md S39). The claims live in this process and only spare the disk; what is kept is counted in the
transaction of the write (`pods/writing.py`).
"""

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pod_app.errors import N_, QuotaExceeded
from pod_app.pods.body import Content, Kept, largest, too_large
from pod_app.settings import Settings
from pod_app.standards import rdf
from pod_app.standards.addresses import Address
from pod_app.storage import resources as rows
from pod_app.storage.blobs import CHUNK, Blobs
from pod_app.storage.database import Database


class Intake:
    """Takes bodies in; one for an installation."""

    def __init__(self, settings: Settings, database: Database, blobs: Blobs) -> None:
        self._settings = settings
        self._database = database
        self._blobs = blobs
        self._claimed: Counter[str] = Counter()
        self._lock = threading.Lock()

    def receive(self, address: Address, stream: IO[bytes], media_type: str, announced: int | None) -> Content:
        """Read a body to its end; what is larger than `inline_body`, and no RDF, is on disk when this returns.

        `announced` is its Content-Length, None when unknown. Raises `TooLarge` and `QuotaExceeded`, and
        whatever the stream raises when its sender goes away; then nothing is left.
        """
        limit = largest(self._settings, media_type)
        if announced is not None and announced > limit:
            raise too_large(announced, limit)
        at_hand = limit if rdf.is_rdf(media_type.partition(";")[0].strip().lower()) else self._settings.inline_body
        head = stream.read(at_hand + 1)
        if len(head) <= at_hand:
            return head
        if at_hand == limit:
            raise too_large(len(head), limit)
        require_room(self._settings)
        with self._claim(address, announced or 0) as claim:
            return Kept(*self._blobs.put(_pieces(head, stream, claim, limit)))

    @contextmanager
    def _claim(self, address: Address, size: int) -> Iterator["_Claim"]:
        with self._database.read() as conn:
            current = rows.get(conn, address.pod, address.path)
            used = rows.bytes_used(conn, address.pod) - (0 if current is None else current.size)
        claim = _Claim(self, address.pod, used)
        try:
            claim.cover(size)
            yield claim
        finally:
            claim.give_back()

    def claim(self, pod: str, used: int, more: int) -> None:
        """Set `more` bytes aside; raises `QuotaExceeded` when they do not fit beside what others are sending."""
        quota = self._settings.pod_quota
        with self._lock:
            if used + self._claimed[pod] + more > quota:
                raise full(pod, used + self._claimed[pod], quota, more)
            self._claimed[pod] += more

    def give_back(self, pod: str, claimed: int) -> None:
        """End a claim."""
        with self._lock:
            self._claimed[pod] -= claimed
            if not self._claimed[pod]:
                del self._claimed[pod]


class _Claim:
    def __init__(self, intake: Intake, pod: str, used: int) -> None:
        self._intake = intake
        self._pod = pod
        self._used = used
        self._claimed = 0

    def cover(self, size: int) -> None:
        """Make sure that there is room for `size` bytes of this body."""
        if size > self._claimed:
            more = max(size - self._claimed, 0)
            self._intake.claim(self._pod, self._used, more)
            self._claimed += more

    def give_back(self) -> None:
        self._intake.give_back(self._pod, self._claimed)


def require_room(settings: Settings) -> None:
    """Refuse a write that would eat into the last free bytes of the disk (`keep_free`); reading and deleting go on."""
    free = free_bytes(settings.data)
    if free < settings.keep_free:
        raise QuotaExceeded(
            N_("The disk has {free} bytes left and {kept} are kept free; nothing of this was kept."),
            N_("Delete something, or ask for more room."),
            free=free,
            kept=settings.keep_free,
        )


def free_bytes(folder: Path) -> int:
    """Bytes that this user may still write on the disk of `folder`."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def full(pod: str, used: int, quota: int, growth: int) -> QuotaExceeded:
    """Refuse a write for want of room in its pod."""
    return QuotaExceeded(
        N_("The pod {pod} holds {used} bytes of at most {quota}: {growth} more do not fit."),
        N_("Delete something, or ask for more room."),
        pod=pod,
        used=used,
        quota=quota,
        growth=growth,
    )


def _pieces(head: bytes, stream: IO[bytes], claim: _Claim, limit: int) -> Iterator[bytes]:
    size, piece = 0, head
    while piece:
        size += len(piece)
        if size > limit:
            raise too_large(size, limit)
        claim.cover(size)
        yield piece
        piece = stream.read(CHUNK)

"""What a client was promised, kept outside the installation under test, and the judgement of what was kept.

A body says which version of which name it is, so that the same judgement serves every door: the tables
themselves, or answers to HTTP requests. Intentions are noted before the request and promises, synced,
after the answer; no answer means unknown, so that an unpromised write may or may not be there.
"""

import hashlib
import os
import random
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path


class Ledger:
    """One file, appended to by the threads of one client process."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def intend(self, name: str, version: int, body: bytes) -> None:
        os.write(self._descriptor, f"intend {name} {version} {hashlib.sha256(body).hexdigest()}\n".encode())

    def promised(self, name: str, version: int) -> None:
        os.write(self._descriptor, f"promised {name} {version}\n".encode())
        os.fsync(self._descriptor)


@dataclass(frozen=True)
class Record:
    """All ledgers read together: hashes by (name, version), and the newest promised version of each name."""

    intended: Mapping[tuple[str, int], str]
    promised: Mapping[str, int]


def read(paths: Iterable[Path]) -> Record:
    intended: dict[tuple[str, int], str] = {}
    promised: dict[str, int] = {}
    for path in paths:
        for line in path.read_text().splitlines(keepends=True):
            if not line.endswith("\n"):
                continue  # its writer was killed
            kind, name, version, *rest = line.split()
            if kind == "intend":
                intended[name, int(version)] = rest[0]
            else:
                promised[name] = max(int(version), promised.get(name, 0))
    return Record(intended, promised)


def make_body(name: str, version: int, size: int, randomness: random.Random) -> bytes:
    return f"{name} {version}\n".encode() + randomness.randbytes(size)


def version_of(body: bytes) -> tuple[str, int]:
    name, version = body.partition(b"\n")[0].decode().split()
    return name, int(version)


@dataclass(frozen=True)
class Verdict:
    lost: list[str]
    torn: list[str]
    promised: int
    present_without_promise: int


def judge(promised: Record, intended: Record, found: Mapping[str, bytes]) -> Verdict:
    """`promised` was read before `found` was, and `intended` after, because clients may still be writing."""
    lost, torn, unpromised = [], [], 0
    for name, version in promised.promised.items():
        if name not in found or version_of(found[name])[1] < version:
            lost.append(name)
    for name, body in found.items():
        about, version = version_of(body)
        if about != name or intended.intended.get((name, version)) != hashlib.sha256(body).hexdigest():
            torn.append(name)
        unpromised += version > promised.promised.get(name, 0)
    return Verdict(lost, torn, len(promised.promised), unpromised)


class Client:
    """Threads that create and replace resources through `send(name, version, body)` until the process is killed."""

    def __init__(self, ledger: Ledger, prefix: str, threads: int, names: int, sizes: tuple[int, int]) -> None:
        self._ledger = ledger
        self._prefix = prefix
        self._threads = threads
        self._names = names
        self._sizes = sizes

    def run(self, send) -> None:
        started = [threading.Thread(target=self._work, args=(send, number)) for number in range(self._threads)]
        for thread in started:
            thread.start()
        for thread in started:
            thread.join()

    def _work(self, send, number: int) -> None:
        randomness = random.Random(f"{self._prefix} {number}")
        versions: dict[str, int] = {}
        while True:
            name = f"{self._prefix}-{number}-{randomness.randrange(self._names)}"
            version = versions[name] = versions.get(name, 0) + 1
            body = make_body(name, version, randomness.randint(*self._sizes), randomness)
            self._ledger.intend(name, version, body)
            send(name, version, body)
            self._ledger.promised(name, version)

"""A server on a data folder, and somebody who types commands beside it (contracts.md §4).

Exit codes: 0 done or yes, 1 the answer is no, 2 it could not be done or checked; errors are one line on stderr.
"""

import sqlite3
import subprocess
import zlib
from contextlib import closing
from pathlib import Path

import live_server
import pytest
from subscribers import wait_until

from pod_app.storage.database import FILE_NAME

PASSWORD = "a long enough password"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="4"/></svg>'


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", bytes((0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0)))
    + chunk(b"IDAT", zlib.compress(b"\0\0"))
    + chunk(b"IEND", b"")
)


class Town:
    """A data folder, the server on it, and somebody at its terminal."""

    def __init__(self, folder: Path, base: str) -> None:
        self.folder, self.base = folder, base

    def type(self, *arguments: object, stdin: str | bytes = "") -> subprocess.CompletedProcess:
        return live_server.run(self.folder, *map(str, arguments), stdin=stdin)

    def done(self, *arguments: object, stdin: str = "") -> str:
        answer = self.type(*arguments, stdin=stdin)
        assert (answer.returncode, answer.stderr) == (0, ""), answer.stderr
        return answer.stdout.strip()

    def webid(self, name: str) -> str:
        return f"{self.base}{name}/profile/card#me"

    def issue(self, *more: object, to: str = "bob") -> str:
        """A badge, and its address once it has been brought to its holder: the server may be doing that still."""
        recipient = to if "@" in to else self.webid(to)
        mould = f"{self.base}potager/achievements/compost"
        iri = self.done("badge", "issue", "--as", "potager", "--achievement", mould, "--to", recipient, *more)
        self.settle()
        return iri

    def settle(self) -> None:
        """Wait until no job is left, of the commands or of the server: then nothing changes by itself."""
        waiting = "SELECT kind, path FROM outbox WHERE done_at IS NULL AND failed IS NULL"
        with closing(sqlite3.connect(self.folder / FILE_NAME)) as database:
            wait_until(lambda: not database.execute(waiting).fetchall())

    def state(self) -> list[str]:
        """Everything that the database holds about resources, pods, accounts and badges."""
        self.settle()
        queries = (
            "SELECT pod, path, sha256 FROM resources ORDER BY 1, 2", "SELECT pod FROM pods ORDER BY 1",
            "SELECT name FROM accounts ORDER BY 1", "SELECT count(*) FROM status_entries",
        )  # fmt: skip
        with closing(sqlite3.connect(self.folder / FILE_NAME)) as database:
            return [str(row) for query in queries for row in database.execute(query)]

    def copy(self, to: Path) -> Path:
        """The folder as it stands when nothing is going on any more."""
        self.settle()
        return live_server.copy(self.folder, to)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Alice, Bob, and a garden with one achievement; each test adds what it needs, and changes none of these."""
    folder = tmp_path_factory.mktemp("town") / "data"
    with live_server.serving(folder) as base:
        town = Town(folder, base)
        town.done("account", "create", "alice", "--password-stdin", "--title", "Alice", stdin=f"{PASSWORD}\n")
        town.done("account", "create", "bob", "--no-password")
        town.done("pod", "create", "potager", "--kind", "garden", "--owner", town.webid("alice"), "--title", "Potager")
        town.done(
            "achievement", "create", "--as", "potager", "--name", "Compost", "--description", "Fait du sol.",
            "--criteria", "Trois *tas*.", "--tag", "sol", "--type", "Badge", "--language", "fr",
        )  # fmt: skip
        yield town


@pytest.fixture(scope="module")
def badge(town, tmp_path_factory) -> Path:
    """A badge of Bob's, as a file."""
    path = tmp_path_factory.mktemp("badges") / "badge.json"
    town.issue("--out", path)
    return path


def refused(answer: subprocess.CompletedProcess, *words: str) -> str:
    """Exit code 2 and one line on stderr that holds these words."""
    assert answer.returncode == 2, answer.stdout + answer.stderr
    assert answer.stdout == ""
    assert answer.stderr.startswith("pod_app: ")
    assert answer.stderr.count("\n") == 1, answer.stderr
    for word in words:
        assert str(word) in answer.stderr
    return answer.stderr

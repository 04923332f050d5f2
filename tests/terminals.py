"""Somebody at a terminal of installations in this process: commands run on them as `main` runs them."""

import dataclasses
import io
import json
import sys
from contextlib import contextmanager

import pytest

from pod_app import cli
from pod_app.cli import badges, care, common

assert badges.opened is care.opened is common.opened  # imported first: none may take the stand-in below for its own


@dataclasses.dataclass(frozen=True)
class Typed:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def rows(self):
        """Its lines of JSON."""
        return [json.loads(line) for line in self.out.splitlines()]


class Terminal:
    """Types commands; `done` wants them to succeed without a word on the side."""

    def __init__(self, monkeypatch, capsys):
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        monkeypatch.setenv("LANG", "en_GB.UTF-8")
        for name in ("LC_ALL", "LC_MESSAGES"):
            monkeypatch.delenv(name, raising=False)

    def type(self, installation, *arguments, stdin=""):
        @contextmanager
        def opened(*_folder, **_how):
            yield installation.services

        self._monkeypatch.setattr(common, "opened", opened)
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8"))
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main([str(one) for one in arguments])
        said = self._capsys.readouterr()
        return Typed(ended.value.code or 0, said.out.strip(), said.err.strip())

    def done(self, installation, *arguments, stdin=""):
        answer = self.type(installation, *arguments, stdin=stdin)
        assert (answer.code, answer.err) == (0, ""), answer
        return answer.out

    def rows(self, installation, *arguments):
        answer = self.type(installation, *arguments, "--json")
        assert (answer.code, answer.err) == (0, ""), answer
        return answer.rows

    def refused(self, installation, *arguments):
        """The sentence with which a command that cannot be done ends."""
        answer = self.type(installation, *arguments)
        assert (answer.code, answer.out) == (2, ""), answer
        assert answer.err
        assert "Traceback" not in answer.err
        return answer.err

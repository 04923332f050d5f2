"""What became of each badge that somebody imported, kept as JSON whose sentences are translated when they are read."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from pod_app.badges.bag.importing import StepFailed
from pod_app.badges.verifier import verifying
from pod_app.errors import PodAppError
from pod_app.standards.json_text import dump, object_in
from pod_app.standards.open_badges import moment, whole_seconds
from pod_app.standards.sentences import Sentence, of_error

State = Literal["waiting", "kept", "failed"]
STATES: Final = ("waiting", "kept", "failed")
_SHOWN: Final = frozenset({"fail", "unknown"})


@dataclass(slots=True)
class Entry:
    """One badge of an import: `step` names the check that failed, `said` are the sentences about it."""

    name: str
    state: State = "waiting"
    badge: str = ""
    step: str = ""
    said: list[Sentence] = field(default_factory=list)
    remedy: Sentence | None = None
    error: PodAppError | None = None
    """What went wrong just now; a report that is read again has only the words."""

    def kept(self, path: str, report: verifying.Report) -> None:
        """It is in the bag; what could not be found out, or is not quite as it should be, is said."""
        doubts = sorted((one for one in report.checks if one.outcome in _SHOWN), key=lambda one: one.outcome != "fail")
        self.state, self.badge = "kept", path
        self.step = doubts[0].name if doubts else ""
        self.said = [sentence for check in doubts for sentence in check.detail]
        self.remedy = doubts[0].remedy if doubts else None

    def told(self, gettext: Callable[[str], str]) -> dict[str, str]:
        """For a page or a terminal, in the language of `gettext`."""
        return {
            "name": self.name, "state": self.state, "badge": self.badge, "step": self.step,
            "detail": " ".join(_told(one, gettext) for one in self.said),
            "remedy": _told(self.remedy, gettext) if self.remedy else "",
        }  # fmt: skip


@dataclass(slots=True)
class Report:
    """One import: of a file, of an archive, or (`url`) of an address."""

    id: str
    name: str
    at: datetime
    entries: list[Entry]
    url: str = ""

    @property
    def waiting(self) -> list[Entry]:
        """Those whose turn has not come."""
        return [one for one in self.entries if one.state == "waiting"]

    @property
    def failed(self) -> list[Entry]:
        """Those that were not taken."""
        return [one for one in self.entries if one.state == "failed"]

    @property
    def is_done(self) -> bool:
        """Whether every badge is in the bag."""
        return all(one.state == "kept" for one in self.entries)

    @property
    def is_archive(self) -> bool:
        """Whether the file that is kept holds its badges one by one: a single file bears its own name."""
        return not self.url and [one.name for one in self.entries] != [self.name]

    def to_bytes(self) -> bytes:
        """As it is kept."""
        entries = [_to_json(one) for one in self.entries]
        return dump({"name": self.name, "at": whole_seconds(self.at), "url": self.url, "entries": entries})

    @classmethod
    def of_bytes(cls, name: str, data: bytes) -> "Report":
        """What was kept; the owner of the pod may have written anything there."""
        found = object_in(data)
        at = moment(found.get("at")) or datetime.fromtimestamp(0, UTC)
        entries = found.get("entries")
        listed = [_entry(one) for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []
        return cls(name, str(found.get("name") or ""), at, listed, str(found.get("url") or ""))


def failure(entry: Entry, error: PodAppError) -> None:
    """Note why a badge was not taken."""
    entry.state, entry.error = "failed", error
    if isinstance(error, StepFailed):
        entry.step, entry.said, entry.remedy = error.step.name, list(error.step.detail), error.step.remedy
        return
    detail, entry.remedy = of_error(error)
    entry.step, entry.said = "", [detail]


def _to_json(entry: Entry) -> dict[str, Any]:
    made: dict[str, Any] = {"name": entry.name, "state": entry.state, "badge": entry.badge, "step": entry.step}
    made["said"] = [_sentence(one) for one in entry.said]
    made["remedy"] = _sentence(entry.remedy) if entry.remedy else None
    return {key: value for key, value in made.items() if value}


def _sentence(one: Sentence) -> dict[str, Any]:
    return {"text": one.template, "values": {key: str(value) for key, value in one.values.items()}}


def _entry(one: Mapping[str, Any]) -> Entry:
    state = one.get("state")
    said = one.get("said")
    return Entry(
        str(one.get("name") or ""),
        state if state in STATES else "waiting",
        str(one.get("badge") or ""),
        str(one.get("step") or ""),
        list(_sentences(said if isinstance(said, list) else [])),
        next(_sentences([one.get("remedy")]), None),
    )


def _sentences(found: list[Any]) -> Iterator[Sentence]:
    for one in found:
        if isinstance(one, dict) and isinstance(one.get("text"), str):
            values = one.get("values")
            yield Sentence(one["text"], values if isinstance(values, dict) else {})


def _told(one: Sentence, gettext: Callable[[str], str]) -> str:
    """A sentence that stood in a pod, where its owner may have spoilt it."""
    try:
        return one.translated(gettext)
    except (KeyError, IndexError, ValueError, AttributeError):
        return one.template

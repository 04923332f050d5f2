"""What verification answers: always the same checks in the same order, each in words.

`verified` is True, False or None: None means that something needed could not be found out, which is
never the same as valid (open-badges.md §5.6, §5.8). Sentences stay templates until a door translates them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from pod_app.errors import N_, PodAppError, TooComplex, TooLarge, Unreachable, Unreadable, Unsupported
from pod_app.standards import did
from pod_app.standards.sentences import Sentence, of_error

Outcome = Literal["pass", "fail", "not-run", "unknown"]

CHECKS: Final = (
    "readable",
    "shape",
    "contexts",
    "safe-mode",
    "issuer-document",
    "key",
    "proof",
    "refresh",
    "status",
    "valid-from",
    "valid-until",
    "recipient",
    "endorsements",
)
NEEDED: Final = frozenset({"readable", "shape", "issuer-document", "key", "proof", "valid-from"})


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document from the network: final `url`, `media_type` without parameters, bytes.

    `fetched_at` says when a kept copy was taken; None means just now.
    """

    url: str
    media_type: str
    body: bytes
    fetched_at: datetime | None = None


Fetch = Callable[[str, str], Fetched]
"""`fetch(url, accept)`: the document, or Unreachable (also for every answer that is no success)."""


@dataclass(frozen=True, slots=True)
class Check:
    """One named check; `remedy` says what the reader can do when it did not pass."""

    name: str
    outcome: Outcome
    detail: tuple[Sentence, ...] = ()
    remedy: Sentence | None = None

    def to_json(self, gettext: Callable[[str], str] = str) -> dict[str, str]:
        """Write `{name, outcome, detail, remedy}` with sentences in the language of `gettext`."""
        return {
            "name": self.name,
            "outcome": self.outcome,
            "detail": " ".join(sentence.translated(gettext) for sentence in self.detail),
            "remedy": self.remedy.translated(gettext) if self.remedy else "",
        }


@dataclass(frozen=True, slots=True)
class Report:
    """All checks in the order of `CHECKS`, the credential that was read and its text as it stood in the file.

    `renewed` is the newer copy that the issuer keeps, when the checks are about that one.
    """

    checks: tuple[Check, ...]
    credential: Mapping[str, Any] | None = None
    text: str = ""
    renewed: Mapping[str, Any] | None = None

    @property
    def shown(self) -> Mapping[str, Any] | None:
        """The credential that the checks are about."""
        return self.credential if self.renewed is None else self.renewed

    @property
    def verified(self) -> bool | None:
        """False when a check failed, None when a needed one could not be made, else True."""
        outcomes = {check.name: check.outcome for check in self.checks}
        if "fail" in outcomes.values():
            return False
        if "unknown" in outcomes.values() or any(outcomes.get(name) != "pass" for name in NEEDED):
            return None
        return True

    def __getitem__(self, name: str) -> Check:
        return next(check for check in self.checks if check.name == name)

    def to_json(self, gettext: Callable[[str], str] = str) -> dict[str, Any]:
        """Write `{verified, checks}`, as `badge verify --json` prints it."""
        return {"verified": self.verified, "checks": [check.to_json(gettext) for check in self.checks]}


def passed(name: str, *detail: Sentence) -> Check:
    """Make a check that holds."""
    return Check(name, "pass", detail)


def failed(name: str, detail: Sentence, remedy: Sentence | None = None) -> Check:
    """Make a check that does not hold."""
    return Check(name, "fail", (detail,), remedy)


def unknown(name: str, detail: Sentence, remedy: Sentence | None = None) -> Check:
    """Make a check that could not be made."""
    return Check(name, "unknown", (detail,), remedy)


def not_run(name: str, detail: Sentence) -> Check:
    """Make a check that there was no reason, or no ground, to make."""
    return Check(name, "not-run", (detail,))


def of(name: str, outcome: Literal["fail", "unknown"], error: PodAppError) -> Check:
    """Turn an error into the check that it decides."""
    detail, remedy = of_error(error)
    return Check(name, outcome, (detail,), remedy)


def by_error(name: str, error: PodAppError) -> Check:
    """Turn an error of a remote document into a check: what could not be had or read is unknown, a lie fails."""
    missing = isinstance(error, Unreachable | Unreadable | Unsupported | TooLarge | TooComplex)
    return of(name, "unknown" if missing else "fail", error)


def documents(given: Mapping[str, bytes], beyond: Fetch | None = None) -> Fetch:
    """Let documents given by hand stand for the network; other addresses go to `beyond`, or are unreachable.

    A did:web may be given by its DID as well as by the address of its document.
    """
    by_url = {did.document_url(key) if key.startswith("did:web:") else key: body for key, body in given.items()}

    def fetch(url: str, accept: str) -> Fetched:
        if url in by_url:
            return Fetched(url, "application/json", by_url[url])
        if beyond is not None:
            return beyond(url, accept)
        raise Unreachable(
            N_("{url} was not given and the network was not asked."),
            N_("Give the document by hand, or allow the network."),
            url=url[:200],
        )

    return fetch

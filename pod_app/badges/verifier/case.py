"""One credential under examination: what was read, what has been found so far, and the outside world it may ask.

The world is a `Look`: the clock's time as a value, and fetches that are counted and never repeated, so
that a badge full of addresses cannot send us to and fro.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from pod_app.badges.verifier.reading import Reading
from pod_app.badges.verifier.report import Check, Fetch, Fetched
from pod_app.badges.verifier.tokens import PublicKey
from pod_app.errors import N_, PodAppError, Unreachable, Unreadable
from pod_app.standards import strict_json
from pod_app.standards.open_badges_shape import listed

MAX_FETCHES: Final = 24
STALE: Final = timedelta(hours=24)
ACCEPT_KEYS: Final = "application/did+json, application/did+ld+json, application/ld+json, application/json;q=0.9"
ACCEPT_CREDENTIAL: Final = "application/vc, application/vc+ld+json, application/ld+json, application/json;q=0.9"


@dataclass(slots=True)
class Look:
    """Where and when a verification takes place, and for whom: `recipients` are the names of one person.

    `plain_http` are `host:port` whose did:web is not on https; `found_at` is where the file itself was had.
    """

    fetch: Fetch
    at: datetime
    recipients: tuple[str, ...] = ()
    plain_http: Collection[str] = ()
    found_at: str | None = None
    _kept: dict[str, Fetched | Unreachable] = field(default_factory=dict)

    def document(self, url: str, accept: str) -> tuple[dict[str, Any], Fetched]:
        """One JSON object from the network. Raises Unreachable, Unreadable."""
        found = self.get(url, accept)
        try:
            return strict_json.read_object(found.body), found
        except Unreadable:
            raise Unreadable(
                N_("What stands at {url} is not a JSON document."),
                N_("Try again later, or give the document by hand."),
                url=url[:200],
            ) from None

    def afresh(self) -> "Look":
        """The same world with nothing read yet, for what has changed while it was read."""
        return replace(self, _kept={})

    def is_stale(self, found: Fetched) -> bool:
        """Whether a kept copy is too old to speak about the present (trust.md S27)."""
        return found.fetched_at is not None and self.at - found.fetched_at > STALE

    def get(self, url: str, accept: str) -> Fetched:
        """One document from the network, asked for once. Raises Unreachable."""
        if url not in self._kept:
            self._kept[url] = self._ask(url, accept)
        kept = self._kept[url]
        if isinstance(kept, Unreachable):
            raise kept
        return kept

    def _ask(self, url: str, accept: str) -> Fetched | Unreachable:
        if len(self._kept) >= MAX_FETCHES:
            return Unreachable(
                N_("The badge points to more than {number} documents; the others were not asked for."),
                number=MAX_FETCHES,
            )
        try:
            return self.fetch(url, accept)
        except Unreachable as error:
            return error
        except PodAppError as error:
            # Whatever kept it back (its size, a policy), the document could not be had.
            return Unreachable(error.detail_template, error.remedy_template, **error.values)


@dataclass(slots=True)
class Case:
    """A credential on its way through the checks."""

    reading: Reading
    look: Look
    checks: dict[str, Check] = field(default_factory=dict)
    controller: Mapping[str, Any] | None = None  # the issuer's own document
    keys: list[tuple[Mapping[str, Any], bytes]] = field(default_factory=list)  # proofs whose key is the issuer's
    token_key: PublicKey | None = None

    @property
    def document(self) -> Mapping[str, Any]:
        """The credential itself."""
        return self.reading.document

    @property
    def issuer(self) -> str:
        """Id of the issuer, empty when the credential names none."""
        issuer = self.document.get("issuer")
        found = issuer.get("id") if isinstance(issuer, Mapping) else issuer
        return found if isinstance(found, str) else ""

    @property
    def proofs(self) -> list[Mapping[str, Any]]:
        """Embedded proofs that are objects."""
        return [proof for proof in listed(self.document.get("proof")) if isinstance(proof, Mapping)]

    @property
    def is_signed(self) -> bool:
        """Whether there is anything to check a signature against."""
        return self.reading.token is not None or bool(self.proofs)

    def is_passed(self, *names: str) -> bool:
        """Whether all these checks were made and hold."""
        return all(name in self.checks and self.checks[name].outcome == "pass" for name in names)

"""Whose look stands behind each of many badges, for pages that show them as tiles.

The answer is that of a badge's own page (`Confirmations.regard`). Three statements bring the pods, the words and who
says them, however many badges there are; only a word that would widen a look is judged, the widest first.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from pod_app.badges.recognition import confirmations
from pod_app.badges.recognition.confirmations import MOST, PLACE, achievement_of, issuer_of, place_of, subject_of
from pod_app.badges.recognition.regard import REGARDS, About, Confirmed, Regard, Voice, look, regard
from pod_app.badges.verifier import verifying
from pod_app.badges.verifier.verifying import Fetch
from pod_app.pods.catalogue import Catalogue, Pod
from pod_app.pods.resources import Resources
from pod_app.standards import addresses, rdf
from pod_app.standards.json_text import dump, object_in
from pod_app.storage import resources as rows

MOST_JUDGED: Final = 100
"""Words that one page has judged; a badge that needs more shows no look, rather than a narrower one than it has."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Whose look stands behind a badge (None: too many words to judge), and the pod that gave it, if it is here."""

    regard: Regard | None
    issuer: Pod | None


@dataclass(slots=True)
class _Word:
    """What somebody says, kept in a pod or signed into a badge; `by` is the pod that says it, when it is here."""

    document: Mapping[str, Any]
    about: About
    by: Pod | None = None

    @property
    def confirmed(self) -> Confirmed:
        """As the function of regard takes it."""
        return Confirmed(self.about, _voice(self.by))


@dataclass(slots=True)
class _Known:
    """The pods of this installation that a page needs, by how badges name them."""

    by_did: dict[str, Pod] = field(default_factory=dict)
    by_webid: dict[str, Pod] = field(default_factory=dict)

    def add(self, pods: Iterable[Pod]) -> None:
        for pod in pods:
            self.by_did[pod.did] = self.by_webid[pod.webid] = pod


class Regards:
    """The looks behind the badges of one installation; `fetch` answers its own documents alone."""

    def __init__(self, resources: Resources, catalogue: Catalogue, fetch: Fetch, clock: Callable[[], datetime]) -> None:
        self._resources = resources
        self._catalogue = catalogue
        self._fetch = fetch
        self._clock = clock

    def of(self, badges: Sequence[Mapping[str, Any]], bag: str) -> list[Seen]:
        """One answer for each badge, in their order; `bag` is the pod in which they stand."""
        known = _Known()
        with self._resources.reading() as conn:
            known.add(self._pods(conn, badges))
            wanted = [self._wanted(badge, bag, known) for badge in badges]
            kept = self._kept(conn, {place for places in wanted for place in places})
            words = [self._words(badge, places, kept) for badge, places in zip(badges, wanted, strict=True)]
            self._name(conn, known, [word for some in words for word in some])
        judge = _Judge(_once(self._fetch), self._clock())
        return [self._seen(badge, some, known, judge) for badge, some in zip(badges, words, strict=True)]

    # -- steps -----------------------------------------------------------------------------------

    def _pods(self, conn: Connection, badges: Sequence[Mapping[str, Any]]) -> list[Pod]:
        webids = {webid for badge in badges if (webid := subject_of(badge))}
        here = [addresses.of_iri(webid.partition("#")[0], self._resources.base_url) for webid in webids]
        names = {_named(issuer_of(badge)) for badge in badges} | {one.pod for one in here if one is not None}
        return self._catalogue.several(conn, names, webids)

    def _wanted(self, badge: Mapping[str, Any], bag: str, known: _Known) -> dict[tuple[str, str], About]:
        """Pods with what words in them would be about: the badge in its holder's, its kind where that is made."""
        holder = known.by_webid.get(subject_of(badge) or "")
        issuer, achievement = known.by_did.get(issuer_of(badge)), achievement_of(badge)
        found: dict[tuple[str, str], About] = {
            (place_of(achievement, self._resources.base_url), achievement): "achievement",
            (issuer.name if issuer else "", issuer_of(badge)): "issuer",
            (holder.name if holder else bag, confirmations.id_of(badge) or ""): "badge",
        }
        return {(pod, about): kind for (pod, about), kind in found.items() if pod and about}

    def _kept(self, conn: Connection, places: set[tuple[str, str]]) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
        """What is said at these places about that."""
        about = {(pod, confirmations.digest(iri)): iri for pod, iri in places}
        pods, beginnings = sorted({pod for pod, _ in about}), sorted({beginning for _, beginning in about})
        found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for stored in rows.beginning(conn, pods, PLACE, [f"{one}-" for one in beginnings], MOST):
            name = stored.path.removeprefix(PLACE)
            iri = about.get((stored.pod, name.partition("-")[0]))
            document = object_in(self._resources.data(stored)) if iri and stored.media_type == rdf.VC else {}
            if iri is not None and subject_of(document) == iri:
                found.setdefault((stored.pod, iri), []).append(document)
        return found

    def _words(
        self, badge: Mapping[str, Any], places: Mapping[tuple[str, str], About],
        kept: Mapping[tuple[str, str], list[Mapping[str, Any]]],
    ) -> list[_Word]:  # fmt: skip
        beside = [_Word(one, kind) for place, kind in places.items() for one in kept.get(place, [])]
        known = {confirmations.id_of(word.document) for word in beside if word.about == "badge"}
        inside = [
            _Word(one, kind) for one, kind in confirmations.inside(badge) if confirmations.id_of(one) not in known
        ]
        return [*beside, *inside]

    def _name(self, conn: Connection, known: _Known, words: list[_Word]) -> None:
        """Say of each word which pod speaks."""
        names = {_named(did) for word in words if (did := issuer_of(word.document)) not in known.by_did}
        known.add(self._catalogue.several(conn, names) if names else [])
        for word in words:
            word.by = known.by_did.get(issuer_of(word.document))

    def _seen(self, badge: Mapping[str, Any], words: list[_Word], known: _Known, judge: "_Judge") -> Seen:
        issuer = known.by_did.get(issuer_of(badge))
        to_oneself = issuer is not None and issuer.webid == subject_of(badge)
        own = regard(_voice(issuer), to_oneself=to_oneself)
        looks = [
            (found, word)
            for word in words
            if (found := look(word.confirmed, _voice(issuer), to_oneself=to_oneself)) is not None
            and REGARDS.index(found) > REGARDS.index(own)
            and not confirmations.is_own(word.document, word.by, badge)
        ]
        for found, word in sorted(looks, key=lambda one: -REGARDS.index(one[0])):
            holds = judge.holds(word.document)
            if holds is not False:
                return Seen(found if holds else None, issuer)
        return Seen(own, issuer)


class _Judge:
    """Judges words as they stand today, up to so many."""

    def __init__(self, fetch: Fetch, at: datetime) -> None:
        self._fetch = fetch
        self._at = at
        self._known: dict[bytes, bool] = {}

    def holds(self, document: Mapping[str, Any]) -> bool | None:
        """Whether a word holds; each is judged once, and None says that there were too many."""
        said = dump(document)
        if said not in self._known and len(self._known) < MOST_JUDGED:
            self._known[said] = verifying.verify(said, fetch=self._fetch, at=self._at).verified is True
        return self._known.get(said)


def _voice(pod: Pod | None) -> Voice:
    return "elsewhere" if pod is None else pod.kind


def _named(did: str) -> str:
    """The pod that a DID of this installation would name."""
    return did.rpartition(":")[2] if did.startswith("did:web:") else ""


def _once(fetch: Fetch) -> Fetch:
    """`fetch`, which asks for each document once."""
    found: dict[tuple[str, str], verifying.Fetched] = {}

    def fetched(url: str, accept: str) -> verifying.Fetched:
        if (url, accept) not in found:
            found[url, accept] = fetch(url, accept)
        return found[url, accept]

    return fetched

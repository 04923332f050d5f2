"""A whole pod copied to a storage on another server, each resource read back and compared (flow 10; trust.md P7).

Nothing there is ever overwritten unless that is asked for, so the same command again goes on where it stopped: what is
there already is only compared. Rules follow the person to their WebID there, and stand before what a container holds;
what ends up more open than here is taken away again. Signed documents stay byte for byte what they are.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Literal

import pyoxigraph as ox

from pod_app.errors import N_, Forbidden, PodAppError, Unauthenticated, Unreachable
from pod_app.pods import containment
from pod_app.pods.access import leaves_control
from pod_app.pods.catalogue import Pod
from pod_app.pods.readdressing import Move, moved, readdressed, says_the_same, statements
from pod_app.pods.resources import Resources
from pod_app.pods.shapes import CONSTRAINED_BY
from pod_app.pods.storage_elsewhere import BASIC_CONTAINER, Found, StorageElsewhere
from pod_app.standards import rdf, wac
from pod_app.standards.addresses import Address
from pod_app.standards.wac import ANONYMOUS, Mode
from pod_app.storage import resources as rows
from pod_app.storage.resources import StoredResource
from pod_app.storage.web_client import Upload

Outcome = Literal["copied", "already there", "left out", "failed"]
GIVING_UP: Final = 3
"""After so many resources in a row for which the server did not answer the rest is not tried."""
_PORTION: Final = 200
_WRITTEN: Final = frozenset({200, 201, 202, 204, 205})
_STANDS_ALREADY: Final = frozenset({409, 412})
_NEW_ONLY: Final = {"if_none_match": "*"}
_NOT_SENT: Final = "what was read back is not what was sent"


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one resource. `sha256` is that of the bytes here, `sha256_there` of those that were read back.

    `compared` says by what both were found equal: `bytes`, or `statements` where the other server writes RDF anew or
    addresses were changed; `silent` when the other server did not answer at all.
    """

    path: str
    iri: str
    outcome: Outcome
    sha256: str
    media_type: str = ""
    size: int = 0
    sha256_there: str = ""
    compared: str = ""
    detail: str = ""
    silent: bool = False

    def to_json(self) -> dict[str, Any]:
        """The line as a report keeps it."""
        return {name: value for name, value in asdict(self).items() if name != "silent"}


@dataclass(slots=True)
class Summary:
    """How many resources had which fate; `interrupted` when the rest was not tried."""

    counts: dict[Outcome, int] = field(default_factory=dict)
    interrupted: bool = False

    @property
    def whole(self) -> bool:
        """Whether everything that can stand there stands there."""
        return not self.interrupted and not self.counts.get("failed")


@dataclass(frozen=True, slots=True)
class Errand:
    """One copy: to where, how addresses follow, for whom, and whether what differs there is replaced."""

    there: StorageElsewhere
    move: Move
    webid: str
    replace: bool


class _FailedError(Exception):
    """This resource could not be copied, and why."""


class Copying:
    """Copies the pods of one installation to other servers."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def copy(
        self, pod: Pod, there: StorageElsewhere, webid: str, told: Callable[[Line], object], *, replace: bool = False
    ) -> Summary:
        """Copy `pod` for its owner, who is `webid` there; each resource is `told`. May be called again to go on.

        Raises `Forbidden` where nothing may be written, `Unauthenticated` when the proof ends, `Unreachable` at once.
        """
        errand = Errand(there, Move(pod.iri, there.root, {pod.webid: webid}), webid, replace)
        _require_welcome(errand)
        summary, silent = Summary(), 0
        for subject in self._subjects(pod):
            for line in self._taken(errand, subject):
                told(line)
                summary.counts[line.outcome] = summary.counts.get(line.outcome, 0) + 1
                silent = silent + 1 if line.silent else 0
            if silent >= GIVING_UP:
                summary.interrupted = True
                break
        return summary

    # -- what is copied --------------------------------------------------------------------------

    def _subjects(self, pod: Pod) -> Iterator[StoredResource]:
        """Containers before what they hold; rules and descriptions come with what they are about."""
        after: str | None = None
        while True:
            with self._resources.reading() as conn:
                portion = rows.everything(conn, pod.name, after, _PORTION)
            yield from (one for one in portion if not one.role)
            if len(portion) < _PORTION:
                return
            after = portion[-1].path

    def _taken(self, errand: Errand, subject: StoredResource) -> list[Line]:
        """A resource, its rules at once, its description; and whether it is as closed there as here."""
        address = Address(subject.pod, subject.path)
        with self._resources.reading() as conn:
            beside = rows.lookup(conn, subject.pod, (address.acl.path, address.meta.path))
        own = self._line(errand, address, subject)
        more = [
            self._line(errand, address, beside[one.path]) for one in (address.acl, address.meta) if one.path in beside
        ]
        if own.outcome in {"copied", "already there"} and not address.is_container:
            own = self._as_closed(errand, address, own)
        return [own, *more]

    def _line(self, errand: Errand, address: Address, stored: StoredResource) -> Line:
        line = _Blank(
            stored.path, errand.move.after + stored.path, stored.sha256, stored.media_type, stored.size,
        )  # fmt: skip
        if why := self._left_out(address, stored):
            return line("left out", detail=why)
        copy = {"acl": self._rules, "meta": self._description}.get(
            stored.role, self._container if address.is_container else self._document
        )
        try:
            return copy(errand, address, stored, line)
        except Unauthenticated:
            raise
        except (_FailedError, PodAppError) as error:
            return line("failed", detail=str(error), silent=isinstance(error, Unreachable))

    def _left_out(self, address: Address, stored: StoredResource) -> str:
        if address.path == containment.CARD:
            return "the other server keeps its own profile, which says who may act as its WebID"
        if containment.kept_by_program(Address(stored.pod, stored.path)):
            return "only this program keeps it: what it says belongs to this address"
        if stored.role == "meta" and self._only_governs(address.meta, stored):
            return "it only names a shape of this installation"
        return ""

    def _only_governs(self, meta: Address, stored: StoredResource) -> bool:
        return all(quad.predicate.value == CONSTRAINED_BY for quad in self._resources.quads(meta, stored))

    def _as_closed(self, errand: Errand, address: Address, line: Line) -> Line:
        """What only some could read here and everybody could there is taken away again, when this run has put it."""
        if self._resources.decide(ANONYMOUS, address).allows(Mode.READ) or not errand.there.open_to_all(line.iri):
            return line
        if line.outcome == "copied" and errand.there.delete(line.iri) in _WRITTEN:
            return replace(line, outcome="failed", detail="everybody could read it there: it was taken away again")
        return replace(line, outcome="failed", detail="everybody can read it there, and only some could here")

    # -- how it is copied ------------------------------------------------------------------------

    def _container(self, errand: Errand, _address: Address, stored: StoredResource, line: "_Blank") -> Line:
        url, data = line.iri, self._resources.data(stored)
        sent = readdressed(data, rdf.TURTLE, errand.move, stored.path) if data else b""
        made = bool(stored.path) and _new(errand.there.put(url, sent, rdf.TURTLE, link=BASIC_CONTAINER, **_NEW_ONLY))
        return self._with_statements(errand, url, rdf.parse(sent, rdf.TURTLE, url), line, made=made)

    def _description(self, errand: Errand, _address: Address, stored: StoredResource, line: "_Blank") -> Line:
        """What is said about a resource: statements that are missing there are added."""
        subject = line.iri.removesuffix(".meta")
        named = errand.there.look(subject).links["describedby"][:1]
        if not named:
            raise _FailedError("the other server names no place for descriptions")
        meta = Address(stored.pod, stored.path)
        wanted = moved(self._resources.quads(meta, stored), errand.move)
        return self._with_statements(errand, named[0], wanted, line, made=False)

    def _with_statements(self, errand: Errand, url: str, wanted: list[ox.Quad], line: "_Blank", *, made: bool) -> Line:
        """What stands there says what is `wanted`, and maybe more; what is missing is added."""
        found = errand.there.read(url, rdf.TURTLE, 0, whole=True)
        missing = _missing(wanted, found, url)
        if missing:
            places = (url, *found.links["describedby"][:1])
            if not any(errand.there.insert(place, missing) in _WRITTEN for place in places):
                raise _FailedError("what is said about it could not be written")
            found = errand.there.read(url, rdf.TURTLE, 0, whole=True)
        if not found.there or _missing(wanted, found, url):
            raise _FailedError(_NOT_SENT)
        outcome: Outcome = "copied" if made or missing else "already there"
        return line(outcome, iri=url, sha256_there=found.sha256, compared="statements")

    def _document(self, errand: Errand, _address: Address, stored: StoredResource, line: "_Blank") -> Line:
        body, url = self._body(errand, stored), line.iri
        made, found = self._put_new(errand, body, stored, url)
        same, changed = body.equals(found, url), made
        if not same and not made and errand.replace:
            if errand.there.put(url, body.send(), stored.media_type, if_match=found.etag or "*") not in _WRITTEN:
                raise _FailedError("what stands there could not be replaced")
            changed, found = True, body.read(errand.there, url)
            same = body.equals(found, url)
        if not same:
            raise _FailedError(_NOT_SENT if changed else "something else stands there already")
        return line("copied" if changed else "already there", sha256_there=found.sha256, compared=same)

    def _put_new(self, errand: Errand, body: "_Body", stored: StoredResource, url: str) -> tuple[bool, Found]:
        """Put it where nothing stands, and read what stands then; something large is not sent in vain."""
        if stored.blob is not None:
            found = body.read(errand.there, url)
            if found.there:
                return False, found
        made = _new(errand.there.put(url, body.send(), stored.media_type, **_NEW_ONLY))
        return made, body.read(errand.there, url)

    def _body(self, errand: Errand, stored: StoredResource) -> "_Body":
        bare = stored.media_type.partition(";")[0].strip().lower()
        if rdf.is_rdf(bare) and bare != rdf.VC:
            data = readdressed(self._resources.data(stored), bare, errand.move, stored.path)
            return _Body(bare, len(data), hashlib.sha256(data).hexdigest(), lambda: data, data)
        if stored.blob is None:
            return _Body(bare, stored.size, stored.sha256, lambda: stored.body or b"")
        return _Body(bare, stored.size, stored.sha256, lambda: Upload(stored.size, self._resources.stream(stored)))

    def _rules(self, errand: Errand, address: Address, stored: StoredResource, line: "_Blank") -> Line:
        """Access rules at the address that the other server names, with its owner's Control in any case."""
        url = errand.move.after + address.path
        named = errand.there.look(url).links["acl"][:1]
        if not named:
            raise _FailedError("the other server names no place for its access rules")
        if errand.there.look(named[0]).by_policies:
            raise _FailedError("the other server knows access policies (ACP), not rules: what it made itself holds")
        wanted = _owned(moved(self._resources.quads(address.acl, stored), errand.move), url, named[0], errand.webid)
        body = _Body(rdf.TURTLE, 0, "", bytes, rdf.serialize(wanted, rdf.TURTLE))
        status = errand.there.put(named[0], body.sent, rdf.TURTLE, **_NEW_ONLY)
        found = body.read(errand.there, named[0])
        changed = _new(status)
        if not changed and not body.equals(found, named[0]):
            if not errand.replace:
                raise _FailedError("other access rules stand there already")
            changed = errand.there.put(named[0], body.sent, rdf.TURTLE) in _WRITTEN
            found = body.read(errand.there, named[0])
        if not body.equals(found, named[0]):
            raise _FailedError(_NOT_SENT)
        outcome: Outcome = "copied" if changed else "already there"
        return line(outcome, iri=named[0], sha256_there=found.sha256, compared="statements")


@dataclass(frozen=True, slots=True)
class _Blank:
    """A line whose fate is still open."""

    path: str
    iri: str
    sha256: str
    media_type: str
    size: int

    def __call__(self, outcome: Outcome, **more: Any) -> Line:
        return Line(**{**asdict(self), "outcome": outcome, **more})


@dataclass(frozen=True, slots=True)
class _Body:
    """What is sent; `sent` are its bytes where what comes back may be the same graph in other words."""

    media_type: str
    size: int
    sha256: str
    send: Callable[[], bytes | Upload]
    sent: bytes = b""

    def read(self, there: StorageElsewhere, url: str) -> Found:
        return there.read(url, self.media_type, self.size, whole=bool(self.sent))

    def equals(self, found: Found, url: str) -> str:
        """By what they are equal, or nothing."""
        if not found.there:
            return ""
        if found.sha256 == self.sha256:
            return "bytes"
        if not self.sent or not rdf.is_rdf(found.media_type):
            return ""
        mine, theirs = rdf.parse(self.sent, self.media_type, url), rdf.parse(found.body, found.media_type, url)
        return "statements" if says_the_same(mine, theirs) else ""


def _require_welcome(errand: Errand) -> None:
    found = errand.there.look(errand.there.root)
    if not found.there:
        raise Forbidden(
            N_("{root} does not open: it answered {status}."),
            N_("Check the address of the storage and whose client credentials these are."),
            root=errand.there.root, status=found.status,
        )  # fmt: skip


def _new(status: int) -> bool:
    """Whether it has been made now; False when something stands there already."""
    if status not in _WRITTEN | _STANDS_ALREADY:
        raise _FailedError(f"it was answered {status}")
    return status in _WRITTEN


def _missing(wanted: list[ox.Quad], found: Found, url: str) -> list[ox.Quad]:
    """Statements that what was found does not make; with one about a node without a name all of those come along."""
    there = set(statements(rdf.parse(found.body, found.media_type, url))) if found.there else set()
    missing = [quad for quad in wanted if statements([quad])[0] not in there]
    if not any(_is_blank(quad) for quad in missing):
        return missing
    return [quad for quad in wanted if quad in missing or _is_blank(quad)]


def _is_blank(quad: ox.Quad) -> bool:
    return isinstance(quad.subject, ox.BlankNode) or isinstance(quad.object, ox.BlankNode)


def _owned(quads: list[ox.Quad], iri: str, acl: str, webid: str) -> list[ox.Quad]:
    """Rules that leave Control to the owner, who has it here in any case and elsewhere only by a rule."""
    if leaves_control(wac.parse(quads, acl), iri, webid):
        return quads
    return [*quads, *rdf.parse(wac.write_rules(iri, owners=[webid]).encode(), rdf.TURTLE, acl)]

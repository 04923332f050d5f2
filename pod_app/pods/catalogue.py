"""The pods of this installation: create one whole, find one, list them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, or_, select

from pod_app.errors import N_, Conflict, Invalid, NotFound
from pod_app.pods import containment, layout, members, shapes
from pod_app.pods.access import PROGRAM
from pod_app.pods.layout import Kind, Place
from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing
from pod_app.standards import addresses, did, rdf, wac
from pod_app.standards.addresses import Address
from pod_app.standards.json_text import dump
from pod_app.storage import schema
from pod_app.storage.database import Database
from pod_app.storage.keys import Keys

MAX_TITLE = 120


@dataclass(frozen=True, slots=True)
class Home:
    """Where the pod of somebody is who keeps it on another server: their WebID, and the root container there."""

    webid: str
    storage: str


@dataclass(frozen=True, slots=True)
class Pod:
    """A storage with its WebID and its issuer identity.

    With a `home` the storage is on another server: what stands here are their keys and what they issue (ADR 0018).
    """

    name: str
    kind: Kind
    title: str
    language: str
    created: datetime
    base_url: str
    home: Home | None = None

    @property
    def iri(self) -> str:
        """Root container."""
        return f"{self.base_url}{self.name}/"

    @property
    def webid(self) -> str:
        """Who this pod is, as an agent."""
        return self.home.webid if self.home else f"{self.iri}profile/card#{layout.fragment(self.kind)}"

    @property
    def did(self) -> str:
        """Who this pod is, as an issuer of badges."""
        return did.did_web(self.base_url, self.name)

    def address(self, path: str) -> Address:
        """The address of `path` inside this pod."""
        return Address(self.name, path)

    def place(self, path: str) -> str:
        """The IRI of `path` where the pod's things are kept: here, or on the other server."""
        return f"{self.home.storage}{path}" if self.home else self.address(path).iri(self.base_url)


class Catalogue:
    """Finds and creates pods."""

    def __init__(self, base_url: str, vocabulary: str, database: Database, resources: Resources, keys: Keys) -> None:
        self._base_url = base_url
        self.vocabulary = vocabulary
        self._database = database
        self._resources = resources
        self._keys = keys

    def get(self, name: str) -> Pod:
        """The pod of this name; raises `NotFound`."""
        with self._database.read() as conn:
            return self.get_within(conn, name)

    def get_within(self, conn: Connection, name: str) -> Pod:
        """`get`, inside a transaction that is already open."""
        row = conn.execute(
            select(schema.pods).where(schema.pods.c.pod == name, schema.pods.c.deleted.is_(None))
        ).first()
        if row is None:
            raise NotFound(N_("There is no pod named {pod} here."), N_("Check the spelling of the address."), pod=name)
        return self._pod(row._mapping)  # noqa: SLF001  # SQLAlchemy's public name for a row by column

    def find(self, name: str) -> Pod | None:
        """The pod of this name, or None."""
        try:
            return self.get(name)
        except NotFound:
            return None

    def several(self, conn: Connection, names: Collection[str], webids: Collection[str] = ()) -> list[Pod]:
        """The pods of these names, and those of people from elsewhere with these WebIDs: one statement."""
        pods = schema.pods
        wanted = select(pods).where(or_(pods.c.pod.in_(sorted(names)), pods.c.webid.in_(sorted(webids))))
        return [self._pod(row._mapping) for row in conn.execute(wanted.where(pods.c.deleted.is_(None)))]  # noqa: SLF001  # as above

    def communities(self) -> list[Pod]:
        """The communities of this installation, by name: their cards are public."""
        pods = schema.pods
        with self._database.read() as conn:
            wanted = select(pods).where(pods.c.kind == "community", pods.c.deleted.is_(None)).order_by(pods.c.pod)
            return [self._pod(row._mapping) for row in conn.execute(wanted)]  # noqa: SLF001  # as above

    def owned_by(self, webid: str) -> list[Pod]:
        """The pods that an agent looks after, by name."""
        pods, owners = schema.pods, schema.pod_owners
        wanted = select(pods).join(owners, owners.c.pod == pods.c.pod).where(owners.c.webid == webid)
        with self._database.read() as conn:
            found = conn.execute(wanted.where(pods.c.deleted.is_(None)).order_by(pods.c.pod))
            return [self._pod(row._mapping) for row in found]  # noqa: SLF001  # as above

    def all(self) -> list[Pod]:
        """Every pod, by name: for the person who runs the program, never for a page."""
        with self._database.read() as conn:
            found = conn.execute(select(schema.pods).where(schema.pods.c.deleted.is_(None)).order_by(schema.pods.c.pod))
            return [self._pod(row._mapping) for row in found]  # noqa: SLF001  # as above

    def of_webid(self, webid: str) -> Pod | None:
        """The pod whose agent this WebID names, if it is one of ours or of somebody who signs in from elsewhere."""
        address = addresses.of_iri(webid.partition("#")[0], self._base_url)
        if address is None:
            with self._database.read() as conn:
                return self.away_within(conn, webid)
        if address.path != "profile/card":
            return None
        pod = self.find(address.pod)
        return pod if pod is not None and pod.webid == webid else None

    def away_within(self, conn: Connection, webid: str) -> Pod | None:
        """The pod of somebody whose storage is on another server, by their WebID."""
        chosen = select(schema.pods).where(schema.pods.c.webid == webid, schema.pods.c.deleted.is_(None))
        row = conn.execute(chosen).first()
        return None if row is None else self._pod(row._mapping)  # noqa: SLF001  # as above

    def create(
        self, name: str, kind: Kind, *, title: str = "", owners: Sequence[str] = (), language: str = "fr"
    ) -> Pod:
        """Create a pod with the layout of contracts.md §1, its first key and its DID document, in one transaction.

        A person's pod belongs to its own WebID. A garden or community needs owners, who become its
        first members, with the role `issuer`. Raises `Invalid` and `Conflict`.
        """
        addresses.pod_name(name)
        title = _checked_title(title or name)
        if kind != "person" and not owners:
            raise Invalid(
                N_("A {kind} needs somebody to look after it."), N_("Name a WebID: --owner {example}."),
                kind=kind, example=f"{self._base_url}alice/profile/card#me",
            )  # fmt: skip
        return self._resources.write(
            PROGRAM, lambda writing: self.create_within(writing, name, kind, title, owners, language)
        )

    def create_within(
        self,
        writing: Writing,
        name: str,
        kind: Kind,
        title: str,
        owners: Sequence[str],
        language: str,
        home: Home | None = None,
    ) -> Pod:
        """`create`, inside a transaction that is already open (an account and its pod are made together)."""
        pod = Pod(name, kind, title, language, writing.now, self._base_url, home)
        owners = list(dict.fromkeys(owners)) or [pod.webid]
        for owner in owners:
            layout.check_webid(owner)
        self._insert(writing.conn, pod, owners)
        self._furnish(writing.as_program(), pod, owners)
        return pod

    def did_document(self, conn: Connection, pod: Pod) -> bytes:
        """What `did:web` resolves to: every key of the pod, and its WebID as another name."""
        keys = [did.DidKey(key.public_key, key.revoked) for key in self._keys.all(conn, pod.name)]
        return dump(did.did_document(pod.did, keys, [pod.webid]))

    def publish_keys(self, writing: Writing, pod: Pod) -> None:
        """Write the DID document again after keys have changed."""
        address = pod.address("did.json")
        document = self.did_document(writing.conn, pod)
        body = self._resources.prepare(address, document, rdf.JSON_LD, within=writing.conn)
        writing.as_program().put(address, body)

    # -- steps -----------------------------------------------------------------------------------

    def _insert(self, conn: Connection, pod: Pod, owners: Sequence[str]) -> None:
        if conn.execute(select(schema.pods.c.pod).where(schema.pods.c.pod == pod.name)).first() is not None:
            raise Conflict(N_("The name {pod} is already taken."), N_("Choose another name."), pod=pod.name)
        conn.execute(
            insert(schema.pods).values(
                pod=pod.name, kind=pod.kind, title=pod.title, language=pod.language,
                created=schema.microseconds(pod.created), version=0, bytes_used=0,
                webid=pod.home.webid if pod.home else None, storage=pod.home.storage if pod.home else None,
            )
        )  # fmt: skip
        conn.execute(insert(schema.pod_owners), [{"pod": pod.name, "webid": owner} for owner in owners])

    def _furnish(self, writing: Writing, pod: Pod, owners: Sequence[str]) -> None:
        self._keys.create(writing.conn, pod.name, writing.now)
        self._put(writing, pod.address(""), b"")
        self._put_access(writing, pod, Place(""), owners)
        values = self._values(pod)
        for place in layout.AWAY if pod.home else layout.places(pod.kind):
            data = layout.fill(place.template, values) if place.template else b""
            self._put(writing, pod.address(place.path), data)
            if place.own_access:
                self._put_access(writing, pod, place, owners)
            if place.shape:
                self._put_shape(writing, pod.address(place.path), place.shape)
        self.publish_keys(writing, pod)
        self._put_access(writing, pod, Place("did.json", public=layout.READ), owners)
        if pod.kind != "person":
            roles = members.Members(self._base_url, self.vocabulary, self._resources)
            for owner in owners:
                roles.put_within(writing, pod.name, owner, ["founder", "issuer"])

    def _put(self, writing: Writing, address: Address, data: bytes) -> None:
        body = containment.EMPTY
        if data:
            body = self._resources.prepare(address, data, rdf.TURTLE, within=writing.conn)
        writing.put(address, body)

    def _put_shape(self, writing: Writing, address: Address, shape: str) -> None:
        data = shapes.description(address.iri(self._base_url), f"{self._base_url}shapes/{shape}")
        self._put(writing, address.meta, data)

    def _put_access(self, writing: Writing, pod: Pod, place: Place, owners: Sequence[str]) -> None:
        address = pod.address(place.path)
        text = wac.write_rules(
            address.iri(self._base_url),
            owners=owners,
            public=place.public,
            groups={f"{pod.iri}members/group#members": place.members} if place.members else {},
            inherit_public=place.inherit_public,
        )
        self._put(writing, address.acl, text.encode())

    def _values(self, pod: Pod) -> dict[str, str]:
        return {
            "title": layout.literal(pod.title),
            "name": layout.literal(pod.name),
            "kind": pod.kind,
            "language": layout.literal(pod.language),
            "webid": pod.webid,
            "issuer": self._base_url,
            "did": pod.did,
            "vocabulary": self.vocabulary,
        }

    def _pod(self, row: object) -> Pod:
        values = dict(row)  # type: ignore[call-overload]  # a row's mapping
        home = Home(values["webid"], values["storage"]) if values["webid"] else None
        return Pod(
            values["pod"], values["kind"], values["title"], values["language"],
            schema.moment(values["created"]), self._base_url, home,
        )  # fmt: skip


def _checked_title(title: str) -> str:
    clean = " ".join(title.split())
    if not clean or len(clean) > MAX_TITLE or not clean.isprintable():
        raise Invalid(
            N_("The name to show must have 1 to {limit} characters."), N_("Choose a shorter name."), limit=MAX_TITLE
        )
    return clean

"""People whose pod is elsewhere: one account here for one WebID, made when they first come in (solid.md S10)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import urlsplit

import pyoxigraph as ox
from sqlalchemy import Connection, select, update

from pod_app.errors import N_, Conflict, Invalid, PodAppError
from pod_app.identity.accounts import Account, Accounts
from pod_app.identity.remote_pods import STORAGE, RemotePod, RemotePods
from pod_app.identity.signing_in_elsewhere import Proved
from pod_app.identity.tokens_elsewhere import TokensElsewhere
from pod_app.pods import tray
from pod_app.pods.access import PROGRAM
from pod_app.pods.catalogue import MAX_TITLE, Catalogue, Home
from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing
from pod_app.standards import addresses, rdf, relying_party
from pod_app.standards.jose import BadTokenError
from pod_app.standards.namespaces import FOAF, PIM, SCHEMA, VCARD
from pod_app.storage import schema

_CARD: Final = "text/turtle, application/ld+json;q=0.8"
_TRIES: Final = 5
_NAMES: Final = (VCARD["fn"], FOAF["name"], SCHEMA["name"])


@dataclass(frozen=True, slots=True)
class _Card:
    name: str
    storage: str


class PeopleElsewhere:
    """Lets people in who proved their WebID at their own provider."""

    def __init__(
        self,
        accounts: Accounts,
        resources: Resources,
        catalogue: Catalogue,
        tokens: TokensElsewhere,
        remote_pods: RemotePods,
        fetch: Callable[[str, str], tuple[str, bytes]],
    ) -> None:
        self._accounts = accounts
        self._resources = resources
        self._catalogue = catalogue
        self._tokens = tokens
        self._remote_pods = remote_pods
        self._fetch = fetch

    def let_in(self, proved: Proved, language: str, *, may_join: bool) -> Account:
        """The account of a WebID, with fresh tokens; made when there is none. Raises `Invalid`, `Unreachable`.

        Where the pod stands is read again each time: people move.
        """
        with self._remote_pods.just_entered(proved.held, proved.webid) as remote:
            card = self._card(remote)
        for _ in range(_TRIES):
            name = self._free_name(card, proved.webid)
            try:
                return self._resources.write(
                    PROGRAM,
                    partial(self._within, proved=proved, card=card, name=name, language=language, join=may_join),
                )
            except Conflict:  # somebody of the same name came in at the same moment
                continue
        raise Invalid(N_("The name {pod} is already taken."), N_("Choose another name."), pod=name)

    # -- steps -----------------------------------------------------------------------------------

    def _within(
        self, writing: Writing, *, proved: Proved, card: _Card, name: str, language: str, join: bool
    ) -> Account:
        account = self._known(writing.conn, proved.webid)
        if account is None:
            if not join:
                raise Invalid(
                    N_("Notebooks are opened by the people who look after this garden."),
                    N_("Ask one of them to make yours."),
                )
            account = self._make(writing, name, card, proved.webid, language)
        mine = schema.pods.c.webid == proved.webid
        writing.conn.execute(update(schema.pods).where(mine).values(storage=card.storage))
        self._tokens.keep_within(writing.conn, account.pods[0], proved.held)
        tray.hurry(writing.conn, account.pods[0], writing.now)
        return account

    def _free_name(self, card: _Card, webid: str) -> str:
        try:
            return self._accounts.free_name(card.name)
        except Invalid:  # a name without a letter that an address can hold
            return self._accounts.free_name(_name_in(webid))

    def _known(self, conn: Connection, webid: str) -> Account | None:
        pod = self._catalogue.away_within(conn, webid)
        if pod is None:
            return None
        owner = conn.scalar(select(schema.account_pods.c.account).where(schema.account_pods.c.pod == pod.name))
        return None if owner is None else self._accounts.get(conn, owner)

    def _make(self, writing: Writing, name: str, card: _Card, webid: str, language: str) -> Account:
        account = self._accounts.insert_within(writing, name, None, language)
        self._catalogue.create_within(writing, name, "person", card.name, (), language, Home(webid, card.storage))
        return account

    def _card(self, remote: RemotePod) -> _Card:
        """Name and storage: what the card says, else the root that a server shows above it (Solid Protocol §4.1)."""
        webid = remote.home.webid
        document = webid.partition("#")[0]
        media_type, body = self._fetch(document, _CARD)
        quads = rdf.parse(body, media_type, document)
        about = [quad for quad in quads if quad.subject == ox.NamedNode(webid)]
        stated = sorted(_texts(about, PIM["storage"]))
        storage = _usable(stated) or self._above(remote)
        if not storage or storage.startswith(self._resources.base_url):
            raise Invalid(
                N_("Your card does not say where your pod is, and {host} does not show it."),
                N_("Add pim:storage with the root of your pod to your card, then come back."),
                host=urlsplit(webid).netloc,
            )  # fmt: skip
        return _Card(_name(about) or _name_in(webid), storage)

    def _above(self, remote: RemotePod) -> str:
        """The nearest container above the card that calls itself a storage."""
        url = remote.home.webid.partition("#")[0].partition("?")[0]
        root = url.find("/", url.find("//") + 2) + 1
        while len(url) > root:
            url = url.rstrip("/").rpartition("/")[0] + "/"
            try:
                if STORAGE in remote.links(url).get("type", ()):
                    return url
            except PodAppError:  # a container that shows nothing is not it; the one above may be
                continue
        return ""


def _usable(stated: Sequence[str]) -> str:
    for one in stated:
        try:
            return relying_party.endpoint(one if one.endswith("/") else f"{one}/", "storage")
        except BadTokenError:
            continue
    return ""


def _name(about: Sequence[ox.Quad]) -> str:
    for predicate in _NAMES:
        names = _texts(about, predicate)
        clean = " ".join(min(names).split())[:MAX_TITLE] if names else ""
        if clean and clean.isprintable():
            return clean
    return ""


def _texts(about: Sequence[ox.Quad], predicate: ox.NamedNode) -> list[str]:
    found = (quad.object for quad in about if quad.predicate == predicate)
    return [one.value for one in found if isinstance(one, ox.NamedNode | ox.Literal)]


def _name_in(webid: str) -> str:
    """A name made from the address, for cards that say none: the first word of its path, else its host's."""
    parts = urlsplit(webid)
    words = [word for word in parts.path.split("/") if word not in {"", "profile", "card"}]
    for word in [*words, str(parts.hostname).partition(".")[0]]:
        try:
            return addresses.name_like(word)
        except Invalid:
            continue
    return "jardin"

"""The pod of somebody on another Solid server, acted on with their own tokens.

Files go through solid-file's `SolidAPI`, over an httpx client of ours: each request leaves by the egress guard with a
DPoP-bound token and a proof, to the servers of that person alone. What comes back wrong is told in sentences.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

import pyoxigraph as ox

from pod_app.errors import N_, Conflict, Forbidden, NotFound, PodAppError, Unavailable, Unreachable
from pod_app.identity.tokens_elsewhere import Held, TokensElsewhere, sign_in_again
from pod_app.pods.catalogue import Home, Pod
from pod_app.standards import dpop, jose, links, n3_patch, rdf, wac, wac_allow
from pod_app.standards.namespaces import LDP
from pod_app.storage.web_client import Fetched, StatusError, WebClient, session_over, unreachable

if TYPE_CHECKING:
    from solid.solid_api import SolidAPI

MOST_BODY: Final = 10 * 2**20
STORAGE: Final = "http://www.w3.org/ns/pim/space#Storage"
_UNAUTHENTICATED, _FORBIDDEN, _ABSENT, _CONFLICTS = 401, 403, frozenset({404, 410}), frozenset({409, 412})
Tokens = Callable[[str | None], Held]
"""Tokens to act with; given an access token that was refused, others."""


class Acting:
    """Sends requests in somebody's name, to their own servers alone."""

    def __init__(self, web_client: WebClient, tokens: Tokens, home: Home, clock: Callable[[], datetime]) -> None:
        self._web_client = web_client
        self._tokens = tokens
        self._origins = {_origin(home.webid), _origin(home.storage)} - {""}
        self._clock = clock

    def __call__(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Fetched:
        """The answer to one request; renews the tokens once, and gives a server the nonce that it wants."""
        if _origin(url) not in self._origins:
            raise unreachable(url)
        held = self._tokens(None)
        answer = self._send(held, method, url, body, headers)
        if answer.status != _UNAUTHENTICATED:
            return answer
        nonce = answer.headers.get("dpop-nonce")
        if nonce and "use_dpop_nonce" in answer.headers.get("www-authenticate", ""):
            return self._send(held, method, url, body, headers, nonce)
        return self._send(self._tokens(held.access), method, url, body, headers)

    def _send(
        self, held: Held, method: str, url: str, body: bytes, headers: Mapping[str, str], nonce: str | None = None
    ) -> Fetched:
        proof = dpop.make(
            jose.private_key(held.key), method, url,
            jti=secrets.token_urlsafe(16), now=self._clock(), token=held.access, nonce=nonce,
        )  # fmt: skip
        sent = {**headers, "authorization": f"DPoP {held.access}", "dpop": proof}
        return self._web_client.send(
            method, url, body, accept=headers.get("accept", "*/*"), headers=sent, max_bytes=MOST_BODY
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class File:
    """A document there: `links` are its Link headers by relation, `public` whether it says that everybody may read."""

    url: str
    media_type: str
    body: bytes
    etag: str
    links: Mapping[str, tuple[str, ...]]
    public: bool


class RemotePod:
    """One person's pod; every method raises `Unreachable`, `Unauthenticated`, `Forbidden` or `Unavailable`."""

    def __init__(self, api: "SolidAPI", home: Home) -> None:
        self._api = api
        self.home = home

    def read(self, url: str, accept: str = "*/*") -> File:
        """A document; raises `NotFound`."""
        with _told(url):
            return _file(url, self._api.get(url, {"headers": {"Accept": accept}}))

    def links(self, url: str) -> Mapping[str, tuple[str, ...]]:
        """What a resource links to, by relation; raises `NotFound`."""
        with _told(url):
            return _file(url, self._api.head(url)).links

    def exists(self, url: str) -> bool:
        """Whether something stands there."""
        with _told(url):
            return bool(self._api.item_exists(url))

    def make_folder(self, url: str) -> None:
        """A container, where none is; raises `Conflict` when the server calls it otherwise."""
        if self.exists(url):
            return
        from solid.solid_api import LINK, WriteOptions  # noqa: PLC0415  # it was loaded to make the client

        # Not `create_folder`, which climbs without end where the root does not show itself.
        options = WriteOptions(create_path=False)
        with _told(url):
            answer = self._api.post_item(url, b"", rdf.TURTLE, LINK.CONTAINER, options)
        made = answer.headers.get("location", url)
        if urljoin(url, made) != url:
            raise Conflict(
                N_("{url} could not be made: the server called it {made}."), N_("Look what stands there already."),
                url=url, made=made[:200],
            )  # fmt: skip

    def create(self, url: str, body: bytes, media_type: str) -> None:
        """Write what must not be there yet; the same bytes there already are a write that had come through.

        Raises `Conflict` when something else stands there.
        """
        headers = {"Content-Type": media_type, "If-None-Match": "*"}
        try:
            with _told(url):
                self._api.put(url, {"headers": headers, "content": body})
        except Conflict:
            if not self._holds(url, body):
                raise

    def _holds(self, url: str, body: bytes) -> bool:
        try:
            return self.read(url).body == body
        except NotFound:
            return False

    def replace(self, url: str, body: bytes, media_type: str) -> None:
        """Write, whatever stands there."""
        with _told(url):
            self._api.put_file(url, body, media_type)

    def insert(self, url: str, turtle: str) -> None:
        """Add triples to an RDF document, which is made where none is; twice changes nothing (N3 Patch)."""
        with _told(url):
            self._api.patch_file(url, n3_patch.insertion(turtle), n3_patch.MEDIA_TYPE)

    def has_own_rules(self, url: str) -> bool:
        """Whether a resource stands there with access rules of its own."""
        return self.exists(url) and self.exists(self.access_rules(url))

    def make_private_folder(self, url: str, more: Sequence[ox.Quad] = ()) -> None:
        """A container whose rules let its owner do everything, and nobody else in but by the rules `more`."""
        self.make_folder(url)
        own = wac.write_rules(url, owners=[self.home.webid])
        rules = [*rdf.parse(own.encode(), rdf.TURTLE, url), *more]
        self.replace(self.access_rules(url), rdf.serialize(rules, rdf.TURTLE), rdf.TURTLE)

    def quads(self, url: str) -> list[ox.Quad]:
        """An RDF document; raises `NotFound`, `Unreadable`."""
        found = self.read(url, "text/turtle, application/ld+json;q=0.8")
        return rdf.parse(found.body, found.media_type, url)

    def members(self, container: str) -> list[str]:
        """Addresses of what a container holds, itself below it; none where there is no container."""
        try:
            quads = self.quads(container)
        except NotFound:
            return []
        here = ox.NamedNode(container)
        found = {quad.object.value for quad in quads if quad.subject == here and quad.predicate == LDP["contains"]
                 and isinstance(quad.object, ox.NamedNode)}  # fmt: skip
        return sorted(one for one in found if one.startswith(container) and one != container)

    def access_rules(self, url: str) -> str:
        """Where the access rules of a resource stand; raises `Unavailable` for a server that has others than WAC."""
        told = self.links(url)
        found = told.get("acl", ())
        if not found or links.has_policies(told) or ".acr" in found[0]:
            raise Unavailable(
                N_("{host} keeps access rules of a kind that we cannot write yet."),
                N_("Nothing was sent, so that nobody sees it by mistake. Web Access Control is needed."),
                host=urlsplit(url).netloc,
            )  # fmt: skip
        return found[0]


class RemotePods:
    """Opens the pods elsewhere of the people of one installation."""

    def __init__(self, web_client: WebClient, tokens: TokensElsewhere, clock: Callable[[], datetime]) -> None:
        self._web_client = web_client
        self._tokens = tokens
        self._clock = clock

    @contextmanager
    def open(self, pod: Pod) -> Iterator[RemotePod]:
        """The pod of somebody who signed in here once."""
        assert pod.home is not None  # noqa: S101  # callers ask for pods elsewhere alone

        def tokens(refused: str | None) -> Held:
            return self._tokens.current(pod.name) if refused is None else self._tokens.renewed(pod.name, refused)

        with self._opened(tokens, pod.home) as opened:
            yield opened

    @contextmanager
    def just_entered(self, held: Held, webid: str) -> Iterator[RemotePod]:
        """The pod of somebody who is signing in, before anything is known of it."""

        def tokens(refused: str | None) -> Held:
            if refused is not None:
                raise sign_in_again()
            return held

        with self._opened(tokens, Home(webid, webid.partition("#")[0])) as opened:
            yield opened

    @contextmanager
    def _opened(self, tokens: Tokens, home: Home) -> Iterator[RemotePod]:
        acting = Acting(self._web_client, tokens, home, self._clock)
        with session_over(acting) as session:
            yield RemotePod(_file_client(session), home)


def _file_client(session: Any) -> "SolidAPI":
    try:
        from solid.auth import Auth  # noqa: PLC0415  # it loads rdflib, which only pods elsewhere need
        from solid.solid_api import SolidAPI  # noqa: PLC0415  # as above
    except ImportError as error:
        raise Unavailable(
            N_("The file client for pods elsewhere is not installed here."),
            N_("Run: pip install --no-deps solid-file==0.2.1"),
        ) from error
    auth = Auth.__new__(Auth)  # its own would open a client that no guard watches
    auth.client = session
    return SolidAPI(auth)


def _file(url: str, response: Any) -> File:
    headers = response.headers
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    found = links.by_relation(headers.get("link", ""), url)
    public = wac_allow.lets_everybody_read(headers.get("wac-allow", ""))
    return File(url, media_type, response.content, headers.get("etag", ""), found, public)


@contextmanager
def _told(url: str) -> Iterator[None]:
    """What the other server refused, as one of our errors."""
    try:
        yield
    except StatusError as error:
        raise _error(url, error.response.status_code) from error


def _error(url: str, status: int) -> PodAppError:
    host = urlsplit(url).netloc
    if status == _UNAUTHENTICATED:
        return sign_in_again()
    if status == _FORBIDDEN:
        return Forbidden(
            N_("{host} does not let you do this at {url}."), N_("Look there who may write."), host=host, url=url
        )
    if status in _ABSENT:
        return NotFound(N_("There is nothing at {url}."), N_("Check the address."), url=url)
    if status in _CONFLICTS:
        return Conflict(N_("Something else stands at {url} already."), N_("Look at it there."), url=url)
    return Unavailable(
        N_("{host} answered {status}."), N_("It is tried again later."), host=host, status=status
    )  # fmt: skip


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}" if parts.netloc else ""


def silent(pod: Pod, error: PodAppError) -> PodAppError:
    """A server that does not answer, in the words of the pages; every other error as it is."""
    if not isinstance(error, Unreachable) or pod.home is None:
        return error
    return Unreachable(
        N_("{host} does not answer."), N_("Your work is kept here and goes there by itself when it does."),
        host=urlsplit(pod.home.storage).netloc,
    )  # fmt: skip

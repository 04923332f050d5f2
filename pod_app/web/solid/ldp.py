"""Pod addresses over HTTP: requests become calls of `pods`, answers become headers.

A bare Werkzeug callable, because skipping Flask's dispatch doubles what one core serves (house.md §8).
"""

import hashlib
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Final

from werkzeug.http import http_date
from werkzeug.wrappers import Request, Response

from pod_app.activities import inbox
from pod_app.brevity import may_take_long
from pod_app.errors import N_, Conflict, MethodNotAllowed, MethodUnknown, PodAppError, Unreadable
from pod_app.pods import containment
from pod_app.pods.body import Content
from pod_app.pods.resources import Reading
from pod_app.pods.writing import Written
from pod_app.services import Services
from pod_app.standards import addresses, negotiation, preconditions, rdf, status_list, wac_allow
from pod_app.standards.addresses import Address
from pod_app.standards.wac import ANONYMOUS, Agent, Mode
from pod_app.web import callers
from pod_app.web.context import PAGE_POLICY
from pod_app.web.pages import Pages
from pod_app.web.serving.kept_answers import ASKED, LASTING, Asked, KeptAnswers
from pod_app.web.solid import (
    cors,
    legacy_sockets,
    mailbox,
    patching,
    representations,
    solid_headers,
    storage_description,
)
from pod_app.web.solid.answers import Answer, Bare, Sendable, Streamed
from pod_app.web.solid.listings import Listing
from pod_app.web.solid.representations import HTML

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

KNOWN_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "POST", "DELETE", "PATCH", "TRACE"})
BASIC_CONTAINER: Final = f"{containment.LDP}BasicContainer"
VARY: Final = "Accept, Accept-Language, Authorization, Origin"
UNKNOWN_TYPE: Final = "application/octet-stream"
_ASKING_BACK: Final = frozenset(
    f"HTTP_{name}" for name in ("IF_MATCH", "IF_NONE_MATCH", "IF_MODIFIED_SINCE", "IF_UNMODIFIED_SINCE", "RANGE")
)
"""Headers of a read that wants something else than the whole answer: most have none of them."""


class Ldp:
    """Answers every request whose first path segment is no page of the application."""

    def __init__(self, services: Services, pages: Pages) -> None:
        self._services = services
        self._resources = services.resources
        self._pages = pages
        self._base = services.settings.base_url
        self._methods: dict[str, Callable[[Request, Agent, Address], Sendable]] = {
            "GET": self._get,
            "HEAD": self._get,
            "PUT": self._put,
            "POST": self._post,
            "PATCH": self._patch,
            "DELETE": self._delete,
        }
        offered = services.settings.legacy_updates
        self._kept: KeptAnswers[Answer | Bare] = KeptAnswers()
        self._updates = {"Updates-Via": legacy_sockets.address(self._base)} if offered else {}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """The WSGI door: what goes wrong is answered by the one table of problems."""
        request = Request(environ)
        origin = cors.origin_of(environ.get("HTTP_ORIGIN"))
        response = self._pages.guarded(request, lambda: self._answer(request, origin))
        response.headers["Vary"] = VARY
        if origin is not None:
            cors.open_to(origin, response.headers)
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            self._point_the_way(request, response)
        return response(environ, start_response)

    def _answer(self, request: Request, origin: str | None) -> Sendable:
        address = addresses.parse_target(request.environ["RAW_URI"])
        if request.method == "OPTIONS":
            return self._options(request, address)
        path, _, query = request.environ["RAW_URI"].partition("?")
        if not address.path and not path.endswith("/"):
            return _with_slash(address, self._base, query)
        agent = callers.agent(self._services, request, origin)
        asked: Asked | None = request.environ.get(ASKED)
        if asked is None:
            return self._handled(request, agent, address)
        asked = asked.by(agent)
        return self._kept.find(asked) or self._keep(asked, request, self._handled(request, agent, address))

    def _keep(self, asked: Asked, request: Request, answer: Sendable) -> Sendable:
        """Give the same answer to who asks the same, while nothing is committed (ADR 0027)."""
        if request.environ.get(LASTING) and isinstance(answer, Answer | Bare):
            self._kept.keep(asked, answer, answer.status_code, answer.size)
        return answer

    def _handled(self, request: Request, agent: Agent, address: Address) -> Sendable:
        if (shown := representations.without_suffix(address)[0]) is not None:
            self._resources.acquaint(agent, shown)
        handler = self._methods.get(request.method)
        if handler is None:
            raise self._no_method(request, agent, address)
        if request.method not in {"GET", "HEAD"} and (
            form := representations.preferred(self._services, agent, address)
        ):
            return self._elsewhere(request, address, *form)
        return handler(request, agent, address)

    def _elsewhere(self, request: Request, address: Address, resource: Address, form: str) -> Response:
        """A form is changed at its resource (G7); a page or a picture is not sent where it would replace everything."""
        if request.method == "PUT" and not rdf.is_rdf(form):
            raise Conflict(
                N_("{path} is how {resource} is shown."), N_("Choose another name for a document of its own."),
                path=address.target, resource=resource.target,
            )  # fmt: skip
        return Response(status=308, headers={"Location": resource.iri(self._base), "Cache-Control": "no-store"})

    # -- reading ---------------------------------------------------------------------------------

    def _get(self, request: Request, agent: Agent, address: Address) -> Sendable:
        if address.path == "" and self._is_closed_door(request, agent, address):
            card = Address(address.pod, "profile/card").iri(self._base)
            return Response(status=303, headers={"Location": card, "Cache-Control": "no-store"})
        if address.path == solid_headers.DESCRIPTION:
            return storage_description.answer(self._services, request, address)
        reading, wanted = representations.find(self._services, agent, address)
        media_type = wanted or representations.choose(
            request.environ.get("HTTP_ACCEPT"), reading.address, representations.available(reading)
        )
        is_page = media_type == HTML and representations.bare(reading.stored.media_type) != HTML
        if is_page and agent.webid is not None:
            # A page shows only what everybody may see: it could end up in a shared cache or a screenshot.
            reading = self._resources.read(ANONYMOUS, reading.address)
        return self._page(request, reading) if is_page else self._bytes(request, reading, media_type)

    def _is_closed_door(self, request: Request, agent: Agent, root: Address) -> bool:
        """Whether a visitor with a browser stands before a pod that is not open: they are shown its public card."""
        if agent.webid is not None or negotiation.choose(request.headers.get("Accept"), (rdf.TURTLE, HTML)) != HTML:
            return False
        card = Address(root.pod, "profile/card")
        closed = not self._resources.decide(agent, root).allows(Mode.READ)
        return closed and self._resources.decide(agent, card).allows(Mode.READ)

    def _bytes(self, request: Request, reading: Reading, media_type: str) -> Sendable:
        state = containment.state_of(reading.stored)
        etag = preconditions.etag(state.tag, media_type)
        headers = self._headers(reading, etag)
        request.environ[LASTING] = reading.decision.lasting
        asks_back = not _ASKING_BACK.isdisjoint(request.environ)
        if asks_back and preconditions.not_modified(request.headers, etag, state.modified):
            return Bare(304, headers)
        headers |= solid_headers.safe_to_open(media_type) | {"Accept-Ranges": "bytes"}
        if reading.stored.blob is not None and representations.as_stored(reading, media_type):
            return self._streamed(
                request, reading, headers | {"Content-Type": representations.told(reading, media_type)}
            )
        if reading.address.is_container:
            return self._listing(request, reading, media_type, headers)
        rendered = representations.render(self._services, reading, media_type)
        answer = Answer(rendered.body, headers | {"Content-Type": rendered.content_type})
        if request.method == "HEAD" or not asks_back:  # a range is only meant for a GET (RFC 9110 §14.2)
            return answer
        return preconditions.apply_range(request.headers, answer, etag, state.modified)

    def _listing(self, request: Request, reading: Reading, media_type: str, headers: dict[str, str]) -> Sendable:
        """A container: in one piece while it fits one page, else page by page and without a length."""
        listing = Listing(self._resources, reading, media_type)
        headers["Content-Type"] = representations.with_charset(media_type)
        if not listing.short:
            headers["Accept-Ranges"] = "none"
            return Streamed(None, lambda _first, _end: listing, headers)
        answer = Answer(b"".join(listing), headers)
        if request.method == "HEAD":
            return answer
        return preconditions.apply_range(request.headers, answer, headers["ETag"], reading.stored.modified)

    def _streamed(self, request: Request, reading: Reading, headers: dict[str, str]) -> Streamed:
        """A blob as it is, or a part of it: never more than one piece of it in memory (solid.md V3)."""
        stored = reading.stored
        answer = Streamed(stored.size, partial(self._resources.stream, stored), headers)
        if request.method == "GET" and request.headers.get("Range"):
            part = preconditions.range_of(request.headers, headers["ETag"], stored.modified, stored.size)
            if part is not None:
                answer.cut(part.first, part.last, part.content_range)
        return answer

    def _page(self, request: Request, reading: Reading) -> Sendable:
        """A page tells more than its resource holds (a withdrawal, say): its tag is made from what it says."""
        may_take_long()
        rendered = self._pages.resource(request, reading)
        etag = preconditions.etag(hashlib.sha256(rendered.body).hexdigest()[:24], HTML)
        headers = self._headers(reading, etag) | {"Content-Security-Policy": PAGE_POLICY}
        del headers["Last-Modified"]
        if preconditions.not_modified(request.headers, etag, self._services.clock()):
            return Bare(304, headers)
        return Response(rendered.body, headers=headers, content_type=rendered.content_type)

    def _headers(self, reading: Reading, etag: str) -> dict[str, str]:
        decision, address = reading.decision, reading.address
        owners = self._owners(address)
        return {
            "ETag": etag,
            "Last-Modified": _http_date(reading.stored.modified),
            "WAC-Allow": wac_allow.write(decision.user, decision.public),
            "Cache-Control": _cache_control(address, is_public=Mode.READ in decision.public),
            "X-Content-Type-Options": "nosniff",
            "Link": solid_headers.links(address, self._base, owners),
            **solid_headers.possibilities(address, reading.stored.media_type),
            **self._updates,
        }

    def _owners(self, address: Address) -> list[str]:
        """Who owns the storage, for those who may read its root (D5)."""
        if address.path or not self._services.settings.advertise_owner:
            return []
        with self._resources.reading() as conn:
            return self._resources.owners(conn, address.pod)

    def _options(self, request: Request, address: Address) -> Response:
        """Says what the kind of address allows, not whether anything stands there (B11, D3, G1, L3, S22)."""
        headers = solid_headers.possibilities(address)
        headers |= cors.preflight(
            request.headers.get("Access-Control-Request-Method"),
            request.headers.get("Access-Control-Request-Headers"),
            headers["Allow"].split(", "),
        )
        return Response(status=204, headers={"Link": solid_headers.description_link(address, self._base), **headers})

    def _point_the_way(self, request: Request, response: Sendable) -> None:
        """Even a refusal tells where the storage describes itself (D3)."""
        try:
            address = addresses.parse_target(request.environ["RAW_URI"])
        except PodAppError:
            return
        told = [solid_headers.description_link(address, self._base), response.headers.get("Link")]
        response.headers["Link"] = ", ".join(link for link in told if link)

    # -- writing ---------------------------------------------------------------------------------

    def _put(self, request: Request, agent: Agent, address: Address) -> Sendable:
        self._resources.decide(agent, address).require(Mode.WRITE)
        data, media_type = self._body(request, address)
        self._refuse_other_link(request, address)
        body = self._resources.prepare(address, data, media_type)
        conditions = callers.conditions(request)
        written = self._resources.write(agent, lambda writing: writing.put(address, body, conditions))
        return self._written(written)

    def _post(self, request: Request, agent: Agent, address: Address) -> Sendable:
        if address.path == inbox.PATH:
            return self._notified(request, agent, address)
        self._resources.admit(agent, address)
        as_container = _asks_for_container(request)
        data, media_type = self._body(request, address)
        name = addresses.slug(request.headers.get("Slug"), fallback=containment.fresh_name())
        written = self._resources.add(agent, address, name, lambda _: data, media_type, as_container=as_container)
        return self._written(written)

    def _notified(self, request: Request, agent: Agent, address: Address) -> Sendable:
        """What is left in an inbox: who sends it is proved, or noted as unproved (contracts.md §5)."""
        may_take_long()  # each try is counted: it must not be begun twice
        signed = mailbox.read_signed(request)
        sender = mailbox.sender(self._services, request, agent, signed)
        self._resources.admit(sender, address)
        mailbox.count(self._services, request, sender)
        as_container = _asks_for_container(request)
        data, media_type = self._body(request, address, signed)
        name = addresses.slug(request.headers.get("Slug"), fallback=containment.fresh_name())
        kept = inbox.receive(self._resources, sender, address, name, data, media_type, as_container=as_container)
        return self._written(kept)

    def _patch(self, request: Request, agent: Agent, address: Address) -> Sendable:
        return self._written(patching.patch(self._resources, request, agent, address))

    def _delete(self, request: Request, agent: Agent, address: Address) -> Sendable:
        conditions = callers.conditions(request)
        self._resources.acquaint(agent, *([address, address.parent] if address.parent else [address]))
        self._resources.write(agent, lambda writing: writing.delete(address, conditions), frees=True)
        return Bare(204, dict(solid_headers.possibilities(address)))

    def _body(self, request: Request, address: Address, read: bytes | None = None) -> tuple[Content, str]:
        """What was sent and what it is; `read` is the body where it was read already."""
        stream = request.stream if read is None else BytesIO(read)
        media_type = request.headers.get("Content-Type", "").strip()
        if media_type:
            media_type = _checked(media_type)
            return self._resources.receive(address, stream, media_type, request.content_length), media_type
        if stream.read(1) or address.auxiliary:
            raise Unreadable(
                N_("The body for {path} has no Content-Type."),
                N_("Say what it is, such as text/turtle."),
                path=address.target,
            )
        return b"", rdf.TURTLE if address.is_container else UNKNOWN_TYPE

    def _refuse_other_link(self, request: Request, address: Address) -> None:
        types = _linked_types(request)
        if address.is_container and f"{containment.LDP}NonRDFSource" in types:
            raise _contradiction(address)
        if not address.is_container and types & {BASIC_CONTAINER, f"{containment.LDP}Container"}:
            raise _contradiction(address)

    def _written(self, written: Written) -> Sendable:
        iri = written.address.iri(self._base)
        state = containment.state_of(written.stored)
        headers = {
            "Link": solid_headers.links(written.address, self._base),
            **solid_headers.possibilities(written.address, written.stored.media_type),
        }
        if not written.address.is_container:
            headers["ETag"] = preconditions.etag(state.tag, representations.bare(written.stored.media_type), "")
        if written.created:
            return Bare(201, {**headers, "Location": iri})
        return Bare(204, headers)

    def _no_method(self, request: Request, agent: Agent, address: Address) -> Exception:
        if request.method not in KNOWN_METHODS:
            return MethodUnknown(
                N_("{method} is no method of HTTP that this server knows."), N_("Use one of those in Allow."),
                method=request.method, allowed=containment.allowed_methods(address),
            )  # fmt: skip
        self._resources.decide(agent, address).require(Mode.READ)
        return MethodNotAllowed(
            N_("{method} cannot be done at {path}."), N_("Use one of those in Allow."),
            method=request.method, path=address.target, allowed=containment.allowed_methods(address),
        )  # fmt: skip


def _cache_control(address: Address, *, is_public: bool) -> str:
    """Answers are asked about each time; only public status lists may be kept for as long as they say themselves."""
    if not is_public:
        return "private, no-cache"
    if representations.is_status_list(address):
        return f"public, max-age={status_list.TTL_MILLISECONDS // 1000}"
    return "public, no-cache"


_http_date: Final = lru_cache(maxsize=4096)(http_date)


def _with_slash(address: Address, base_url: str, query: str) -> Response:
    """`/alice` is no identifier: said before anything is looked up, for every name and method alike (G7)."""
    location = address.iri(base_url) + (f"?{query}" if query else "")
    return Response(status=308, headers={"Location": location, "X-Content-Type-Options": "nosniff"})


def _asks_for_container(request: Request) -> bool:
    return bool(_linked_types(request) & {BASIC_CONTAINER, f"{containment.LDP}Container"})


def _linked_types(request: Request) -> set[str]:
    """IRIs in `Link: <…>; rel="type"` headers."""
    found = set()
    header: str = request.environ.get("HTTP_LINK", "")
    for link in header.split(",") if header else ():
        target, _, parameters = link.strip().partition(">")
        if 'rel="type"' in parameters.replace(" ", "") or "rel=type" in parameters.replace(" ", ""):
            found.add(target.lstrip("<"))
    return found


def _checked(media_type: str) -> str:
    """A Content-Type is echoed to readers later: it must be a plain header value."""
    main, _, sub = representations.bare(media_type).partition("/")
    if not (main and sub) or not media_type.isascii() or not media_type.isprintable() or len(media_type) > 200:  # noqa: PLR2004  # a generous header
        raise Unreadable(
            N_("{media_type} is not a media type."), N_("Send one such as text/turtle."), media_type=media_type[:80]
        )
    return media_type


def _contradiction(address: Address) -> Conflict:
    """An interaction model that the address contradicts (solid.md E13, G9)."""
    return Conflict(
        N_("The Link header asks for another kind of resource than the address {path} names."),
        N_("Addresses of containers end in a slash, all others do not."), path=address.target,
    )  # fmt: skip

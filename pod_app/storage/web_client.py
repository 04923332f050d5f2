"""The one door to the network: every outgoing request passes this guard.

A name is resolved once, every address it has must be public, and the connection goes to an address that was
checked, while TLS still verifies the name. Time, bytes, redirects and requests per host are limited. Whoever
asks learns only that a document could not be had; the reason stays in the debug log. (Threats S1 to S5, S8.)
"""

import logging
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import httpcore  # noqa: TID251  # this module is the door
import httpx  # noqa: TID251  # this module is the door

from pod_app.brevity import may_take_long
from pod_app.errors import N_, Unreachable
from pod_app.storage.egress_pacing import HostPace
from pod_app.storage.egress_policy import EgressPolicy, RefusedError, Target, check_target, parse_url, redirected
from pod_app.storage.pinned_network import Budget, PinnedBackend, Resolver, Spending, system_resolver

_LOG: Final = logging.getLogger(__name__)
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
# What may follow a redirect to another origin: everything else could be a credential or a signature.
_HARMLESS_HEADERS: Final = frozenset({"accept", "accept-language"})
_OUR_HEADERS: Final = frozenset({"host", "connection", "transfer-encoding", "content-length", "accept-encoding"})
_OF_THE_WIRE: Final = frozenset({"connection", "transfer-encoding", "content-length", "content-encoding", "set-cookie"})
Mounts = Mapping[str, httpx.BaseTransport]
"""Origins that are answered by a transport in this process."""
Session = httpx.Client
"""What libraries that speak httpx are given; made by `session_over`."""
StatusError = httpx.HTTPStatusError
"""What such a library raises for an answer that is no success; `response.status_code` says which."""
_HEADER_ROOM: Final = 256 * 2**10
_FAILURES: Final = (
    RefusedError,
    OSError,
    zlib.error,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.StreamError,
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole answer: `url` after redirects, `media_type` lower-case without parameters, `body` decompressed."""

    url: str
    status: int
    media_type: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """True for 2xx."""
        return 200 <= self.status < 300  # noqa: PLR2004  # the class of success


@dataclass(frozen=True, slots=True)
class Upload:
    """A body that is sent piece by piece, so that it is never whole in memory; `size` in bytes."""

    size: int
    pieces: Iterable[bytes]


def unreachable(url: str) -> Unreachable:
    """Make the one error for refused and unreachable, so that nobody learns from its words what stands where."""
    return Unreachable(N_("{url} could not be had."), N_("Check the address, or try again later."), url=url)


class WebClient:
    """An HTTP client that reaches what its policy allows and no more; safe for threads, without cookies or proxies.

    `mounts` gives origins (`https://pods.example`, a closing slash is fine) that are answered by a transport in
    this process instead of the network: names and addresses are not checked there, time, size and redirects are.
    The mapping is looked up at each request, so it may be filled later.
    """

    def __init__(
        self,
        policy: EgressPolicy,
        *,
        mounts: Mapping[str, httpx.BaseTransport] | None = None,
        resolver: Resolver = system_resolver,
        network: httpcore.NetworkBackend | None = None,
        clock: Callable[[], float] = time.monotonic,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._policy = policy
        self._mounts = {} if mounts is None else mounts
        self._clock = clock
        self._tls = tls
        self._pace = HostPace(policy, clock)
        self._spending = Spending()
        self._made_of: dict[str, Any] = {
            "mounts": self._mounts,
            "resolver": resolver,
            "network": network,
            "clock": clock,
            "tls": tls,
        }
        self._backend = PinnedBackend(policy, resolver, network or httpcore.SyncBackend(), self._spending)
        self._making = threading.Lock()
        self._made: _PinnedTransport | None = None

    def fetch(
        self,
        url: str,
        *,
        accept: str = "*/*",
        media_types: frozenset[str] | None = None,
        max_bytes: int = 2**20,
        headers: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> Fetched:
        """GET a document with status 2xx and one of `media_types`; `seconds` can only shorten the policy's total.

        Raises `Unreachable`, in the same words whatever happened.
        """
        wish = _Wish(max_bytes, media_types, success_only=True, redirects=self._policy.redirects)
        return self._run("GET", url, b"", _own_headers(headers, accept), wish, seconds)

    def fetch_any(
        self,
        url: str,
        *,
        accept: str = "*/*",
        max_bytes: int = 2**20,
        headers: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> Fetched:
        """GET and follow redirects like `fetch`, but give any final status back; raises `Unreachable`."""
        wish = _Wish(max_bytes, None, success_only=False, redirects=self._policy.redirects)
        return self._run("GET", url, b"", _own_headers(headers, accept), wish, seconds)

    def send(
        self,
        method: str,
        url: str,
        body: bytes | Upload = b"",
        *,
        accept: str = "*/*",
        max_bytes: int = 2**20,
        headers: Mapping[str, str] | None = None,
        seconds: float | None = None,
        sink: Callable[[bytes], object] | None = None,
    ) -> Fetched:
        """Send any method and give any status back, a redirect too: signatures and proofs hold for one address only.

        With a `sink` the body goes there as it comes, and is empty in the answer. Raises `Unreachable`.
        """
        wish = _Wish(max_bytes, None, success_only=False, redirects=None, sink=sink)
        return self._run(method, url, body, _own_headers(headers, accept), wish, seconds)

    def check(self, url: str) -> None:
        """Raise `Unreachable` for an address that no request may go to, and send none."""
        budget = Budget(self._clock, self._policy.connect_seconds, 0)
        try:
            with self._spending.of(budget):
                target = parse_url(url)
                if not self._mounted(target):
                    check_target(target, self._policy)
                    self._backend.addresses(target.host, target.port)
        except _FAILURES as error:
            _LOG.debug("%r must not be asked: %r", url, error)
            raise unreachable(url) from None

    def patient(self, seconds: float) -> "WebClient":
        """Another client of the same policy, with so much time for one large file; it is closed by itself."""
        return WebClient(replace(self._policy, total_seconds=seconds), **self._made_of)

    def close(self) -> None:
        """Close idle connections; the transports in `mounts` belong to whoever made them."""
        with self._making:
            if self._made is not None:
                self._made.close()

    @property
    def _pinned(self) -> "_PinnedTransport":
        """Made at first use: reading the certificate authorities takes longer than most tests."""
        with self._making:
            if self._made is None:
                tls = self._tls or httpx.create_ssl_context(trust_env=False)
                self._made = _PinnedTransport(self._backend, tls)
            return self._made

    def _run(
        self,
        method: str,
        url: str,
        body: bytes | Upload,
        headers: dict[str, str],
        wish: "_Wish",
        seconds: float | None,
    ) -> Fetched:
        may_take_long()
        total = min(self._policy.total_seconds, seconds or self._policy.total_seconds)
        budget = Budget(self._clock, total, 2 * wish.max_bytes + _HEADER_ROOM)
        try:
            with self._spending.of(budget):
                return self._follow(method, parse_url(url), body, headers, wish)
        except _FAILURES as error:
            _LOG.debug("%s %r could not be had: %r", method, url, error)
            raise unreachable(url) from None

    def _follow(
        self, method: str, target: Target, body: bytes | Upload, headers: dict[str, str], wish: "_Wish"
    ) -> Fetched:
        for _ in range((wish.redirects or 0) + 1):
            answer = self._exchange(method, target, body, headers, wish)
            if isinstance(answer, Fetched):
                return answer
            if answer.origin != target.origin:
                headers = {name: value for name, value in headers.items() if name in _HARMLESS_HEADERS}
            target = answer
        raise RefusedError("too many redirects")

    def _exchange(
        self, method: str, target: Target, body: bytes | Upload, headers: dict[str, str], wish: "_Wish"
    ) -> "Fetched | Target":
        mounted = self._mounted(target)
        request = _request(method, target, body, headers)
        if mounted is not None:
            return self._answer(mounted, request, target, wish)
        check_target(target, self._policy)
        with self._pace.turn(target.origin, self._spending.now.remaining()):
            return self._answer(self._pinned, request, target, wish)

    def _mounted(self, target: Target) -> httpx.BaseTransport | None:
        return self._mounts.get(target.origin) or self._mounts.get(f"{target.origin}/")

    def _answer(
        self, transport: httpx.BaseTransport, request: httpx.Request, target: Target, wish: "_Wish"
    ) -> "Fetched | Target":
        with closing(transport.handle_request(request)) as response:
            location = response.headers.get("location")
            if wish.redirects is not None and response.status_code in _REDIRECTS and location:
                return redirected(target, location)
            media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            wish.check(response.status_code, media_type)
            body = _read(response, wish, self._spending.now)
            return Fetched(target.url, response.status_code, media_type, response.headers, body)


Exchange = Callable[[str, str, bytes, Mapping[str, str]], Fetched]
"""Method, address, body and headers → the whole answer, through a `WebClient`."""


def session_over(exchange: Exchange) -> Session:
    """An httpx client for libraries of others: each of its requests is `exchange`d, and nothing else leaves."""
    return httpx.Client(transport=_Exchanging(exchange), trust_env=False)


class _Exchanging(httpx.BaseTransport):
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._exchange(request.method, str(request.url), request.read(), request.headers)
        kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in _OF_THE_WIRE]
        return httpx.Response(answer.status, headers=kept, content=answer.body, request=request)


class RawTargetTransport(httpx.WSGITransport):
    """Calls a WSGI application in this process and gives it `RAW_URI`, as the real server does.

    The request extension `target` (bytes) is sent as it is; without it the path of the URL, which httpx has
    normalised already.
    """

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer in the calling thread; exceptions of the application come out as they are."""
        target: bytes = request.extensions.get("target", request.url.raw_path)
        path = unquote_to_bytes(target.partition(b"?")[0]).decode("latin-1")

        def with_target(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            environ.update(RAW_URI=target.decode("latin-1"), PATH_INFO=path)
            return self.app(environ, start_response)

        inner = httpx.WSGITransport(
            with_target, self.raise_app_exceptions, self.script_name, self.remote_addr, self.wsgi_errors
        )
        return inner.handle_request(request)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the caller will take; `redirects` None means that a redirect is an answer like any other."""

    max_bytes: int
    media_types: frozenset[str] | None
    success_only: bool
    redirects: int | None
    sink: Callable[[bytes], object] | None = None

    def check(self, status: int, media_type: str) -> None:
        if status < 200 or (self.success_only and status >= 300):  # noqa: PLR2004  # classes of status
            raise RefusedError(f"status {status}")
        if self.media_types is not None and media_type not in self.media_types:
            raise RefusedError(f"media type {media_type!r}")


class _PinnedTransport(httpx.BaseTransport):
    """httpx above a connection pool of ours: HTTP/1.1, no proxies, no retries."""

    def __init__(self, backend: httpcore.NetworkBackend, tls: ssl.SSLContext) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls,
            network_backend=backend,
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=15.0,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(
            scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path
        )
        answer = self._pool.handle_request(
            httpcore.Request(
                request.method, url, headers=request.headers.raw, content=request.stream, extensions=request.extensions
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_PoolStream(answer))

    def close(self) -> None:
        self._pool.close()


class _PoolStream(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


def _own_headers(headers: Mapping[str, str] | None, accept: str) -> dict[str, str]:
    given = {name.lower(): value for name, value in (headers or {}).items()}
    return {"accept": accept} | {name: value for name, value in given.items() if name not in _OUR_HEADERS}


def _request(method: str, target: Target, body: bytes | Upload, headers: dict[str, str]) -> httpx.Request:
    ours = {"user-agent": "pod_app", "accept-encoding": "gzip"}
    extensions = {"target": target.path.encode("ascii")}
    content: bytes | Iterable[bytes] | None = body or None if isinstance(body, bytes) else body.pieces
    if isinstance(body, Upload):
        ours["content-length"] = str(body.size)
    return httpx.Request(method, target.url, headers=headers | ours, content=content, extensions=extensions)


def _read(response: httpx.Response, wish: _Wish, budget: Budget) -> bytes:
    """Read and decompress while counting, so that a bomb never grows beyond the limit."""
    inflate = _inflater(response.headers.get("content-encoding", ""))
    body, count = bytearray(), 0
    keep = wish.sink or body.extend
    for chunk in response.iter_raw():
        budget.remaining()
        piece = inflate(chunk, wish.max_bytes + 1 - count)
        count += len(piece)
        if count > wish.max_bytes:
            raise RefusedError("too many bytes")
        keep(piece)
    inflate(b"", 0)
    return bytes(body)


def _inflater(encoding: str) -> Callable[[bytes, int], bytes]:
    """Make a function (chunk, most bytes wanted) -> bytes; an empty chunk at the end checks that nothing is missing."""
    if encoding.strip().lower() in {"", "identity"}:
        return lambda chunk, _most: chunk
    if encoding.strip().lower() not in {"gzip", "x-gzip"}:
        raise RefusedError(f"content encoding {encoding!r}, which nobody asked for")
    gunzip = zlib.decompressobj(wbits=31)
    has_begun = False

    def inflate(chunk: bytes, most: int) -> bytes:
        nonlocal has_begun
        if not chunk and has_begun and not gunzip.eof:
            raise RefusedError("a cut compressed body")
        has_begun = has_begun or bool(chunk)
        return gunzip.decompress(chunk, most) if chunk else b""

    return inflate

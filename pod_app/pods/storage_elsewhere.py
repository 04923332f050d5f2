"""What is asked of a storage on another server: put, read back, and who may see (Solid Protocol §5; WAC §5).

Answers are given back as they are; only what nobody can do anything about is an exception.
"""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pod_app.errors import N_, Unauthenticated
from pod_app.standards import links, n3_patch, rdf, wac_allow
from pod_app.standards.wac import Mode
from pod_app.storage.web_client import Fetched, Upload, WebClient

BASIC_CONTAINER: Final = '<http://www.w3.org/ns/ldp#BasicContainer>; rel="type"'
MOST_RDF: Final = 16 * 2**20
"""A document that is read back whole, in bytes: larger than what is taken, because others write it their own way."""
_ROOM: Final = 2**16
_BUSY: Final = frozenset({429, 503})
_TRIES: Final = 4
_LONGEST_WAIT: Final = 30.0
_UNAUTHENTICATED: Final = 401
Proof = Callable[[str, str], Mapping[str, str]]
"""Headers that prove (method, URL) who asks."""


@dataclass(frozen=True, slots=True)
class Found:
    """What stands at an address: its hash, and its bytes where they were asked for."""

    status: int
    media_type: str
    sha256: str
    body: bytes
    etag: str
    links: Mapping[str, tuple[str, ...]]
    public: frozenset[Mode] | None
    """Modes that everybody has, or None where the server does not say."""

    @property
    def by_policies(self) -> bool:
        """Whether this is the place of access policies (ACP), not of rules."""
        return links.has_policies(self.links)

    @property
    def there(self) -> bool:
        """Whether it could be read."""
        return 200 <= self.status < 300  # noqa: PLR2004  # the class of success


class StorageElsewhere:
    """One storage on another server, written to with its owner's proof."""

    def __init__(
        self, web_client: WebClient, root: str, proof: Proof, pause: Callable[[float], object] = time.sleep
    ) -> None:
        self.root = root
        self._web_client = web_client
        self._proof = proof
        self._pause = pause

    def put(self, url: str, body: bytes | Upload, media_type: str, **more: str) -> int:
        """Write, and say how that was answered; `more` are headers, `_` for `-`."""
        headers = {name.replace("_", "-"): value for name, value in more.items()} | {"content-type": media_type}
        return self._send("PUT", url, body, headers).status

    def insert(self, url: str, quads: list[Any]) -> int:
        """Add statements to a document by N3 Patch, and say how that was answered."""
        body = n3_patch.insertion(rdf.serialize(quads, rdf.N_TRIPLES).decode())
        return self._send("PATCH", url, body, {"content-type": n3_patch.MEDIA_TYPE}).status

    def delete(self, url: str) -> int:
        """Take away again."""
        return self._send("DELETE", url, b"", {}).status

    def read(self, url: str, media_type: str, size: int, *, whole: bool) -> Found:
        """What stands there in this media type: hashed as it comes, and kept when `whole`."""
        held, digest = bytearray(), hashlib.sha256()

        def take(piece: bytes) -> None:
            digest.update(piece)
            if whole:
                held.extend(piece)

        most = MOST_RDF if whole else size + _ROOM
        answer = self._send("GET", url, b"", {}, accept=f"{media_type}, */*;q=0.1", max_bytes=most, sink=take)
        return _found(answer, url, digest.hexdigest(), bytes(held))

    def look(self, url: str) -> Found:
        """What the headers say, without the body."""
        return _found(self._send("HEAD", url, b"", {}), url, "", b"")

    def open_to_all(self, url: str) -> bool:
        """Whether everybody may read what stands there, asked without any proof where the server does not say."""
        found = self.look(url)
        return self._web_client.send("HEAD", url).ok if found.public is None else Mode.READ in found.public

    def _send(self, method: str, url: str, body: bytes | Upload, headers: Mapping[str, str], **more: Any) -> Fetched:
        """Once more where the server asks for patience; a proof that it refuses ends everything."""
        for attempt in range(_TRIES):
            answer = self._web_client.send(method, url, body, headers={**headers, **self._proof(method, url)}, **more)
            if answer.status not in _BUSY or attempt == _TRIES - 1 or isinstance(body, Upload):
                break
            self._pause(_wait(answer.headers.get("retry-after", ""), attempt))
        if answer.status == _UNAUTHENTICATED:
            raise Unauthenticated(
                N_("{url} does not take our proof of who asks."), N_("Make new client credentials there."), url=url
            )
        return answer


def _found(answer: Fetched, url: str, sha256: str, body: bytes) -> Found:
    return Found(
        answer.status, answer.media_type, sha256, body, answer.headers.get("etag", ""),
        links.by_relation(answer.headers.get("link", ""), url),
        wac_allow.read(answer.headers.get("wac-allow", "")).get("public"),
    )  # fmt: skip


def _wait(told: str, attempt: int) -> float:
    return min(float(told) if told.isdecimal() else 2.0**attempt, _LONGEST_WAIT)

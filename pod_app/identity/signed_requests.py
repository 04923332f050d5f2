"""Requests that one pod of ours signs and that others' pods sign to us, with the key of their DID document.

A signature counts for a WebID only when its key stands in the `did.json` of the WebID's own pod and that document
names the WebID: whoever writes a DID document elsewhere cannot speak for it (trust.md S34, S35).
"""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from pod_app.errors import N_, Forbidden, PodAppError, Unauthenticated, Unreachable
from pod_app.standards import did, http_signatures, strict_json
from pod_app.standards.http_signatures import BadSignatureError, Message, Signature
from pod_app.storage.database import Database
from pod_app.storage.keys import Keys
from pod_app.storage.replays import Replays

COMPONENTS: Final = ("@method", "@target-uri", "content-digest", "content-type")
TOLERANCE: Final = timedelta(seconds=300)
KEPT: Final = timedelta(seconds=60)
"""For so long a DID document is not asked for again: a key that was revoked may sign a minute longer."""
_AT_MOST: Final = 256
_ACCEPT: Final = "application/did+ld+json, application/did+json, application/json"
Fetch = Callable[[str, str], tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Ours:
    """What signing and checking need of an installation; `plain_http` when it may ask others without TLS."""

    base_url: str
    database: Database
    keys: Keys
    replays: Replays
    fetch: Fetch
    clock: Callable[[], datetime]
    plain_http: bool = False


class SignedRequests:
    """Signs for the pods of one installation, and checks what others sign."""

    def __init__(self, ours: Ours) -> None:
        self._ours = ours
        self._kept: OrderedDict[str, tuple[datetime, Mapping[str, Any]]] = OrderedDict()
        self._guard = threading.Lock()

    def sign(self, pod: str, method: str, url: str, body: bytes, content_type: str) -> dict[str, str]:
        """The fields of a request that a pod signs with its active key."""
        fields = {"Content-Type": content_type, "Content-Digest": http_signatures.digest(body)}
        message = Message(method, url, {name.lower(): value for name, value in fields.items()})
        with self._ours.database.read() as conn:
            key = self._ours.keys.active(conn, pod)
            return fields | http_signatures.signed(
                message,
                COMPONENTS,
                key_id=did.key_id(did.did_web(self._ours.base_url, pod), key.public_key),
                created=int(self._ours.clock().timestamp()),
                nonce=secrets.token_urlsafe(16),
                sign=lambda data: self._ours.keys.sign(conn, pod, data, key_id=key.id),
            )

    def check(self, message: Message, body: bytes, webid: str) -> None:
        """Raise unless this request was signed for `webid`, lately and for the first time.

        `Unauthenticated` for a signature that fails, `Forbidden` for a good one of somebody else.
        """
        try:
            http_signatures.check_digest(message.fields, body)
            signature = _chosen(http_signatures.read(message.fields), message)
            self._require_fresh(signature)
            document = self._document(signature.key_id)
            self._verify(message, signature, document)
        except BadSignatureError as error:
            raise _bad(str(error)) from error
        _require_named(document, signature.key_id, webid)
        self._require_first(signature, message)

    # -- steps -----------------------------------------------------------------------------------

    def _require_fresh(self, signature: Signature) -> None:
        now = self._ours.clock().timestamp()
        if signature.created is None or abs(now - signature.created) > TOLERANCE.total_seconds():
            raise BadSignatureError("it was not made within five minutes of now, or does not say when")
        if signature.created < self._ours.replays.since:
            raise BadSignatureError("it was made before this server last started")
        if signature.expires is not None and signature.expires < now:
            raise BadSignatureError("it has expired")

    def _require_first(self, signature: Signature, message: Message) -> None:
        """Only signatures that hold are remembered, so that strangers cannot fill the store."""
        now = self._ours.clock()
        mark = signature.nonce or f"{signature.created} {message.fields.get('content-digest', '')}"
        until = int((signature.created or 0) + 2 * TOLERANCE.total_seconds())
        if not self._ours.replays.first_use(f"request {signature.key_id} {mark}", until, int(now.timestamp())):
            raise _bad("it was used before")

    def _verify(self, message: Message, signature: Signature, document: Mapping[str, Any]) -> None:
        issuer = signature.key_id.partition("#")[0]
        try:
            key = did.find_key(document, signature.key_id, issuer=issuer, at=self._ours.clock())
        except PodAppError as error:
            raise BadSignatureError(str(error)) from error
        http_signatures.verify(message, signature, key)

    def _document(self, key_id: str) -> Mapping[str, Any]:
        """The DID document of a key, asked for again after a minute; raises `BadSignatureError`."""
        now = self._ours.clock()
        with self._guard:
            at, kept = self._kept.get(key_id, (now - KEPT, None))
        if kept is not None and timedelta() <= now - at < KEPT:
            return kept
        try:
            url = self._url(key_id)
            found = strict_json.read_object(self._ours.fetch(url, _ACCEPT)[1])
        except Unreachable as error:
            raise BadSignatureError(f"the document of its key {key_id[:200]} could not be had") from error
        except PodAppError as error:
            raise BadSignatureError(str(error)) from error
        with self._guard:
            self._kept[key_id] = (now, found)
            self._kept.move_to_end(key_id)
            while len(self._kept) > _AT_MOST:
                self._kept.popitem(last=False)
        return found

    def _url(self, key_id: str) -> str:
        return did.document_url(key_id, plain_http=_authority(key_id) if self._ours.plain_http else ())


def _authority(key_id: str) -> tuple[str, ...]:
    """Laboratories speak plain http on a port of their own; a host without a port has TLS."""
    host = key_id.removeprefix("did:web:").partition("#")[0].partition(":")[0]
    return (host.replace("%3A", ":").replace("%3a", ":"),) if "%3" in host else ()


def _chosen(signatures: list[Signature], message: Message) -> Signature:
    """The first signature by a did:web that covers what must be covered; raises `BadSignatureError`."""
    ours = [one for one in signatures if one.key_id.startswith("did:web:") and "#" in one.key_id]
    if not ours:
        raise BadSignatureError("there is none whose keyid is a did:web with its key")
    for one in ours:
        covered = set(one.components)
        where = "@target-uri" in covered or ({"@authority", "@path"} <= covered and "?" not in message.target)
        if where and {"@method", "content-digest", "content-type"} <= covered:
            return one
    raise BadSignatureError(f"it does not cover {', '.join(COMPONENTS)}")


def _require_named(document: Mapping[str, Any], key_id: str, webid: str) -> None:
    """The WebID must stand in the folder of the DID document, and the document must name it."""
    place = urlsplit(did.document_url(key_id))
    target = urlsplit(webid)
    folder = place.path.removesuffix("did.json")
    names = document.get("alsoKnownAs")
    listed = names if isinstance(names, list) else [names]
    own = target.netloc.lower() == place.netloc.lower() and target.path.startswith(folder)
    if not own or webid not in listed:
        raise Forbidden(
            N_("The key {key} does not speak for {webid}."),
            N_("Sign with the key of the pod that asks."), key=key_id[:200], webid=webid[:200],
        )  # fmt: skip


def _bad(reason: str) -> Unauthenticated:
    return Unauthenticated(
        N_("The signature of this request does not hold: {reason}."),
        N_("Sign it as RFC 9421 says, with the key in the did.json of the pod that asks."), reason=reason[:300],
    )  # fmt: skip

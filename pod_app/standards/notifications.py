"""Solid Notifications 0.2.0: subscription requests, channels, messages and descriptions as data, without any doing.

https://solid.github.io/notifications/protocol and the four channel types of 2023; solid.md N. Everything is
JSON-LD under two contexts that are bundled; a request may use any other spelling that means the same triples.
"""

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pyoxigraph as ox

from pod_app.errors import N_, Invalid, PodAppError, TooLarge, Unreadable, UnsupportedMediaType
from pod_app.standards import durations, negotiation, rdf
from pod_app.standards.namespaces import AS, NOTIFY, RDF

CONTEXT: Final = "https://www.w3.org/ns/solid/notifications-context/v1"
OLDER_CONTEXT: Final = "https://www.w3.org/ns/solid/notification/v1"
ACTIVITYSTREAMS: Final = "https://www.w3.org/ns/activitystreams"
WEB_SOCKET: Final = "WebSocketChannel2023"
WEBHOOK: Final = "WebhookChannel2023"
STREAMING_HTTP: Final = "StreamingHTTPChannel2023"
EVENT_SOURCE: Final = "EventSourceChannel2023"
CHANNEL_TYPES: Final = (WEB_SOCKET, WEBHOOK, STREAMING_HTTP, EVENT_SOURCE)
FEATURES: Final = ("accept", "endAt", "rate", "startAt", "state")
FORMS: Final = (rdf.JSON_LD, rdf.TURTLE)
"""Media types in which a message can be asked for (feature `accept`)."""
LARGEST_REQUEST: Final = 64 * 2**10
MOST_TOPICS: Final = 50
LONGEST_RATE: Final = timedelta(days=366)
_LEGACY: Final = "http://www.w3.org/ns/solid/notification#"
_HERE: Final = "http://www.w3.org/ns/solid/notifications/"
_PROFILES: Final = frozenset(
    {CONTEXT, OLDER_CONTEXT}
    | {f"http://www.w3.org/ns/json-ld#{form}" for form in ("compacted", "expanded", "flattened")}
)
_LIMITS: Final = rdf.Limits(body=LARGEST_REQUEST, triples=500, term=8 * 2**10, nesting=20)
_LONGEST_STATE: Final = 200


@dataclass(frozen=True, slots=True)
class Request:
    """What a subscriber asks for: `topics` as IRIs, times aware, `accept` one of `FORMS`."""

    kind: str
    topics: tuple[str, ...]
    send_to: str | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None
    rate: timedelta | None = None
    state: str | None = None
    accept: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One piece of news for one topic; `seq` is the number of the change that it tells."""

    seq: int
    verb: str
    topic: str
    object: str
    published: datetime
    target: str | None = None
    state: str | None = None


# -- requests ----------------------------------------------------------------------------------


def check_content_type(header: str) -> None:
    """Raise `UnsupportedMediaType` unless it is JSON-LD whose profiles we know (N3)."""
    ranges = list(negotiation.media_ranges(header))
    found = ranges[0] if len(ranges) == 1 else None
    if found is None or f"{found.main}/{found.sub}" != rdf.JSON_LD:
        raise UnsupportedMediaType(
            N_("A subscription is sent as application/ld+json, not as {media_type}."),
            N_("Send it as application/ld+json."),
            media_type=ascii(header[:80])[1:-1] or "-",
        )
    unknown = set(found.parameters.get("profile", "").split()) - _PROFILES
    if unknown:
        raise UnsupportedMediaType(
            N_("The profile {profile} is not known here."),
            N_("Use {known}, or no profile."),
            profile=ascii(min(unknown)[:200])[1:-1],
            known=CONTEXT,
        )


def read_request(body: bytes, kind: str) -> Request:
    """Understand a subscription request sent to the service of channel type `kind` (N4, N6).

    Raises `Unreadable` for what is no JSON, and `Invalid` or `TooLarge` for what says something else than a
    subscription: an unknown context, another type, no topic, a feature's value that means nothing.
    """
    _require_json(body)
    try:
        quads = rdf.parse(body, rdf.JSON_LD, _HERE, _LIMITS)
    except TooLarge:
        raise
    except PodAppError as error:
        raise Invalid(error.detail_template, error.remedy_template, **error.values) from error
    node = _Node(quads)
    if kind not in {_local(iri) for iri in node.iris(RDF["type"])}:
        raise Invalid(
            N_("This is no request for a {kind}."),
            N_("Name the type in «type», and send it to its service."),
            kind=kind,
        )
    request = Request(
        kind=kind,
        topics=node.topics(),
        send_to=node.iri("sendTo"),
        start_at=node.moment("startAt"),
        end_at=node.moment("endAt"),
        rate=_rate(node.literal("rate")),
        state=_state(node.literal("state")),
        accept=_accept(node.literal("accept")),
    )
    _require_whole(request)
    return request


def _require_json(body: bytes) -> None:
    if len(body) > LARGEST_REQUEST:
        raise TooLarge(
            N_("This body has {size} bytes; at most {limit} are taken."), N_("Send less."),
            size=len(body), limit=LARGEST_REQUEST,
        )  # fmt: skip
    try:
        json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable(
            N_("The subscription is not JSON ({problem})."), N_("Correct it."), problem=str(error)[:100]
        ) from None


class _Node:
    """The one description of a channel in a request."""

    def __init__(self, quads: Sequence[ox.Quad]) -> None:
        subjects = {quad.subject for quad in quads if quad.predicate == NOTIFY["topic"]}
        if len(subjects) != 1:
            raise Invalid(
                N_("This request names no topic, or describes several channels."),
                N_("Say what to follow in «topic», with the context {context}."),
                context=CONTEXT,
            )
        (subject,) = subjects
        self._quads = [quad for quad in quads if quad.subject == subject]

    def _values(self, predicate: ox.NamedNode) -> list[Any]:
        return [quad.object for quad in self._quads if quad.predicate == predicate]

    def iris(self, predicate: ox.NamedNode) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.value for one in self._values(predicate) if isinstance(one, ox.NamedNode)))

    def topics(self) -> tuple[str, ...]:
        found = self.iris(NOTIFY["topic"])
        if not found or len(found) > MOST_TOPICS:
            raise Invalid(
                N_("A channel has from 1 to {most} topics, each an address."), N_("Correct «topic»."), most=MOST_TOPICS
            )
        return found

    def iri(self, name: str) -> str | None:
        values = self._values(NOTIFY[name])
        if not values:
            return None
        if len(values) > 1 or not isinstance(values[0], ox.NamedNode):
            raise _wrong(name)
        return str(values[0].value)

    def literal(self, name: str) -> str | None:
        values = self._values(NOTIFY[name])
        if not values:
            return None
        if len(values) > 1 or not isinstance(values[0], ox.Literal):
            raise _wrong(name)
        return str(values[0].value)

    def moment(self, name: str) -> datetime | None:
        text = self.literal(name)
        if text is None:
            return None
        try:
            found = datetime.fromisoformat(text)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise _wrong(name) from error


def _local(iri: str) -> str:
    """Name of a channel type, given in full, in the older name space, or in short."""
    for namespace in (NOTIFY.iri, _LEGACY, _HERE):
        if iri.startswith(namespace):
            return iri.removeprefix(namespace)
    return ""


def _rate(text: str | None) -> timedelta | None:
    if text is None:
        return None
    found = durations.parse(text)
    if found > LONGEST_RATE:
        raise _wrong("rate")
    return found


def _state(text: str | None) -> str | None:
    """The state is an entity tag; clients send it with or without its quotes."""
    if text is None:
        return None
    if len(text) > _LONGEST_STATE:
        raise _wrong("state")
    return text.strip().removeprefix("W/").strip('"')


def _accept(text: str | None) -> str | None:
    if text is None:
        return None
    chosen = negotiation.choose(text, FORMS) if list(negotiation.media_ranges(text)) else None
    if chosen is None:
        raise Invalid(
            N_("Messages cannot be had as {media_type}."),
            N_("Ask for one of: {available}."),
            media_type=ascii(text[:80])[1:-1],
            available=", ".join(FORMS),
        )
    return chosen


def _require_whole(request: Request) -> None:
    if (request.kind == WEBHOOK) != (request.send_to is not None):
        raise _wrong("sendTo")
    if request.state is not None and len(request.topics) > 1:
        raise _wrong("state")
    if request.start_at and request.end_at and request.end_at <= request.start_at:
        raise _wrong("endAt")


def _wrong(name: str) -> Invalid:
    return Invalid(
        N_("«{name}» in this request has a value that means nothing here."),
        N_("Correct it, or leave it out."),
        name=name,
    )


# -- what the server tells -----------------------------------------------------------------------


def service(base_url: str, kind: str) -> dict[str, Any]:
    """A subscription service as its own description says it (N2)."""
    return {"id": service_iri(base_url, kind), "channelType": NOTIFY[kind].value, "feature": list(FEATURES)}


def service_iri(base_url: str, kind: str) -> str:
    """Where to subscribe."""
    return f"{base_url}subscriptions/{kind}"


def service_document(base_url: str, kind: str) -> dict[str, Any]:
    """`service` as a document of its own."""
    return {"@context": [CONTEXT], **service(base_url, kind)}


def service_triples(base_url: str, description: ox.NamedNode) -> list[ox.Triple]:
    """Every subscription service, as a description resource tells them (N1)."""
    found = []
    for kind in CHANNEL_TYPES:
        node = ox.NamedNode(service_iri(base_url, kind))
        found.append(ox.Triple(description, NOTIFY["subscription"], node))
        found.append(ox.Triple(node, NOTIFY["channelType"], NOTIFY[kind]))
        found += [ox.Triple(node, NOTIFY["feature"], NOTIFY[feature]) for feature in FEATURES]
    return found


def moment_text(moment: datetime) -> str:
    """A time as messages write it: UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def render(message: Message, media_type: str, channel: str) -> bytes:
    """A message in JSON-LD or Turtle (N7); sent once more to the same channel it has the same `id`."""
    name = f"{channel} {message.seq} {message.verb} {message.object} {message.published.isoformat()}"
    told = {
        "@context": [ACTIVITYSTREAMS, CONTEXT],
        "id": uuid.uuid5(uuid.NAMESPACE_URL, name).urn,
        "type": message.verb,
        "object": message.object,
        "target": message.target,
        "published": moment_text(message.published),
        "state": message.state,
    }
    body = _compact({name: value for name, value in told.items() if value is not None})
    return body if media_type == rdf.JSON_LD else rdf.serialize(rdf.parse(body, rdf.JSON_LD, AS.iri), media_type)


def _compact(document: dict[str, Any]) -> bytes:
    """One line, because a WebSocket frame or an event is no page to read."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


# -- what waits to be sent -----------------------------------------------------------------------


def coalesced(messages: Iterable[Message], *, by_topic: bool = False) -> list[Message]:
    """Of messages that wait together only what still says something: the last one about each object.

    A creation that was followed by updates stays a creation, with the newest state. With `by_topic` (feature
    `rate`) only the last message of each topic is left.
    """
    kept: dict[tuple[str, str], Message] = {}
    for message in messages:
        key = (message.topic, "" if by_topic else message.object)
        before = kept.pop(key, None)
        kept[key] = _merged(before, message) if before is not None and not by_topic else message
    return list(kept.values())


def _merged(before: Message, after: Message) -> Message:
    if before.verb == "Create" and after.verb == "Update":
        return Message(
            after.seq, "Create", after.topic, after.object, after.published, target=after.target, state=after.state
        )
    return after

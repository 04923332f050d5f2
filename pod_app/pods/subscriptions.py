"""Who may follow which resources, and what they are told: the rules of notification channels (solid.md N).

A channel is a row, so that any process can serve its socket and a restart keeps it. Access is decided when it
is made and again before each message; a channel whose Read is gone is closed. Sending is done elsewhere:
`web/solid/streams.py` for those who connect, `pods/webhooks.py` for those who are called.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from pod_app.errors import N_, Forbidden, Gone, Invalid, NotFound, PodAppError, TooMany, Unauthenticated, Unreachable
from pod_app.pods import containment
from pod_app.pods.resources import Resources
from pod_app.settings import Settings
from pod_app.standards import addresses, durations, notifications, rdf
from pod_app.standards.addresses import Address
from pod_app.standards.multibase import encode_base64url
from pod_app.standards.namespaces import NOTIFY
from pod_app.standards.notifications import WEB_SOCKET, WEBHOOK, Message, Request
from pod_app.standards.wac import Agent, Mode
from pod_app.storage import channels, outbox
from pod_app.storage.channels import StoredChannel
from pod_app.storage.database import Database
from pod_app.storage.keys import RootKey
from pod_app.storage.outbox import Job

CHANNELS: Final = "subscriptions/channels/"
STREAMS: Final = "subscriptions/streams/"
SENDER: Final = "subscriptions/sender"
JOB: Final = "webhook"
REPLAYED: Final = 10_000
"""Most changes of a pod through which a stream that comes back is looked up; older news are told as the state."""
_MEMBERSHIP: Final = {"Create": "Add", "Delete": "Remove"}

__all__ = ["StoredChannel", "Subscriptions", "agent_of"]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one agent sees at one address: whether it may be read, and its state when something stands there."""

    readable: bool
    state: str | None


class Subscriptions:
    """The notification channels of one installation."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        resources: Resources,
        root: RootKey,
        check_url: Callable[[str], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._base = settings.base_url
        self._database = database
        self._resources = resources
        self._secret = root.derive("notification channels")
        self._check_url = check_url
        self._clock = clock

    # -- making and ending channels --------------------------------------------------------------

    def subscribe(self, agent: Agent, remote: str, request: Request) -> StoredChannel:
        """Make the channel that an agent asks for (N4 to N6); `remote` is where a stranger's request came from.

        Raises `Invalid` for topics that are not in one storage of ours, times that are over and addresses that
        may not be called, `Unauthenticated` or `Forbidden` where a topic may not be read, and `TooMany`.
        """
        topics = self._topics(request)
        now = self._clock()
        if request.end_at is not None and request.end_at <= now:
            raise Invalid(N_("This channel would be over before it begins."), N_("Give a later «endAt»."))
        self._resources.acquaint(agent, *topics)
        with self._database.read() as conn:
            for topic in topics:
                self._resources.decide_within(conn, agent, topic).require(Mode.READ)
        if request.send_to is not None:
            self._require_callable(request.send_to)
        longest = now + timedelta(days=self._settings.channel_days)
        holder = agent.webid or f"address:{remote}"

        def within(conn: Connection) -> StoredChannel:
            channels.remove_ended(conn, now)
            if channels.held_by(conn, holder, now) >= self._settings.channels_per_agent:
                raise TooMany(
                    N_("You have {most} notification channels already."),
                    N_("Delete one, or wait until one ends."),
                    most=self._settings.channels_per_agent,
                )
            channel = StoredChannel(
                pod=topics[0].pod, id=secrets.token_hex(16), kind=request.kind, holder=holder, webid=agent.webid,
                client=agent.client, issuer=agent.issuer, origin=agent.origin, created=now, starts=request.start_at,
                ends=min(request.end_at or longest, longest), rate=request.rate,
                accept=request.accept or rdf.JSON_LD, state=request.state, send_to=request.send_to,
                seen=outbox.latest_seq(conn), paths=tuple(topic.path for topic in topics),
            )  # fmt: skip
            channels.add(conn, channel)
            if channel.kind == WEBHOOK and channel.state is not None:
                ask(conn, channel.pod, channel.id, now)
            return channel

        return self._database.write(within)

    def _topics(self, request: Request) -> list[Address]:
        found = []
        for iri in request.topics:
            topic = addresses.of_iri(iri, self._base)
            if topic is None or topic.reserved or topic.well_known or not self._has_pod(topic.pod):
                raise Invalid(
                    N_("{topic} is not in a storage of this server."), N_("Correct «topic»."), topic=iri[:200]
                )
            found.append(topic)
        if len({topic.pod for topic in found}) > 1:
            raise Invalid(N_("The topics of one channel are in one storage."), N_("Subscribe once for each storage."))
        return list(dict.fromkeys(found))

    def _has_pod(self, pod: str) -> bool:
        with self._database.read() as conn:
            return bool(self._resources.owners(conn, pod))

    def _require_callable(self, send_to: str) -> None:
        """Not ourselves, which could go round in circles, and nothing that the egress guard would refuse (S3)."""
        try:
            if addresses.of_iri(send_to, self._base) is None and not send_to.startswith(self._base):
                self._check_url(send_to)
                return
        except Unreachable:
            pass
        raise Invalid(
            N_("Messages cannot be sent to {send_to}."),
            N_("Give a public https address in «sendTo»."),
            send_to=ascii(send_to[:200])[1:-1],
        )

    def held(self, agent: Agent, pod: str, channel: str) -> StoredChannel:
        """A channel for whoever made it; raises `NotFound`, `Unauthenticated` and `Forbidden`."""
        with self._database.read() as conn:
            found = channels.get(conn, pod, channel)
        if found is None:
            raise _unknown()
        if agent.webid is None:
            raise Unauthenticated(N_("Only who made this channel may do this."), N_("Sign in as that agent."))
        if found.webid != agent.webid:
            raise Forbidden(N_("Only who made this channel may do this."), N_("Sign in as that agent."))
        return found

    def close(self, channel: StoredChannel) -> None:
        """End a channel for good."""
        self._database.write(lambda conn: channels.remove(conn, channel.pod, channel.id))

    def open(self, pod: str, channel: str, *, secret: str | None, agent: Agent | None = None) -> StoredChannel:
        """The channel that somebody connects to, by the capability or by the agent who made it (N8, N10).

        Raises `NotFound` for another one or a wrong capability, and `Gone` when its time is over.
        """
        with self._database.read() as conn:
            found = channels.get(conn, pod, channel)
        if found is None or found.kind == WEBHOOK or not self._opens(found, secret, agent):
            raise _unknown()
        if found.ends <= self._clock():
            raise Gone(N_("The time of this channel is over."), N_("Subscribe again."))
        return found

    def _opens(self, channel: StoredChannel, secret: str | None, agent: Agent | None) -> bool:
        if secret is not None:
            return hmac.compare_digest(secret.encode(), self._capability(channel).encode())
        return agent is not None and agent.webid is not None and agent.webid == channel.webid

    def _capability(self, channel: StoredChannel) -> str:
        """Nobody can guess it, and the database alone does not tell it."""
        made = hmac.new(self._secret, f"{channel.pod}/{channel.id}".encode(), hashlib.sha256).digest()
        return encode_base64url(made)

    # -- telling about channels ------------------------------------------------------------------

    def iri(self, channel: StoredChannel) -> str:
        """What identifies a channel; DELETE there ends it."""
        return f"{self._base}{CHANNELS}{channel.pod}/{channel.id}"

    @property
    def sender(self) -> str:
        """Who webhooks come from."""
        return f"{self._base}{SENDER}#us"

    def document(self, channel: StoredChannel) -> dict[str, Any]:
        """A channel as JSON-LD tells it (N4), with the features that were accepted."""
        topics = [Address(channel.pod, path).iri(self._base) for path in channel.paths]
        told: dict[str, Any] = {
            "@context": [notifications.CONTEXT],
            "id": self.iri(channel),
            "type": NOTIFY[channel.kind].value,
            "topic": topics[0] if len(topics) == 1 else topics,
            "startAt": notifications.moment_text(channel.starts) if channel.starts else None,
            "endAt": notifications.moment_text(channel.ends),
            "rate": durations.text(channel.rate) if channel.rate is not None else None,
            "state": channel.state,
            "accept": channel.accept,
        }
        if channel.kind == WEBHOOK:
            told |= {"sendTo": channel.send_to, "sender": self.sender}
        else:
            told["receiveFrom"] = self._receive_from(channel)
        return {name: value for name, value in told.items() if value is not None}

    def _receive_from(self, channel: StoredChannel) -> str:
        base = f"ws{self._base.removeprefix('http')}" if channel.kind == WEB_SOCKET else self._base
        return f"{base}{STREAMS}{channel.pod}/{channel.id}/{self._capability(channel)}"

    # -- messages --------------------------------------------------------------------------------

    def messages(self, conn: Connection, channel: StoredChannel, changes: Iterable[Job]) -> list[Message]:
        """What a channel is told about these changes of its pod, in their order (N7).

        Raises `Forbidden` when one of them is about a topic that may not be read any more (N5).
        """
        look = _Look(self._resources, conn, agent_of(channel))
        return [message for change in changes for message in self._about(channel, change, look)]

    def first(self, channel: StoredChannel) -> list[Message]:
        """What a reader is told at once who has just connected; raises `Forbidden` like `messages`."""
        with self._database.read() as conn:
            return self.current(conn, channel)

    def acquaint(self, channel: StoredChannel) -> None:
        """Let groups elsewhere be asked that may let the subscriber read; outside of every transaction."""
        self._resources.acquaint(agent_of(channel), *(Address(channel.pod, path) for path in channel.paths))

    def missed(self, channel: StoredChannel, seq: int) -> tuple[list[Message], int]:
        """What a reader was not told who had heard of everything up to `seq`, and up to where that goes.

        After a very long absence they get the state of each topic. Raises `Forbidden` like `messages`.
        """
        with self._database.read() as conn:
            latest = outbox.latest_seq(conn)
            changes = outbox.since(conn, seq, REPLAYED, pod=channel.pod)
            found = self.states(conn, channel) if len(changes) == REPLAYED else self.messages(conn, channel, changes)
        return notifications.coalesced(found, by_topic=channel.rate is not None), latest

    def current(self, conn: Connection, channel: StoredChannel) -> list[Message]:
        """The state of the topic, when the subscriber named another one (N6); raises `Forbidden` like `messages`."""
        if channel.state is None or len(channel.paths) != 1:
            return []
        return self.states(conn, channel, unless=channel.state)

    def states(self, conn: Connection, channel: StoredChannel, unless: str | None = None) -> list[Message]:
        """What stands now at every topic, except in the state `unless`; raises `Forbidden` like `messages`."""
        look = _Look(self._resources, conn, agent_of(channel))
        found = []
        for path in channel.paths:
            topic = Address(channel.pod, path)
            state = look.readable(topic).state
            if state is None or unless is None or state not in {unless, unless.rpartition("-")[0]}:
                iri = topic.iri(self._base)
                verb = "Delete" if state is None else "Update"
                found.append(Message(0, verb, iri, iri, self._clock(), state=state))
        return found

    def _about(self, channel: StoredChannel, change: Job, look: "_Look") -> list[Message]:
        if change.pod != channel.pod or (channel.starts is not None and change.at < channel.starts):
            return []
        address = Address(change.pod, change.path)
        iri = address.iri(self._base)
        found = []
        if change.path in channel.paths:
            gone = change.verb == "Delete"
            state = None if gone and look.could_read(address, change.payload) else look.readable(address).state
            found.append(Message(change.seq, change.verb, iri, iri, change.at, state=None if gone else state))
        around = None if address.auxiliary else address.parent
        if around is not None and around.path in channel.paths and change.verb in _MEMBERSHIP:
            state = look.readable(around).state
            topic = around.iri(self._base)
            found.append(
                Message(change.seq, _MEMBERSHIP[change.verb], topic, iri, change.at, target=topic, state=state)
            )
        return found


class _Look:
    """What one agent sees, asked once for each address."""

    def __init__(self, resources: Resources, conn: Connection, agent: Agent) -> None:
        self._resources, self._conn, self._agent = resources, conn, agent
        self._seen: dict[Address, _Seen] = {}

    def readable(self, address: Address) -> _Seen:
        if address not in self._seen:
            self._seen[address] = self._ask(address)
        seen = self._seen[address]
        if not seen.readable:
            raise Forbidden(N_("This topic may not be read any more."), N_("Subscribe again when it may."))
        return seen

    def could_read(self, address: Address, payload: Mapping[str, Any]) -> bool:
        """Whether the rules that went with a resource let its reader hear that it is gone."""
        rules = payload.get("acl")
        return isinstance(rules, str) and self._resources.could_read(self._conn, self._agent, address, rules)

    def _ask(self, address: Address) -> _Seen:
        try:
            reading = self._resources.read_within(self._conn, self._agent, address)
        except NotFound:  # which only those learn who may read
            return _Seen(readable=True, state=None)
        except PodAppError:
            return _Seen(readable=False, state=None)
        return _Seen(readable=True, state=containment.state_of(reading.stored).tag)


def ask(conn: Connection, pod: str, channel: str, now: datetime, at: datetime | None = None) -> None:
    """Give the webhook of this channel its one job, now or later."""
    channels.note(conn, pod, channel, {"pending": 1})
    outbox.append(conn, pod=pod, kind=JOB, at=now, payload={"pod": pod, "channel": channel}, next_at=at)


def touched(change: Job) -> Sequence[str]:
    """Paths of the topics that a change may be about: itself and the container around it."""
    address = Address(change.pod, change.path)
    around = None if address.auxiliary else address.parent
    return (change.path,) if around is None else (change.path, around.path)


def agent_of(channel: StoredChannel) -> Agent:
    """Who follows: the agent who subscribed, through the same client."""
    return Agent(webid=channel.webid, client=channel.client, issuer=channel.issuer, origin=channel.origin)


def _unknown() -> NotFound:
    return NotFound(N_("There is no such channel."), N_("Subscribe again."))

"""POST to an inbox: who sends is proved by a token or by a signature over the request, or not at all (contracts.md §5).

What nobody proves is kept with a note that says so, a limited number of times an hour from one address, and
nothing else ever happens because of it. A proof that fails is refused, and nothing is kept.
"""

from dataclasses import replace
from typing import Final

import pyoxigraph as ox
from werkzeug.wrappers import Request

from pod_app.errors import N_, Forbidden, TooLarge, Unauthenticated, Unreadable
from pod_app.services import Services
from pod_app.standards import strict_json
from pod_app.standards.wac import Agent
from pod_app.web import callers

MAX_SIGNED: Final = 2**18
"""A signed notification is read into memory whole, for its digest."""


def read_signed(request: Request) -> bytes | None:
    """The body of a request that claims a signature of whatever kind; None for others, which are not read yet."""
    if not {"Signature", "Signature-Input"} & set(request.headers.keys()):
        return None
    data = request.stream.read(MAX_SIGNED + 1)
    if len(data) > MAX_SIGNED:
        raise TooLarge(
            N_("This body has {size} bytes; at most {limit} are taken."), N_("Send less."),
            size=request.content_length or "-", limit=MAX_SIGNED,
        )  # fmt: skip
    return data


def sender(services: Services, request: Request, agent: Agent, signed: bytes | None) -> Agent:
    """Who is proved to send this: the agent of the token, else the actor who signed `signed`, else nobody.

    Raises `Unauthenticated` for a signature that fails or is somebody else's.
    """
    if signed is None:
        return agent
    actor = _actor(signed)
    _check(services, request, signed, actor)
    return agent if agent.webid is not None else replace(agent, webid=actor)


def count(services: Services, request: Request, agent: Agent) -> None:
    """One more that nobody proves; raises `TooOften` where they are too many (trust.md S40)."""
    if agent.webid is None:
        limits, most = services.identity.limits, services.settings.unproved_per_hour
        limits.count_unproved(most, callers.address(services, request))


def _check(services: Services, request: Request, body: bytes, actor: str) -> None:
    try:
        services.federation.signed_requests.check(callers.message_of(services, request), body, actor)
    except Forbidden as error:
        raise Unauthenticated(
            N_("The signature of this notification is not that of its actor {actor}."),
            N_("Sign with the key in the did.json of the actor's pod."), actor=actor[:200],
        ) from error  # fmt: skip


def _actor(body: bytes) -> str:
    """The WebID that a signed activity names as its actor: a signature speaks for nobody else."""
    try:
        told = strict_json.read_object(body).get("actor")
    except Unreadable:
        told = None
    actor = told.get("id") if isinstance(told, dict) else told
    if not _is_iri(actor):
        raise Unauthenticated(
            N_("A signed notification names its actor, and this one names none."),
            N_('Send JSON with an "actor", signed with the key of that actor\'s pod.'),
        )
    return str(actor)


def _is_iri(actor: object) -> bool:
    """Whether a note about the sender can name it."""
    try:
        return isinstance(actor, str) and bool(ox.NamedNode(actor))
    except ValueError:
        return False

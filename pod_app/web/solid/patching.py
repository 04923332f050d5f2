"""PATCH over HTTP: which language a patch is in, and who is told what is wrong with it."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from werkzeug.wrappers import Request

from pod_app.errors import N_, PodAppError, UnknownPatch, Unreadable
from pod_app.pods.access import refusal
from pod_app.pods.patching import Patching
from pod_app.pods.resources import Resources
from pod_app.pods.writing import Written
from pod_app.standards import n3_patch, patch_text, sparql_update
from pod_app.standards.addresses import Address
from pod_app.standards.patch import Patch
from pod_app.standards.wac import Agent, Mode
from pod_app.web import callers

LANGUAGES: Final[Mapping[str, Callable[[bytes, str], Patch]]] = MappingProxyType(
    {n3_patch.MEDIA_TYPE: n3_patch.parse, sparql_update.MEDIA_TYPE: sparql_update.parse}
)


def patch(resources: Resources, request: Request, agent: Agent, address: Address) -> Written:
    """Apply the patch in a request.

    Whoever may do nothing here is refused before anything is looked at (P12), and what is wrong with a
    patch is told only to those who may change something (I10).
    """
    decision = resources.decide(agent, address)
    if not decision.user & {Mode.READ, Mode.APPEND, Mode.WRITE}:
        raise refusal(agent)
    try:
        changes = _read(request, address, resources.base_url)
    except PodAppError:
        decision.require(Mode.APPEND)
        raise
    return Patching(resources).apply(agent, address, changes, callers.conditions(request))


def _read(request: Request, address: Address, base_url: str) -> Patch:
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if not media_type:
        raise Unreadable(
            N_("The patch for {path} has no Content-Type."), N_("Send it as text/n3."), path=address.target
        )
    parse = LANGUAGES.get(media_type)
    if parse is None:
        raise UnknownPatch(
            N_("{media_type} is no language for patches that is known here."),
            N_("Send it as text/n3 or application/sparql-update."),
            accepted=tuple(LANGUAGES),
            media_type=media_type[:80],
        )
    return parse(request.stream.read(patch_text.MAX_BYTES + 1), address.iri(base_url))

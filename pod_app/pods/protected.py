"""Statements that everything else leans on: changed by nobody, or by nobody alone.

An owner stays in control of the root of their pod (solid.md P14), and the sign-in services that a WebID
trusts are not changed by whoever may write the profile (U3, trust.md S15): they decide who may act as it.
"""

from collections.abc import Collection, Iterable

import pyoxigraph as ox

from pod_app.errors import N_, Conflict
from pod_app.standards.addresses import Address
from pod_app.standards.namespaces import LDP, PIM, SOLID

ISSUER = SOLID["oidcIssuer"]
PROFILE = "profile/card"
PROFILES = frozenset({PROFILE, f"{PROFILE}.meta"})
_PLACES = frozenset({PIM["storage"], LDP["inbox"]})


def refuse_other_issuers(address: Address, before: Iterable[ox.Quad], after: Iterable[ox.Quad]) -> None:
    """Raise `Conflict` unless both say the same about `solid:oidcIssuer`."""
    if _saying({ISSUER}, before) != _saying({ISSUER}, after):
        raise Conflict(
            N_("The statements with solid:oidcIssuer in {path} say who may act as this WebID."),
            N_("Leave them as they are: they are not changed by writing this document."), path=address.target,
        )  # fmt: skip


def refuse_other_places(address: Address, before: Iterable[ox.Quad], after: Iterable[ox.Quad]) -> None:
    """Raise `Conflict` unless a profile that stands keeps saying where its storage and its inbox are (U3)."""
    if _saying(_PLACES, before) != _saying(_PLACES, after):
        raise Conflict(
            N_("The statements with pim:storage and ldp:inbox in {path} say where others send what is meant for you."),
            N_("Leave them as they are: they are not changed by writing this document."), path=address.target,
        )  # fmt: skip


def locked_out(address: Address) -> Conflict:
    """The refusal of rules that leave the root to nobody who owns it."""
    return Conflict(
        N_("These rules for {path} leave Control to none of the pod's owners."),
        N_("Keep a rule that gives an owner acl:Control."),
        path=address.subject.target,
    )


def _saying(predicates: Collection[ox.NamedNode], quads: Iterable[ox.Quad]) -> set[tuple[object, object, object]]:
    return {(quad.subject, quad.predicate, quad.object) for quad in quads if quad.predicate in predicates}

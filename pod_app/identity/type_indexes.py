"""Registers what we keep in somebody's pod where applications look for it: their private type index (solid.md U6)."""

from typing import Final

import pyoxigraph as ox

from pod_app.errors import NotFound
from pod_app.identity.remote_pods import RemotePod
from pod_app.standards.namespaces import AS, DPV, OB, PIM, SOLID, VF

INDEX: Final = "settings/privateTypeIndex"
"""Where the index is made when the person has none."""
_KINDS: Final = (
    ("badges/", OB["OpenBadgeCredential"].value), ("contributions/", VF["EconomicEvent"].value),
    ("thanks/", AS["Like"].value), ("consents/", DPV["ConsentRecord"].value),
)  # fmt: skip
_OWN_KINDS: Final = (("transmissions/", "Transmission"), ("needs/", "LearningNeed"))


def class_of(container: str, vocabulary: str) -> str | None:
    """The class of what a container holds, as in the index of a pod here; None for those that are not registered."""
    own = {path: f"{vocabulary}{name}" for path, name in _OWN_KINDS}
    return {**dict(_KINDS), **own}.get(container)


def register(remote: RemotePod, container: str, kind: str) -> None:
    """Note that things of a class stand in a container; a registration that is there already stays as it is."""
    index = _index(remote) or _make(remote)
    place = f"{remote.home.storage}{container}"
    try:
        known = remote.quads(index)
    except NotFound:
        known = []
    containers = {
        one.subject for one in known if one.predicate == SOLID["instanceContainer"] and _value(one.object) == place
    }
    if any(one.subject in containers and one.predicate == SOLID["forClass"] and _value(one.object) == kind
           for one in known):  # fmt: skip
        return
    subject = f"<{index}#{container.rstrip('/')}>"
    remote.insert(
        index,
        f"{subject} a {SOLID['TypeRegistration']} ; {SOLID['forClass']} <{kind}> ; "
        f"{SOLID['instanceContainer']} <{place}> .",
    )


def _index(remote: RemotePod) -> str | None:
    """The private index that card or preferences name, else the public one."""
    webid = ox.NamedNode(remote.home.webid)
    card = remote.quads(remote.home.webid.partition("#")[0])
    preferences = _first(card, webid, PIM["preferencesFile"])
    settings = []
    if preferences is not None and preferences.startswith(remote.home.storage):
        try:
            settings = remote.quads(preferences.partition("#")[0])
        except NotFound:
            settings = []
    quads = [*settings, *card]
    found = _first(quads, webid, SOLID["privateTypeIndex"]) or _first(quads, webid, SOLID["publicTypeIndex"])
    return found if found is not None and found.startswith(remote.home.storage) else None


def _make(remote: RemotePod) -> str:
    """A private index, which the card names from then on."""
    index = f"{remote.home.storage}{INDEX}"
    if not remote.exists(index):
        remote.make_private_folder(f"{remote.home.storage}settings/")
        remote.insert(index, f"<{index}> a {SOLID['TypeIndex']}, {SOLID['UnlistedDocument']} .")
    card = remote.home.webid.partition("#")[0]
    remote.insert(card, f"<{remote.home.webid}> {SOLID['privateTypeIndex']} <{index}> .")
    return index


def _first(quads: list[ox.Quad], subject: ox.NamedNode, predicate: ox.NamedNode) -> str | None:
    found = sorted(_value(one.object) for one in quads if one.subject == subject and one.predicate == predicate)
    return found[0] if found else None


def _value(node: object) -> str:
    return node.value if isinstance(node, ox.NamedNode) else ""

"""What a new pod holds and who may see it (contracts.md §1), as a table that reads like the contract."""

from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import Final, Literal

import pyoxigraph as ox

from pod_app.errors import N_, Invalid

Kind = Literal["person", "garden", "community"]
KINDS: Final[tuple[Kind, ...]] = ("person", "garden", "community")


@dataclass(frozen=True, slots=True)
class Place:
    """A container or document of a new pod; `template` names its Turtle, `public` and `members` the modes given.

    `shape` governs the members of a container, or the document itself.
    """

    path: str
    template: str = ""
    public: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    inherit_public: bool = True
    shape: str = ""

    @property
    def own_access(self) -> bool:
        """Whether the place carries an ACL of its own instead of following its container's."""
        return bool(self.public or self.members)


READ: Final = ("read",)
APPEND: Final = ("append",)

EVERYBODY: Final = (
    Place("profile/", public=READ),
    Place("settings/"),
    Place("settings/prefs", "prefs.ttl"),
    Place("settings/publicTypeIndex", "publicTypeIndex.ttl", public=READ),
    Place("settings/privateTypeIndex", "privateTypeIndex.ttl"),
    Place("inbox/", public=APPEND, inherit_public=False),
    Place("outbox/"),
    Place("achievements/", public=READ, shape="achievement"),
    Place("issued/"),
    Place("issued/status/", public=READ),
    Place("badges/", shape="badge"),
    Place("endorsements/", shape="endorsement"),
    Place("collections/"),
    Place("contributions/", shape="contribution"),
    Place("thanks/", shape="thanks"),
    Place("transmissions/", shape="transmission"),
    Place("needs/", shape="need"),
    Place("offers/", shape="offer"),
    Place("requests/"),
    Place("consents/", shape="consent"),
    Place("public/", public=READ),
    Place("private/"),
)
PERSON: Final = (Place("profile/card", "card.person.ttl", shape="profile"), *EVERYBODY)
GROUP: Final = (
    Place("profile/card", "card.group.ttl", shape="garden"),
    *EVERYBODY,
    Place("members/", members=READ, shape="membership"),
    Place("events/", members=READ, shape="event"),
    Place("agreements/", members=READ, shape="reciprocity"),
    Place("proposals/", members=READ),
)
AWAY: Final = (
    Place("profile/card", "card.away.ttl"),
    Place("profile/", public=READ),
    Place("inbox/", public=APPEND, inherit_public=False),
    Place("achievements/", public=READ, shape="achievement"),
    Place("issued/"),
    Place("issued/status/", public=READ),
)
"""What stands here of somebody whose pod is elsewhere: who they are, their mail, and what they issue from here."""


def places(kind: Kind) -> tuple[Place, ...]:
    """The places of a pod of this kind, besides its root and its DID document."""
    return PERSON if kind == "person" else GROUP


def shape_of(kind: Kind, container: str) -> str:
    """The shape that governs what a container holds, or an empty name."""
    return next((place.shape for place in places(kind) if place.path == container), "")


def fragment(kind: Kind) -> str:
    """The WebID's fragment: a person is `me`, a garden or a community is `us`."""
    return "me" if kind == "person" else "us"


def fill(template: str, values: dict[str, str]) -> bytes:
    """Turtle of a template; `$literal` values must come through `literal`, IRIs through `iri`."""
    text = files(__package__).joinpath("templates", template).read_text("utf-8")
    return Template(text).substitute(values).encode()


def literal(text: str) -> str:
    """`text` as a Turtle literal, quotes and escapes included."""
    return str(ox.Literal(text))


def iri(text: str) -> str:
    """`text` as an IRI between angle brackets; raises ValueError when it is none."""
    return str(ox.NamedNode(text))


def check_webid(webid: str) -> str:
    """An http(s) IRI; raises `Invalid`."""
    try:
        iri(webid)
    except ValueError as error:
        raise _not_a_webid(webid) from error
    if not webid.startswith(("https://", "http://")):
        raise _not_a_webid(webid)
    return webid


def _not_a_webid(webid: str) -> Invalid:
    return Invalid(
        N_("{webid} is not a WebID."), N_("A WebID looks like https://example.org/alice/profile/card#me."), webid=webid
    )

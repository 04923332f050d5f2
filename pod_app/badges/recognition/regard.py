"""Whose look stands behind a badge: oneself, peers, a garden, a community or an outside body (product.md).

A pure function over who issued it and which confirmations hold. It names the widest look, never a rank of people.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

Regard = Literal["self", "peers", "garden", "community", "outside"]
Voice = Literal["person", "garden", "community", "elsewhere"]
"""What kind of agent speaks; `elsewhere` has no pod in this installation, so that its kind is not known here."""
About = Literal["badge", "achievement", "issuer"]
REGARDS: Final[tuple[Regard, ...]] = ("self", "peers", "garden", "community", "outside")
_OF_VOICE: Final[Mapping[Voice, Regard]] = {
    "person": "peers", "garden": "garden", "community": "community", "elsewhere": "outside",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Confirmed:
    """One confirmation that holds today: what it is about, and who says so."""

    about: About
    voice: Voice


def regard(issuer: Voice, *, to_oneself: bool, confirmed: Iterable[Confirmed] = ()) -> Regard:
    """The widest look behind a badge that `issuer` gave; `to_oneself` when that was its own subject.

    - A word about the badge itself always counts. One from elsewhere counts as a peer's: nobody here knows who it is.
    - A word about the achievement says that the mould is sound: it counts for what a group gives with it.
    - A word about the issuer counts for everything it gives to others.
    - A person's word about an achievement or an issuer makes nothing wider: certifying is a group's act.
    """
    own: Regard = "self" if to_oneself else _OF_VOICE[issuer]
    looks = [own, *(found for one in confirmed if (found := look(one, issuer, to_oneself=to_oneself)))]
    return max(looks, key=REGARDS.index)


def look(one: Confirmed, issuer: Voice, *, to_oneself: bool) -> Regard | None:
    """What one word adds to what `issuer` gave: the look that it lends, if any."""
    if one.about == "badge":
        return "peers" if one.voice == "elsewhere" else _OF_VOICE[one.voice]
    if to_oneself or one.voice == "person" or (one.about == "achievement" and issuer == "person"):
        return None
    return _OF_VOICE[one.voice]

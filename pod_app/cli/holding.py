"""What the commands on a bag share: which badge is meant and whose it is, who shall see it, badges as lines."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from pod_app.cli.common import owner_of
from pod_app.errors import N_, NotFound
from pod_app.standards import addresses
from pod_app.standards.addresses import Address
from pod_app.standards.wac import Agent

if TYPE_CHECKING:  # help needs no installation
    from pod_app.badges.bag.backpack import Held
    from pod_app.pods.audience import Audience
    from pod_app.pods.catalogue import Pod
    from pod_app.services import Services

GARDEN: Final = "garden:"


class AudienceType(click.ParamType[str]):
    """`me`, `everyone`, or `garden:NAME` of a garden here of which the person is a member."""

    name = "audience"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text as it is, when it is an audience."""
        text = str(value)
        if text not in {"me", "everyone"} and text.removeprefix(GARDEN) in {"", text}:
            self.fail("write me, everyone, or garden:NAME.", param, ctx)
        return text


AUDIENCE: Final = AudienceType()
SEES: Final = "AUDIENCE is me, everyone, or garden:NAME."


def person(pod: "Pod") -> Agent:
    """The person whose notebook this is: some answers are theirs alone to give."""
    return Agent(webid=pod.webid)


def badge_at(services: "Services", iri: str) -> tuple[Agent, "Pod", Address]:
    """A badge of a bag, whose holder acts; raises `NotFound`."""
    address = _address(services, iri, "badges/")
    if address is None:
        raise NotFound(
            N_("There is no badge of a bag at {iri} in this installation."),
            N_("The command «pod_app bag list --as NAME» shows their addresses."), iri=iri,
        )  # fmt: skip
    return _with_owner(services, address)


def record_at(services: "Services", iri: str) -> tuple[Agent, "Pod", Address]:
    """A badge among the records of its issuer, who acts; raises `NotFound`."""
    address = _address(services, iri, "issued/")
    if address is None:
        raise NotFound(N_("{iri} was not issued by this installation."), N_("Ask its issuer to withdraw it."), iri=iri)
    return _with_owner(services, address)


def collection_at(services: "Services", iri: str) -> tuple[Agent, "Pod", Address]:
    """A collection, whose keeper acts; raises `NotFound`."""
    address = _address(services, iri, "collections/")
    if address is None:
        raise NotFound(
            N_("There is no collection at {iri} in this installation."),
            N_("The command «pod_app collection list --as NAME» shows their addresses."), iri=iri,
        )  # fmt: skip
    return _with_owner(services, address)


def _address(services: "Services", iri: str, place: str) -> Address | None:
    address = addresses.of_iri(iri, services.settings.base_url)
    held = address is not None and address.path.startswith(place) and not address.is_container
    return address if held else None


def _with_owner(services: "Services", address: Address) -> tuple[Agent, "Pod", Address]:
    pod = services.catalogue.get(address.pod)
    return owner_of(services, pod), pod, address


def audience_of(services: "Services", pod: "Pod", asked: str) -> tuple["Audience", str | None]:
    """An audience and the WebID of its garden; raises `Invalid` for a garden of which the person is no member."""
    from pod_app.web.notebook import bag_words  # noqa: PLC0415  # not every command reads what pages say

    return bag_words.asked_audience(services, pod, asked)


def show(services: "Services", agent: Agent, pod: "Pod", address: Address, asked: str) -> None:
    """Let these see a badge, here or in a pod on another server."""
    audience, garden = audience_of(services, pod, asked)
    bag = services.backpack if pod.home is None else services.bag_elsewhere
    bag.show_to(agent, address, audience, garden)


def rows(services: "Services", pod: "Pod", badges: Sequence["Held"], names: Sequence[str]) -> list[dict[str, Any]]:
    """Badges of a bag as lines of a list; `names` are those of its holder."""
    from pod_app.web.notebook import bag_words  # noqa: PLC0415  # as above

    shown = bag_words.tiles(services, pod, badges, names)
    return [_row(pod, held, one) for held, one in zip(badges, shown, strict=True)]


def _row(pod: "Pod", held: "Held", shown: Mapping[str, Any]) -> dict[str, Any]:
    marks = [
        mark for mark, holds in (("not-yours", shown["not_yours"]), ("expired", shown.get("status") == "expired"))
        if holds
    ]  # fmt: skip
    return {
        "badge": held.address.iri(pod.base_url), "name": shown["name"], "issuer": shown["issuer_name"],
        "issued": shown["issued_on"], "audience": held.audience, "state": marks or ["yours"],
    }  # fmt: skip


def facts(told: Mapping[str, Any]) -> None:
    """One thing with its parts, a line each; empty ones are left out."""
    for name, value in told.items():
        for one in value if isinstance(value, list) else [value]:
            if one not in ("", None):
                click.echo(f"{name:12} {one}")

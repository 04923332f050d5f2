"""`collection`: badges of one's bag put together under a title, with a page that can be shared."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from pod_app.cli import holding
from pod_app.cli.common import owner_of, tell, with_services
from pod_app.cli.holding import AUDIENCE, SEES, collection_at
from pod_app.errors import N_, NotFound

if TYPE_CHECKING:  # help needs no installation
    from pod_app.badges.bag.collecting import Collection, Kept
    from pod_app.pods.catalogue import Pod
    from pod_app.services import Services
    from pod_app.standards.wac import Agent


@click.group()
def collection() -> None:
    """Collections of badges: a title, some words, and badges of one's own bag in an order."""


@collection.command("list")
@click.option("--as", "name", required=True, metavar="NAME", help="Whose collections.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@with_services
def list_collections(services: "Services", name: str, as_json: bool) -> None:
    """List somebody's collections, by title."""
    pod = services.catalogue.get(name)
    for kept in services.collections.all(owner_of(services, pod), pod):
        number = len(kept.collection.badges)
        tell(_head(pod, kept) | {"badges": number}, as_json=as_json)


@collection.command("show")
@click.argument("address", metavar="COLLECTION")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@with_services
def show(services: "Services", address: str, as_json: bool) -> None:
    """Tell what a collection says and holds."""
    _, pod, kept = _kept(services, address)
    told = _head(pod, kept) | {"about": kept.collection.about, "badges": list(kept.collection.badges)}
    if as_json:
        tell(told, as_json=True)
    else:
        holding.facts(told)


@collection.command("create")
@click.option("--as", "name", required=True, metavar="NAME", help="Whose collection.")
@click.option("--title", required=True)
@click.option("--about", default="", metavar="TEXT", help="Some words about it.")
@click.option("--badge", "badges", multiple=True, metavar="IRI", help="A badge of the bag (repeatable, in order).")
@click.option("--audience", type=AUDIENCE, default="me", show_default=True, help=SEES)
@with_services
def create(services: "Services", name: str, title: str, about: str, badges: tuple[str, ...], audience: str) -> None:
    """Put badges together under a title; prints the address of the page."""
    from pod_app.badges.bag.collecting import Collection  # noqa: PLC0415  # help needs no RDF

    pod = services.catalogue.get(name)
    _require_badges(services, badges)
    made = Collection(title.strip(), about.strip(), tuple(dict.fromkeys(badges)))
    wanted, garden = holding.audience_of(services, pod, audience)
    saved = services.collections.save(owner_of(services, pod), pod, made, wanted, garden=garden)
    click.echo(saved.iri(pod.base_url))


@collection.command("edit")
@click.argument("address", metavar="COLLECTION")
@click.option("--title")
@click.option("--about", metavar="TEXT", help="Some words about it; an empty text takes them away.")
@click.option("--badge", "badges", multiple=True, metavar="IRI",
              help="A badge of the bag (repeatable, in order); replaces those before.")  # fmt: skip
@with_services
def edit(services: "Services", address: str, title: str | None, about: str | None, badges: tuple[str, ...]) -> None:
    """Change the title, the words or the badges of a collection; who sees it stays."""
    agent, pod, kept = _kept(services, address)
    _require_badges(services, badges)
    changed = replace(
        kept.collection,
        title=kept.collection.title if title is None else title.strip(),
        about=kept.collection.about if about is None else about.strip(),
        badges=tuple(dict.fromkeys(badges)) or kept.collection.badges,
    )
    _save(services, agent, pod, kept, changed)


@collection.command("add")
@click.argument("address", metavar="COLLECTION")
@click.argument("badges", nargs=-1, required=True, metavar="BADGE...")
@with_services
def add(services: "Services", address: str, badges: tuple[str, ...]) -> None:
    """Add badges at the end of a collection."""
    agent, pod, kept = _kept(services, address)
    _require_badges(services, badges)
    together = tuple(dict.fromkeys((*kept.collection.badges, *badges)))
    _save(services, agent, pod, kept, replace(kept.collection, badges=together))


@collection.command("drop")
@click.argument("address", metavar="COLLECTION")
@click.argument("badges", nargs=-1, required=True, metavar="BADGE...")
@with_services
def drop(services: "Services", address: str, badges: tuple[str, ...]) -> None:
    """Take badges out of a collection; they stay in the bag."""
    agent, pod, kept = _kept(services, address)
    for badge in badges:
        if badge not in kept.collection.badges:
            raise NotFound(
                N_("The badge {badge} is not in this collection."),
                N_("The command «pod_app collection show» tells what it holds."), badge=badge,
            )  # fmt: skip
    left = tuple(one for one in kept.collection.badges if one not in badges)
    _save(services, agent, pod, kept, replace(kept.collection, badges=left))


@collection.command("show-to", short_help="Choose who sees a collection.")
@click.argument("address", metavar="COLLECTION")
@click.argument("audience", type=AUDIENCE)
@with_services
def show_to(services: "Services", address: str, audience: str) -> None:
    """Publish a collection, or hide it again. AUDIENCE is me, everyone, or garden:NAME.

    Each badge in it keeps an audience of its own: the page shows of them what its reader may see.
    """
    agent, pod, kept = _kept(services, address)
    wanted, garden = holding.audience_of(services, pod, audience)
    services.collections.save(agent, pod, kept.collection, wanted, name=kept.address.name, garden=garden)


@collection.command("delete")
@click.argument("address", metavar="COLLECTION")
@with_services
def delete(services: "Services", address: str) -> None:
    """Delete a collection; its badges stay."""
    agent, pod, kept = _kept(services, address)
    services.collections.remove(agent, pod, kept.address.name)


def _kept(services: "Services", iri: str) -> "tuple[Agent, Pod, Kept]":
    agent, pod, address = collection_at(services, iri)
    return agent, pod, services.collections.get(agent, pod, address.name)


def _save(services: "Services", agent: "Agent", pod: "Pod", kept: "Kept", changed: "Collection") -> None:
    """Write what changed, seen by the same people as before."""
    garden = None
    if kept.audience == "garden":
        with services.resources.reading() as conn:
            named = services.backpack.garden(conn, kept.address)
        garden = None if named is None else services.catalogue.get(named).webid
    services.collections.save(agent, pod, changed, kept.audience, name=kept.address.name, garden=garden)


def _require_badges(services: "Services", badges: tuple[str, ...]) -> None:
    """Each stands in the bag: a page offers no others, and a mistyped address must not go unnoticed."""
    for badge in badges:
        agent, _, address = holding.badge_at(services, badge)
        services.backpack.one(agent, address)


def _head(pod: "Pod", kept: "Kept") -> dict[str, Any]:
    return {
        "collection": kept.address.iri(pod.base_url), "title": kept.collection.title or kept.address.name,
        "audience": kept.audience,
    }  # fmt: skip

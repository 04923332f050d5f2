"""`host guests`, `allow`, `dismiss`: hosts of badges that a person lets into their bag here (Open Badges 3.0 §7)."""

import os
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

import click

from pod_app.cli.common import tell, with_services
from pod_app.errors import N_, Forbidden, Invalid, NotFound
from pod_app.language import of_environment, translator

if TYPE_CHECKING:  # help needs no installation
    from pod_app.identity.accounts import Account
    from pod_app.identity.clients import Client
    from pod_app.pods.catalogue import Pod
    from pod_app.services import Services

AUTHORIZE: Final = "oidc/authorize"


@click.command("guests")
@click.option("--as", "name", required=True, metavar="NAME", help="Whose bag.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@with_services
def guests(services: "Services", name: str, as_json: bool) -> None:
    """List the hosts of badges that somebody lets in."""
    for one in _guests(services, _account(services, services.catalogue.get(name))):
        row = {"client": one.id, "name": one.name, "home": one.home, "may": list(one.badge_scopes)}
        tell(row if as_json else row | {"may": [scope.rpartition("/")[2] for scope in row["may"]]}, as_json=as_json)


@click.command("allow")
@click.argument("address")
@click.option("--as", "name", required=True, metavar="NAME", help="Whose bag.")
@click.option("--yes", is_flag=True, help="Agree without being asked.")
@click.option("--refuse", is_flag=True, help="Decline: the host is told so.")
@with_services
def allow(services: "Services", address: str, name: str, yes: bool, refuse: bool) -> None:
    """Agree to what a host of badges asks for at ADDRESS, as on its page; prints where it waits for the answer."""
    from pod_app.identity import authorization_requests  # noqa: PLC0415  # for this command only
    from pod_app.identity.clients import OidcError  # noqa: PLC0415  # as above
    from pod_app.identity.provider import Person  # noqa: PLC0415  # as above

    pod = services.catalogue.get(name)
    account, issuer = _account(services, pod), services.settings.base_url
    asked = authorization_requests.read(services.identity.clients, _parameters(services, address))
    if not asked.client.badge_scopes:
        raise Invalid(N_("{name} is no host of badges."), N_("Open this address in a browser."), name=asked.client.name)
    try:
        wish = asked.wish()
    except OidcError as error:
        raise Invalid(
            N_("What {name} asks for does not hold: {reason}."), N_("Tell the people who run it."),
            name=asked.client.name, reason=error.description,
        ) from error  # fmt: skip
    if not refuse:
        _tell_wish(asked.client, wish.scope, asked.redirect_uri)
    if refuse or not (yes or click.confirm("Agree?", err=True)):
        click.echo(asked.back(issuer, error="access_denied", error_description="the person declined"))
        return
    person = Person(account.id, pod.webid, int(services.clock().timestamp()))
    click.echo(asked.back(issuer, code=services.identity.provider.grant(wish, person, remember=False)))
    click.echo("Open this address within a minute, where you are signed in at that host.", err=True)


@click.command("dismiss")
@click.argument("client")
@click.option("--as", "name", required=True, metavar="NAME", help="Whose bag.")
@with_services
def dismiss(services: "Services", client: str, name: str) -> None:
    """Let a host of badges in no more, by the id that «guests» shows: it can do nothing within the hour."""
    account = _account(services, services.catalogue.get(name))
    if client not in {one.id for one in _guests(services, account)}:
        raise NotFound(
            N_("No host of badges of that id is let in."), N_("The command «pod_app host guests» lists them.")
        )
    services.identity.provider.withdraw(account.id, client)


def _account(services: "Services", pod: "Pod") -> "Account":
    account = services.accounts.of_pod(pod.name)
    if account is None or pod.kind != "person" or pod.home is not None:
        raise Forbidden(
            N_("Nobody keeps the bag of {pod} here."), N_("Name somebody whose notebook is here."), pod=pod.name
        )
    return account


def _guests(services: "Services", account: "Account") -> "list[Client]":
    """Registered hosts of badges; applications that describe themselves by a document are asked for nothing here."""
    ids = [one for one in services.identity.provider.applications(account.id) if "://" not in one]
    return [client for client in map(services.identity.clients.find, ids) if client.badge_scopes]


def _parameters(services: "Services", address: str) -> dict[str, list[str]]:
    expected = f"{services.settings.base_url}{AUTHORIZE}?"
    if not address.startswith(expected):
        raise Invalid(
            N_("{address} is not where hosts of badges send people of this installation."),
            N_("It begins with {expected}: copy it whole."), address=address[:200], expected=expected,
        )  # fmt: skip
    return parse_qs(urlsplit(address).query, keep_blank_values=True)


def _tell_wish(client: "Client", scope: tuple[str, ...], redirect_uri: str) -> None:
    from pod_app.identity.authorization_requests import BADGE_WORDS  # noqa: PLC0415  # as above

    words: Any = translator(of_environment(os.environ)).gettext
    click.echo(f"{client.name} ({urlsplit(redirect_uri).hostname}) asks to:", err=True)
    for one in scope:
        if one in BADGE_WORDS:
            click.echo(f"  {words(BADGE_WORDS[one])}", err=True)

"""`account`, `pod` and `member`: people and the places they look after."""

import json
import sys
from pathlib import Path
from typing import cast

import click

from pod_app.cli.common import owner_of, with_new_services, with_services
from pod_app.cli.copying import copy_command
from pod_app.errors import N_, Invalid
from pod_app.language import translator
from pod_app.pods.erasing import LEDGER
from pod_app.pods.export import kind_of, refuse_existing
from pod_app.pods.layout import KINDS, Kind
from pod_app.pods.members import ROLES
from pod_app.services import Services


@click.group()
def account() -> None:
    """People who can sign in."""


@account.command("create")
@click.argument("name")
@click.option("--title", default="", help="Name to show, such as a first name.")
@click.option("--language", type=click.Choice(["fr", "en"]), default="fr", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--no-password", is_flag=True, help="Nobody signs in by name; only client credentials work.")
@click.option("--client-credentials", is_flag=True, help="Also make an id and a secret for scripts, shown once.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@with_new_services
def create_account(  # click gives one argument per option
    services: Services, name: str, title: str, language: str, password_stdin: bool, no_password: bool,
    client_credentials: bool, as_json: bool,
) -> None:  # fmt: skip
    """Create an account, its pod and its WebID."""
    password = (
        None if no_password or (client_credentials and not password_stdin) else _password(from_stdin=password_stdin)
    )
    made, pod = services.accounts.create(name, password, title=title, language=language)
    answer = {"webid": pod.webid, "storage": pod.iri, "issuer": services.settings.base_url}
    if client_credentials:
        credentials = services.credentials.issue(made.id, pod.webid)
        answer |= {
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
            "token": credentials.token,
        }
    if as_json:
        click.echo(json.dumps(answer))
    else:
        for key, value in answer.items():
            click.echo(f"{key:14} {value}")


@account.command("confirm")
@click.argument("name")
@click.argument("address")
@with_services
def confirm_address(services: Services, name: str, address: str) -> None:
    """Vouch that a mail address is this person's: badges from elsewhere that are made out to it become theirs."""
    services.confirmed.add(services.catalogue.get(name).name, address)


@click.group()
def pod() -> None:
    """Pods of persons, gardens and communities."""


@pod.command("create")
@click.argument("name")
@click.option("--kind", type=click.Choice(KINDS), required=True)
@click.option("--owner", "owners", multiple=True, metavar="WEBID", help="Who looks after it (repeatable).")
@click.option("--title", default="", help="Name to show.")
@click.option("--language", type=click.Choice(["fr", "en"]), default="fr", show_default=True)
@with_new_services
def create_pod(services: Services, name: str, kind: Kind, owners: tuple[str, ...], title: str, language: str) -> None:
    """Create a pod with its WebID, its layout and its signing key."""
    made = services.catalogue.create(name, kind, title=title, owners=owners, language=language)
    click.echo(f"{'pod':14} {made.iri}\n{'webid':14} {made.webid}\n{'did':14} {made.did}")


@pod.command("list")
@with_services
def list_pods(services: Services) -> None:
    """List the pods of this installation."""
    for one in services.catalogue.all():
        click.echo(f"{one.name:24} {one.kind:10} {one.webid}")


@pod.command("erase")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask again.")
@with_services
def erase_pod(services: Services, name: str, yes: bool) -> None:
    """Erase a person's pod and account for good; only the name stays, so that nobody else gets it."""
    there = services.catalogue.get(name)
    if not yes:
        click.confirm(f"Erase {there.iri} with everything in it?", abort=True)
    services.erasing.erase(there)
    click.echo(f"{there.iri} is gone. Backups made before still hold it: they need {services.settings.data / LEDGER}.")


pod.add_command(copy_command)


@click.command("export")
@click.argument("name", metavar="POD")
@click.argument("file", type=click.Path(path_type=Path))
@with_services
def export_command(services: Services, name: str, file: Path) -> None:
    """Write a whole pod to a ZIP that reads without this program."""
    there = services.catalogue.get(name)
    refuse_existing(file)
    with file.open("xb") as target:
        held = services.export.write(there, target, services.account_of(there), translator(there.language).gettext)
    click.echo(f"{file}: {held} resources of {there.iri}")


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "name", required=True, metavar="POD", help="Name of the new pod.")
@click.option("--owner", "owners", multiple=True, metavar="WEBID", help="Who looks after it [the person itself].")
@with_new_services
def import_command(services: Services, file: Path, name: str, owners: tuple[str, ...]) -> int:
    """Make a new pod of an exported one: exit code 1 when something of it was refused."""
    kind, title = kind_of(file)
    made = services.catalogue.create(name, cast("Kind", kind), title=title, owners=owners)
    report = services.export.read(file, made)
    click.echo(f"{made.iri}: {report.taken} resources taken, {report.readdressed} with new addresses")
    for path in report.left_out:
        click.echo(f"left out  {path} (this installation keeps its own)")
    for path, reason in report.refused.items():
        click.echo(f"refused   {path}: {reason}")
    return 1 if report.refused else 0


@click.group()
def member() -> None:
    """Members of gardens and communities, with their roles."""


@member.command("add")
@click.argument("garden")
@click.argument("webid")
@click.option("--role", "roles", multiple=True, type=click.Choice(ROLES), default=("member",), show_default=True)
@with_services
def add_member(services: Services, garden: str, webid: str, roles: tuple[str, ...]) -> None:
    """Add a member to a garden or community, or change their roles."""
    there = services.catalogue.get(garden)
    if there.kind == "person":
        raise Invalid(
            N_("{pod} is a person's pod: it has no members."), N_("Name a garden or a community."), pod=garden
        )
    services.members.put(owner_of(services, there), garden, webid, roles)


@member.command("remove")
@click.argument("garden")
@click.argument("webid")
@with_services
def remove_member(services: Services, garden: str, webid: str) -> None:
    """End a membership."""
    services.members.remove(owner_of(services, services.catalogue.get(garden)), garden, webid)


@member.command("list")
@click.argument("garden")
@with_services
def list_members(services: Services, garden: str) -> None:
    """List members and roles."""
    for membership in services.members.all(services.catalogue.get(garden).name):
        click.echo(f"{membership.webid}  {', '.join(sorted(membership.roles))}")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise Invalid(
            N_("A password is needed and nobody is there to type it."), N_("Use --password-stdin or --no-password.")
        )
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))

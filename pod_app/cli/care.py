"""`doctor`, `backup`, `restore`, `settings` and `keys`: looking after an installation."""

import json
from pathlib import Path

import click

from pod_app.cli.common import folder_options, opened, owner_of, with_services
from pod_app.errors import N_, NotFound
from pod_app.services import Services
from pod_app.settings import load
from pod_app.storage import backup, health
from pod_app.storage.blobs import Blobs
from pod_app.storage.database import Database
from pod_app.storage.keys import FILE_NAME, root_key


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@folder_options
def doctor(as_json: bool, data: Path | None, base_url: str | None) -> int:
    """Check integrity, free space and versions: exit code 0 all is well, 1 something needs care."""
    with opened(data, base_url) as services:
        findings = health.examine(services.database, services.blobs, services.settings, services.clock())
    if as_json:
        click.echo(json.dumps([finding.to_json() for finding in findings], ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            mark, remedy = ("ok  ", "") if finding.ok else ("CARE", finding.remedy)
            click.echo(f"{mark} {finding.name:14} {finding.detail} {remedy}".rstrip())
    return 0 if all(finding.ok for finding in findings) else 1


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@with_services
def backup_command(services: Services, file: Path) -> None:
    """Write everything to FILE while the server goes on; the root key is not in it and must be kept apart."""
    made = backup.write(services.database, services.blobs, file, services.clock())
    click.echo(
        f"{file}: {made.pods} pods, {made.resources} resources, {made.blobs} blobs of {made.base_url} "
        f"up to {made.created:%Y-%m-%d %H:%M:%S} UTC"
    )
    click.echo(f"Keep {_root_key_place(services)} as well, somewhere else: without it this backup is useless.")


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@folder_options
def restore_command(file: Path, data: Path | None, base_url: str | None) -> None:
    """Bring a backup into an empty data folder that already holds its root key."""
    settings, _ = load({"data": data, "base_url": base_url})
    if not settings.root_key and not (settings.data / FILE_NAME).exists():
        raise NotFound(
            N_("The root key of this backup is not at {place}."),
            N_("Copy the file root.key there (chmod 600), or set POD_APP_ROOT_KEY; a backup never holds it."),
            place=settings.data / FILE_NAME,
        )
    database, blobs = Database.open(settings), Blobs.open(settings)
    try:
        made = backup.restore(database, blobs, root_key(settings), file)
    finally:
        database.close()
    with opened(data, base_url) as services:
        for name in services.erasing.apply_ledger():
            click.echo(f"{name} had left since: erased again")
    click.echo(f"{made.pods} pods, {made.resources} resources, {made.blobs} blobs of {made.base_url} are back")


def _root_key_place(services: Services) -> str:
    settings = services.settings
    return "POD_APP_ROOT_KEY" if settings.root_key else str(settings.data / FILE_NAME)


@click.command("settings")
@folder_options
def settings_command(data: Path | None, base_url: str | None) -> None:
    """Print every setting with its value and where it comes from."""
    values, origins = load({"data": data, "base_url": base_url})
    for name in type(values).model_fields:
        value = getattr(values, name)
        shown = "***" if name == "root_key" and value else value
        click.echo(f"{name:22} {shown!s:40} {origins[name]}")


@click.group()
def keys() -> None:
    """Signing keys of pods."""


@keys.command("rotate")
@click.argument("pod_name", metavar="POD", required=False)
@click.option("--revoke", is_flag=True, help="The old key was stolen: its badges stop verifying.")
@click.option(
    "--key", "key_id", metavar="KEY", help="With --revoke: the stolen key, if it is not the one that signs now."
)
@click.option("--provider", is_flag=True, help="The keys that sign tokens, instead of those of a pod.")
@with_services
def rotate(services: Services, pod_name: str | None, revoke: bool, key_id: str | None, provider: bool) -> None:
    """Begin a new key; what was signed with the old one keeps verifying unless it is revoked."""
    if provider:
        for name in services.identity.provider.keys.rotate():
            click.echo(name)
        return
    if pod_name is None:
        raise click.UsageError("Name a POD, or say --provider.")
    if key_id and not revoke:
        raise click.UsageError("--key goes with --revoke.")
    pod = services.catalogue.get(pod_name)
    owner = owner_of(services, pod)
    made = (
        services.issuing.revoke_key(owner, pod, key_id.rpartition("#")[2])
        if key_id
        else services.issuing.rotate_key(owner, pod, revoke=revoke)
    )
    click.echo(made)
    if revoke and (lost := len(services.reissuing.affected(pod))):
        click.echo(
            f"{lost} badges and confirmations fail now; sign them anew: pod_app keys reissue {pod.name}", err=True
        )


@keys.command("list")
@click.argument("pod_name", metavar="POD")
@with_services
def list_keys(services: Services, pod_name: str) -> None:
    """Every key that the pod ever had, oldest first."""
    with services.resources.reading() as conn:
        for key in services.keys.all(conn, services.catalogue.get(pod_name).name):
            ended = f"  ended {key.ended:%Y-%m-%d}" if key.ended else ""
            click.echo(f"{key.id}  {key.state:8} since {key.created:%Y-%m-%d}{ended}")


@keys.command("reissue")
@click.argument("pod_name", metavar="POD")
@with_services
def reissue(services: Services, pod_name: str) -> None:
    """Sign anew what a stolen key had signed; recipients' copies here are replaced."""
    pod = services.catalogue.get(pod_name)
    done = services.reissuing.all_of_lost_keys(owner_of(services, pod), pod)
    click.echo(f"{done.records} signed anew, {done.copies} copies replaced")

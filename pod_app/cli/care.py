"""`doctor`, `settings` and `keys`: looking after an installation."""

import json
from pathlib import Path

import click

from pod_app.cli.common import folder_options, opened, owner_of, with_services
from pod_app.services import Services
from pod_app.settings import load
from pod_app.storage import health


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
@click.argument("pod_name", metavar="POD")
@click.option("--revoke", is_flag=True, help="The old key was stolen: its badges stop verifying.")
@with_services
def rotate(services: Services, pod_name: str, revoke: bool) -> None:
    """Begin a new key; badges signed with the old one keep verifying unless it is revoked."""
    pod = services.catalogue.get(pod_name)
    click.echo(services.issuing.rotate_key(owner_of(services, pod), pod, revoke=revoke))

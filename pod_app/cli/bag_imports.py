"""`bag imports`: files and addresses from which a badge could not be taken yet, kept for another try."""

import os
from typing import TYPE_CHECKING, Any

import click

from pod_app.cli.common import owner_of, tell, with_services
from pod_app.language import of_environment, translator

if TYPE_CHECKING:  # help needs no installation
    from pod_app.badges.bag.import_report import Entry
    from pod_app.pods.catalogue import Pod
    from pod_app.services import Services


@click.group()
def imports() -> None:
    """Imports that are kept: what became of each badge, another try, deleting them."""


@imports.command("list")
@click.option("--as", "name", required=True, metavar="NAME", help="Whose bag.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@with_services
def list_imports(services: "Services", name: str, as_json: bool) -> None:
    """List the imports that are kept, newest first."""
    pod = services.catalogue.get(name)
    for one in services.imports.all(owner_of(services, pod), pod):
        counts = {"failed": len(one.failed), "waiting": len(one.waiting), "badges": len(one.entries)}
        tell({"import": one.id, "name": one.name, "at": f"{one.at:%Y-%m-%d %H:%M}"} | counts, as_json=as_json)


@imports.command("show")
@click.argument("import_id", metavar="IMPORT")
@click.option("--as", "name", required=True, metavar="NAME", help="Whose bag.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@with_services
def show_import(services: "Services", import_id: str, name: str, as_json: bool) -> int:
    """Tell what became of each badge of an import: exit code 1 when one was not taken."""
    pod = services.catalogue.get(name)
    report = services.imports.get(owner_of(services, pod), pod, import_id)
    for one in report.entries:
        tell(_entry(pod, one), as_json=as_json)
    return 1 if report.failed else 0


@imports.command("retry")
@click.argument("import_id", metavar="IMPORT")
@click.option("--as", "name", required=True, metavar="NAME", help="Whose bag.")
@with_services
def retry(services: "Services", import_id: str, name: str) -> int:
    """Try again what failed: exit code 1 when something was not taken again."""
    from pod_app.cli.badges import tell_import  # noqa: PLC0415  # the verifier takes time to load

    pod = services.catalogue.get(name)
    agent = owner_of(services, pod)
    report = services.imports.retry(agent, pod, import_id)
    if report.waiting:
        services.imports.go_on(agent, pod, report)
    tell_import(report, pod)
    return 1 if report.failed else 0


@imports.command("forget")
@click.argument("import_id", metavar="IMPORT")
@click.option("--as", "name", required=True, metavar="NAME", help="Whose bag.")
@with_services
def forget(services: "Services", import_id: str, name: str) -> None:
    """Delete the file that was kept, and its report; badges that were taken stay."""
    pod = services.catalogue.get(name)
    agent = owner_of(services, pod)
    services.imports.get(agent, pod, import_id)
    services.imports.forget(agent, pod, import_id)


def _entry(pod: "Pod", one: "Entry") -> dict[str, Any]:
    told = one.told(translator(of_environment(os.environ)).gettext)
    badge = pod.address(told["badge"]).iri(pod.base_url) if told["badge"] else ""
    return {**told, "badge": badge}

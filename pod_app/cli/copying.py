"""`pod copy`: take a whole pod along to a storage on another Solid server, with a report by resource and hash."""

import json
import sys
from contextlib import closing
from typing import IO, TYPE_CHECKING, Final
from urllib.parse import urlsplit

import click

from pod_app.cli.common import with_services
from pod_app.errors import N_, Invalid

if TYPE_CHECKING:
    from pod_app.pods.copying import Line, Summary
    from pod_app.services import Services

SECONDS: Final = 900.0
"""For one file, however large."""


@click.command("copy")
@click.argument("name", metavar="POD")
@click.argument("root", metavar="STORAGE")
@click.option("--client-id", required=True, help="Of client credentials that the storage's owner made there.")
@click.option("--secret-stdin", is_flag=True, help="Read their secret from standard input, instead of asking for it.")
@click.option("--issuer", metavar="URL", help="Who gave them [the server of the storage].")
@click.option("--webid", help="Who its owner is there [whom the credentials act for].")
@click.option("--replace", is_flag=True, help="Overwrite what stands there and differs.")
@click.option("--report", type=click.File("w", "utf-8"), help="Write one line of JSON a resource.")
@click.option("--json", "as_json", is_flag=True, help="Print the same lines.")
@with_services
def copy_command(  # click gives one argument per option
    services: "Services", name: str, root: str, client_id: str, secret_stdin: bool, issuer: str | None,
    webid: str | None, replace: bool, report: IO[str] | None, as_json: bool,
) -> int:  # fmt: skip
    """Copy a whole pod to STORAGE, the address of a storage on another Solid server, and compare what arrived.

    Nothing there is overwritten without --replace, and the same command again goes on where it stopped. Exit code 0
    when all is there, 1 when something could not be copied.
    """
    from pod_app.identity.script_elsewhere import ScriptElsewhere  # noqa: PLC0415  # others need none of it
    from pod_app.pods.copying import Copying  # noqa: PLC0415  # as above
    from pod_app.pods.storage_elsewhere import StorageElsewhere  # noqa: PLC0415  # as above

    root = _storage(root, services.settings.base_url)
    there = services.catalogue.get(name)
    secret = _secret(from_stdin=secret_stdin)

    def told(line: "Line") -> None:
        written = json.dumps(line.to_json(), ensure_ascii=False)
        if report is not None:
            print(written, file=report, flush=True)
        if as_json or line.outcome == "failed":
            click.echo(written if as_json else f"failed    /{line.path}: {line.detail}")

    with closing(services.web_client.patient(SECONDS)) as client:
        script = ScriptElsewhere(client, issuer or _origin(root), client_id, secret, services.clock)
        owner = webid or script.webid
        if not owner:
            raise Invalid(N_("These credentials do not say whose they are."), N_("Name the person: --webid IRI."))
        storage = StorageElsewhere(client, root, script.headers)
        summary = Copying(services.resources).copy(there, storage, owner, told, replace=replace)
    click.echo(_sentence(there.iri, root, summary), err=as_json)
    return 0 if summary.whole else 1


def _sentence(source: str, root: str, summary: "Summary") -> str:
    counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(summary.counts.items()))
    end = " The server stopped answering: run the same command again to go on." if summary.interrupted else ""
    return f"{source} -> {root}: {counts}.{end}"


def _storage(root: str, base_url: str) -> str:
    parts = urlsplit(root)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        raise Invalid(
            N_("{root} is no address of a storage."), N_("It looks like https://pods.example/alice/."), root=root
        )
    root = root if root.endswith("/") else f"{root}/"
    if root.startswith(base_url):
        raise Invalid(
            N_("{root} is on this server."), N_("Use pod_app export and pod_app import between pods here."), root=root
        )
    return root


def _origin(root: str) -> str:
    parts = urlsplit(root)
    return f"{parts.scheme}://{parts.netloc}/"


def _secret(*, from_stdin: bool) -> str:
    if from_stdin or not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("Secret", hide_input=True))

"""The command line (contracts.md §4): thin doors over `services`, beside a running server or alone.

Exit codes: 0 done or yes, 1 the answer is no, 2 it could not be done or checked; errors are one
sentence on stderr.
"""

import os
import sys
from collections.abc import Sequence
from typing import Final

import click

from pod_app import __version__
from pod_app.cli.lazy import LazyGroup
from pod_app.errors import PodAppError

PLACES: Final = {
    "account": "pod_app.cli.pods:account",
    "achievement": "pod_app.cli.achievements:achievement",
    "ask": "pod_app.cli.collective:ask",
    "backup": "pod_app.cli.care:backup_command",
    "badge": "pod_app.cli.badges:badge",
    "bag": "pod_app.cli.bag:bag",
    "collection": "pod_app.cli.collecting:collection",
    "demo": "pod_app.cli.serving:demo",
    "doctor": "pod_app.cli.care:doctor",
    "endorse": "pod_app.cli.endorsements:endorse",
    "export": "pod_app.cli.pods:export_command",
    "handout": "pod_app.cli.handing:handout",
    "host": "pod_app.cli.hosts:host",
    "import": "pod_app.cli.pods:import_command",
    "keys": "pod_app.cli.care:keys",
    "member": "pod_app.cli.pods:member",
    "pod": "pod_app.cli.pods:pod",
    "refresh": "pod_app.cli.collective:refresh",
    "request": "pod_app.cli.requests:request",
    "restore": "pod_app.cli.care:restore_command",
    "rule": "pod_app.cli.rules:rule",
    "serve": "pod_app.cli.serving:serve",
    "settings": "pod_app.cli.care:settings_command",
}


@click.group(
    cls=LazyGroup, places=PLACES, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="pod_app")
def cli() -> None:
    """Pods, signed badges and a community's collective capital, as linked data."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; every expected failure becomes one sentence and exit code 2."""
    try:
        sys.exit(cli.main(args=arguments, prog_name="pod_app", standalone_mode=False) or 0)
    except click.exceptions.Abort:
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except PodAppError as error:
        from pod_app.language import of_environment, translator  # noqa: PLC0415  # only a failure needs words

        _, detail, remedy = translator(of_environment(os.environ)).error(error)
        click.echo(f"pod_app: {detail} {remedy}".rstrip(), err=True)
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(0)

"""The command line (contracts.md §4): thin doors over `services`, beside a running server or alone.

Exit codes: 0 done or yes, 1 the answer is no, 2 it could not be done or checked; errors are one
sentence on stderr.
"""

import os
import sys
from collections.abc import Sequence

import click

from pod_app import __version__
from pod_app.cli import badges, care, pods, serving
from pod_app.errors import PodAppError
from pod_app.language import of_environment, translator


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="pod_app")
def cli() -> None:
    """Pods, signed badges and a community's collective capital, as linked data."""


for command in (
    serving.serve,
    serving.demo,
    pods.account,
    pods.pod,
    pods.member,
    badges.achievement,
    badges.badge,
    care.doctor,
    care.settings_command,
    care.keys,
):
    cli.add_command(command)


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
        _, detail, remedy = translator(of_environment(os.environ)).error(error)
        click.echo(f"pod_app: {detail} {remedy}".rstrip(), err=True)
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(0)

"""What every command shares: the two options and the assembly that they name."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from pod_app import services
from pod_app.errors import N_, Forbidden
from pod_app.pods.catalogue import Pod
from pod_app.services import Services
from pod_app.settings import load
from pod_app.standards.wac import Agent

F = TypeVar("F", bound=Callable[..., Any])


def folder_options(command: F) -> F:
    """`--data` and `--base-url`, as every command has them."""
    command = click.option(
        "--base-url", metavar="URL", help="Public address of this installation (fixed at first use)."
    )(command)
    return click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="Data folder [./data].")(command)


@contextmanager
def opened(data: Path | None, base_url: str | None, **options: Any) -> Iterator[Services]:
    """The installation in a data folder, beside a running server or alone."""
    settings, origins = load({"data": data, "base_url": base_url, **options})
    assembled = services.assemble(settings, adopt_base=origins["base_url"] == "default")
    try:
        yield assembled
    finally:
        assembled.close()


def with_services(command: Callable[..., Any]) -> Callable[..., Any]:
    """Open the installation, run `command(services, …)`, do the work it left in the outbox, close."""

    @folder_options
    @functools.wraps(command)
    def wrapper(*, data: Path | None, base_url: str | None, **arguments: Any) -> Any:
        with opened(data, base_url) as assembled:
            result = command(assembled, **arguments)
            while assembled.run_pending():
                pass
            return result

    return wrapper


def owner_of(assembled: Services, pod: Pod) -> Agent:
    """Whoever holds the data folder may act for a pod's owner: they could read the keys beside it anyway."""
    with assembled.resources.reading() as conn:
        owners = assembled.resources.owners(conn, pod.name)
    if not owners:
        raise Forbidden(N_("The pod {pod} has no owner to act for."), N_("Give it one first."), pod=pod.name)
    return Agent(webid=owners[0])

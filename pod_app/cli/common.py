"""What every command shares: the two options and the assembly that they name."""

import functools
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeVar

import click

from pod_app.errors import N_, Forbidden, Invalid, NotFound, TooLarge, Unreadable
from pod_app.settings import DATABASE_FILE, Settings, load
from pod_app.standards.wac import Agent

if TYPE_CHECKING:  # what commands need at run time is imported when it is needed
    from pod_app.pods.catalogue import Pod
    from pod_app.services import Services

F = TypeVar("F", bound=Callable[..., Any])
MAX_FILE: Final = 8 * 2**20


def folder_options(command: F) -> F:
    """`--data` and `--base-url`, as every command has them."""
    command = click.option(
        "--base-url", metavar="URL", help="Public address of this installation (fixed at first use)."
    )(command)
    return click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="Data folder [./data].")(command)


@contextmanager
def opened(data: Path | None, base_url: str | None, *, begin: bool = False) -> Iterator["Services"]:
    """The installation in a data folder, beside a running server or alone; `begin` makes one where there is none.

    Raises `NotFound` otherwise: a mistyped folder must not become an installation, nor fix its address.
    """
    settings, origins = load({"data": data, "base_url": base_url})
    if not (begin or stands(settings)):
        raise NotFound(
            N_("There is no installation in the folder {data}."),
            N_("Check --data, or begin one there with pod_app serve or pod_app account create."),
            data=settings.data,
        )
    from pod_app.services import assemble  # noqa: PLC0415  # not every command opens an installation

    assembled = assemble(settings, adopt_base=origins["base_url"] == "default")
    try:
        yield assembled
    finally:
        assembled.close()


def stands(settings: Settings) -> bool:
    """Whether an installation has been begun with these settings."""
    return bool(settings.database_url) or (settings.data / DATABASE_FILE).exists()


def with_services(command: Callable[..., Any], *, begin: bool = False) -> Callable[..., Any]:
    """Open the installation, run `command(services, …)`, do the work it left in the outbox, close."""

    @folder_options
    @functools.wraps(command)
    def wrapper(*, data: Path | None, base_url: str | None, **arguments: Any) -> Any:
        with opened(data, base_url, begin=begin) as assembled:
            result = command(assembled, **arguments)
            while assembled.run_pending():
                pass
            return result

    return wrapper


with_new_services = functools.partial(with_services, begin=True)
"""`with_services` for the commands with which an installation may begin."""


def owner_of(assembled: "Services", pod: "Pod") -> Agent:
    """Whoever holds the data folder may act for a pod's owner: they could read the keys beside it anyway."""
    with assembled.resources.reading() as conn:
        owners = assembled.resources.owners(conn, pod.name)
    if not owners:
        raise Forbidden(N_("The pod {pod} has no owner to act for."), N_("Give it one first."), pod=pod.name)
    return Agent(webid=owners[0])


def person_of(assembled: "Services", name: str) -> tuple["Pod", Agent]:
    """Somebody's notebook and who acts for it; raises `Invalid` for the pod of a garden or community."""
    pod = assembled.catalogue.get(name)
    if pod.kind != "person":
        raise Invalid(
            N_("{pod} is the pod of a {kind}: this is for people."), N_("Name somebody's notebook: --as NAME."),
            pod=pod.name, kind=pod.kind,
        )  # fmt: skip
    return pod, owner_of(assembled, pod)


def read_file(path: Path, limit: int = MAX_FILE, remedy: str = N_("Send the badge itself.")) -> bytes:
    """The bytes of a file, or of standard input for `-`. Raises `Unreadable`, and `TooLarge` with this remedy."""
    try:
        if str(path) == "-":
            data = sys.stdin.buffer.read(limit + 1)
        else:
            with path.open("rb") as file:
                data = file.read(limit + 1)
    except OSError as error:
        raise Unreadable(
            N_("{path} cannot be read: {problem}."), N_("Check its name."), path=path, problem=error.strerror
        ) from error
    if len(data) > limit:
        raise TooLarge(N_("{path} is larger than {limit} bytes."), remedy, path=path, limit=limit)
    return data


@contextmanager
def output(path: Path) -> Iterator[BinaryIO]:
    """A file to write, opened before the work it will hold is done and in place only once it is whole."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("xb") as file:
            yield file
        temporary.replace(path)
    except OSError as error:
        raise Unreadable(
            N_("{path} cannot be written: {problem}."), N_("Check the folder."), path=path, problem=error.strerror
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def tell(row: Mapping[str, Any], *, as_json: bool) -> None:
    """A row of a list: JSON on a line of its own, or its cells side by side."""
    cells = (", ".join(map(str, cell)) if isinstance(cell, list | tuple) else str(cell or "-") for cell in row.values())
    click.echo(json.dumps(row, ensure_ascii=False) if as_json else "  ".join(one or "-" for one in cells))

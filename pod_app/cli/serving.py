"""`serve` and `demo`: the program as a server."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from pod_app import services
from pod_app.cli.community import build_community
from pod_app.services import Services
from pod_app.settings import load
from pod_app.web import server
from pod_app.web.app import create

SWEEP_SECONDS: Final = 1.0


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="Data folder [./data].")
@click.option("--base-url", metavar="URL", help="Public address [http://localhost:PORT/ at first use].")
def serve(host: str, port: int, data: Path | None, base_url: str | None) -> None:
    """Serve the pods of a data folder."""
    _serve(_open(data, base_url, port), host, port)


@click.command()
@click.option("--pods", "people", default=12, show_default=True, type=click.IntRange(3, 2000), help="How many persons.")
@click.option("--gardens", default=3, show_default=True, type=click.IntRange(1, 200))
@click.option("--seed", default=1, show_default=True, help="Same seed, same names and badges.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--no-serve", is_flag=True, help="Build the community and stop.")
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="Data folder [./data].")
@click.option("--base-url", metavar="URL", help="Public address [http://localhost:PORT/ at first use].")
def demo(
    people: int, gardens: int, seed: int, host: str, port: int, no_serve: bool, data: Path | None, base_url: str | None
) -> None:
    """Build a small community of fictional people, through the program's own doors, and serve it."""
    opened = _open(data, base_url, port)
    if not opened.catalogue.all():
        for line in build_community(opened, people=people, gardens=gardens, seed=seed):
            click.echo(line)
    click.echo(f"Community: {opened.settings.base_url}jardiniers/profile/card")
    if no_serve:
        opened.close()
    else:
        _serve(opened, host, port)


def _open(data: Path | None, base_url: str | None, port: int) -> Services:
    settings, origins = load({"data": data, "base_url": base_url})
    chosen = origins["base_url"] != "default"
    if not chosen:
        settings = settings.model_copy(update={"base_url": f"http://localhost:{port}/"})
    return services.assemble(settings, adopt_base=not chosen)


def _serve(opened: Services, host: str, port: int) -> None:
    worker = Worker(opened)

    def ready() -> None:
        worker.start()
        click.echo(f"Serving {opened.settings.base_url} (Ctrl-C to stop)")

    try:
        server.run(
            lambda: create(opened),
            host,
            port,
            max_body=opened.settings.max_body,
            on_ready=ready,
            on_stop=worker.stop,
        )
    finally:
        opened.close()


class Worker:
    """The thread that does the outbox's work while the server runs.

    Waking it is only a hint: it also looks by itself.
    """

    def __init__(self, opened: Services) -> None:
        self._run: Callable[[], int] = opened.run_pending
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="jobs", daemon=True)
        opened.database.on_commit(self._wake.set)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the job at hand and end."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            if not self._run():
                self._wake.wait(SWEEP_SECONDS)

"""`serve` and `demo`: the program as a server."""

import ctypes
import gc
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import click

from pod_app import services
from pod_app.cli import demo_community, demo_story, logs, workers
from pod_app.cli.demo_records import Story
from pod_app.cli.workers import Place
from pod_app.errors import N_, Conflict, PodAppError
from pod_app.pods import subscriptions
from pod_app.services import Services
from pod_app.settings import Settings, load

if TYPE_CHECKING:
    from pod_app.cli.metrics import Reporter
    from pod_app.web.serving.watching import Counts

DEFAULT_PORT: Final = 8000
_M_ARENA_MAX: Final = -8  # of glibc's malloc.h
SWEEP_SECONDS: Final = 1.0
PAUSE_SECONDS: Final = 0.1
"""Between two looks for work: many writes share one, instead of each waking two threads."""
CLEAN_SECONDS: Final = 3600.0
LOG: Final = logging.getLogger("pod_app.jobs")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on [that of the address, or 8000].")
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="Data folder [./data].")
@click.option("--base-url", metavar="URL", help="Public address [http://localhost:PORT/ at first use].")
@click.option(
    "--workers", "count", type=click.IntRange(1, 64), help="Processes that answer on the port [this one alone]."
)
@click.option("--worker", "place", hidden=True, callback=lambda _context, _option, text: text and workers.place(text))
def serve(  # one for each option
    host: str, port: int | None, data: Path | None, base_url: str | None, count: int | None, place: Place | None
) -> None:
    """Serve the pods of a data folder."""
    opened, port = _open(data, base_url, port)
    if count is None or place is not None:
        _serve(opened, host, port, place)
        return
    settings = opened.settings
    opened.close()
    given = {"--data": data, "--base-url": base_url, "--host": host, "--port": port}
    arguments = [str(part) for option, value in given.items() if value is not None for part in (option, value)]
    _watch(["serve", *arguments], host, port, count, settings)


@click.command()
@click.option(
    "--pods", "people", default=400, show_default=True, type=click.IntRange(3, 2000), help="How many persons."
)
@click.option("--gardens", default=41, show_default=True, type=click.IntRange(1, 200))
@click.option("--seed", default=1, show_default=True, help="Same seed and day, same story.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Last day of the story [today].")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on [that of the address, or 8000].")
@click.option("--no-serve", is_flag=True, help="Build the community and stop.")
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="Data folder [./data].")
@click.option("--base-url", metavar="URL", help="Public address [http://localhost:PORT/ at first use].")
def demo(
    people: int,
    gardens: int,
    seed: int,
    until: datetime | None,
    host: str,
    port: int | None,
    no_serve: bool,
    data: Path | None,
    base_url: str | None,
) -> None:
    """Build a community of fictional people, through the program's own doors, and serve it."""
    opened, port = _open(data, base_url, port, demonstration=True)
    if not opened.catalogue.all():
        day = (until or opened.clock()).date()
        _build(opened, demo_story.generate(seed, people, gardens, until=day))
    elif not opened.personas.all():
        opened.close()
        raise Conflict(
            N_("The folder {data} holds pods that are no finished demo."),
            N_("Keep it, and build the demo in another: --data OTHER. What an interrupted demo left can be deleted."),
            data=opened.settings.data,
        )
    click.echo(f"Community: {opened.settings.base_url}jardiniers/profile/card")
    if no_serve:
        opened.close()
    else:
        _serve(opened, host, port)


def _build(opened: Services, story: Story) -> None:
    with click.progressbar(length=demo_community.steps(story), label="Growing") as bar:
        refused = demo_community.build_whole(opened, story, partial(bar.update, 1))
    for name, error in refused.items():
        click.echo(f"The sample badge {name} was not taken: {error}", err=True)
    first = story.persons[0].slug
    click.echo(
        f"{len(story.persons)} people, {len(story.gardens)} gardens, {len(story.badges)} signed badges "
        f"(sign in as «{first}» with «{demo_community.PASSWORD}»)"
    )


def _open(
    data: Path | None, base_url: str | None, port: int | None, *, demonstration: bool = False
) -> tuple[Services, int]:
    """The installation and the port to listen on.

    Without a proxy the port is part of the address that badges are signed with, so that another port
    would make every link of this folder wrong.
    """
    settings, origins = load({"data": data, "base_url": base_url})
    chosen = origins["base_url"] != "default"
    if not chosen:
        settings = settings.model_copy(update={"base_url": f"http://localhost:{port or DEFAULT_PORT}/"})
    if demonstration:
        settings = settings.model_copy(update={"demonstration": True})
    opened = services.assemble(settings, adopt_base=not chosen)
    recorded = urlsplit(opened.settings.base_url)
    own_port = (recorded.port or 80) if recorded.hostname == "localhost" else None
    if own_port is not None and port not in {None, own_port}:
        opened.close()
        raise Conflict(
            N_("The folder {data} belongs to {recorded}: on port {port} none of its links would lead anywhere."),
            N_("Start it with --port {own}, or begin another folder: --data OTHER --port {port}."),
            data=settings.data,
            recorded=opened.settings.base_url,
            port=port,
            own=own_port,
        )
    return opened, port or own_port or DEFAULT_PORT


def _watch(arguments: list[str], host: str, port: int, count: int, settings: Settings) -> None:
    from pod_app.web.serving import server  # noqa: PLC0415  # as in `_serve`

    logs.begin(settings)
    with workers.listen(server.usable_address(host, port), port) as listening, _figures(settings):
        children = workers.Workers(arguments, listening, count)
        children.run(lambda: click.echo(f"Serving {settings.base_url} with {count} workers (Ctrl-C to stop)"))


@contextmanager
def _figures(settings: Settings) -> Iterator[None]:
    """Tell the figures of this process and of its workers, where the settings name an address."""
    if not settings.metrics_address:
        yield
        return
    from pod_app.cli import metrics  # noqa: PLC0415  # only who tells figures needs it

    exporter = metrics.Exporter(settings)
    try:
        yield
    finally:
        exporter.close()


def _serve(opened: Services, host: str, port: int, place: Place | None = None) -> None:
    try:
        logs.begin(opened.settings)
        with _figures(opened.settings) if place is None else nullcontext():
            _answer(opened, host, port, place)
    finally:
        opened.close()
    from pod_app.web.serving import server  # noqa: PLC0415  # as in `_answer`

    server.leave()


def _answer(opened: Services, host: str, port: int, place: Place | None) -> None:
    from pod_app.web.app import create  # noqa: PLC0415  # as above
    from pod_app.web.serving import server  # noqa: PLC0415  # «demo --no-serve» and help need no web server
    from pod_app.web.serving.watching import Counts, Watched  # noqa: PLC0415  # as above
    from pod_app.web.solid.following import Following  # noqa: PLC0415  # as above
    from pod_app.web.solid.streams import Streams  # noqa: PLC0415  # as above

    _share_memory()
    settings, counts, worker = opened.settings, Counts(), Worker(opened)
    reporter = _reporter(opened, place, counts)

    def ready() -> None:
        _keep_what_stands()
        if place is None or place.runs_jobs:
            worker.start()
        reporter.start()
        if place is None:
            click.echo(f"Serving {settings.base_url} (Ctrl-C to stop)")
        else:
            place.ready()

    def stop() -> None:
        reporter.stop()
        worker.stop()

    watched = bool(settings.metrics_address) or logs.wants_requests(settings)
    server.run(
        lambda: create(opened),
        host,
        port,
        max_body=settings.max_body,
        on_ready=ready,
        on_stop=stop,
        streams=lambda: Streams(opened, Following(opened)),
        listening=None if place is None else place.listening,
        around=(lambda application: Watched(application, counts)) if watched else None,
    )


def _reporter(opened: Services, place: Place | None, counts: "Counts") -> "Reporter | Silence":
    """What writes down this process's counts; nothing where nobody asks for them."""
    if not opened.settings.metrics_address:
        return Silence()
    from pod_app.cli import metrics  # noqa: PLC0415  # only who tells figures needs it

    folder = metrics.folder_of(opened.settings, os.getpid() if place is None else os.getppid())
    figures = metrics.installation_figures(opened) if place is None or place.runs_jobs else None
    return metrics.Reporter(folder, 0 if place is None else place.number, counts, figures)


class Silence:
    """Stands for the reporter of an installation that tells no figures."""

    def start(self) -> None:
        """Nothing begins."""

    def stop(self) -> None:
        """Nothing ends."""


def _share_memory() -> None:
    """Let all threads take memory from two places: glibc gives each its own and keeps there what it no longer uses.

    One lock lets them run one at a time anyway; 40 MB less while 64 clients list 10,000 members. Elsewhere nothing.
    """
    limit = getattr(ctypes.CDLL(None), "mallopt", None)
    if limit is not None:
        limit(_M_ARENA_MAX, 2)


def _keep_what_stands() -> None:
    """What stands at the start stays: looking through it for garbage would pause requests for 50 ms."""
    gc.collect()
    gc.freeze()


class Worker:
    """The threads that do the outbox's work while the server runs, and ask other installations.

    Waking them is only a hint: they also look by themselves. Webhooks are called, trays are carried away and others
    are asked in threads of their own, so that a slow host holds up nothing here.
    """

    def __init__(self, opened: Services) -> None:
        own = [kind for kind in opened.listeners if kind != subscriptions.JOB]
        self._asks = (opened.federation.asking.ask_due, opened.federation.reading_elsewhere.read_due)
        self._sweep = opened.resources.sweep
        self._wakes = (threading.Event(), threading.Event(), threading.Event())
        self._stopping = threading.Event()
        steps = (
            lambda: opened.run_pending(kinds=own) + opened.views.follow(),
            opened.call_webhooks,
            opened.elsewhere.delivering.deliver_due,
        )
        self._threads = [
            *(
                threading.Thread(target=self._loop, args=(step, wake), name=name, daemon=True)
                for name, step, wake in zip(("jobs", "webhooks", "tray"), steps, self._wakes, strict=True)
            ),
            *(
                threading.Thread(target=self._ask, args=(due,), name=name, daemon=True)
                for name, due in zip(("asking", "reading"), self._asks, strict=True)
            ),
            threading.Thread(target=self._clean, name="sweeping", daemon=True),
        ]
        for wake in self._wakes:
            opened.database.on_commit(wake.set)

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish the job at hand and end."""
        self._stopping.set()
        for wake in self._wakes:
            wake.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=30)

    def _loop(self, step: Callable[[], int], wake: threading.Event) -> None:
        wake.wait(SWEEP_SECONDS)  # who comes at the start is answered first
        while not self._stopping.is_set():
            wake.clear()
            try:
                found = step()
            except Exception:  # a full disk, a server that restarts: the work is still there when that is over
                LOG.exception("work in the background failed; it is tried again")
                self._stopping.wait(SWEEP_SECONDS)
                continue
            if not found:
                wake.wait(SWEEP_SECONDS)
            self._stopping.wait(PAUSE_SECONDS)

    def _clean(self) -> None:
        while not self._stopping.wait(CLEAN_SECONDS):
            try:
                self._sweep()
            except PodAppError as error:
                LOG.warning("the blobs could not be swept: %s", error)

    def _ask(self, due: Callable[[], int]) -> None:
        while not self._stopping.wait(SWEEP_SECONDS):
            try:
                due()
            except PodAppError as error:
                LOG.warning("other installations could not be asked: %s", error)

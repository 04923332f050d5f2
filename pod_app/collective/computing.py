"""The map of the views: a batch of pod names → what these pods say. A pure function, run here or in other processes.

A task carries names and the addresses of SQL and blobs; whoever runs it opens these and nothing else (house.md §4).
Any `concurrent.futures` executor will do.
"""

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from pod_app.collective.datasets import Datasets
from pod_app.collective.library import View
from pod_app.collective.sources import Source, Sources
from pod_app.pods.access import Access
from pod_app.pods.groups import Groups
from pod_app.settings import Settings
from pod_app.storage.blobs import Blobs
from pod_app.storage.database import Database

BATCH: Final = 100
WORTH_PROCESSES: Final = 500
"""Pods from which on it pays to start processes, which takes about a second."""
_AHEAD: Final = 2  # batches that wait for each process: they bound what is held in memory

Answers = list[tuple[str, Source]]
"""What pods say, each with the community that it says it to."""
Executors = Callable[[], AbstractContextManager[Executor]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an installation's SQL and blobs are."""

    base_url: str
    vocabulary: str
    database_url: str
    data: Path
    blobs_url: str


@dataclass(frozen=True, slots=True)
class Task:
    """One batch."""

    place: Place
    views: tuple[View, ...]
    pods: tuple[str, ...]


def run(task: Task) -> Answers:
    """Answer a batch, in whatever process this is."""
    database, sources = _opened(task.place)
    with database.read() as conn:
        return answers(conn, sources, task.views, task.pods)


def answers(conn: Connection, sources: Sources, views: Sequence[View], pods: Sequence[str]) -> Answers:
    """Answer a batch in a transaction that is already open."""
    return [one for pod in pods for one in sources.of(conn, views, pod)]


def run_all(executor: Executor, tasks: Iterator[Task], workers: int) -> Iterator[Answers]:
    """Answers of many tasks in their order, a bounded number of them under way."""
    waiting: deque[Future[Answers]] = deque()
    for task in tasks:
        waiting.append(executor.submit(run, task))
        if len(waiting) > workers * _AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def processes() -> AbstractContextManager[Executor]:
    """A pool of processes on this machine: spawned, because a fork would copy locks that threads hold."""
    return ProcessPoolExecutor(workers(), mp_context=multiprocessing.get_context("spawn"))


def workers() -> int:
    """How many processes this machine has a core for."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@lru_cache(maxsize=1)
def _opened(place: Place) -> tuple[Database, Sources]:
    """An installation's SQL and blobs, opened once in each process that works for it."""
    settings = Settings.model_validate(asdict(place))
    blobs = Blobs.open(settings)
    access = Access(settings, Groups(place.base_url, blobs))
    return Database.open(settings), Sources(place.base_url, Datasets(place.base_url, place.vocabulary, blobs, access))

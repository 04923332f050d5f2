"""The views that an installation has: query files made ready once, each under the identifier of its numbers."""

from dataclasses import dataclass
from functools import cached_property

from pod_app.assets import folder
from pod_app.collective import plans, query_files, unions
from pod_app.collective.plans import Plan
from pod_app.collective.query_files import QueryFile
from pod_app.settings import DEFAULT_VOCABULARY


@dataclass(frozen=True, slots=True)
class View:
    """A query file made ready, and the identifier under which its numbers are kept."""

    file: QueryFile
    plan: Plan
    id: str


class Library:
    """The views of one installation, in its own vocabulary."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace

    @cached_property
    def views(self) -> dict[str, View]:
        """Every view by name; raises `Invalid` that names a file that cannot be used."""
        found = query_files.load(folder("queries"), self._namespace, DEFAULT_VOCABULARY)
        return {name: prepare(file) for name, file in found.items()}

    def choose(self, name: str) -> View:
        """The view of this name; raises `NotFound`."""
        query_files.choose({one: view.file for one, view in self.views.items()}, name)
        return self.views[name]


def prepare(file: QueryFile) -> View:
    """A view ready to be computed; raises `Invalid` when it cannot be pushed down."""
    plan = plans.plan(file) if file.scope == "pod" else unions.plan(file)
    return View(file, plan, f"{file.name}@{file.sha256[:16]}")

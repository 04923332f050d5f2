"""The views that an installation has: query files made ready once, each under the identifier of its numbers."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property, lru_cache
from itertools import product
from typing import Final

from pod_app.assets import folder
from pod_app.collective import plans, query_files, unions
from pod_app.collective.plans import Plan
from pod_app.collective.query_files import SEASON, QueryFile
from pod_app.errors import N_, Invalid
from pod_app.settings import DEFAULT_VOCABULARY

MOST_VARIANTS: Final = 16


@dataclass(frozen=True, slots=True)
class View:
    """A query file made ready with values for its parameters, and the identifier under which its numbers are kept.

    The identifier says what is computed: another comment or title keeps it, another query, threshold or value of a
    parameter does not.
    """

    file: QueryFile
    plan: Plan
    id: str
    parameters: Mapping[str, str]
    by_default: bool = True


class Library:
    """The views of one installation, in its own vocabulary."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._on = lru_cache(maxsize=2)(self._variants)

    @cached_property
    def _prepared(self) -> dict[str, tuple[QueryFile, Plan]]:
        found = query_files.load(folder("queries"), self._namespace, DEFAULT_VOCABULARY)
        return {name: (file, _checked_plan(file)) for name, file in found.items()}

    def variants(self, day: date) -> dict[str, tuple[View, ...]]:
        """By name, every view with each combination of values that numbers are kept for on `day`, the default first.

        Raises `Invalid` that names a file that cannot be used.
        """
        return self._on(day)

    def views(self, day: date) -> tuple[View, ...]:
        """All of `variants`, in one row."""
        return tuple(view for some in self._on(day).values() for view in some)

    def choose(self, name: str, given: Mapping[str, str], day: date) -> View:
        """The view of this name with these values, default values for those not given; raises `NotFound`, `Invalid`."""
        query_files.choose({one: file for one, (file, _) in self._prepared.items()}, name)
        file, plan = self._prepared[name]
        first = self._on(day)[name][0]
        asked = {key: value for key, value in given.items() if not _means_default(file, key, value)}
        view = _view(file, plan, {**first.parameters, **asked}, by_default=False)
        view.file.bindings(view.parameters)
        known = {one.id: one for one in self._on(day)[name]}
        if view.id not in known:
            _refuse_others(file, view.parameters, day)
        return known.get(view.id, view)

    def plan_of(self, sha256: str) -> Plan | None:
        """How the view whose file has this hash is computed, where it is one of ours."""
        return next((plan for file, plan in self._prepared.values() if file.sha256 == sha256), None)

    def _variants(self, day: date) -> dict[str, tuple[View, ...]]:
        found = {}
        for name, (file, plan) in self._prepared.items():
            values = [parameter.values(day) for parameter in file.parameters]
            names = [parameter.name for parameter in file.parameters]
            found[name] = tuple(
                _view(file, plan, dict(zip(names, chosen, strict=True)), by_default=number == 0)
                for number, chosen in enumerate(product(*values))
            )
        return found


def prepare(file: QueryFile, plan: Plan | None = None) -> View:
    """A view with the default values of its file, ready to be computed; raises `Invalid` when it cannot be."""
    parameters = {one.name: one.default for one in file.parameters}
    return _view(file, plan or _checked_plan(file), parameters, by_default=False)


def _checked_plan(file: QueryFile) -> Plan:
    """How a view is computed; raises `Invalid` when it cannot be pushed down, or its numbers could be subtracted."""
    plan = plans.plan(file) if file.scope == "pod" else unions.plan(file)
    closed = [parameter for parameter in file.parameters if parameter.is_closed]
    if file.threshold and closed and (file.scope == "union" or file.people != "pods"):
        raise unions.unfit(file, "values of a parameter can be told apart only by the people of pods")
    variants = 1
    for parameter in closed:
        variants *= len(parameter.values(date(2000, 1, 1)))
    if variants > MOST_VARIANTS:
        raise unions.unfit(file, f"its parameters have {variants} combinations; {MOST_VARIANTS} are kept at most")
    return plan


def again(text: str, parameters: Mapping[str, str], name: str) -> View:
    """A view as it was when its numbers were published; raises `Invalid`."""
    file, plan = _again(name, text)
    return _view(file, plan, parameters, by_default=True)


@lru_cache(maxsize=64)
def _again(name: str, text: str) -> tuple[QueryFile, Plan]:
    file = query_files.read(name, text)
    return file, _checked_plan(file)


def _view(file: QueryFile, plan: Plan, parameters: Mapping[str, str], *, by_default: bool) -> View:
    given = "&".join(f"{name}={value}" for name, value in sorted(parameters.items()))
    identifier = f"{file.name}@{_fingerprint(file, plan)}" + (f"?{given}" if given else "")
    return View(file, plan, identifier, parameters, by_default)


def _fingerprint(file: QueryFile, plan: Plan) -> str:
    said = {**asdict(plan), "rows": plans.bare(plan.rows), "predicates": [], "classes": []}
    told = json.dumps([file.scope, file.audience, file.threshold, file.people, said], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _means_default(file: QueryFile, name: str, value: str) -> bool:
    return value == SEASON and any(one.name == name and one.by_season for one in file.parameters)


def _refuse_others(file: QueryFile, parameters: Mapping[str, str], day: date) -> None:
    """Between freely chosen values somebody could subtract, down to a single person (ADR 0010)."""
    for one in file.parameters:
        if (one.is_closed or file.threshold) and parameters[one.name] not in one.values(day):
            raise Invalid(
                N_("The view {view} is not answered for {name}={value}: differences could tell about single people."),
                N_("Choose among: {values}."),
                view=file.name, name=one.name, value=parameters[one.name], values=", ".join(one.values(day)),
            )  # fmt: skip

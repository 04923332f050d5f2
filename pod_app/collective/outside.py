"""A query that came from outside, over the pods it may see: runs in the sandbox, where it can only waste its own time.

Loads rdflib's SPARQL, so that the sandbox has it before it forks.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import pyoxigraph as ox

from pod_app.collective import algebra, library, query_files, sources, wire
from pod_app.collective.library import View
from pod_app.collective.wire import Documents, Line
from pod_app.errors import N_, Invalid

LOADED: Final = algebra.__name__
"""What a child needs not load again."""


def run(text: str, parameters: Mapping[str, str], pods: Sequence[Documents]) -> list[Line]:
    """What each pod says to a query; raises `Invalid` for one that our own views could not be either."""
    view = library.prepare(query_files.asked(text, parameters))
    return [_line(view, person, triples) for _, person, triples in pods]


def _line(view: View, person: str | None, triples: bytes) -> Line:
    store = ox.Store()
    store.load(triples, ox.RdfFormat.N_TRIPLES)
    try:
        said = sources.answers([view], person, {view.file.audience: store})
    except (ValueError, SyntaxError) as error:  # Oxigraph is stricter than rdflib about some queries
        raise Invalid(
            N_("The view {name} cannot be run: {problem}."), N_("Correct the query."),
            name=view.file.name, problem=str(error)[:300],
        ) from error  # fmt: skip
    return wire.line(view, person, said[view.id])

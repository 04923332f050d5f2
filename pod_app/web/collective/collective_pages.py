"""The window on a community's collective capital: its page, a page per view, the queries themselves.

Shows what was published and nothing else: thresholds are decided in `collective/`, not here.
"""

import json
from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from pod_app.collective import cascades
from pod_app.collective.answers import Answer, plain
from pod_app.collective.query_files import choose
from pod_app.errors import N_, Invalid, NotFound
from pod_app.pods.catalogue import Pod
from pod_app.standards import negotiation, rdf
from pod_app.web import doors
from pod_app.web.collective import garden_pages, view_words
from pod_app.web.collective.view_words import Reader

blueprint = Blueprint("collective", __name__)
FORMS: Final = {".json": "application/json", ".csv": "text/csv", ".ttl": rdf.TURTLE, ".html": "text/html"}
TYPES: Final = ("text/html", "application/json", "text/csv", rdf.TURTLE)
CHAPTERS: Final = (
    "contributions-by-kind", "skills-held", "badges-by-achievement", "transmissions-by-skill", "learning-cascade",
    "hours-by-garden", "thanks-by-month", "gardens-over-time", "reciprocity-by-quarter", "reciprocity-public",
)  # fmt: skip


@blueprint.get("/collective")
def communities() -> str | BaseResponse:
    """The only community's page, or the choice among several."""
    found = doors.services().catalogue.communities()
    if len(found) == 1:
        return redirect(f"/collective/{found[0].name}", 303)
    shown = [{"name": pod.title, "href": f"/collective/{pod.name}", "kind": pod.kind} for pod in found]
    return doors.render("communities.html", communities=shown)


@blueprint.get("/collective/<name>")
def capital(name: str) -> str:
    """The capital page: a sentence, pictures, tables, how it is counted."""
    community, reader = community_named(name), _reader()
    answers = {one: doors.services().views.read(one, community.name) for one in doors.services().views.files}
    chapters = [_figure(community, answers[one], reader) for one in CHAPTERS if one in answers]
    return doors.render(
        "capital.html",
        community={"name": community.title, "href": f"/{community.name}/profile/card", "kind": community.kind},
        headline=_headline(answers),
        here_href=f"/collective/{community.name}",
        gardens_href=f"/collective/{community.name}/gardens",
        since=_since(answers),
        chapters=[one for one in chapters if one["rows"]],
        waiting=[one for one in chapters if not one["rows"]],
        coverage=_widest(list(answers.values())),
        breadcrumbs=crumbs(),
    )


@blueprint.get("/collective/<name>/gardens")
def gardens(name: str) -> str:
    """The gardens whose cards name the community, commune by commune."""
    community, words, locale = community_named(name), doors.vocabulary(), doors.words().locale
    found = garden_pages.of_community(doors.services(), community)
    shown = [one | {"type": words.label(one["type"], locale)} for one in found]
    return doors.render(
        "gardens.html",
        community={"name": community.title, "href": f"/{community.name}/profile/card", "kind": community.kind},
        places=[(place, list(some)) for place, some in groupby(shown, key=lambda one: one["place"])],
        number=len(shown),
        breadcrumbs=[*crumbs(), {"name": community.title, "href": f"/collective/{community.name}"}],
    )


@blueprint.get("/collective/<name>/<view>")
def one_view(name: str, view: str) -> tuple[str, int] | Response:
    """One view in the form that is asked for, by suffix or `Accept`."""
    stem, dot, ending = view.rpartition(".")
    form = FORMS.get(f".{ending}") if dot else None
    community = community_named(name)
    parameters = {key: value for key, value in request.args.items() if key != "lang"}
    asked = stem if form else view
    chosen = form or negotiation.choose(request.headers.get("Accept"), TYPES) or "text/html"
    if chosen == "text/html":
        return _page(community, asked, parameters)
    answer = doors.services().views.read(asked, community.name, parameters)
    return Response(_written(community, answer, chosen), content_type=f"{chosen}; charset=utf-8")


@blueprint.get("/queries/<name>")
def query(name: str) -> Response:
    """The query of a view, as it is run."""
    views = {one: view.file for one, view in doors.services().views.files.items()}
    text = choose(views, name.removesuffix(".rq")).text
    return Response(text, content_type="application/sparql-query; charset=utf-8")


def _page(community: Pod, name: str, given: Mapping[str, str]) -> tuple[str, int]:
    """The page of a view; a value that is not answered is told above the numbers that there are."""
    reader, read = _reader(), doors.services().views.read
    wrong, status = "", 200
    try:
        answer = read(name, community.name, given)
    except Invalid as error:
        _, detail, remedy = doors.words().error(error)
        answer, wrong, status = read(name, community.name, {}), f"{detail} {remedy}".strip(), 422
    page = doors.render(
        "view.html",
        figure=_figure(community, answer, reader),
        fields=view_words.fields(answer, doors.services().clock().date(), reader),
        language=request.args.get("lang", ""),
        wrong=wrong,
        query_text=answer.view.text,
        query_href=f"/queries/{answer.view.name}",
        sha256=answer.view.sha256,
        representations=_forms(community, answer),
        breadcrumbs=[*crumbs(), {"name": community.title, "href": f"/collective/{community.name}"}],
    )
    return page, status


def _forms(community: Pod, answer: Answer) -> list[dict[str, str]]:
    """The same numbers for programs, with the values that they were computed for."""
    here = f"/collective/{community.name}/{answer.view.name}"
    query = f"?{urlencode(answer.parameters)}" if answer.parameters else ""
    forms = [(".json", "JSON"), (".csv", "CSV"), (".ttl", "Turtle")]
    return [{"type": FORMS[ending], "href": here + ending + query, "label": label} for ending, label in forms]


def _written(community: Pod, answer: Answer, media_type: str) -> bytes:
    if media_type == "application/json":
        return json.dumps(answer.to_json(), ensure_ascii=False).encode()
    if media_type == "text/csv":
        return answer.to_csv().encode()
    settings = doors.services().settings
    return answer.to_turtle(f"{settings.base_url}collective/{community.name}/{answer.view.name}", settings.vocabulary)


def _figure(community: Pod, answer: Answer, reader: Reader) -> dict[str, object]:
    drawn = view_words.chart(answer, reader)
    return {
        "id": answer.view.name,
        "title": answer.view.title[reader.locale],
        "about": answer.view.about[reader.locale],
        "href": f"/collective/{community.name}/{answer.view.name}",
        "chart": drawn[0] if drawn else None,
        "legend": drawn[1] if drawn else [],
        "left_out": view_words.left_out(answer) if drawn else 0,
        "totals": view_words.totals(answer, reader),
        "forms": _forms(community, answer),
        "threshold": answer.view.threshold,
        "coverage": answer.coverage,
        "generated_at": answer.generated_at,
        **view_words.table(answer, reader, _river_of(community) if answer.view.name == cascades.VIEW else None),
    }


def _river_of(community: Pod) -> Callable[[str], str | None]:
    """Where the river of a skill of the vocabulary is drawn."""
    before = f"{doors.services().settings.vocabulary}skill-"

    def address(iri: str) -> str | None:
        return f"/collective/{community.name}/cascade/{iri.removeprefix(before)}" if iri.startswith(before) else None

    return address


def _headline(answers: dict[str, Answer]) -> dict[str, int]:
    """The numbers of the first sentence, each a sum of what is shown."""
    wanted = {
        "gardens": ("gardens-over-time", "gardens"),
        "badges": ("badges-total", "badges"),
        "holders": ("badges-total", "holders"),
        "contributions": ("contributions-by-kind", "contributions"),
        "transmissions": ("transmissions-by-skill", "transmissions"),
        "thanks": ("thanks-by-month", "thanks"),
        "skills": ("badges-total", "skills"),
        "before": ("badges-total", "before"),
    }
    found = {name: _sum(answers[view], column) for name, (view, column) in wanted.items() if view in answers}
    return found | {"new": found.get("skills", 0) - found.get("before", 0)}


def _since(answers: dict[str, Answer]) -> str:
    """The first year in which something that is shown happened."""
    first = [row[0] for name in ("contributions-by-kind", "thanks-by-month", "gardens-over-time") if name in answers
             for row in answers[name].rows]  # fmt: skip
    return min((str(plain(one))[:4] for one in first), default="")


def _sum(answer: Answer, column: str) -> int:
    place = answer.columns.index(column)
    return sum(value for row in answer.rows if isinstance(value := row[place], int))


def _widest(answers: list[Answer]) -> dict[str, object]:
    chosen = max((one.coverage for one in answers), key=lambda coverage: coverage.asked)
    return {
        "coverage": chosen,
        "suppressed": sum(one.coverage.suppressed for one in answers),
        "cells": sum(one.coverage.suppressed + len(one.rows) for one in answers),
        "generated_at": max(one.generated_at for one in answers),
    }


def community_named(name: str) -> Pod:
    """The community of this name; raises `NotFound`."""
    pod = doors.services().catalogue.find(name)
    if pod is None or pod.kind != "community":
        raise NotFound(
            N_("There is no community named {name} here."), N_("The communities are listed at /collective."), name=name
        )
    return pod


def _reader() -> Reader:
    services, words = doors.services(), doors.words()

    def title_of(iri: str) -> str | None:
        pod = services.catalogue.of_webid(iri)
        return pod.title if pod is not None and pod.kind != "person" else None

    return Reader(words.locale, words.gettext, doors.vocabulary(), title_of)


def crumbs() -> list[dict[str, str]]:
    """What stands above every page of a community."""
    return [{"name": doors.words().gettext("Welcome"), "href": "/"}]

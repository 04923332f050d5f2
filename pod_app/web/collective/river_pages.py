"""The cascade of one skill in a community: `/collective/{community}/cascade/{skill}` (product.md, flow 5)."""

import json
from collections.abc import Mapping
from typing import Final

from flask import Blueprint, Response, request

from pod_app.collective import cascades, kept_rivers
from pod_app.collective.answers import Answer
from pod_app.collective.cascades import River
from pod_app.errors import N_, NotFound
from pod_app.pods.audience import COUNT
from pod_app.pods.catalogue import Pod
from pod_app.standards import negotiation
from pod_app.web import doors
from pod_app.web.collective import collective_pages, rivers
from pod_app.web.collective.rivers import Row, Trees

blueprint = Blueprint("rivers", __name__)
FIRST_TREES: Final = 5
MOST_TREES: Final = 60
TYPES: Final = ("text/html", "application/json")


@blueprint.get("/collective/<name>/cascade/<skill>")
def river(name: str, skill: str) -> str | Response:
    """The river of a skill, three levels from each source; `?branch=` goes on, `?all=1` shows every source."""
    stem, dot, ending = skill.rpartition(".")
    form = collective_pages.FORMS.get(f".{ending}") if dot else None
    wanted = negotiation.agree(form or request.headers.get("Accept"), TYPES, request.path)
    community = collective_pages.community_named(name)
    iri = f"{doors.services().settings.vocabulary}skill-{stem if form else skill}"
    label = doors.vocabulary().label(iri, doors.words().locale)
    if label is None:
        raise NotFound(
            N_("The vocabulary has no skill named {name}."), N_("The skills are listed at /vocab/skills."), name=skill
        )
    answer = doors.services().views.read(cascades.VIEW, community.name)
    found, trees = _published(community, iri, answer)
    if wanted == "application/json":
        return Response(json.dumps(_told(iri, answer, found, trees), ensure_ascii=False), content_type=wanted)
    here = f"/collective/{community.name}/cascade/{stem if form else skill}"
    return doors.render(
        "river.html",
        skill={"name": label, "iri": iri, "href": f"/vocab/skills#skill-{stem if form else skill}"},
        numbers=_numbers(iri, answer),
        since=found.since,
        ignored=found.ignored,
        small=trees.small,
        threshold=answer.view.threshold,
        coverage=answer.coverage,
        generated_at=answer.generated_at,
        here_href=here,
        view_href=f"/collective/{community.name}/{cascades.VIEW}",
        query_href=f"/queries/{cascades.VIEW}",
        representations=[{"type": "application/json", "href": f"{here}.json", "label": "JSON"}],
        breadcrumbs=[
            *collective_pages.crumbs(),
            {"name": community.title, "href": f"/collective/{community.name}"},
            {"name": answer.view.title[doors.words().locale], "href": f"/collective/{community.name}/{cascades.VIEW}"},
        ],
        **_shown(trees, label),
    )


def _published(community: Pod, iri: str, answer: Answer) -> tuple[River, Trees]:
    services = doors.services()
    view = services.views.choose(cascades.VIEW)
    with services.database.read() as conn:
        found = kept_rivers.published(conn, community.name, view, iri) or River((), 0)
        showing = set(services.consents.consenting(conn, community.name, "cascade"))
        showing &= set(services.consents.consenting(conn, community.name, COUNT))

    def name(webid: str) -> Mapping[str, str] | None:
        pod = services.catalogue.of_webid(webid)
        if pod is None or pod.name not in showing:
            return None
        return {"name": pod.title, "href": f"/{pod.name}/profile/card", "webid": webid}

    return found, Trees(found, answer.view.threshold, name)


def _shown(trees: Trees, label: str) -> dict[str, object]:
    """The trees of the page, or the one branch that is asked for."""
    asked = request.args.get("branch", "")
    if asked:
        place = int(asked) if asked.isdecimal() else -1
        if place not in trees:
            raise NotFound(N_("This river has no branch {name}."), N_("Begin at its source."), name=asked[:20])
        starts, more = [place], 0
        above = [trees.name(one) for one in trees.upstream(place)]
    else:
        most = MOST_TREES if request.args.get("all") else FIRST_TREES
        starts, more, above = trees.sources[:most], len(trees.sources[most:]), []
    drawn = []
    for start in starts:
        rows = trees.rows(start)
        drawn.append({"rows": rows, "picture": rivers.drawn(rows, _title(rows[0], label), words)})
    return {"trees": drawn, "more": more, "above": above, "branch": bool(asked)}


def _title(row: Row, label: str) -> str:
    return doors.words().gettext("{skill}: the river that begins with {who}").format(skill=label, who=words(row))


def words(row: Row) -> str:
    """Who stands in a row."""
    speech = doors.words()
    if row.who is not None:
        text = row.who["name"]
    elif row.rest:
        text = speech.ngettext("and {number} other branch", "and {number} other branches", row.people)
    else:
        text = speech.ngettext("{number} person", "{number} people", row.people)
    text = text.format(number=row.people) if row.who is None else text
    return f"{text} (+{row.below})" if row.place is not None else text


def _numbers(iri: str, answer: Answer) -> dict[str, int] | None:
    """Reach, depth and passings-on of the skill as they were published."""
    row = next((row for row in answer.rows if row[0] == f"<{iri}>"), None)
    if row is None:
        return None
    return {name: value for name, value in zip(answer.columns, row, strict=True) if isinstance(value, int)}


def _told(iri: str, answer: Answer, found: River, trees: Trees) -> dict[str, object]:
    told = answer.to_json()
    return {
        "skill": iri,
        "numbers": _numbers(iri, answer),
        "since": found.since or None,
        "people": trees.flat(),
        "smallTrees": trees.small,
        "coverage": {**answer.coverage.to_json(), "ignored": found.ignored},
        **{key: told[key] for key in ("threshold", "query", "generatedAt")},
    }

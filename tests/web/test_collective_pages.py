"""The window on the collective: HTML, JSON, CSV and Turtle of published numbers only."""

import csv
import io
import json
import re

import pytest
import rdflib
from fixtures_community import Community, counted

SEED = 20261124


@pytest.fixture
def commons(make_installation):
    made = counted(make_installation(), SEED)
    made.services.views.publish("commons")
    return made


def get(commons, path, **headers):
    return commons.installation.client.get(commons.base + path, headers={"Accept-Language": "fr", **headers})


def test_the_capital_page_opens_with_a_sentence_and_says_how_it_is_counted(commons):
    page = get(commons, "collective/commons", Accept="text/html")
    assert page.status_code == 200
    assert "Jusqu’ici" in page.text
    assert "Comment c’est compté" in page.text
    assert 'class="chart"' in page.text
    assert "11 carnets ont été interrogés" in page.text


def test_one_community_is_shown_at_once_and_several_are_listed(commons):
    answer = get(commons, "collective")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/collective/commons")
    commons.services.catalogue.create("second", "community", title="Second", owners=[commons.people[0].webid])
    listed = get(commons, "collective")
    assert listed.status_code == 200
    assert "/collective/second" in listed.text


def test_a_view_answers_in_four_forms_by_suffix_and_by_accept(commons):
    told = get(commons, "collective/commons/hours-by-garden.json").json()
    assert told == json.loads(get(commons, "collective/commons/hours-by-garden", Accept="application/json").text)
    text = get(commons, "collective/commons/hours-by-garden.csv").text
    rows = list(csv.reader(io.StringIO("".join(one for one in text.splitlines(True) if not one.startswith("#")))))
    assert rows[0] == told["columns"]
    assert [row[0] for row in rows[1:]] == [row[0] for row in told["rows"]]
    turtle = get(commons, "collective/commons/hours-by-garden", Accept="text/turtle")
    assert turtle.headers["Content-Type"].startswith("text/turtle")
    assert len(rdflib.Graph().parse(data=turtle.text, format="turtle")) > len(rows)
    page = get(commons, "collective/commons/hours-by-garden", Accept="text/html").text
    assert "La question, en SPARQL" in page


def test_the_capital_page_leads_to_the_numbers_of_each_chapter(commons):
    page = get(commons, "collective/commons", Accept="text/html").text
    for ending in (".json", ".csv", ".ttl"):
        assert f'href="/collective/commons/hours-by-garden{ending}"' in page
    assert 'href="/collective/commons/contributions-by-kind"' in page


def test_what_a_view_takes_is_chosen_among_the_values_that_are_kept(commons):
    """ADR 0010: only those are answered, so only those are offered."""
    page = get(commons, "collective/commons/badges-total?lang=fr", Accept="text/html").text
    offered = re.findall(r'<option value="([^"]*)"', page)
    view = commons.services.views.files["badges-total"]
    assert offered == list(view.file.parameters[0].values(commons.services.clock().date()))
    assert '<input type="hidden" name="lang" value="fr">' in page
    for value in offered:
        chosen = get(commons, f"collective/commons/badges-total?season={value}", Accept="text/html")
        assert chosen.status_code == 200
        assert f'<option value="{value}" selected>' in chosen.text
        assert f"/collective/commons/badges-total.csv?season={value}" in chosen.text
    assert "<select" not in get(commons, "collective/commons/thanks-by-month", Accept="text/html").text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("season=2001-03-01", "pourraient parler d’une seule personne"),
        ("season=<b>x</b>", "n’est pas ce que"),
        ("colour=red", "n’a pas de paramètre"),
    ],
)
def test_a_value_that_is_refused_is_told_above_the_numbers_that_there_are(commons, query, sentence):
    answer = get(commons, f"collective/commons/badges-total?{query}", Accept="text/html")
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "<b>x</b>" not in answer.text
    assert "selected>" in answer.text
    assert "Comment c’est compté" in answer.text


def test_every_view_has_its_page_in_both_languages(commons):
    for name in commons.services.views.files:
        for language in ("fr", "en"):
            page = get(commons, f"collective/commons/{name}?lang={language}", Accept="text/html")
            assert page.status_code == 200, name
            assert commons.services.views.files[name].file.title[language] in page.text.replace("&#39;", "'")


def test_a_query_is_served_as_it_is_run(commons):
    answer = get(commons, "queries/badges-total")
    assert answer.headers["Content-Type"].startswith("application/sparql-query")
    assert answer.text == commons.services.views.files["badges-total"].file.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("collective/nowhere", 404),
        ("collective/person-1", 404),
        ("collective/commons/unknown", 404),
        ("collective/commons/unknown.json", 404),
        ("queries/unknown", 404),
        ("collective/commons/thanks-by-month?colour=red", 422),
    ],
)
def test_what_is_not_there_is_said_in_words(commons, path, status):
    answer = get(commons, path, Accept="application/json")
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_no_page_shows_a_number_that_was_not_published(make_installation):
    community = Community(make_installation(), SEED)
    for pod in community.people[:10]:
        community.consent(pod)
    community.services.views.catch_up()
    page = get(community, "collective/commons", Accept="text/html").text
    assert 'class="chart"' not in page
    assert "dès qu’assez de personnes" in page

"""The headers of views and what cannot be pushed down (contracts.md §3): every refusal names what and where."""

from pathlib import Path

import pyoxigraph as ox
import pytest

from pod_app.collective import plans, query_files, unions
from pod_app.errors import Invalid, NotFound
from pod_app.settings import DEFAULT_VOCABULARY

FOLDER = Path(__file__).resolve().parents[2] / "queries"
HEADER = "# title@fr: Un\n# title@en: One\n# scope: pod\n# audience: community\n"
BODY = "SELECT ?a (COUNT(?b) AS ?n) WHERE { ?b <urn:p> ?a } GROUP BY ?a"


def view(body=BODY, header=HEADER):
    return query_files.read("example", header + body)


def test_every_shipped_view_is_ready_to_be_computed():
    found = query_files.load(FOLDER, DEFAULT_VOCABULARY, DEFAULT_VOCABULARY)
    assert {"badges-total", "skills-held", "learning-cascade", "reciprocity-public"} <= found.keys()
    for one in found.values():
        made = plans.plan(one) if one.scope == "pod" else unions.plan(one)
        assert set(made.keys) | {measure.name for measure in made.measures} >= set(made.columns)


def test_every_view_for_the_community_has_a_threshold():
    for one in query_files.load(FOLDER, DEFAULT_VOCABULARY, DEFAULT_VOCABULARY).values():
        assert one.threshold >= 5 if one.audience == "community" else one.threshold == 0


def test_another_namespace_is_written_into_the_queries():
    found = query_files.load(FOLDER, "https://words.example/#", DEFAULT_VOCABULARY)
    assert "https://words.example/#" in found["learning-cascade"].text
    assert DEFAULT_VOCABULARY not in found["learning-cascade"].text


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("# titel@fr: x\n", "line 1"),
        (HEADER.replace("# scope: pod\n", ""), "scope"),
        (HEADER.replace("scope: pod", "scope: planet"), "planet"),
        (HEADER + "# scope: pod\n", "2 times"),
        (HEADER + "# threshold: many\n", "many"),
        (HEADER + "# threshold: 0\n", "why"),
        (HEADER + "# people: everybody\n", "everybody"),
        (HEADER + "# parameter: year integer 2026\n", "parameter"),
        (HEADER + "# parameter: ?year integer soon\n", "soon"),
        (HEADER + "# unit: minutes\n", "unit"),
        (HEADER + "# chart: pie\n", "pie"),
        (HEADER.replace("# title@en: One\n", ""), "title@en"),
    ],
)
def test_a_broken_header_is_refused_with_what_is_wrong(header, told):
    with pytest.raises(Invalid) as refused:
        view(header=header)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("body", "construct"),
    [
        ("SELECT (COUNT(?a) AS ?n) WHERE { SERVICE <https://x.example/> { ?a ?b ?c } }", "SERVICE"),
        ("SELECT (COUNT(?a) AS ?n) WHERE { GRAPH ?g { ?a ?b ?c } }", "GRAPH"),
        ("SELECT (COUNT(?a) AS ?n) FROM <urn:g> WHERE { ?a ?b ?c }", "FROM"),
        ("SELECT (COUNT(?a) AS ?n) WHERE { ?a ?b ?c } LIMIT 3", "LIMIT"),
        ("SELECT ?b (COUNT(?a) AS ?n) WHERE { ?a ?b ?c } GROUP BY ?b HAVING (COUNT(?a) > 2)", "HAVING"),
        ("SELECT (SUM(?a) / COUNT(?c) AS ?n) WHERE { ?a ?b ?c }", "bare aggregate"),
        ("SELECT (SUM(DISTINCT ?a) AS ?n) WHERE { ?a ?b ?c }", "DISTINCT"),
        ("SELECT (SAMPLE(?a) AS ?n) WHERE { ?a ?b ?c }", "SAMPLE"),
        ('SELECT (GROUP_CONCAT(?a; separator=",") AS ?n) WHERE { ?a ?b ?c }', "GROUP_CONCAT"),
        ("SELECT * WHERE { ?a ?b ?c }", "SELECT *"),
        ("SELECT (COUNT(?a) AS ?n) WHERE { ?a <urn:p> ?b . ?c <urn:p> ?d }", "share no variable"),
        ("SELECT (COUNT(?a) AS ?n) WHERE { { SELECT ?a WHERE { ?a ?b ?c } } }", "SELECT inside it"),
        ("SELECT (COUNT(?a) AS ?n) WHERE { ?a ?b ?c } GROUP BY (STR(?b))", "without a name"),
        ("SELECT (COUNT(?a) AS ?n) WHERE { ?a ?b ?c } ORDER BY ?b", "ORDER BY"),
        ("SELECT (COUNT(?a) AS ?n) WHERE { ?a ?b ?c FILTER (?c < RAND()) }", "RAND"),
        ("ASK { ?a ?b ?c }", "SELECT"),
    ],
)
def test_what_cannot_be_pushed_down_is_named(body, construct):
    with pytest.raises(Invalid) as refused:
        plans.plan(view(body))
    assert construct in str(refused.value)


@pytest.mark.parametrize(
    "body", ["SELEKT ?a WHERE { ?a ?b ?c }", "SELECT ?a WHERE { ?a ?b", "", "SELECT ?a { ?a pre:fix ?b }"]
)
def test_what_is_no_sparql_is_refused(body):
    with pytest.raises(Invalid) as refused:
        plans.plan(view(body))
    assert "example.rq" in str(refused.value)


def test_brackets_inside_strings_iris_and_comments_do_not_mislead():
    body = """SELECT ?a (COUNT(?b) AS ?n) # { ( GROUP BY
        WHERE { ?b <urn:p{> ?a FILTER (?a != "} GROUP BY ?z" && STR(?a) != '''{(''') } GROUP BY ?a"""
    made = plans.plan(view(body.replace("<urn:p{>", "<urn:p>")))
    assert made.keys == ("a",)
    assert list(ox.Store().query(made.rows)) == []


def test_an_unknown_view_is_told_with_those_there_are():
    with pytest.raises(NotFound) as refused:
        query_files.choose({"example": view()}, "exemple")
    assert "example" in refused.value.remedy


@pytest.mark.parametrize("given", [{"year": "soon"}, {"month": "3"}])
def test_a_parameter_of_another_type_or_name_is_refused(given):
    one = view(header=HEADER + "# parameter: ?year integer 2026\n")
    with pytest.raises(Invalid):
        one.bindings(given)
    assert str(one.bindings({"year": "2025"})["year"]).startswith('"2025"')

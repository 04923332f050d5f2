"""Sums of partial rows are what the query says on the union: random pods, three engines, in and out again."""

import json
import random
from collections import defaultdict

import pyoxigraph as ox
import pytest
import rdflib

from pod_app.collective import partial_rows, plans, query_files
from pod_app.collective.partial_rows import Cell, WrongRowsError

HEADER = "# title@fr: Un\n# title@en: One\n# scope: pod\n# audience: community\n"
QUERY = """PREFIX e: <urn:e:>
SELECT ?kind (COUNT(?it) AS ?n) (SUM(COALESCE(?minutes, 0)) AS ?sum) (COUNT(DISTINCT ?who) AS ?people_met)
  (MIN(?at) AS ?first) (MAX(COALESCE(?minutes, 0)) AS ?most)
WHERE { ?it e:kind ?kind ; e:at ?at ; e:who ?who . OPTIONAL { ?it e:minutes ?minutes } }
GROUP BY ?kind"""
VIEW = query_files.read("example", HEADER + QUERY)
PLAN = plans.plan(VIEW)
SEED = 20261124


def pods(chance, count):
    """Turtle of each pod, by name."""
    made = {}
    for pod in range(count):
        lines = ["@prefix e: <urn:e:> ."]
        for number in range(chance.randint(0, 6)):
            minutes = f"; e:minutes {chance.randint(1, 600)}" if chance.random() < 0.7 else ""
            lines.append(
                f"<urn:{pod}:{number}> e:kind e:k{chance.randint(0, 3)} ; e:who <urn:p{chance.randint(0, 5)}> ; "
                f'e:at "20{chance.randint(10, 26)}-01-01T00:00:00Z" {minutes} .'
            )
        made[f"pod-{pod}"] = "\n".join(lines)
    return made


def cells(turtle, person="urn:me"):
    store = ox.Store()
    store.load(turtle.encode(), ox.RdfFormat.TURTLE)
    return partial_rows.compute(PLAN, store.query(PLAN.rows), person)


def merged(many):
    total = defaultdict(Cell)
    for one in many:
        for key, cell in one.items():
            total[key].add(cell)
    return total


def numbers(total):
    """Plain values of a merged total, by kind."""
    return {
        json.loads(key)[0][1:-1]: (
            cell.numbers["n"],
            cell.numbers["sum"],
            len(+cell.bags["people_met"]),
            partial_rows.extreme("min", cell.bags["first"]).strip('"'),
            int(partial_rows.extreme("max", cell.bags["most"]).split('"')[1]) if cell.bags.get("most") else None,
        )
        for key, cell in total.items()
    }


def by_rdflib(text):
    graph = rdflib.Graph()
    graph.parse(data=text, format="turtle")
    return {
        str(row[0]): (
            int(row[1]),
            int(row[2] or 0),
            int(row[3]),
            str(row[4]),
            int(row[5]) if row[5] is not None else None,
        )
        for row in graph.query(QUERY)
    }


def by_oxigraph(text):
    store = ox.Store()
    store.load(text.encode(), ox.RdfFormat.TURTLE)
    return {
        row[0].value: (
            int(row[1].value),
            int(row[2].value),
            int(row[3].value),
            row[4].value,
            int(row[5].value) if row[5] is not None else None,
        )
        for row in store.query(QUERY)
    }


def test_the_sum_over_pods_is_the_query_over_the_union_by_two_engines():
    print("seed", SEED)
    made = pods(random.Random(SEED), 60)
    union = "\n".join(made.values())
    found = numbers(merged(cells(one) for one in made.values()))
    assert found == by_oxigraph(union)
    assert found == by_rdflib(union)


def test_changes_add_up_to_the_computation_from_scratch():
    chance = random.Random(SEED)
    before, after = pods(chance, 40), pods(chance, 40)
    total = merged(cells(one) for one in before.values())
    for name, text in after.items():
        for key, cell in partial_rows.difference(cells(before[name]), cells(text)).items():
            total[key].add(cell)
    total = {key: cell for key, cell in total.items() if cell.numbers["rows"]}
    for cell in total.values():
        cell.bags = {name: +bag for name, bag in cell.bags.items()}
    assert numbers(total) == numbers(merged(cells(one) for one in after.values()))


def test_a_pod_that_leaves_leaves_nothing_behind():
    one = cells(pods(random.Random(3), 1)["pod-0"])
    total = merged([one])
    for key, cell in partial_rows.difference(one, {}).items():
        total[key].add(cell)
    assert all(cell.is_empty() for cell in total.values())


def test_cells_survive_their_stored_form():
    for text in pods(random.Random(SEED), 20).values():
        made = cells(text)
        assert partial_rows.loads(partial_rows.dumps(made)) == made


@pytest.mark.parametrize(
    "minutes", ['"many"', "1.5", "1e3", f"{2**60}", '"x"^^<http://www.w3.org/2001/XMLSchema#integer>']
)
def test_a_pod_that_gives_no_integer_where_one_is_summed_is_refused(minutes):
    text = f'@prefix e: <urn:e:> . <urn:a> e:kind e:k ; e:who <urn:w> ; e:at "2026" ; e:minutes {minutes} .'
    with pytest.raises(WrongRowsError):
        cells(text)


def test_several_rows_of_one_person_are_one_person():
    text = "@prefix e: <urn:e:> ." + "".join(
        f'<urn:{name}> e:kind e:k ; e:who <urn:w> ; e:at "2026" .' for name in ("a", "b")
    )
    total = merged([cells(text, "urn:me"), cells(text.replace("urn:a", "urn:c").replace("urn:b", "urn:d"), "urn:me")])
    [cell] = total.values()
    assert cell.numbers["n"] == 4
    assert len(cell.bags["people"]) == 1

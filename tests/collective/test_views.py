"""Oracle of the views (house.md §4): pushed down = the same file on the union by two engines = a plain Python count.

And the promises around it: only what the agent may read, thresholds, publication, coverage, from scratch = kept.
"""

from collections import Counter

import pyoxigraph as ox
import pytest
import rdflib
from fixtures_community import Community, counted, database_of
from sqlalchemy import delete, select

from pod_app.collective.answers import Coverage, answer, plain
from pod_app.collective.totalling import totals
from pod_app.errors import Invalid, NotFound
from pod_app.pods.access import PROGRAM
from pod_app.standards import wac
from pod_app.standards.addresses import Address
from pod_app.standards.wac import Agent
from pod_app.storage import schema, schema_views

SEED = 20261124
JDN = "https://w3id.org/jdn#"
ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture
def commons(request, make_installation):
    """Twelve people, ten of whom let the community count them."""
    return counted(make_installation(database_url=database_of(request)), SEED)


@pytest.fixture
def small(make_installation):
    """The same on SQLite alone, without consents."""
    return Community(make_installation(), SEED)


def kept(commons, name):
    """Running totals before any suppression, by key."""
    view = commons.services.views.choose(name)
    with commons.services.database.read() as conn:
        return {one.key: one for one in totals(conn, commons.community.name, view)}


def shown(commons, name):
    return commons.services.views.read(name, commons.community.name)


def union(commons):
    """Turtle documents of everybody who consents, as Oxigraph and as rdflib hold them."""
    store, graph = ox.Store(), rdflib.Graph()
    counted = [pod.name for pod in commons.people[:10]]
    for pod in counted:
        for container in ("contributions/", "transmissions/"):
            for one in commons.services.resources.children(Address(pod, container)):
                address = Address(pod, one.path)
                data = commons.services.resources.data(commons.services.resources.read(PROGRAM, address).stored)
                store.load(data, ox.RdfFormat.TURTLE, base_iri=address.iri(commons.base))
                graph.parse(data=data, format="turtle", publicID=address.iri(commons.base))
    return store, graph


def plain_value(term):
    if term is None:
        return None
    text = str(getattr(term, "value", term))
    return int(text) if text.isdecimal() else text


@pytest.mark.parametrize(
    "name", ["contributions-by-kind", "hours-by-garden", "transmissions-by-skill", "learning-cascade"]
)
def test_kept_totals_are_what_two_engines_say_about_the_union(commons, name):
    view = commons.services.views.choose(name)
    store, graph = union(commons)
    found = {tuple(map(plain_value, row)) for row in rows_of(commons, name)}
    columns = view.plan.columns
    by_oxigraph = {tuple(plain_value(row[one]) for one in columns) for row in store.query(view.file.text)}
    by_rdflib = {tuple(plain_value(value) for value in row) for row in graph.query(view.file.text)}
    assert found == by_oxigraph == by_rdflib
    assert found


def rows_of(commons, name):
    """Every row, before suppression, in the columns of the view."""
    view = commons.services.views.choose(name)
    made = answer(view.file, view.plan, kept(commons, name).values(), Coverage(0, 0), commons.services.clock(), "")
    return [[plain(value) for value in row] for row in made.rows]


def test_kept_totals_are_a_plain_count_over_the_records(commons):
    counted = {pod.name for pod in commons.people[:10]}
    expected = Counter((one.month, one.kind) for one in commons.given if one.pod in counted)
    minutes = Counter()
    for one in commons.given:
        if one.pod in counted:
            minutes[one.month, one.kind] += one.minutes or 0
    found = rows_of(commons, "contributions-by-kind")
    assert {(month, kind.removeprefix(f"{JDN}kind-")): n for month, kind, n, _ in found} == expected
    assert {(month, kind.removeprefix(f"{JDN}kind-")): n for month, kind, _, n in found} == minutes


def test_the_cascade_counts_depth_and_reach_over_pods(commons):
    counted = {pod.name for pod in commons.people[:10]}
    visible = {one.iri: one for one in commons.passed if one.pod in counted}

    def length(one):
        return 1 + (length(visible[one.after]) if one.after in visible else 0)

    found = rows_of(commons, "learning-cascade")
    for skill, reach, depth, transmissions in found:
        mine = [one for one in visible.values() if skill == f"{JDN}skill-{one.skill}"]
        assert (depth, transmissions) == (max(map(length, mine)), len(mine))
        assert reach == len({one.learner for one in mine})


@pytest.mark.parametrize("commons", ENGINES, indirect=True)
def test_from_scratch_is_what_was_kept_change_by_change(commons):
    for pod in commons.people[:4]:
        commons.contribute(pod, 0)
        commons.contribute(pod, 7)
        commons.services.views.catch_up()
    names = list(commons.services.views.files)
    before = {name: kept(commons, name) for name in names}
    assert commons.services.views.rebuild() == 13
    assert {name: kept(commons, name) for name in names} == before


def test_a_withdrawn_consent_takes_everything_of_that_pod_out(commons):
    leaving = commons.people[3]
    commons.services.database.write(
        lambda conn: conn.execute(delete(schema.consents).where(schema.consents.c.pod == leaving.name))
    )
    commons.put(leaving, "private/touch", "<> a <urn:x> .")
    commons.services.views.catch_up()
    total = sum(one.numbers["contributions"] for one in kept(commons, "contributions-by-kind").values())
    counted = {pod.name for pod in commons.people[:10]} - {leaving.name}
    assert total == sum(one.pod in counted for one in commons.given)
    with commons.services.database.read() as conn:
        left = conn.scalars(
            select(schema_views.view_partials.c.view).where(schema_views.view_partials.c.pod == leaving.name)
        ).all()
    assert left == []


def test_what_the_community_may_not_read_is_not_counted(small):
    pod = small.people[0]
    small.consent(pod)
    alone = sum(one.pod == pod.name for one in small.given)
    rules = wac.write_rules(f"{small.base}{pod.name}/contributions/c0", owners=[pod.webid])
    small.put_acl(pod, "contributions/c0", rules)
    small.services.views.catch_up()
    assert sum(one.numbers["contributions"] for one in kept(small, "contributions-by-kind").values()) == alone - 1


def test_nothing_is_counted_of_a_person_who_did_not_consent(small):
    small.services.views.catch_up()
    assert kept(small, "contributions-by-kind") == {}


def test_a_cell_under_the_threshold_is_never_shown_and_its_absence_is_told(commons):
    commons.services.views.publish(commons.community.name)
    for name, view in commons.services.views.files.items():
        all_cells = kept(commons, name)
        visible = {key for key, one in all_cells.items() if one.people >= view.file.threshold}
        told = shown(commons, name)
        assert len(told.rows) == len(visible)
        assert told.coverage.suppressed == len(all_cells) - len(visible)
    assert shown(commons, "contributions-by-kind").coverage.suppressed > 0
    assert shown(commons, "transmissions-by-skill").rows


def test_before_publication_nothing_with_a_threshold_is_shown(commons):
    assert shown(commons, "contributions-by-kind").rows == ()


@pytest.mark.parametrize("commons", ENGINES, indirect=True)
def test_a_published_cell_stays_until_enough_people_have_moved_it(commons):
    commons.services.views.publish(commons.community.name)
    before = shown(commons, "transmissions-by-skill").rows
    for pod in commons.people[:4]:
        commons.transmit(pod, 8)
        commons.services.views.catch_up()
    commons.services.views.publish(commons.community.name)
    assert shown(commons, "transmissions-by-skill").rows == before, "four people could be told apart"
    for pod in commons.people[4:10]:
        for number in (11, 12, 13):
            commons.transmit(pod, number)
    commons.services.views.catch_up()
    commons.services.views.publish(commons.community.name)
    assert shown(commons, "transmissions-by-skill").rows != before


def test_numbers_are_published_again_when_it_is_time(commons):
    first = commons.services.views.publish(commons.community.name)
    commons.installation.clock.forward(hours=23)
    commons.services.views.follow()
    assert shown(commons, "thanks-by-month").generated_at == first
    commons.installation.clock.forward(hours=2)
    commons.services.views.follow()
    assert shown(commons, "thanks-by-month").generated_at > first


def test_several_pods_of_one_owner_are_one_person(small):
    for pod in small.people[:6]:
        small.consent(pod)
    shared = small.people[0].webid
    small.services.database.write(
        lambda conn: conn.execute(
            schema.pod_owners.update()
            .where(schema.pod_owners.c.pod.in_([pod.name for pod in small.people[:6]]))
            .values(webid=shared)
        )
    )
    small.services.views.rebuild()
    assert {one.people for one in kept(small, "contributions-by-kind").values()} == {1}


def test_a_pod_that_lies_is_refused_and_the_view_answers_with_the_others(commons):
    liar = commons.people[0]
    commons.put(liar, "contributions/.meta", "<> a <urn:ungoverned> .")  # else their own shape would refuse the lie
    commons.put(
        liar,
        "contributions/lie",
        f'<#it> a vf:EconomicEvent, as:Activity ; vf:action vf:work ; vf:provider <{liar.webid}> ; vf:note "x"@fr ; '
        f"vf:resourceClassifiedAs jdn:kind-care ; vf:inScopeOf <{commons.base}garden-1/profile/card#us> ; "
        'vf:hasPointInTime "2026-02-05T10:00:00Z"^^xsd:dateTime ; jdn:minutes "many" .',
    )
    commons.services.views.catch_up()
    found = shown(commons, "hours-by-garden").coverage
    assert (found.asked, found.answered, found.refused) == (11, 10, 1)
    assert kept(commons, "hours-by-garden")


def test_a_garden_is_counted_by_its_public_card(small):
    garden = small.services.catalogue.create("orchard", "garden", title="Orchard", owners=[small.people[0].webid])
    address = garden.address("profile/card")
    stored = small.services.resources.read(PROGRAM, address).stored
    card = small.services.resources.data(stored).decode()
    card += (
        f"\n<#us> <http://www.w3.org/ns/org#subOrganizationOf> <{small.community.webid}> ; "
        f'<http://purl.org/dc/terms/created> "2024-05-01T00:00:00Z"^^<http://www.w3.org/2001/XMLSchema#dateTime> ; '
        f"<{JDN}gardenType> <{JDN}garden-local> .\n"
    )
    body = small.services.resources.prepare(address, card.encode(), "text/turtle")
    small.services.resources.write(Agent(webid=small.people[0].webid), lambda writing: writing.put(address, body))
    small.services.views.catch_up()
    assert shown(small, "gardens-over-time").to_json()["rows"] == [["2024", f"{JDN}garden-local", 1]]


def test_an_unknown_view_and_an_unknown_parameter_are_refused_in_words(small):
    with pytest.raises(NotFound, match="badges-everywhere"):
        small.services.views.read("badges-everywhere", "commons")
    with pytest.raises(Invalid, match="colour"):
        small.services.views.read("thanks-by-month", "commons", {"colour": "red"})


def test_the_three_forms_say_the_same_with_their_coverage(commons):
    commons.services.views.publish(commons.community.name)
    made = shown(commons, "hours-by-garden")
    told = made.to_json()
    assert told["coverage"]["asked"] == told["coverage"]["answered"] == 11
    assert told["threshold"] == 5
    lines = made.to_csv().splitlines()
    assert lines[len(lines) - len(made.rows) :][0].split(",")[0] == told["rows"][0][0]
    assert any(line.startswith("# coverage:") for line in lines)
    graph = rdflib.Graph().parse(data=made.to_turtle("urn:view", JDN), format="turtle")
    observations = list(graph.subjects(rdflib.RDF.type, rdflib.URIRef("http://purl.org/linked-data/cube#Observation")))
    assert len(observations) == len(made.rows)

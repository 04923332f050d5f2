"""S23: eight agents at nine doors; what may not be read at the front is told at no other."""

import pytest
from fixtures_community import PREFIXES, Community
from fixtures_pods import ACL, Person, people, rules

SECRET = "flowerpot-7f3a9c"
"""In the body, the description, the rules and the statements of what is hidden."""
NAME = "hidden-5b1e"
"""Its name, which only a reader of the container may know."""
BOX = "/person-0/private/"
TEXT, GRAPH = f"{BOX}{NAME}.txt", f"{BOX}{NAME}"
HERE = "https://garden.example/person-0/private/"
APP = "https://app.example"
FORMS = ("*/*", "text/turtle", "application/ld+json", "text/html", "application/n-quads", "image/png")


@pytest.fixture
def place(installation):
    """One of a community's people with a secret, and eight agents who may do this or that, but not read it."""
    commons = Community(installation, 7, people=3)
    for pod in commons.people:
        commons.consent(pod)
    owner = Person(installation, commons.people[0])
    names = ("nobody", "appender", "writer", "controller", "former", "member", "visitor")
    agents = dict(zip((*names, "stranger"), people(installation, *names), strict=True))
    friends = f"<#us> <http://www.w3.org/2006/vcard/ns#hasMember> <{agents['member'].webid}>."
    assert owner.put("/person-0/public/friends", friends.encode()).status_code == 201
    owner.put(TEXT, SECRET.encode(), "text/plain")
    owner.put(GRAPH, f"<> <http://purl.org/dc/terms/title> '{SECRET}'.".encode())
    for target in (TEXT, GRAPH):
        owner.put(f"{target}.meta", f"<{target}> <urn:about> '{SECRET}'.".encode())
        grant(owner, agents, target)
    owner.put(f"{BOX}x-{NAME}", b"")
    assert owner.put("/person-0/contributions/hidden", contribution(owner.webid)).status_code == 201
    installation.services.views.catch_up()
    return installation, owner, agents


def grant(owner, agents, target):
    """Rules in which everybody is named for something, and nobody for reading as they come here."""
    iri = f"https://garden.example{target}"
    base = rules(
        iri, (owner.webid, "Read Write Control"), (agents["appender"].webid, "Append"),
        (agents["writer"].webid, "Write"), (agents["controller"].webid, "Control"),
        ("group https://garden.example/person-0/public/friends#others", "Read"),
        ("group https://elsewhere.example/g#us", "Read"), (f"{agents['former'].webid}-once", "Read"), default=False,
    )  # fmt: skip
    bound = (
        f"<#app> a <{ACL}Authorization>; <{ACL}agent> <{agents['visitor'].webid}>; <{ACL}accessTo> <{iri}>; "
        f"<{ACL}mode> <{ACL}Read>; <{ACL}origin> <{APP}>. # {SECRET}\n"
    )
    was = rules(iri, (owner.webid, "Read Write Control"), (agents["former"].webid, "Read"), default=False)
    assert owner.put(f"{target}.acl", was).status_code == 201
    assert agents["former"].get(target).status_code == 200
    assert owner.put(f"{target}.acl", base + bound.encode()).status_code == 204


def contribution(webid):
    return (
        f"{PREFIXES} <#it> a vf:EconomicEvent, as:Activity ; vf:action vf:work ; vf:provider <{webid}> ; "
        f"jdn:minutes 30 ; vf:note '{SECRET}'@fr ; vf:resourceClassifiedAs jdn:kind-time ; "
        "vf:inScopeOf <https://garden.example/garden-1/profile/card#us> ; "
        "vf:hasPointInTime '2026-03-01T10:00:00Z'^^xsd:dateTime ."
    ).encode()


# -- the doors: each yields every answer that it gives ---------------------------------------------


def front(person, _installation, headers):
    for target in (TEXT, GRAPH, f"{GRAPH}.ttl", f"{GRAPH}.html", f"{GRAPH}.json", f"{GRAPH}/", f"{TEXT}/"):
        for accept in FORMS:
            yield person.get(target, Accept=accept, **headers)
        for other in ("HEAD", "OPTIONS", "TRACE"):
            yield person(other, target, **headers)


def listings(person, _installation, headers):
    for target in (BOX, "/person-0/", "/person-0/contributions/", "/person-0/outbox/", "/person-0/inbox/"):
        for accept in FORMS:
            yield person.get(target, Accept=accept, **headers)


def descriptions(person, _installation, headers):
    for target in (TEXT, GRAPH, BOX):
        yield person.get(f"{target}.meta", **headers)
        yield person.get(f"{target}.meta", Accept="text/html", **headers)


def access_rules(person, _installation, headers):
    for target in (TEXT, GRAPH, BOX):
        yield person.get(f"{target}.acl", **headers)


def words_of_refusals(person, _installation, headers):
    for target in (TEXT, GRAPH):
        yield person.put(target, b"<broken", "text/turtle", If_None_Match="*", **headers)
        yield person.put(f"{target}/below", b"", **headers)
        yield person("POST", target, b"x", "text/plain", **headers)
        yield person("PATCH", target, b"x", "text/n3", If_Match='"x"', **headers)
        yield person.get(target, If_Match='"x"', Range="bytes=0-3", **headers)
        yield person("DELETE", target, If_Match='"x"', **headers)


def views(person, installation, headers):
    for view in ("", *(f"/{name}" for name in installation.services.views.files)):
        for accept in ("text/html", "application/json", "text/csv", "text/turtle"):
            yield person.get(f"/collective/commons{view}", Accept=accept, **headers)


def questions(person, _installation, headers):
    query = "SELECT * WHERE { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
    for target in ("/sparql", "/person-0/.well-known/sparql", "/nobody/.well-known/sparql"):
        yield person("POST", target, query.encode(), "application/sparql-query", **headers)
        yield person.get(f"{target}?query=SELECT%20*%20%7B?s%20?p%20?o%7D", **headers)


def descriptions_of_storage(person, _installation, headers):
    for target in ("/person-0/.well-known/solid", "/person-0/did.json", "/person-0/profile/card"):
        for accept in FORMS:
            yield person.get(target, Accept=accept, **headers)


def every_page(person, installation, headers):
    """Each page of the application that is found without knowing more, and the ones that open a resource by its IRI."""
    for rule in installation.client._transport.app.flask.url_map.iter_rules():
        if "GET" in rule.methods and not rule.arguments:
            yield person.get(rule.rule, Accept="text/html", **headers)
    for iri in (f"{HERE}{NAME}", f"{HERE}{NAME}.txt"):
        yield person.get(f"/me/open?iri={iri}", **headers)
        yield person.get(f"/verify?url={iri}", **headers)


DOORS = (
    front, listings, descriptions, access_rules, words_of_refusals, views, questions, descriptions_of_storage,
    every_page,
)  # fmt: skip


def told(answer):
    return answer.text + str(answer.headers)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_s23_nobody_learns_the_secret_at_any_door(place, door):
    installation, owner, agents = place
    for name, person in agents.items():
        if (name, door) == ("controller", access_rules):
            continue  # who may change the rules reads them
        headers = {"Origin": "https://evil.example"} if name == "visitor" else {}
        for answer in door(person, installation, headers):
            assert SECRET not in told(answer), (name, answer.request.method, answer.request.url)
            if door in {listings, views, questions, descriptions_of_storage}:
                assert NAME not in told(answer), (name, answer.request.url)
    assert owner.get(TEXT).text == SECRET


@pytest.mark.parametrize("door", [front, descriptions, access_rules], ids=lambda door: door.__name__)
def test_s23_the_owner_does_find_it_there(place, door):
    installation, owner, _ = place
    assert any(SECRET in told(answer) for answer in door(owner, installation, {}))


def test_s23_who_may_read_from_one_origin_reads_from_that_one(place):
    _, _, agents = place
    assert agents["visitor"].get(TEXT, Origin=APP).text == SECRET


def test_s23_a_change_of_rules_is_in_force_before_it_is_acknowledged(place):
    _, owner, agents = place
    for _ in range(10):
        opened = rules(f"{HERE}{NAME}.txt", (owner.webid, "Read Write Control"), ("public", "Read"), default=False)
        assert owner.put(f"{TEXT}.acl", opened).status_code == 204
        assert all(person.get(TEXT).text == SECRET for person in agents.values())
        closed = rules(f"{HERE}{NAME}.txt", (owner.webid, "Read Write Control"), default=False)
        assert owner.put(f"{TEXT}.acl", closed).status_code == 204
        assert not any(SECRET in told(person.get(TEXT)) for person in agents.values())

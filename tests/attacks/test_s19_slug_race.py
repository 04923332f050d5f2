"""S19: a hundred POSTs at once with one slug make a hundred resources, each with its own body."""

from concurrent.futures import ThreadPoolExecutor

import pyoxigraph as ox
from fixtures_pods import people

from pod_app.standards import rdf

CONTAINS = ox.NamedNode("http://www.w3.org/ns/ldp#contains")


def test_s19_a_hundred_posts_with_one_slug_make_a_hundred_resources(installation):
    alice, _ = people(installation, "alice")

    def post(number):
        return alice("POST", "/alice/private/", b"%d" % number, "text/plain", Slug="same name")

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(post, range(100)))
    assert {answer.status_code for answer in answers} == {201}
    places = [answer.headers["Location"] for answer in answers]
    assert len(set(places)) == 100
    assert sum(place.endswith("/same%20name") for place in places) == 1
    listing = rdf.parse(alice.get("/alice/private/").content, rdf.TURTLE, alice.pod.iri)
    assert {quad.object.value for quad in listing if quad.predicate == CONTAINS} == set(places)
    for number, place in enumerate(places):
        assert alice.get(place.removeprefix(installation.base.rstrip("/"))).content == b"%d" % number


def test_s19_slugs_that_differ_in_case_or_spelling_only_are_kept_apart(installation):
    alice, _ = people(installation, "alice")
    slugs = ["Name", "name", "NAME", "na%6De", "caf%C3%A9", "cafe%CC%81", "name", "name/"]
    places = [alice("POST", "/alice/private/", b"", Slug=slug).headers["Location"] for slug in slugs]
    assert len(set(places)) == len(slugs)
    assert [place.rpartition("/")[2] for place in places[:3]] == ["Name", "name", "NAME"]

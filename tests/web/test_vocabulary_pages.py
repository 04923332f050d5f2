"""The vocabulary's pages: every hash IRI lands on its term, and programs get the same in RDF."""

import pyoxigraph as ox
import pytest

from pod_app.standards import rdf
from pod_app.standards.vocabulary import Vocabulary

WORDS = Vocabulary.load()
SCHEMES = [one.name for one in WORDS.schemes]


def get(installation, path, accept="text/html", language="fr"):
    headers = {"Accept": accept, "Accept-Language": language}
    return installation.client.get(installation.base + path, headers=headers)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_term_and_concept_has_its_place_and_its_label_on_the_page_of_all(installation, language):
    page = get(installation, "vocab/jdn", language=language).text.replace("&#39;", "'")
    for iri in [*(one.iri for one in WORDS.terms), *(c.iri for one in WORDS.schemes for c in one.concepts)]:
        assert f'id="{iri.partition("#")[2]}"' in page
        assert WORDS.label(iri, language) in page


@pytest.mark.parametrize("name", [*SCHEMES, "jdn", "pair-align"])
def test_each_file_is_a_page_and_rdf_by_suffix_and_by_accept(installation, name):
    assert get(installation, f"vocab/{name}").headers["Content-Type"].startswith("text/html")
    wanted = set(WORDS.document(name))
    for ending, media_type, syntax in (
        (".ttl", rdf.TURTLE, ox.RdfFormat.TURTLE), (".jsonld", rdf.JSON_LD, ox.RdfFormat.JSON_LD),
    ):  # fmt: skip
        answer = get(installation, f"vocab/{name}", media_type)
        assert answer.headers["Content-Type"].startswith(media_type)
        assert set(ox.parse(answer.content, syntax)) == wanted
        assert set(ox.parse(get(installation, f"vocab/{name}{ending}").content, syntax)) == wanted


def test_the_list_leads_to_every_file(installation):
    page = get(installation, "vocab").text
    for name in [*SCHEMES, "jdn", "pair-align"]:
        assert f'href="/vocab/{name}"' in page
    assert "vocabulary-shape" not in page


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [("vocab/none", "application/json", 404), ("vocab/vocabulary-shape", "application/json", 404),
     ("vocab/jdn", "image/png", 406)],
)  # fmt: skip
def test_what_is_not_there_is_said_in_words(installation, path, accept, status):
    answer = get(installation, path, accept)
    assert answer.status_code == status

"""Contexts without the words that a document does not use give the same triples as the whole ones."""

import copy
import json
from pathlib import Path

import pyoxigraph as ox
import pytest
from fixtures_badges import badge, endorsement, status_document
from hypothesis import given
from hypothesis import strategies as st

from pod_app.errors import PodAppError
from pod_app.standards import context_excerpts, data_integrity, expansion, open_badges
from pod_app.standards.context_files import KNOWN, context_text
from pod_app.standards.expansion import inline_text

DATA = Path(__file__).resolve().parents[1] / "data" / "badges"
CONTEXTS = list(open_badges.CONTEXTS)


def quads(text):
    dataset = ox.Dataset(ox.parse(text.encode(), ox.RdfFormat.JSON_LD))
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return sorted(str(quad) for quad in dataset)


def read(document, *, excerpt=False):
    """The triples, or the kind of refusal."""
    try:
        return quads(inline_text(document, excerpt=excerpt))
    except (SyntaxError, ValueError, PodAppError) as refused:
        return type(refused)


def documents():
    for path in sorted(DATA.rglob("*.json")):
        try:
            found = json.loads(path.read_text("utf-8"))
        except ValueError:
            continue
        if isinstance(found, dict) and isinstance(found.get("@context"), list) and len(json.dumps(found)) < 60_000:
            yield pytest.param(found, id=str(path.relative_to(DATA)))


SAMPLES = list(documents())


def test_there_are_samples_that_are_excerpted():
    excerpted = [one for one in SAMPLES if context_excerpts.EXCERPTED.issuperset(map(str, one.values[0]["@context"]))]
    assert len(excerpted) >= 5


@pytest.mark.parametrize("document", SAMPLES)
def test_every_sample_keeps_its_triples(document):
    assert read(document, excerpt=True) == read(document)


@pytest.mark.parametrize("document", [badge(), endorsement(), status_document(3), badge(endorsements=[endorsement()])])
def test_what_we_build_keeps_its_triples_and_most_of_the_contexts_is_left_out(document):
    assert quads(inline_text(document, excerpt=True)) == quads(inline_text(document))


def test_an_excerpt_is_short():
    assert len(inline_text(badge(), excerpt=True)) < len(inline_text(badge())) / 2


TERMS = sorted({term for url in context_excerpts.EXCERPTED for term in context_excerpts._terms(url) if term[0] != "@"})
VALUES = st.one_of(
    st.sampled_from(TERMS), st.sampled_from(["https://x.example/a", "text", "sec:proof", "xsd:date"]),
    st.booleans(), st.integers(-5, 5),
)  # fmt: skip
NODES = st.recursive(
    st.one_of(VALUES, st.lists(VALUES, max_size=2)),
    lambda inner: st.dictionaries(st.sampled_from(["type", "id", *TERMS]), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["type", *TERMS]), NODES, max_size=5), st.sampled_from([CONTEXTS, CONTEXTS[:1]]))
def test_whatever_words_a_document_uses_it_keeps_its_triples(body, contexts):
    document = {"@context": contexts, "id": "https://x.example/it", **body}

    whole = read(document)
    if isinstance(whole, list):  # a word that makes the whole contexts contradict themselves may stand alone
        assert read(document, excerpt=True) == whole


def test_other_contexts_stay_whole():
    for urls in (
        [url for url in KNOWN if url not in context_excerpts.EXCERPTED][:1],
        [{"a": "https://x.example/a"}],
        [],
    ):
        document = {"@context": urls, "id": "https://x.example/it"}
        assert inline_text(document, excerpt=True) == inline_text(document)
    assert context_excerpts.excerpts("https://www.w3.org/ns/credentials/v2", "{}") is None


def test_a_signature_is_the_same_as_with_the_whole_contexts():
    unsigned = badge()
    assert data_integrity.canonical(unsigned) == data_integrity._canonical_quads(
        data_integrity._parsed(inline_text(unsigned, excerpt=True))
    )


def test_scoped_contexts_are_remembered_and_never_mixed_up():
    """`expansion._Processor` keeps what it worked out; other documents in between change nothing."""
    before = expansion.expand(badge())
    for other in (
        endorsement(),
        status_document(1),
        {"@context": CONTEXTS, "id": "https://x.example/", "type": "Image"},
    ):
        expansion.expand(copy.deepcopy(other))
        assert expansion.expand(badge()) == before
    assert all(context_text(url) for url in context_excerpts.EXCERPTED)

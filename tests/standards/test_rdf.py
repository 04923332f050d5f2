"""Reading and writing RDF (solid.md K1 to K5, K8, G4)."""

import json

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pod_app.errors import Invalid, NotAcceptable, PodAppError, TooComplex, TooLarge, Unreadable, UnsupportedMediaType
from pod_app.standards import rdf
from pod_app.standards.namespaces import ACL, FOAF, PREFIXES, XSD
from pod_app.standards.rdf import Limits, parse, serialize

BASE = "http://localhost:8000/alice/notes"
SYNTAXES = (rdf.TURTLE, rdf.JSON_LD, rdf.N_TRIPLES, rdf.N_QUADS, rdf.TRIG, rdf.RDF_XML, rdf.N3)
XML = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e.example/">'
    '<rdf:Description rdf:about="">{inside}</rdf:Description></rdf:RDF>'
)


def named(name):
    return ox.NamedNode(f"http://e.example/{name}")


@pytest.mark.parametrize(
    "media_type", [*SYNTAXES, rdf.VC, "Text/Turtle", "text/turtle; charset=utf-8", ' application/ld+json ;profile="x"']
)
def test_k8_syntaxes_are_known_by_their_bare_media_type(media_type):
    assert rdf.is_rdf(media_type)


@pytest.mark.parametrize(
    "media_type", ["", "text/plain", "application/json", "image/svg+xml", "text/turtle2", "application/xml"]
)
def test_other_types_are_no_rdf(media_type):
    assert not rdf.is_rdf(media_type)
    with pytest.raises(UnsupportedMediaType):
        parse(b"", media_type, BASE)
    with pytest.raises(UnsupportedMediaType):
        serialize([], media_type)


@pytest.mark.parametrize("media_type", SYNTAXES)
def test_k1_k3_what_is_written_in_a_syntax_is_read_back_from_it(media_type):
    turtle = """@prefix foaf: <http://xmlns.com/foaf/0.1/> .
    <#me> a foaf:Person ; foaf:name "Élodie"@fr, "a \\"b\\"\\n\\t\\r]]>" ;
      foaf:age 7, "07"^^<http://www.w3.org/2001/XMLSchema#integer> ;
      foaf:knows [ foaf:name "x" ] ; <http://e.example/1> ( 1 2.50 true 1e0 ) ."""
    quads = parse(turtle.encode(), rdf.TURTLE, BASE)
    again = parse(serialize(quads, media_type), media_type, BASE)
    assert isomorphic(quads, again)


def isomorphic(one, other):
    datasets = ox.Dataset(one), ox.Dataset(other)
    for dataset in datasets:
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return datasets[0] == datasets[1]


literals = st.one_of(
    st.builds(ox.Literal, st.text(max_size=20)),
    st.builds(lambda text: ox.Literal(text, datatype=XSD["integer"]), st.text(max_size=5)),
    st.builds(lambda text: ox.Literal(text, language="fr"), st.text(max_size=5)),
)
terms = st.one_of(literals, st.builds(named, st.text(alphabet="abc/é1", max_size=6)))
triples = st.builds(
    ox.Quad,
    st.builds(named, st.text(alphabet="ab", max_size=2)),
    st.builds(named, st.text(alphabet="abé1", min_size=1, max_size=4)),
    terms,
)


@settings(deadline=None)
@given(st.lists(triples, max_size=6), st.sampled_from(SYNTAXES))
def test_any_statements_survive_any_syntax_that_can_carry_them(quads, media_type):
    try:
        written = serialize(quads, media_type)
    except NotAcceptable:
        assert media_type == rdf.RDF_XML
        return
    assert set(parse(written, media_type, BASE)) == set(quads)


@settings(deadline=None)
@given(st.binary(max_size=60), st.sampled_from(SYNTAXES))
def test_any_bytes_are_read_or_refused_in_words(body, media_type):
    try:
        parse(body, media_type, BASE)
    except PodAppError as refusal:
        if not str(refusal):
            raise


@settings(deadline=None)
@given(st.text(alphabet="<>[](){}\"'.;,@:ab\\# \n?=_^", max_size=60), st.sampled_from((rdf.TURTLE, rdf.TRIG, rdf.N3)))
def test_any_text_like_turtle_is_read_or_refused_in_words(text, media_type):
    try:
        parse(text.encode(), media_type, BASE)
    except PodAppError as refusal:
        if not str(refusal):
            raise


def test_k5_relative_iris_resolve_against_the_resource():
    assert parse(b"<> <#a> <../b>, <x>.", rdf.TURTLE, BASE)[0].subject == ox.NamedNode(BASE)
    found = {quad.object.value for quad in parse(b"<> <#a> <../b>, <x>.", rdf.TURTLE, BASE)}
    assert found == {"http://localhost:8000/b", "http://localhost:8000/alice/x"}


def test_k2_named_graphs_stay_in_json_ld_and_turtle_shows_the_default_graph():
    quads = parse(b"<a> <b> <c> . <g> { <a> <b> <d> }", rdf.TRIG, BASE)
    for media_type in (rdf.JSON_LD, rdf.TRIG, rdf.N_QUADS):
        assert set(parse(serialize(quads, media_type), media_type, BASE)) == set(quads)
    for media_type in (rdf.TURTLE, rdf.N_TRIPLES, rdf.RDF_XML, rdf.N3):
        assert parse(serialize(quads, media_type), media_type, BASE) == quads[:1]


@pytest.mark.parametrize("media_type", [rdf.TURTLE, rdf.N3, rdf.N_QUADS])
def test_i15_lexical_forms_stay_as_they_were_written(media_type):
    body = b'<http://e.example/a> <http://e.example/b> "01"^^<http://www.w3.org/2001/XMLSchema#integer> .'
    assert parse(body, media_type, BASE)[0].object.value == "01"


def test_turtle_shows_only_needed_prefixes_and_keeps_subjects_together():
    quads = [
        ox.Quad(named("a"), FOAF["name"], ox.Literal("A")),
        ox.Quad(named("b"), FOAF["name"], ox.Literal("B")),
        ox.Quad(named("a"), FOAF["knows"], named("b")),
    ]
    text = serialize(quads, rdf.TURTLE).decode()
    assert text.count("@prefix") == 1
    assert text.count("<http://e.example/a>") == 1
    assert "foaf:name" in text


def test_a_caller_may_bring_prefixes_and_a_base():
    text = serialize(
        [ox.Quad(named("a"), named("p"), named("b"))],
        rdf.TURTLE,
        {**PREFIXES, "e": "http://e.example/"},
        "http://e.example/",
    ).decode()
    assert "e:p" in text
    assert "@base" in text


def test_a_prefix_named_like_a_scheme_cannot_change_an_iri_in_json_ld():
    quads = [ox.Quad(ox.NamedNode("acl:Control"), ACL["mode"], ox.NamedNode("as:Public"))]
    assert parse(serialize(quads, rdf.JSON_LD), rdf.JSON_LD, BASE) == quads


@pytest.mark.parametrize(
    ("media_type", "body", "line", "column"),
    [
        (rdf.TURTLE, b"<a> <b> .", 1, 9),
        (rdf.TURTLE, b"<a> <b> <c> .\n<a> <b> 'x\n' .", 2, 11),
        (rdf.TURTLE, b"\n\n<a> \xff", 3, 5),
        (rdf.N_TRIPLES, b"<http://a> <http://b> <http://c> .\n<a> <b> <c> .", 2, 1),
        (rdf.TRIG, b"<g> { <a> }", 1, 11),
        (rdf.JSON_LD, b'{"a":\n 1,}', 2, 4),
        (rdf.JSON_LD, b"", 1, 1),
    ],
)
def test_g4_an_error_names_line_and_column(media_type, body, line, column):
    with pytest.raises(Unreadable) as caught:
        parse(body, media_type, BASE)
    assert (caught.value.values["line"], caught.value.values["column"]) == (line, column)


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        (rdf.TURTLE, b"<a> <b> << <c> <d> <e> >> ."),
        (rdf.TURTLE, b"<a> <b> <<( <c> <d> <e> )>> ."),
        (rdf.TURTLE, b"<a> <b> 'x'@en--ltr ."),
        (rdf.N_QUADS, b'<http://a> <http://b> "x"@en--ltr .'),
        (rdf.N3, b"<a> <b> { <c> <d> <e> } ."),
        (rdf.N3, b"{ ?x <b> <c> } => { ?x <d> <e> } ."),
        (rdf.N3, b"?x <b> <c> ."),
    ],
)
def test_forms_that_other_readers_do_not_know_are_refused(media_type, body):
    with pytest.raises(Unreadable):
        parse(body, media_type, BASE)


@pytest.mark.parametrize(
    "body",
    [
        b'{"http://p": 1, "http://p": 2}',
        b'{"a": {"b": 1, "\\u0062": 2}}',
        b'{"http://p": NaN}',
        b'{"http://p": -Infinity}',
        b'{"http://p": 1e999}',
        b'{"http://p": ' + b"1" * 5000 + b"}",
        b'{"http://p": "\\ud800"}',
        b'{"http://p": "\xff"}',
        '{"http://p": 1}'.encode("utf-16"),
        b'{"http://p": 1} x',
        b'{"\\u0040context": "https://evil.example/", "a": 1}',
    ],
)
def test_json_that_two_readers_could_read_differently_is_refused(body):
    with pytest.raises(Unreadable):
        parse(body, rdf.JSON_LD, BASE)


@pytest.mark.parametrize("media_type", [rdf.JSON_LD, rdf.VC])
def test_k7_only_bundled_contexts_are_used(media_type):
    known = {"@context": "https://www.w3.org/ns/activitystreams", "id": "http://e.example/a", "summary": "x"}
    assert len(parse(json.dumps(known).encode(), media_type, BASE)) == 1
    for context in (
        "https://evil.example/",
        ["https://www.w3.org/ns/activitystreams", "http://127.0.0.1/"],
        {"@import": "http://127.0.0.1/"},
    ):
        with pytest.raises((Invalid, Unreadable)):
            parse(json.dumps({"@context": context, "summary": "x"}).encode(), media_type, BASE)


def test_a_byte_order_mark_does_not_disturb():
    assert len(parse(b"\xef\xbb\xbf<a> <b> <c> .", rdf.TURTLE, BASE)) == 1
    assert len(parse(b'\xef\xbb\xbf{"@id": "a", "http://p": 1}', rdf.JSON_LD, BASE)) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_xml_is_read_in_every_encoding_that_announces_itself(encoding):
    body = XML.format(inside="<e:name>Élodie</e:name>").encode(encoding)
    assert parse(body, rdf.RDF_XML, BASE)[0].object.value == "Élodie"


@pytest.mark.parametrize("name", ["utf-8", "UTF-8", "iso-8859-1", "us-ascii"])
def test_xml_may_declare_its_encoding(name):
    body = f"<?xml version='1.0' encoding='{name}'?>\n{XML.format(inside='<e:name>Zoe</e:name>')}".encode(name)
    assert len(parse(body, rdf.RDF_XML, BASE)) == 1


def test_a_text_that_xml_cannot_carry_is_not_acceptable_there():
    with pytest.raises(NotAcceptable):
        serialize([ox.Quad(named("a"), named("p"), ox.Literal("a\x0bb"))], rdf.RDF_XML)


TIGHT = Limits(body=400, triples=3, term=50, text=120, nesting=3, prefixes=2)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"#" * 401, TooLarge),
        (b"<a> <b> 1, 2, 3, 4 .", TooLarge),
        (b"<a> <b> '" + b"x" * 51 + b"' .", TooLarge),
        (b"<a> <b:" + b"x" * 51 + b"> 1 .", TooLarge),
        (b"<a:a> <b:b> '" + b"x" * 50 + b"', '" + b"y" * 50 + b"', '" + b"z" * 50 + b"' .", TooLarge),
        (b"<a> <b> [ <c> [ <d> ( [] ) ] ] .", TooComplex),
        (b"@prefix a: <a:> . @prefix b: <b:> . @prefix c: <c:> . <a:a> <b:b> <c:c> .", TooComplex),
    ],
)
def test_every_limit_holds_at_its_value(body, error):
    with pytest.raises(error):
        parse(body, rdf.TURTLE, "b:b", TIGHT)


def test_what_is_within_all_limits_passes():
    assert len(parse(b"<a> <b> 1, 2, 3 .", rdf.TURTLE, "b:b", TIGHT)) == 3
    assert parse(b"<a> <b> [ <c> [] ] .", rdf.TURTLE, "b:b", TIGHT)


BRACKETS = "(" * 150 + "[" * 150


@pytest.mark.parametrize(
    "turtle",
    [
        f'<a> <b> "{BRACKETS}" .',
        f"<a> <b> '{BRACKETS}' .",
        f'<a> <b> """{BRACKETS}\n" "" \\" {BRACKETS}""" .',
        f"<a> <b> '''{BRACKETS}\n' '' \\' {BRACKETS}''' .",
        f"<a> <b> <c> . # {BRACKETS}\n# {BRACKETS}",
        f"<a> <b> <x:{'(' * 150}> .",
        f"@prefix e: <x:> . <a> <b> e:{chr(92)}({f'{chr(92)}(' * 150} .",
        "<a> <b> " + ", ".join(["( )", "[ ]"] * 150) + " .",
    ],
)
def test_brackets_in_texts_names_and_comments_do_not_nest(turtle):
    assert parse(turtle.encode(), rdf.TURTLE, BASE)

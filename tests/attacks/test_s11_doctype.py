"""S11: XML that declares a document type or entities is refused before any parser sees it, in every encoding."""

import resource

import pytest

from pod_app.errors import Unreadable
from pod_app.standards import rdf

BASE = "http://localhost:8000/alice/x"
ROOT = 'rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e.example/"'
LEVELS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
HARMLESS = f'<{ROOT}><rdf:Description rdf:about=""><e:p>{{}}</e:p></rdf:Description></rdf:RDF>'


def document(declarations, content="&x;"):
    return f"<!DOCTYPE rdf:RDF [{declarations}]>{HARMLESS.format(content)}"


INTERNAL = '<!ENTITY x "y">'
FILES = {
    "billion laughs": document(f'<!ENTITY l0 "ha">{LEVELS}', "&l8;"),
    "quadratic blow-up": document(f'<!ENTITY x "{"a" * 50_000}">', "&x;" * 1_000),
    "external entity": document('<!ENTITY x SYSTEM "file:///etc/passwd">'),
    "external entity over HTTP": document('<!ENTITY x SYSTEM "http://127.0.0.1:9/">'),
    "external subset": f'<!DOCTYPE rdf:RDF SYSTEM "http://127.0.0.1:9/x.dtd">{HARMLESS.format("x")}',
    "public identifier": f'<!DOCTYPE rdf:RDF PUBLIC "-//X//EN" "http://127.0.0.1:9/x.dtd">{HARMLESS.format("x")}',
    "parameter entity": document('<!ENTITY % p SYSTEM "http://127.0.0.1:9/p.dtd"> %p;', "x"),
    "lower case": document('<!entity x "y">').replace("DOCTYPE", "doctype"),
    "after a comment": f"<!-- {'x' * 2_000} --><?pi x?>\n\n{document(INTERNAL)}",
    "behind a declaration": f"<?xml version='1.0'?>\n{document('')}",
    "empty document type": f"<!DOCTYPE rdf:RDF>{HARMLESS.format('x')}",
    "attribute list": document('<!ATTLIST e:p rdf:datatype CDATA "http://e.example/d">', "x"),
}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be")


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", FILES)
def test_s11_a_document_type_is_refused_in_every_encoding(name, encoding):
    before = resource.getrusage(resource.RUSAGE_SELF)
    with pytest.raises(Unreadable) as caught:
        rdf.parse(FILES[name].encode(encoding), rdf.RDF_XML, BASE)
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert "document type" in caught.value.detail
    assert after.ru_maxrss - before.ru_maxrss < 50_000  # kilobytes: nothing was expanded


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_s11_the_same_document_without_a_document_type_is_read(encoding):
    assert len(rdf.parse(HARMLESS.format("x").encode(encoding), rdf.RDF_XML, BASE)) == 1


@pytest.mark.parametrize(
    "body",
    [
        f"<?xml version='1.0' encoding='utf-7'?>{FILES['external entity']}".replace("<!", "+ADwAIQ-").encode(),
        b"<?xml version='1.0' encoding='UTF-7'?>" + HARMLESS.format("x").encode(),
        b"+ADwAIQ-DOCTYPE x+AD4-" + HARMLESS.format("x").encode(),
        f"<?xml version='1.0' encoding='cp037'?>{HARMLESS.format('x')}".encode("cp037"),
        f"<?xml version='1.0' encoding='utf-16'?>{HARMLESS.format('x')}".encode(),
        f"<?xml version='1.0' encoding='utf-8'?>{HARMLESS.format('x')}".encode("utf-16"),
        f"<?xml version='1.0' encoding='iso-2022-jp'?>{HARMLESS.format('x')}".encode(),
        f"<?xml version='1.0' encoding='no-such-thing'?>{HARMLESS.format('x')}".encode(),
        HARMLESS.format("é").encode("latin-1"),
        HARMLESS.format("x\0").encode(),
        b"\xff\xfe" + FILES["external entity"].encode(),
        b"\xfe\xff" + FILES["external entity"].encode("utf-16-le"),
        b"",
    ],
)
def test_s11_an_encoding_that_is_not_what_it_says_hides_nothing(body):
    try:
        quads = rdf.parse(body, rdf.RDF_XML, BASE)
    except Unreadable:
        return
    assert quads == []


@pytest.mark.parametrize("reference", ["&x;", "&#xZ;", "&lt", "&nbsp;"])
def test_s11_entities_that_nobody_declared_are_refused(reference):
    with pytest.raises(Unreadable):
        rdf.parse(HARMLESS.format(reference).encode(), rdf.RDF_XML, BASE)


def test_s11_the_five_entities_of_xml_itself_are_read():
    quads = rdf.parse(HARMLESS.format("&lt;&gt;&amp;&quot;&apos;&#233;").encode(), rdf.RDF_XML, BASE)
    assert quads[0].object.value == "<>&\"'é"

"""S26: hostile and old images. A badge comes out whole or not at all, and nothing that is shown acts (trust.md).

Also the part of S25 that touches baked images: polyglots and decompression bombs.
"""

import json
import re
import struct
import sys
import time
import zlib
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from pod_app.errors import Invalid, NotFound, PodAppError, TooComplex, TooLarge, Unreadable, UnsupportedMediaType
from pod_app.standards import baking
from pod_app.standards.clean_svg import ATTRIBUTES, ELEMENTS

sys.path.insert(0, str(Path(__file__).parents[1]))
from fixtures_badges import GARDEN, badge, check

SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {0}>{1}</svg>'
OB3 = '<o:credential xmlns:o="https://purl.imsglobal.org/ob/v3p0"{0}>{1}</o:credential>'
OLD = '<o:assertion xmlns:o="http://openbadges.org"{0}>{1}</o:assertion>'
GUARD_SECONDS = 5


def svg(inside="", attributes="", before=""):
    return (before + SVG.format(attributes, inside)).encode()


def chunk(kind, data, crc=None):
    return (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data) if crc is None else crc)
    )


def png(*chunks, tail=b""):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    end = chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + end + tail


def itxt(text, keyword=b"openbadgecredential", flag=b"\0"):
    return chunk(b"iTXt", keyword + b"\0" + flag + b"\0\0\0" + text)


LAUGHS = "<!DOCTYPE svg [{}]>".format(
    '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 9))
)
OUTSIDE = '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
PARAMETER = '<!DOCTYPE svg [<!ENTITY % x SYSTEM "https://mallory.example/x.dtd"> %x;]>'
FOREIGN_TYPE = '<!DOCTYPE svg SYSTEM "https://mallory.example/x.dtd">'
MIXED_TYPE = (
    '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd" '
    '[<!ENTITY a "b">]>'
)

REFUSED = {
    "entities that grow": (svg("&a8;", before=LAUGHS), Unreadable),
    "a file as entity": (svg(OB3.format("", "&x;"), before=OUTSIDE), Unreadable),
    "a parameter entity": (svg(before=PARAMETER), Unreadable),
    "a document type from elsewhere": (svg(before=FOREIGN_TYPE), Unreadable),
    "the standard type with entities": (svg(before=MIXED_TYPE), Unreadable),
    "entities in UTF-16": (("\ufeff" + svg(before=LAUGHS).decode()).encode("utf-16-le"), Unreadable),
    "entities in big-endian UTF-16": (("\ufeff" + svg(before=OUTSIDE).decode()).encode("utf-16-be"), Unreadable),
    "entities in UTF-7": (
        b'<?xml version="1.0" encoding="utf-7"?>+ADwAIQ-DOCTYPE svg [+ADwAIQ-ENTITY a "b">]>' + svg(),
        Unreadable,
    ),
    "an encoding that lies": (b'<?xml version="1.0" encoding="ebcdic-cp-us"?>' + svg(), Unreadable),
    "two credentials in SVG": (svg(OB3.format("", "{}") * 2), Invalid),
    "a credential in a credential": (svg(OB3.format("", "{}" + OB3.format("", "{}"))), Invalid),
    "two credentials in PNG": (png(itxt(b"{}"), itxt(b"{}")), Invalid),
    "two old badges": (png(itxt(b"{}", b"openbadges"), chunk(b"tEXt", b"openbadges\0{}")), Invalid),
    "a wrong checksum": (png(chunk(b"iTXt", b"openbadgecredential\0\0\0\0\0{}", crc=7)), Unreadable),
    "a wrong checksum elsewhere": (png(chunk(b"tEXt", b"Title\0x", crc=7), itxt(b"{}")), Unreadable),
    "a length beyond the file": (png(struct.pack(">I", 2**31 - 1) + b"iTXt"), Unreadable),
    "a bomb in iTXt": (png(itxt(zlib.compress(b"\0" * 100_000_000, 9), flag=b"\1")), TooLarge),
    "a plain text without end": (png(itxt(b" " * 200_000)), TooLarge),
    "a stream cut off": (png(itxt(zlib.compress(b"{}" * 99)[:-5], flag=b"\1")), Unreadable),
    "an archive behind the picture": (png(itxt(b"{}"), tail=b"PK\3\4" + bytes(30)), Unreadable),
    "a picture behind the picture": (png(itxt(b"{}"), tail=png()), Unreadable),
    "GIF and script at once": (b"GIF89a/*" + bytes(20) + b"*/=alert(1)//", UnsupportedMediaType),
    "HTML that holds an SVG": (b"<html><body>" + svg(OB3.format("", "{}")) + b"</body></html>", Unreadable),
    "nested without end": (
        b'<svg xmlns="http://www.w3.org/2000/svg">' + b"<g>" * 50_000 + b"</g>" * 50_000,
        TooComplex,
    ),
    "tags that do not match": (svg(OB3.format("", "{}")) + b"</svg>", Unreadable),
    "the right name in no namespace": (svg("<credential>{}</credential>"), NotFound),
    "the right prefix for another namespace": (
        svg('<openbadges:credential xmlns:openbadges="https://mallory.example/">{}</openbadges:credential>'),
        NotFound,
    ),
    "a title that says it is a badge": (svg("<title>&lt;openbadges:credential verify='a.b.c'/&gt;</title>"), NotFound),
    "larger than 8 MiB": (png(chunk(b"IDAT", bytes(8 * 2**20))), TooLarge),
}

OLD_IMAGES = {
    "Mozilla, 2012: an address in tEXt": (
        png(chunk(b"tEXt", b"openbadges\0http://a.example/1.json")),
        "http://a.example/1.json",
    ),
    "Mozilla, 2014: iTXt": (png(itxt(b'{"uid": "1"}', b"openbadges")), '{"uid": "1"}'),
    "Mozilla, 2014: compressed iTXt": (png(itxt(zlib.compress(b"a.b.c"), b"openbadges", b"\1")), "a.b.c"),
    "Mozilla, SVG with an address": (
        svg(OLD.format(' verify="http://a.example/1.json"', "")),
        "http://a.example/1.json",
    ),
    "Mozilla, SVG with JSON": (svg(OLD.format(' verify=""', '<![CDATA[{"uid": "1"}]]>')), '{"uid": "1"}'),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_image_is_refused_in_words_and_at_once(name):
    image, error = REFUSED[name]
    begun = time.process_time()
    with pytest.raises(error) as caught:
        baking.unbake(image)
    assert caught.value.detail
    assert time.process_time() - begun < GUARD_SECONDS


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_image_fails_as_a_badge_without_an_exception(name):
    report = check(REFUSED[name][0])
    assert report["readable"].outcome == "fail"
    assert report.verified is False


@pytest.mark.parametrize("name", OLD_IMAGES)
def test_an_image_of_the_mozilla_era_is_read(name):
    image, text = OLD_IMAGES[name]
    assert baking.unbake(image) == text


def test_there_are_at_least_twenty_images():
    assert len(REFUSED) + len(OLD_IMAGES) >= 20


ACTIVE = {
    "script": svg("<script>alert(1)</script>"),
    "script in CDATA": svg("<script><![CDATA[alert(1)]]></script>"),
    "script at an address": svg('<script xlink:href="https://mallory.example/x.js"/>'),
    "script with another prefix": svg('<s:script xmlns:s="http://www.w3.org/2000/svg">alert(1)</s:script>'),
    "script of HTML": svg('<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>'),
    "onload": svg(attributes='onload="alert(1)"'),
    "handlers of all kinds": svg('<path onclick="alert(1)" onfocus="alert(1)" OnMouseOver="alert(1)" d="M0 0"/>'),
    "foreignObject": svg(
        '<foreignObject><h xmlns="http://www.w3.org/1999/xhtml"><img src="x" onerror="alert(1)"/></h></foreignObject>'
    ),
    "a link that runs": svg('<a xlink:href="javascript:alert(1)"><text>x</text></a>'),
    "use from elsewhere": svg('<use xlink:href="https://mallory.example/x.svg#a"/>'),
    "use of data": svg('<use href="data:image/svg+xml;base64,PHN2Zy8+"/>'),
    "image from elsewhere": svg('<image href="https://mallory.example/pixel.png"/>'),
    "image of SVG data": svg('<image href="data:image/svg+xml,%3Csvg onload=alert(1)%3E"/>'),
    "style with import": svg("<style>@import url(https://mallory.example/x.css);</style>"),
    "style with address": svg('<path style="fill:url(https://mallory.example/x#a)"/>'),
    "style with escapes": svg(r'<path style="fill:\75rl(https://mallory.example/x)"/>'),
    "fill with address": svg('<path fill="url(https://mallory.example/x#a)"/>'),
    "fill beside a local one": svg('<path fill="url(#a) url(//mallory.example/x)"/>'),
    "animation sets a link": svg(
        '<a><animate attributeName="href" to="javascript:a()"/></a><set attributeName="onload"/>'
    ),
    "stylesheet instruction": svg(before='<?xml-stylesheet href="https://mallory.example/x.xsl"?>'),
    "filter image": svg('<filter><feImage href="https://mallory.example/x.png"/></filter>'),
    "iframe and embed": svg('<h:iframe xmlns:h="http://www.w3.org/1999/xhtml" src="javascript:alert(1)"/>'),
    "handler element": svg('<handler xmlns="http://www.w3.org/2000/svg" type="text/javascript">alert(1)</handler>'),
    "base address": svg('<path d="M0 0"/>', attributes='xml:base="https://mallory.example/"'),
    "ping and download": svg('<a href="#x" ping="https://mallory.example/"><path d="M0 0"/></a>'),
    "comment that opens": svg("<!-- --><path d='M0 0'/><!-- <script>alert(1)</script> -->"),
    "an escaped script as text": svg("<text>&lt;script&gt;alert(1)&lt;/script&gt;</text>"),
}
SUSPECT = re.compile(rb"<(?!\?xml)[^>]*(script|\son|javascript|mallory|foreign|iframe|import|animate|@)", re.IGNORECASE)


@pytest.mark.parametrize("name", ACTIVE)
def test_a_cleaned_svg_neither_acts_nor_fetches(name):
    cleaned = baking.clean_svg(ACTIVE[name])
    assert not SUSPECT.search(cleaned), cleaned
    for element in ET.fromstring(cleaned).iter():
        assert element.tag.removeprefix("{http://www.w3.org/2000/svg}") in ELEMENTS
        for attribute, value in element.attrib.items():
            assert attribute in ATTRIBUTES | {"href", "{http://www.w3.org/XML/1998/namespace}space"}
            assert "//" not in value
            assert value.startswith("#") or attribute != "href"


@pytest.mark.parametrize("name", ACTIVE)
def test_an_active_image_can_be_baked_and_stays_what_it_was(name):
    text = '{"a": 1}'
    assert baking.unbake(baking.bake(ACTIVE[name], text)) == text


def test_cleaning_keeps_what_draws():
    drawing = svg(
        '<defs><linearGradient id="a"><stop offset="0" stop-color="#fff"/></linearGradient><g id="b"/></defs>'
        '<g transform="scale(2)"><path d="M0 0L9 9" fill="url(#a)" style="stroke:#000"/><use xlink:href="#b"/></g>'
        '<image href="data:image/png;base64,aGk="/><text x="1">Café &amp; <tspan>miel</tspan></text>',
        attributes='viewBox="0 0 9 9" role="img" aria-label="A badge"',
    )
    cleaned = baking.clean_svg(drawing).decode()
    for kept in (
        "viewBox",
        "aria-label",
        "linearGradient",
        "url(#a)",
        "stroke:#000",
        'href="#b"',
        "base64,aGk=",
        "Café &amp;",
    ):
        assert kept in cleaned
    assert baking.clean_svg(cleaned.encode()).decode() == cleaned


def test_copies_of_copies_do_not_grow_without_bound():
    layers = "".join(f'<g id="l{n}">' + f'<use href="#l{n - 1}"/>' * 10 + "</g>" for n in range(1, 9))
    cleaned = baking.clean_svg(svg(f'<g id="l0"><path d="M0 0"/></g>{layers}<use href="#l8"/>'))
    targets = set(re.findall(rb'href="#(\w+)"', cleaned))
    assert targets == {b"l0"}
    with pytest.raises(TooComplex):
        baking.clean_svg(svg("<use href='#a'/>" * 3_000))


def test_a_badge_inside_is_not_shown_as_part_of_the_picture():
    assert b"credential" not in baking.clean_svg(baking.bake(svg(), '{"secret": 1}'))


def test_words_in_the_badge_cannot_break_out_of_it():
    evil = "]]></openbadges:credential><script>alert(1)</script><![CDATA["
    signed = GARDEN.sign(badge(name=evil))
    for image in (svg(), png()):
        baked = baking.bake(image, json.dumps(signed))
        report = check(baked)
        assert report.verified is True
        assert report.credential["name"] == evil
    assert b"<script" not in baking.bake(svg(), json.dumps(signed)).split(b"<![CDATA[")[0]
    assert len(ET.fromstring(baking.bake(svg(), json.dumps(signed)))) == 1


def test_every_error_says_what_and_where():
    for image, _error in REFUSED.values():
        with pytest.raises(PodAppError) as caught:
            baking.unbake(image)
        assert caught.value.detail.endswith(".")

"""Baking and unbaking (open-badges.md §5.7, trust.md S25 and S26)."""

import json
import struct
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pod_app.errors import Invalid, NotFound, PodAppError, TooLarge, Unreadable, UnsupportedMediaType
from pod_app.standards import baking

SAMPLES = Path(__file__).resolve().parents[1] / "data/badges/samples"
SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="9"><!-- a > b --><path d="M0 0"/></svg>\n'
TEXT = '{"name": "Caf\u00e9 & <b>\U0001f331</b>", "n": 1.0}'
JWS = "eyJhbGciOiJFZERTQSJ9.e30.c2ln"


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


HEAD = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
TAIL = chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
PNG = HEAD + TAIL


def itxt(text, keyword=b"openbadgecredential", flag=b"\0"):
    return chunk(b"iTXt", keyword + b"\0" + flag + b"\0\0\0" + text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
documents = st.dictionaries(st.text(max_size=9), json_values, max_size=4)


@settings(deadline=None)
@given(documents, st.booleans())
def test_a_credential_comes_back_from_a_png_letter_by_letter(document, ascii_only):
    text = json.dumps(document, ensure_ascii=ascii_only)
    assert baking.unbake(baking.bake(PNG, text)) == text


@settings(deadline=None)
@given(documents)
def test_a_credential_comes_back_from_an_svg_with_the_same_meaning(document):
    text = json.dumps(document, ensure_ascii=False)
    back = baking.unbake(baking.bake(SVG, text))
    assert json.loads(back) == document
    assert back == text or "]]>" in text or "<!" in text or "\ufffe" in text or "\uffff" in text


@pytest.mark.parametrize("image", [PNG, SVG], ids=["png", "svg"])
@pytest.mark.parametrize("text", [TEXT, JWS], ids=["json", "jws"])
def test_baking_twice_leaves_one_credential_and_the_same_bytes(image, text):
    once = baking.bake(image, text)
    assert baking.bake(baking.bake(image, '{"old": true}'), text) == once
    assert baking.unbake(once) == text


def test_the_rest_of_a_png_keeps_its_bytes():
    baked = baking.bake_png(PNG, TEXT)
    assert baked.startswith(HEAD)
    assert baked.endswith(TAIL)
    assert len(baked) == len(PNG) + len(itxt(TEXT.encode()))


def test_the_rest_of_an_svg_keeps_its_bytes():
    baked = baking.bake_svg(SVG, JWS)
    declaration = b' xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0"'
    element = b'<openbadges:credential verify="' + JWS.encode() + b'"/>'
    assert baked.replace(declaration, b"").replace(element, b"") == SVG


def test_the_chunk_is_written_uncompressed_with_the_keyword_of_version_3():
    assert itxt(TEXT.encode()) in baking.bake_png(PNG, TEXT)


def test_the_end_of_cdata_inside_a_text_is_escaped():
    text = '{"narrative": "a ]]> b <!DOCTYPE c>"}'
    baked = baking.bake_svg(SVG, text)
    assert rb"]]\u003e" in baked
    assert json.loads(baking.unbake(baked)) == json.loads(text)


@pytest.mark.parametrize(
    "svg",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b"<svg xmlns='http://www.w3.org/2000/svg' id='a&gt;b' />",
        b"\xef\xbb\xbf" + SVG,
        ("\ufeff" + SVG.decode()).encode("utf-16-le"),
        ("\ufeff" + SVG.decode()).encode("utf-16-be"),
        b'<?xml version="1.0" encoding="ISO-8859-1"?><svg xmlns="http://www.w3.org/2000/svg"><desc>\xe9</desc></svg>',
        b'<s:svg xmlns:s="http://www.w3.org/2000/svg"><s:g/></s:svg>',
    ],
)
def test_svg_of_every_honest_form_can_be_baked(svg):
    baked = baking.bake_svg(svg, '{"a": 1}')
    assert baking.unbake_svg(baked) == '{"a": 1}'
    assert baking.bake_svg(baked, '{"a": 1}') == baked


def test_an_empty_prefixed_root_is_closed_with_its_own_name():
    baked = baking.bake_svg(b'<s:svg xmlns:s="http://www.w3.org/2000/svg"/>', "{}")
    assert baked.endswith(b"</s:svg>")


def test_an_encoding_without_the_letter_is_refused_with_what_to_do():
    image = b'<?xml version="1.0" encoding="us-ascii"?><svg xmlns="http://www.w3.org/2000/svg"/>'
    with pytest.raises(Unreadable, match="UTF-8"):
        baking.bake_svg(image, TEXT)


def test_both_generations_may_live_in_one_image():
    old_png = HEAD + itxt(b"https://badges.example/1", b"openbadges") + TAIL
    old_svg = SVG.replace(
        b' width="9">', b' xmlns:openbadges="http://openbadges.org"><openbadges:assertion verify="x.y.z"/>'
    )
    for image in (old_png, old_svg):
        baked = baking.bake(image, TEXT)
        assert baking.unbake(baked) == TEXT
        assert b"openbadges\0" in baked or b"openbadges:assertion" in baked


@pytest.mark.parametrize("kind", [b"iTXt", b"tEXt"])
def test_open_badges_2_in_a_png_is_read(kind):
    data = b"openbadges\0" + (b"\0\0\0\0" if kind == b"iTXt" else b"") + b"https://badges.example/1"
    assert baking.unbake(HEAD + chunk(kind, data) + TAIL) == "https://badges.example/1"


def test_open_badges_2_in_an_svg_is_read():
    text = b'<o:assertion xmlns:o="http://openbadges.org" verify=""><![CDATA[{"id": "x"}]]></o:assertion>'
    assert baking.unbake(SVG.replace(b"<!--", text + b"<!--")) == '{"id": "x"}'


def test_a_compressed_chunk_is_read_and_a_bomb_is_not():
    assert baking.unbake(HEAD + itxt(zlib.compress(b'{"a": 1}'), flag=b"\1") + TAIL) == '{"a": 1}'
    bomb = zlib.compress(b" " * 50_000_000)
    with pytest.raises(TooLarge):
        baking.unbake(HEAD + itxt(bomb, flag=b"\1") + TAIL)


def test_two_credentials_in_one_image_are_refused():
    with pytest.raises(Invalid, match="2 badges"):
        baking.unbake(HEAD + itxt(b"{}") + itxt(b"{}") + TAIL)
    twice = b'<o:credential xmlns:o="https://purl.imsglobal.org/ob/v3p0">{}</o:credential>' * 2
    with pytest.raises(Invalid, match="2 badges"):
        baking.unbake(SVG.replace(b"<!--", twice + b"<!--"))


@pytest.mark.parametrize(
    "image",
    [
        PNG[:-1],
        PNG[:20],
        PNG + b"PK\x03\x04",
        HEAD,
        HEAD + HEAD[8:] + TAIL,
        b"\x89PNG\r\n\x1a\n" + TAIL,
        HEAD[:-1] + b"\0" + TAIL,
        HEAD + b"\xff\xff\xff\xff" + b"iTXt" + TAIL,
        HEAD + chunk(b"iTXt", b"openbadgecredential\0\2\0\0\0{}") + TAIL,
        HEAD + itxt(b"not zlib", flag=b"\1") + TAIL,
        HEAD + itxt(b"\xff\xfe") + TAIL,
    ],
    ids=["cut", "header cut", "zip behind", "no end", "two heads", "no head", "crc", "length", "flag", "zlib", "utf-8"],
)
def test_a_broken_png_is_refused_in_words(image):
    with pytest.raises(Unreadable, match="not a sound PNG"):
        baking.unbake(image)


def test_other_files_are_named_as_such():
    for image in (b"", b"GIF89a", b"\xff\xd8\xff", b"<html></html>", b"{}"):
        with pytest.raises(UnsupportedMediaType):
            baking.unbake(image)
    for image in (PNG, SVG):
        with pytest.raises(NotFound):
            baking.unbake(image)


def test_keywords_are_case_sensitive():
    with pytest.raises(NotFound):
        baking.unbake(HEAD + itxt(b"{}", b"OpenBadgeCredential") + TAIL)


@pytest.mark.parametrize("text", ["", "[]", "no json", "a.b", '{"a":', "[" * 100_000])
def test_only_a_credential_can_be_baked(text):
    with pytest.raises(Unreadable):
        baking.bake(PNG, text)


def test_size_limits_hold_in_both_directions():
    for image in (PNG + bytes(8 * 2**20), SVG + b" " * 8 * 2**20):
        with pytest.raises(TooLarge):
            baking.unbake(image)
    for image in (PNG, SVG):
        with pytest.raises(TooLarge):
            baking.bake(image, json.dumps("x" * 140_000).join(['{"a":', "}"]))


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_raise_only_our_own_errors(body):
    for image in (body, PNG[:8] + body, HEAD + body, HEAD + itxt(body) + TAIL, b"<svg " + body, SVG[:60] + body):
        for read in (baking.unbake, baking.clean_svg, lambda image: baking.bake(image, "{}")):
            with suppress(PodAppError):
                read(image)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_random_text_baked_directly_raises_only_our_own_errors(text):
    for bake in (baking.bake_png, baking.bake_svg):
        image = PNG if bake is baking.bake_png else SVG
        with suppress(PodAppError):
            bake(image, text)


@pytest.mark.parametrize("name", ["simple-json.png", "simple-jwt.png", "simple-json.svg", "simple-jwt.svg"])
def test_the_official_baked_samples_are_read(name):
    text = baking.unbake((SAMPLES / "ob3-reference-validator" / name).read_bytes())
    if "json" in name:
        assert json.loads(text)["id"] == "http://example.com/credentials/3527"
    else:
        assert text.startswith("eyJ")

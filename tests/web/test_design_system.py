"""Every page that a person sees: readable, light, usable without script, and in both languages."""

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import fixtures_accounts
import fixtures_bag
import fixtures_capital
import fixtures_forge
import fixtures_pages
import fixtures_recognition
import pytest
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

import pod_app.web
from pod_app.language import LOCALES, translator
from pod_app.web import formatting
from pod_app.web.badges.badge_art import artwork

WEB = Path(pod_app.web.__file__).resolve().parent
TEMPLATES = WEB / "templates"
STYLE = (WEB / "static" / "app.css").read_text(encoding="utf-8")
PARTS = {
    "parts/request.html",
    "parts/figure.html",
    "parts/personas.html",
    "parts/screen.html",
    "base.html",
    "macros.html",
    "issuer_facts.html",
    "art/garden.html",
}
SAMPLES = (fixtures_pages, fixtures_bag, fixtures_accounts, fixtures_capital, fixtures_recognition, fixtures_forge)
CONTEXTS = {name: cases for samples in SAMPLES for name, cases in samples.CONTEXTS.items()}
CASES = [
    (name, number, locale) for name, cases in CONTEXTS.items() for number in range(len(cases)) for locale in LOCALES
]


@cache
def environment(locale: str) -> Environment:
    made = Environment(loader=FileSystemLoader(TEMPLATES), trim_blocks=True, lstrip_blocks=True)
    formatting.prepare(made, lambda: translator(locale))
    return made


def render(name: str, number: int, locale: str) -> str:
    frame = {"locale": locale, "here": "/" + name, "site_name": "Les Communs", "summary": "Une phrase."}
    return environment(locale).get_template(name).render(frame | CONTEXTS[name][number])


class Page(HTMLParser):
    """What a reader of the page could trip over."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.inputs: list[str] = []
        self.headings: list[int] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        self.ids += [has["id"]] if has.get("id") else []
        if "style" in has or tag == "style" or any(name.startswith("on") for name in has):
            self.faults.append(f"inline style or handler in <{tag}>")
        if tag == "script" and not has.get("src") and has.get("type") != "application/ld+json":
            self.faults.append("inline script")
        if tag == "img" and "alt" not in has:
            self.faults.append("image without alt")
        if tag == "label" and has.get("for"):
            self.labelled.add(str(has["for"]))
        if tag in {"input", "select", "textarea"} and has.get("type") != "hidden":
            self.inputs.append(str(has.get("id")))
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag in {"a", "link", "script", "img", "use"}:
            self.links.append(str(has.get("href") or has.get("src") or ""))


@pytest.mark.parametrize(("name", "number", "locale"), CASES)
def test_a_page_is_light_labelled_and_free_of_inline_code(name, number, locale):
    html = render(name, number, locale)
    page = Page()
    page.feed(html)
    assert page.faults == []
    assert set(page.inputs) <= page.labelled
    assert len(page.ids) == len(set(page.ids)), "an id appears twice"
    assert page.headings.count(1) == 1
    assert len(html.encode()) < 100_000
    assert f'<html lang="{locale}">' in html
    assert not [link for link in page.links if link.startswith(("//", "data:", "javascript:"))]
    assert "{" not in re.sub(r"<script.*?</script>|<[^>]*>", "", html, flags=re.DOTALL), "a placeholder was not filled"


def test_every_template_has_sample_contexts():
    stored = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html")}
    assert set(CONTEXTS) <= stored
    assert stored - PARTS - set(CONTEXTS) == set()
    assert len(CONTEXTS) == sum(len(samples.CONTEXTS) for samples in SAMPLES), "two give samples for one page"


def test_the_landing_page_with_style_and_script_stays_under_a_hundred_kilobytes():
    files = sum(path.stat().st_size for path in (WEB / "static").iterdir())
    assert files + len(render("landing.html", 0, "fr").encode()) < 100_000
    assert len(STYLE.encode()) < 40_000


def test_what_people_write_never_becomes_markup_or_a_dangerous_link():
    evil = '<img src=x onerror="alert(1)">'
    written = {"name": evil, "description": evil, "evidence": [{"name": evil, "href": "javascript:alert(1)"}]}
    badge = fixtures_pages.BADGE | written
    html = (
        environment("fr")
        .get_template("badge.html")
        .render(
            locale="fr",
            badge=badge | {"status": "revoked", "status_reason": evil},
            issuer={"name": evil, "href": "data:x"},
        )
    )
    assert "<img src=x" not in html
    assert "javascript:" not in html
    assert "data:x" not in html


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        " javascript:x",
        "java\nscript:x",
        "data:text/html,x",
        "//evil.example/",
        "/\\evil.example",
        "vbscript:x",
        "https:",
        "",
        None,
        "http://[",
    ],
)
def test_an_address_that_a_browser_should_not_follow_becomes_empty(address):
    assert formatting.web_link(address) == ""


@pytest.mark.parametrize("address", ["https://a.example/b?c#d", "http://a.example", "mailto:a@b.example", "/me/open"])
def test_an_ordinary_address_is_kept(address):
    assert formatting.web_link(address) == address


def test_dates_and_numbers_are_written_as_their_readers_write_them():
    assert formatting.day("2026-03-12", "fr") == "jeudi 12 mars 2026"
    assert formatting.day("2026-03-12", "en") == "Thursday 12 March 2026"
    assert formatting.day("2026-03-01", "fr") == "dimanche 1er mars 2026"
    assert formatting.day("soon", "fr") == "soon"
    assert formatting.moment("2026-03-12T15:05:00+01:00", "fr") == "jeudi 12 mars 2026, 14:05 UTC"
    assert formatting.number_text(2.5, "fr") == "2,5"
    assert formatting.money(285, "EUR", "fr").replace("\u202f", " ").replace("\xa0", " ") == "285,00 €"


def test_a_sentence_escapes_its_values_and_keeps_links_made_by_macros():
    filled = formatting.fill("By {who} & {other}", {"who": "<b>", "other": Markup("<a>x</a>")})
    assert filled == "By &lt;b&gt; &amp; <a>x</a>"


# The tokens: colours measured as WCAG 2.2 measures them.

GROUNDS = ("paper", "surface", "sunken")
ON = [
    *(
        (ink, ground)
        for ink in ("ink", "ink-soft", "leaf", "leaf-strong", "berry")
        for ground in ("paper", "surface", "sunken")
    ),
    *((tone, f"{tone}-wash") for tone in ("leaf", "berry", "honey", "sky", "stone", "earth")),
    *(("ink", f"{tone}-wash") for tone in ("leaf", "berry", "honey", "sky", "stone", "earth")),
    *((tone, "surface") for tone in ("honey", "sky", "stone", "earth")),
    ("leaf-strong", "leaf-wash"),
    ("ink-soft", "leaf-wash"),
    ("leaf-ink", "leaf"),
    ("leaf-ink", "leaf-strong"),
    ("soil-ink", "soil"),
    ("soil-link", "soil"),
]


def tokens(scheme: str) -> dict[str, str]:
    light, dark = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)[:2]
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", light))
    return found if scheme == "light" else found | dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", dark))


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground_by_at_least_four_and_a_half(scheme):
    colours = tokens(scheme)
    weak = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in ON}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_borders_of_fields_and_the_focus_ring_stand_out_by_at_least_three(scheme):
    colours = tokens(scheme)
    for line in ("line-strong", "focus"):
        for ground in GROUNDS:
            assert contrast(colours[line], colours[ground]) >= 3, (line, ground)


def test_every_icon_that_is_asked_for_is_in_the_sprite():
    drawn = set(re.findall(r'id="([a-z]+)"', (WEB / "static" / "icons.svg").read_text(encoding="utf-8")))
    asked = set()
    for name, number, locale in CASES:
        asked |= set(re.findall(r"icons\.svg[^#]*#([a-z-]+)", render(name, number, locale)))
    assert asked <= drawn


def test_a_drawing_is_the_same_for_the_same_seed_and_another_for_another():
    assert artwork("a", "Mare") == artwork("a", "Mare")
    assert len({artwork(f"https://x.example/{number}", "Mare") for number in range(40)}) > 35


@pytest.mark.parametrize("category", ["", "Membership", "Competency", "Certificate", "Course", "Award", "ext:Unknown"])
def test_a_drawing_is_well_formed_named_and_needs_no_style_script_font_or_identifier(category):
    text = artwork("seed", 'A <b> & "c"\x00\x1f', category)
    root = ET.fromstring(text)
    assert root.get("role") == "img"
    assert root[0].text == 'A <b> & "c"'
    assert not re.search(r"style=|<script|<text|href|\sid=", text)
    assert len(text) < 8_000

"""Public pages, and one's own: they fit a phone, speak French, hold WCAG 2.2 AA, with and without JavaScript."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fixtures_peers import PATIENCE
from playwright.sync_api import Browser, Page, expect

SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 900}}
AXE = Path(__file__).resolve().parents[1] / "interop" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
COMMONS = "collective/jardiniers"
PUBLIC = {
    "": "Ce que nous cultivons",
    COMMONS: "Ce que nous cultivons ensemble",
    f"{COMMONS}/badges-total": "Badges reçus",
    f"{COMMONS}/reciprocity-by-quarter": "Réciprocité par trimestre",
    f"{COMMONS}/cascade/listening": "Écoute",
    f"{COMMONS}/gardens": "Jardins",
    "vocab": "Nos mots",
    "vocab/jdn": "Vocabulaire",
    "me/new": "Ouvrir mon carnet",
    "me/sign-in": "Ouvrir mon carnet",
    "me/elsewhere": "Mon carnet est ailleurs",
    "me/recover": "Ouvrir avec la phrase imprimée",
    "me/enter-as": "Entrer comme…",
    "verify": "Vérifier un badge",
    "ims/ob/v3p0/": "Les badges pour les programmes",
}
OWN = {
    "me": "Amina",
    "me/account": "Mon compte et ses clés",
    "me/consents": "Ce que j’accepte",
    "me/hosts": "Mes badges ailleurs",
    "me/keys": "Les clés qui signent les badges",
    "me/leave": "Tout emporter, ou partir",
    "me/requests": "Demander et confirmer",
    "me/requests/new": "Demander une reconnaissance",
    "me/rule": "Où j’en suis",
    "me/confirm/mine": "Ce que j’ai confirmé",
}


@pytest.fixture(params=[(size, script) for size in SIZES for script in (True, False)], ids=str)
def visitor(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A French visitor whose browser must not complain of anything, with and without JavaScript."""
    size, script = request.param
    context = browser.new_context(viewport=SIZES[size], locale="fr-FR", java_script_enabled=script)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda told: complaints.append(told.text) if told.type in {"error", "warning"} else None)
    yield page
    context.close()
    assert complaints == []


def fits(page: Page) -> None:
    """Nothing to read stands outside the width of the screen. Chromium runs this also where pages may not."""
    size = page.viewport_size
    assert size is not None
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], page.url


def holds(page: Page, heading: str) -> None:
    assert page.locator("h1").count() == 1, page.url
    expect(page.locator("h1")).to_contain_text(heading)
    assert page.locator("html").get_attribute("lang") == "fr"
    fits(page)


def faults(page: Page) -> list[tuple[str, str, list[str]]]:
    """What axe-core holds against the page, with where: nothing when it is accessible as far as a program can tell."""
    page.evaluate(AXE.read_text("utf-8") + "; 0")
    found: dict[str, Any] = page.evaluate(f"axe.run(document, {{runOnly: {json.dumps(RULES)}}})")
    return [(one["id"], one["help"], [node["html"][:120] for node in one["nodes"][:3]]) for one in found["violations"]]


def enter(page: Page, demo: str) -> None:
    page.goto(f"{demo}me/enter-as")
    page.get_by_role("button", name="Entrer comme Amina").click()
    expect(page).to_have_url(f"{demo}me")


def first_link(page: Page, chosen: str) -> str:
    return str(page.locator(chosen).first.get_attribute("href")).removeprefix("/")


def test_public_pages_speak_french_and_fit(visitor, demo):
    for path, heading in PUBLIC.items():
        visitor.goto(f"{demo}{path}")
        holds(visitor, heading)


def test_a_garden_is_found_from_the_capital(visitor, demo):
    visitor.goto(f"{demo}{COMMONS}")
    visitor.get_by_role("link", name="Voir les jardins").click()
    name = visitor.locator(".tile h3 a").first.inner_text()
    visitor.locator(".tile h3 a").first.click()
    holds(visitor, name)


def test_ones_own_pages_speak_french_and_fit(visitor, demo):
    enter(visitor, demo)
    for path, heading in OWN.items():
        visitor.goto(f"{demo}{path}")
        holds(visitor, heading)


def test_a_season_is_chosen_and_kept_in_the_address(visitor, demo):
    visitor.goto(f"{demo}{COMMONS}/badges-total")
    field = visitor.get_by_label("Saison qui commence le")
    values = field.locator("option").evaluate_all("all => all.map(one => one.value)")
    assert len(values) == 4
    field.select_option(values[-1])
    visitor.get_by_role("button", name="Montrer").click()
    expect(visitor).to_have_url(f"{demo}{COMMONS}/badges-total?season={values[-1]}")
    assert visitor.get_by_label("Saison qui commence le").input_value() == values[-1]
    assert f"season={values[-1]}" in first_link(visitor, ".links a")


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: python tests/interop/install.py")
def test_no_page_breaks_wcag_2_2_aa_as_far_as_axe_can_tell(page, demo):
    page.emulate_media(reduced_motion="reduce")
    found = {}
    page.goto(f"{demo}{COMMONS}/gardens")
    garden = first_link(page, ".tile h3 a")
    for path in (*PUBLIC, garden, "amina/profile/card", "jardiniers/achievements/bienvenu-e", "design"):
        page.goto(f"{demo}{path}")
        found[path] = faults(page)
    enter(page, demo)
    for path in OWN:
        page.goto(f"{demo}{path}")
        found[path] = faults(page)
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: python tests/interop/install.py")
def test_dark_screens_are_as_readable(page, demo):
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found = {}
    for path in ("", COMMONS, f"{COMMONS}/badges-total", "vocab/jdn", "me/new", "verify"):
        page.goto(f"{demo}{path}")
        found[path] = faults(page)
    assert {path: wrong for path, wrong in found.items() if wrong} == {}

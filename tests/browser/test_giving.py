"""Badges given by people at phones: by QR to three, by name to one; taps and fields are counted (product.md, flows)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import live_server
import pytest
from fixtures_peers import PATIENCE
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import update

from pod_app.services import Services, assemble
from pod_app.settings import load
from pod_app.standards.wac import Agent
from pod_app.storage.schema import microseconds
from pod_app.storage.schema_forge import awards
from pod_app.web.badges import qr

PHONE = {"width": 390, "height": 844}
PASSWORD = "un jardin au bout du chemin"
AXE = Path(__file__).resolve().parents[1] / "interop" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@dataclass
class Hand:
    """Somebody's hand at a phone; every tap and every field is counted."""

    page: Page
    taps: int = 0
    fields: int = 0
    complaints: list[str] = field(default_factory=list)

    def tap(self, what: Locator) -> None:
        what.click()
        self.taps += 1

    def button(self, name: str) -> None:
        self.tap(self.page.get_by_role("button", name=name).first)

    def write(self, label: str, text: str) -> None:
        self.page.get_by_label(label).and_(self.page.locator("textarea, input:not([type=radio])")).fill(text)
        self.fields += 1

    def begin(self) -> None:
        self.taps = self.fields = 0

    def is_fit_and_accessible(self) -> None:
        """Nothing stands outside the screen, and axe-core finds nothing."""
        self.page.wait_for_load_state()  # a tap returns before the next page has its style sheet
        assert self.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], self.page.url
        self.page.evaluate(AXE.read_text("utf-8") + "; 0")
        found = self.page.evaluate(f"axe.run(document, {{runOnly: {json.dumps(RULES)}}})")["violations"]
        assert [(one["id"], [node["html"][:160] for node in one["nodes"][:3]]) for one in found] == [], self.page.url


class Hall:
    """A garden with its facilitator, served; `services` stands beside the server on the same folder."""

    def __init__(self, base: str, services: Services, browser: Browser) -> None:
        self.base, self.services, self._browser = base, services, browser
        self._contexts = []

    def phone(self, name: str = "", **more: object) -> Hand:
        """A phone, signed in by the person it belongs to."""
        context = self._browser.new_context(viewport=PHONE, locale="fr-FR", base_url=self.base, **more)
        context.set_default_timeout(PATIENCE)
        if name:
            account = self.services.accounts.of_pod(name)
            context.add_cookies([{"name": "session", "value": self.services.sessions.begin(account), "url": self.base}])
        self._contexts.append(context)
        hand = Hand(context.new_page())
        hand.page.on("pageerror", lambda error: hand.complaints.append(str(error)))
        hand.page.on(
            "console", lambda told: hand.complaints.append(told.text) if "Content Security" in told.text else None
        )
        self._contexts[-1].hand = hand
        return hand

    def scanned(self, screen: Page) -> str:
        """The address in the QR that a screen shows: the picture is that of this address and of no other."""
        pod = self.services.catalogue.get("halle")
        handing = self.services.giving.handouts
        agent = Agent(webid=f"{self.base}amina/profile/card#me")
        handout = handing.all(agent, pod)[0]
        shown = screen.request.get(screen.locator("img.qr").get_attribute("src")).body()
        now = datetime.now(UTC)
        tokens = [handing.rotating(handout, now - timedelta(seconds=back)) for back in range(0, 120, 20)]
        title = "QR du badge distribué"
        return next(
            f"{self.base}claim/{token}" for token in tokens if qr.svg(f"{self.base}claim/{token}", title) == shown
        )

    def shown(self, screen: Page) -> str:
        """The address in the QR of a screen that shows each code to one person: its letters stand beside it."""
        address = f"{self.base}claim/{screen.locator('.code code').inner_text().replace('-', '')}"
        shown = screen.request.get(screen.locator("img.qr").get_attribute("src")).body()
        assert shown == qr.svg(address, "QR du badge distribué")
        return address

    def hold_time(self) -> None:
        """The seconds in which an award can be taken back do not end by themselves, however slow the machine is."""
        far = microseconds(datetime.now(UTC) + timedelta(days=1))
        self.services.database.write(lambda conn: conn.execute(update(awards).values(told=far)))

    def let_time_pass(self) -> None:
        """The seconds in which an award can be taken back are over."""
        self.services.database.write(lambda conn: conn.execute(update(awards).values(told=0)))

    def close(self) -> None:
        for context in self._contexts:
            assert context.hand.complaints == []
            context.close()


@pytest.fixture
def hall(tmp_path: Path, browser: Browser) -> Iterator[Hall]:
    port = live_server.free_port()
    folder = tmp_path / "data"
    options = {"data": folder, "base_url": f"http://localhost:{port}/", "demonstration": True}
    services = assemble(load(options, environ={})[0])
    people = {name: services.accounts.create(name, None, title=name.title())[1] for name in ("amina", "bob", "carole")}
    founder = Agent(webid=people["amina"].webid)
    garden = services.catalogue.create("halle", "garden", title="La Halle", owners=[people["amina"].webid])
    for name in ("bob", "carole"):
        services.members.put(founder, "halle", people[name].webid)
    services.achievements.create(
        founder, garden, name="Premier cercle", description="Était là au premier cercle.", criteria="Être là."
    )
    with live_server.serving(folder, port) as base:
        made = Hall(base, services, browser)
        yield made
        made.close()
    services.close()


def test_a_badge_goes_by_qr_to_three_phones(hall: Hall) -> None:
    amina = hall.phone("amina")
    amina.page.goto("/me/forge")
    amina.is_fit_and_accessible()
    amina.begin()
    amina.tap(amina.page.get_by_role("link", name="Distribuer").last)
    amina.is_fit_and_accessible()
    amina.button("Afficher le QR")
    assert (amina.taps, amina.fields) == (2, 0)
    expect(amina.page.locator("img.qr")).to_be_visible()
    amina.is_fit_and_accessible()
    code = amina.page.locator(".code code").inner_text()

    first = hall.phone()
    address = hall.scanned(amina.page)
    first.page.goto(address)
    expect(first.page.get_by_role("heading", level=1)).to_have_text("Premier cercle")
    expect(first.page.get_by_text("La Halle te donne")).to_be_visible()
    first.is_fit_and_accessible()
    first.write("Prénom", "Dora")
    first.write("Un mot de passe", PASSWORD)
    first.button("Je le prends")
    expect(first.page.get_by_role("heading", level=1)).to_have_text("Il est à toi")
    assert (first.taps, first.fields) == (1, 2)
    first.is_fit_and_accessible()

    second = hall.phone("bob")
    second.page.goto(hall.scanned(amina.page))
    second.button("Je le prends")
    expect(second.page.get_by_role("heading", name="Premier cercle")).to_be_visible()
    assert (second.taps, second.fields) == (1, 0)

    third = hall.phone("carole")
    third.page.goto("/claim")
    third.is_fit_and_accessible()
    third.write("Le code", code)
    third.button("Voir le badge")
    third.button("Je le prends")
    expect(third.page.get_by_role("heading", name="Premier cercle")).to_be_visible()
    assert (third.taps, third.fields) == (2, 1)

    second.page.goto(hall.scanned(amina.page))
    expect(second.page.get_by_text("Tu as déjà ce badge.")).to_be_visible()
    expect(second.page.get_by_role("button", name="Je le prends")).to_have_count(0)
    amina.page.reload()
    expect(amina.page.get_by_text("3 personnes l’ont pris")).to_be_visible()
    amina.button("Arrêter la distribution")
    late = hall.phone()
    late.page.goto(f"/claim/{code}")
    expect(late.page.get_by_text("n’est plus distribué")).to_be_visible()


def test_a_screen_shows_the_next_code_by_itself_when_a_phone_scanned_the_one_before(hall: Hall) -> None:
    amina = hall.phone("amina")
    amina.page.goto("/me/forge")
    amina.begin()
    amina.tap(amina.page.get_by_role("link", name="Distribuer").last)
    amina.button("Le montrer à chacun·e son tour")
    assert (amina.taps, amina.fields) == (2, 0)
    amina.is_fit_and_accessible()
    before = hall.shown(amina.page)

    first, second = hall.phone("bob"), hall.phone()
    first.page.goto(before)
    expect(first.page.get_by_role("heading", level=1)).to_have_text("Premier cercle")
    second.page.goto(before)
    expect(second.page.get_by_text("Quelqu’un vient de scanner ce code")).to_be_visible()
    second.is_fit_and_accessible()
    expect(amina.page.locator(".code code")).not_to_have_text(_letters(before))
    expect(amina.page.get_by_text("1 scanné · 0 personne l’a pris")).to_be_visible()
    amina.is_fit_and_accessible()
    after = hall.shown(amina.page)
    second.page.goto(after)
    second.write("Prénom", "Dora")
    second.write("Un mot de passe", PASSWORD)
    second.button("Je le prends")
    expect(second.page.get_by_role("heading", level=1)).to_have_text("Il est à toi")
    first.button("Je le prends")
    expect(first.page.get_by_role("heading", name="Premier cercle")).to_be_visible()
    expect(amina.page.get_by_text("2 scannés · 2 personnes l’ont pris")).to_be_visible()

    last = hall.shown(amina.page)
    amina.button("Code suivant")
    expect(amina.page.locator(".code code")).not_to_have_text(_letters(last))
    amina.button("Arrêter la distribution")
    expect(amina.page.get_by_text("Terminé")).to_be_visible()


def test_the_next_code_comes_without_a_script_too(hall: Hall) -> None:
    amina = hall.phone("amina", java_script_enabled=False)
    amina.page.goto("/me/forge")
    amina.tap(amina.page.get_by_role("link", name="Distribuer").last)
    amina.button("Le montrer à chacun·e son tour")
    code = hall.shown(amina.page)
    hall.phone("bob").page.goto(code)
    amina.button("Code suivant")
    expect(amina.page.locator(".code code")).not_to_have_text(_letters(code))
    expect(amina.page.get_by_text("1 scanné")).to_be_visible()
    assert hall.shown(amina.page) != code


def _letters(address: str) -> str:
    """A code in an address, as it stands beside the QR."""
    code = address.rpartition("/")[2]
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"


def test_somebody_is_recognised_in_three_taps_and_keeps_it(hall: Hall) -> None:
    amina = hall.phone("amina")
    amina.page.goto("/me/forge")
    amina.begin()
    amina.tap(amina.page.get_by_role("link", name="Reconnaître").last)
    amina.is_fit_and_accessible()
    amina.tap(amina.page.locator(".faces label", has_text="Bob"))
    amina.write("Une phrase", "Merci pour ton écoute.")
    amina.button("Reconnaître")
    hall.hold_time()
    assert (amina.taps, amina.fields) == (3, 1)
    expect(amina.page.get_by_role("button", name="Annuler")).to_be_visible()
    amina.is_fit_and_accessible()

    bob = hall.phone("bob")
    bob.page.goto("/me/received")
    expect(bob.page.get_by_text("Merci pour ton écoute.")).to_have_count(0)
    hall.let_time_pass()
    bob.page.goto("/me")
    bob.begin()
    bob.tap(bob.page.get_by_text("attend ta réponse"))
    expect(bob.page.get_by_text("Merci pour ton écoute.")).to_be_visible()
    bob.is_fit_and_accessible()
    bob.button("Garder dans mon carnet")
    expect(bob.page.get_by_role("heading", name="Premier cercle")).to_be_visible()
    assert (bob.taps, bob.fields) == (2, 0)
    amina.page.goto("/me/given?pod=halle")
    expect(amina.page.get_by_text("Gardé")).to_be_visible()
    amina.is_fit_and_accessible()


def test_ten_seconds_are_enough_to_take_it_back(hall: Hall) -> None:
    amina = hall.phone("amina")
    amina.page.goto("/me/forge")
    amina.tap(amina.page.get_by_role("link", name="Reconnaître").last)
    amina.write("Ou un nom, ou une adresse", "Carole")
    amina.button("Reconnaître")
    amina.button("Annuler")
    expect(amina.page.get_by_role("heading", level=1)).to_have_text("Donner des badges")
    amina.page.goto("/me/given?pod=halle")
    expect(amina.page.get_by_text("Rien encore")).to_be_visible()


def test_a_badge_is_drawn_in_the_studio_with_a_picture_that_follows(hall: Hall) -> None:
    amina = hall.phone("amina")
    amina.page.goto("/me/forge/new?pod=halle")
    amina.is_fit_and_accessible()
    before = amina.page.locator("[data-preview]").get_attribute("src")
    amina.page.locator("label[for=l-relating_skill]").click()
    amina.page.locator("label[for=i-ear]").click()
    after = amina.page.locator("[data-preview]").get_attribute("src")
    assert before != after == "/me/forge/picture?look=relating_skill&icon=ear"
    amina.write("Son nom", "Oreille d’or")
    amina.write("En une phrase", "Écoute sans conseiller.")
    amina.write("Ce qu’il faut pour le recevoir", "Trois dialogues.")
    amina.button("Garder")
    expect(amina.page.get_by_role("heading", name="Oreille d’or")).to_be_visible()
    amina.is_fit_and_accessible()

"""A badge of another forge comes in as a picture, is verified, and shown to whom one chooses (issue 6)."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import live_server
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import Page, expect

from pod_app.standards import baking, data_integrity, multibase
from pod_app.standards import open_badges as ob
from pod_app.standards.json_text import dump

sys.path.insert(0, str(Path(__file__).parent))
from test_visitor import no_sideways_scroll

HEART = Path(__file__).parents[1] / "data/badges/samples/ob2-reference-validator/public_domain_heart.png"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def enter(page: Page, demo: str) -> str:
    """As one of the fictional people, in one tap; returns their WebID."""
    page.goto(f"{demo}me/enter-as")
    page.get_by_role("button", name="Entrer comme").nth(0).click()
    expect(page).to_have_url(f"{demo}me")
    return page.input_value("#webid")


def of_another_forge(webid: str, name: str) -> bytes:
    """A PNG with a badge inside whose issuer is a key alone, so that anybody can verify it without asking."""
    key = multibase.encode_key(KEY.public_key().public_bytes_raw())
    did = f"did:key:{key}"
    achievement = ob.achievement(
        id=f"https://autre.example/{name}", name=name, description="Sait tailler.", narrative="Trois hivers."
    )
    unsigned = ob.credential(
        id=f"urn:uuid:{name}", issuer=ob.profile(id=did, name="L’Autre Forge"), subject=webid, achievement=achievement,
        valid_from=datetime(2025, 3, 1, tzinfo=UTC),
    )  # fmt: skip
    signed = data_integrity.sign(
        unsigned, sign=KEY.sign, verification_method=f"{did}#{key}", created=datetime(2025, 3, 1, tzinfo=UTC)
    )
    return baking.bake(HEART.read_bytes(), dump(signed).decode())


def test_a_baked_badge_comes_in_is_verified_and_shown(page, demo, tmp_path):
    name = f"Taille-{page.viewport_size['width']}"
    picture = tmp_path / "taille.png"
    picture.write_bytes(of_another_forge(enter(page, demo), name))
    page.get_by_role("link", name="Faire entrer un badge").click()
    no_sideways_scroll(page)
    page.set_input_files("input[type=file]", picture)
    page.get_by_role("button", name="Faire entrer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.get_by_text("Ce badge est authentique")).to_be_visible()
    expect(page.get_by_text("L’Autre Forge").first).to_be_visible()
    no_sideways_scroll(page)
    address = httpx.QueryParams(page.url.partition("?")[2])["iri"]
    assert live_server.get(address).status_code == 401
    form = page.locator("form[action='/me/audience']")
    form.locator("select").select_option("everyone")
    with page.expect_navigation():
        form.get_by_role("button").click()
    assert live_server.get(address, headers={"Accept": "application/vc"}).status_code == 200
    assert baking.unbake(live_server.get(f"{address}.png").content) == baking.unbake(picture.read_bytes())
    page.goto(f"{demo}me/badges?q={name}")
    expect(page.locator("main h3")).to_have_text([name])
    with page.expect_download() as taken:
        page.get_by_role("button", name="Télécharger tous mes badges").click()
    assert taken.value.path().read_bytes().startswith(b"PK")


def test_a_spoilt_badge_is_kept_with_the_step_that_failed(page, demo, tmp_path):
    spoilt = tmp_path / "abîmé.json"
    honest = baking.unbake(of_another_forge(enter(page, demo), "Greffe"))
    spoilt.write_text(honest.replace("Trois hivers", "Deux hivers"), encoding="utf-8")
    page.goto(f"{demo}me/badges/import")
    page.set_input_files("input[type=file]", spoilt)
    page.get_by_role("button", name="Faire entrer").click()
    expect(page.get_by_text("a échoué").first).to_be_visible()
    expect(page.get_by_text("abîmé.json").first).to_be_visible()
    no_sideways_scroll(page)
    page.get_by_role("button", name="Oublier cet envoi").click()
    expect(page).to_have_url(f"{demo}me/badges/import")


def test_badges_are_put_together_on_a_page_of_their_own(page, demo):
    enter(page, demo)
    page.goto(f"{demo}me/collections/new")
    page.get_by_label("Titre").fill("Mes mains")
    page.locator("input[type=checkbox]").first.check()
    page.locator("select[name=audience]").select_option("everyone")
    page.get_by_role("button", name="Garder").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mes mains")
    no_sideways_scroll(page)
    address = httpx.QueryParams(page.url.partition("?")[2])["iri"]
    shown = live_server.get(address, headers={"Accept": "text/html"})
    assert shown.status_code == 200
    assert "Mes mains" in shown.text


def test_every_page_of_the_bag_fits_its_width(page, demo):
    enter(page, demo)
    for path in ("me/badges", "me/badges/import", "me/collections", "me/collections/new"):
        page.goto(f"{demo}{path}")
        assert page.locator("h1").count() == 1
        no_sideways_scroll(page)

"""What a stranger and a jardinier·e do first, in a real browser, on a phone and on a desktop."""

import re

import httpx
import live_server
import pytest
from playwright.sync_api import Page, expect

NAME, PASSWORD = "amina", "jardin-demo"


def no_sideways_scroll(page: Page) -> None:
    page.wait_for_load_state()  # a tap returns before the next page has its style sheet
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def sign_in(page: Page, demo: str) -> None:
    page.goto(f"{demo}me")
    page.fill("input[name=name]", NAME)
    page.fill("input[name=password]", PASSWORD)
    page.click("main form button")
    expect(page).to_have_url(f"{demo}me")


@pytest.mark.parametrize(
    "path",
    ["", "verify", "me/sign-in", "design", "sources", "amina/profile/card", "jardiniers/profile/card",
     "jardiniers/achievements/bienvenu-e", "jardiniers/achievements/", "amina/private/", "nobody/"],
)  # fmt: skip
def test_every_page_has_one_heading_and_fits_its_width(page, demo, path):
    page.goto(f"{demo}{path}")
    assert page.locator("h1").count() == 1
    assert page.locator("html").get_attribute("lang") == "fr"
    no_sideways_scroll(page)


def test_every_link_of_the_first_page_leads_somewhere(page, demo):
    page.goto(demo)
    links = page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
    for link in {one.partition("#")[0] for one in links if one.startswith(demo)}:
        answer = live_server.get(link, headers={"Accept": "text/html"}, follow_redirects=True)
        assert answer.status_code == 200, link


def test_the_language_can_be_changed_and_is_kept(page, demo):
    page.goto(demo)
    page.click("nav a[hreflang=en]")
    assert page.locator("html").get_attribute("lang") == "en"
    page.goto(f"{demo}verify")
    assert page.locator("html").get_attribute("lang") == "en"


def show_first_badge_to(page: Page, demo: str, audience: str) -> None:
    page.goto(f"{demo}me")
    form = page.locator("form[action='/me/audience']").first
    form.locator("select").select_option(audience)
    with page.expect_navigation():
        form.locator("button").click()
    expect(page).to_have_url(f"{demo}me")


def test_a_jardiniere_hides_a_badge_takes_it_along_and_shows_it_again(page, demo):
    sign_in(page, demo)
    show_first_badge_to(page, demo, "me")
    page.locator("main h3 a").first.click()
    address = httpx.QueryParams(page.url.partition("?")[2])["iri"]
    assert live_server.get(address).status_code == 401
    with page.expect_download() as taken:
        page.get_by_role("link", name="PNG").click()
    assert taken.value.path().read_bytes().startswith(b"\x89PNG")
    show_first_badge_to(page, demo, "everyone")
    assert live_server.get(address).status_code == 200


def test_a_stranger_verifies_a_picture_and_then_a_spoilt_one(page, demo, tmp_path):
    card = live_server.get(f"{demo}amina/profile/card", headers={"Accept": "text/html"}).text
    found = re.findall(r'href="(/amina/badges/[0-9a-f-]+)"', card)
    badges = {path: live_server.get(f"{demo.rstrip('/')}{path}.json").content for path in found}
    # Other tests may have brought badges of other forges into the same bag.
    given = [path for path, document in badges.items() if b"Jardiniers du Nous" in document]
    assert given, "the demo shows at least one badge of Amina"
    picture = tmp_path / "badge.png"
    picture.write_bytes(live_server.get(f"{demo.rstrip('/')}{given[-1]}.png").content)
    page.goto(f"{demo}verify")
    page.set_input_files("input[type=file]", picture)
    page.click("main form button")
    expect(page.get_by_text("Ce badge est authentique")).to_be_visible()
    no_sideways_scroll(page)

    spoilt = tmp_path / "spoilt.json"
    spoilt.write_bytes(badges[given[-1]].replace(b"Jardiniers du Nous", b"Jardiniers du Vous"))
    page.goto(f"{demo}verify")
    page.set_input_files("input[type=file]", spoilt)
    page.click("main form button")
    expect(page.get_by_text("Ce badge n’est pas valable")).to_be_visible()


def test_a_private_address_shows_the_way_to_sign_in(page, demo):
    page.goto(f"{demo}amina/private/")
    page.get_by_role("link", name="L’ouvrir avec mon carnet").click()
    page.fill("input[name=name]", NAME)
    page.fill("input[name=password]", PASSWORD)
    page.click("main form button")
    assert page.locator("h1").inner_text() == "private"


def test_one_tap_enters_as_somebody_who_is_made_up(page, demo):
    """«Entrer comme…» (product.md): said to be fiction, one tap, and then their own notebook."""
    page.goto(demo)
    expect(page.get_by_text("Les personnes d’ici sont inventées")).to_be_visible()
    page.get_by_role("button", name="Entrer comme Yann").click()
    expect(page).to_have_url(f"{demo}me")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Yann")
    expect(page.get_by_text("Pas encore à toi").first).to_be_visible()

"""Opening a notebook, signing in and letting an application in with Tab, Space and Enter alone, for screen readers too.

Nothing is clicked: focus goes from one thing to the next, stays visible, and everything has a role and a name.
"""

import base64
import hashlib
import http.server
import secrets
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import live_server
import pytest
from fixtures_peers import PATIENCE
from playwright.sync_api import expect
from test_public_pages import SIZES, faults

PASSWORD = "une petite phrase"
MOST_STEPS = 60
FOCUSED = """() => {
  const here = document.activeElement, style = getComputedStyle(here), box = here.getBoundingClientRect();
  const next = here.nextElementSibling ? getComputedStyle(here.nextElementSibling) : style;
  const outlined = [style, next, getComputedStyle(here.closest('.door, .tile, label') || here)]
    .some(one => one.outlineStyle !== 'none' && parseFloat(one.outlineWidth) >= 2);
  return {
    tag: here.tagName, outlined,
    inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    name: (here.getAttribute('aria-label') || (here.labels && [...here.labels].map(one => one.innerText).join(' '))
      || here.innerText || '').trim()
  };
}"""


class Back(http.server.BaseHTTPRequestHandler):
    """The application's own page, to which a person comes back."""

    def do_GET(self):
        page = b'<!doctype html><html lang="fr"><title>Carnet de bord</title><h1>De retour</h1>'
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_):
        """Nothing: the test says what went wrong."""


@pytest.fixture(scope="module")
def garden(tmp_path_factory):
    with live_server.serving(tmp_path_factory.mktemp("garden") / "data") as base:
        yield base


@pytest.fixture(scope="module")
def application():
    with live_server.answering(Back) as port:
        yield f"http://127.0.0.1:{port}/back"


@pytest.fixture(params=sorted(SIZES))
def keyboard(request, browser):
    context = browser.new_context(viewport=SIZES[request.param], locale="fr-FR")
    context.set_default_timeout(PATIENCE)
    yield Keyboard(context.new_page())
    context.close()


class Keyboard:
    """Ten fingers and no mouse."""

    def __init__(self, page):
        self.page = page

    def focused(self):
        return self.page.evaluate(FOCUSED)

    def to(self, name):
        """Tab on until what has this name is focused; all on the way there is visible and named."""
        for _ in range(MOST_STEPS):
            self.page.keyboard.press("Tab")
            here = self.focused()
            if here["tag"] == "BODY":
                continue
            assert here["name"], here
            assert here["outlined"], here
            assert here["inside"], here
            if name in here["name"]:
                return here
        raise AssertionError(f"{name} is never reached")

    def fill(self, name, text):
        assert self.to(name)["tag"] == "INPUT"
        self.page.keyboard.type(text)

    def enter(self, name):
        """Press what has this name, and wait for the page that it leads to, style and all."""
        self.to(name)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def heading(self, words):
        self.page.get_by_role("heading", level=1, name=words).wait_for()


def wish(garden, back):
    """The address at which an application asks to let it in."""
    wanted = {"client_name": "Carnet de bord", "redirect_uris": [back], "token_endpoint_auth_method": "none"}
    client = httpx.post(f"{garden}oidc/register", json=wanted, timeout=live_server.HANG_GUARD).json()["client_id"]
    challenge = hashlib.sha256(secrets.token_urlsafe(48).encode()).digest()
    asked = {
        "response_type": "code", "client_id": client, "redirect_uri": back, "scope": "openid webid", "state": "s-1",
        "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(), "code_challenge_method": "S256",
    }  # fmt: skip
    return f"{garden}oidc/authorize?{urlencode(asked)}"


def test_a_newcomer_opens_a_notebook_and_lets_an_application_in(garden, application, keyboard):
    keyboard.page.goto(wish(garden, application))
    keyboard.heading("Ouvrir mon carnet")
    keyboard.enter("En ouvrir un")
    keyboard.fill("Prénom", "Zélie")
    keyboard.fill("Un mot de passe", PASSWORD)
    keyboard.enter("Ouvrir mon carnet")
    keyboard.heading("Une phrase à imprimer")
    keyboard.enter("Je l’ai gardée")
    keyboard.heading("Laisser entrer Carnet de bord dans ton carnet")
    keyboard.to("Ne plus me demander")
    keyboard.page.keyboard.press("Space")
    assert not keyboard.page.get_by_role("checkbox").is_checked()
    keyboard.enter("Oui, la laisser entrer")
    keyboard.page.get_by_role("heading", name="De retour").wait_for()
    told = parse_qs(urlsplit(keyboard.page.url).query)
    assert told["state"] == ["s-1"]
    assert told["code"][0]


@pytest.fixture(scope="module")
def maya(garden):
    """An account that is there already."""
    with httpx.Client(base_url=garden, timeout=live_server.HANG_GUARD) as client:
        answer = client.post("/me/new", data={"first_name": "Maya", "password": PASSWORD})
        assert answer.status_code in {200, 303}, answer.text
    return "maya"


def test_signing_in_and_saying_no(garden, application, maya, keyboard):
    keyboard.page.goto(wish(garden, application))
    keyboard.fill("Nom du carnet", maya)
    keyboard.fill("Mot de passe", PASSWORD)
    keyboard.page.keyboard.press("Enter")
    keyboard.heading("Laisser entrer Carnet de bord")
    keyboard.enter("Non")
    keyboard.page.get_by_role("heading", name="De retour").wait_for()
    assert parse_qs(urlsplit(keyboard.page.url).query)["error"] == ["access_denied"]


def test_a_wrong_password_is_announced_where_one_stands_and_the_way_on_is_short(garden, maya, keyboard):
    keyboard.page.goto(f"{garden}me/sign-in")
    keyboard.fill("Nom du carnet", maya)
    keyboard.fill("Mot de passe", "autre chose encore")
    keyboard.page.keyboard.press("Enter")
    alert = keyboard.page.get_by_role("alert")
    expect(alert).to_be_focused()  # `autofocus` counts once the page is drawn
    assert keyboard.focused()["outlined"]
    snapshot = keyboard.page.locator("main").aria_snapshot()
    assert "alert" in snapshot
    field = keyboard.page.get_by_label("Mot de passe")
    assert field.get_attribute("aria-invalid") == "true"
    described = keyboard.page.locator(f"#{field.get_attribute('aria-describedby')}")
    assert described.inner_text() == alert.inner_text()
    keyboard.page.keyboard.press("Tab")
    assert "Nom du carnet" in keyboard.focused()["name"]  # the form follows at once
    keyboard.fill("Mot de passe", PASSWORD)
    keyboard.page.keyboard.press("Enter")
    keyboard.heading("Maya")


def test_a_screen_reader_is_told_what_the_consent_page_asks(garden, application, maya, keyboard):
    keyboard.page.goto(wish(garden, application))
    keyboard.fill("Nom du carnet", maya)
    keyboard.fill("Mot de passe", PASSWORD)
    keyboard.page.keyboard.press("Enter")
    keyboard.heading("Laisser entrer Carnet de bord")
    told = keyboard.page.locator("main").aria_snapshot()
    for line in (
        'heading "Laisser entrer Carnet de bord dans ton carnet', "[level=1]", 'checkbox "Ne plus me demander',
        'button "Oui, la laisser entrer"', 'button "Non"', "127.0.0.1",
    ):  # fmt: skip
        assert line in told, told
    assert faults(keyboard.page) == []
    assert keyboard.page.locator("main").get_by_role("img").count() == 0  # icons beside words are silent


@pytest.mark.parametrize("path", ["me/sign-in", "me/elsewhere", "me/new", "me/recover"])
def test_every_field_has_a_name_and_says_what_may_fill_it_in(garden, keyboard, path):
    keyboard.page.goto(f"{garden}{path}")
    for field in keyboard.page.locator("main input:not([type=hidden])").all():
        assert field.evaluate("one => one.labels.length") == 1
        assert field.get_attribute("autocomplete")
        assert field.evaluate("one => one.required")
    assert faults(keyboard.page) == []


def test_the_first_tab_leads_past_the_menu(garden, keyboard):
    keyboard.page.goto(f"{garden}me/sign-in")
    keyboard.page.keyboard.press("Tab")
    assert "contenu" in keyboard.focused()["name"]
    assert keyboard.focused()["inside"]
    keyboard.page.keyboard.press("Enter")
    keyboard.page.keyboard.press("Tab")
    assert "Nom du carnet" in keyboard.focused()["name"]

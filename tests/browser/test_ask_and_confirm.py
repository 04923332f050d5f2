"""Ask and confirm on a phone: three taps and two fields to ask, one tap to answer, no account (product.md, flow 3)."""

import live_server
import pytest
from fixtures_peers import PATIENCE
from fixtures_recognition import photo
from playwright.sync_api import expect
from subscribers import wait_until
from test_public_pages import AXE, faults, fits

PHONE = {"width": 390, "height": 844}
PASSWORD = "une petite phrase"
SENTENCE = "J’ai greffé trois pommiers avec Lina, un samedi de mars."


@pytest.fixture(scope="module")
def garden(tmp_path_factory):
    """A served installation: Amina founded a garden that gives one badge; Bob and Carole have notebooks."""
    folder = tmp_path_factory.mktemp("garden") / "data"

    def run(*arguments, stdin=""):
        done = live_server.run(folder, *arguments, stdin=stdin)
        assert done.returncode == 0, done.stderr

    with live_server.serving(folder) as base:
        for name in ("amina", "bob", "carole"):
            run("account", "create", name, "--password-stdin", "--title", name.capitalize(), stdin=PASSWORD)
        owner = f"{base}amina/profile/card#me"
        run("pod", "create", "potager", "--kind", "garden", "--owner", owner, "--title", "Le potager partagé")
        run("member", "add", "potager", f"{base}carole/profile/card#me", "--role", "member")
        run(
            "achievement", "create", "--as", "potager", "--name", "Greffe",
            "--description", "Sait greffer un arbre fruitier.", "--criteria", "Trois greffes qui ont pris.",
        )  # fmt: skip
        yield base


class Thumb:
    """Somebody on a phone, who counts what they tap and fill."""

    def __init__(self, page):
        self.page = page
        self.taps = self.fields = 0

    def tap(self, role, name):
        self.taps += 1
        self.page.get_by_role(role, name=name).click()

    def fill(self, label, text):
        self.fields += 1
        self.page.get_by_label(label).fill(text)

    def begin(self):
        self.taps = self.fields = 0


@pytest.fixture
def phones(browser):
    """Makes phones, each somebody's own; none may complain in its console."""
    made, complaints = [], []

    def phone(*, script=True):
        context = browser.new_context(viewport=PHONE, locale="fr-FR", java_script_enabled=script, has_touch=True)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda told: complaints.append(told.text) if "Content Security" in told.text else None)
        made.append(context)
        return Thumb(page)

    yield phone
    for context in made:
        context.close()
    assert complaints == []


def sign_in(thumb, base, name):
    thumb.page.goto(f"{base}me/sign-in")
    thumb.page.get_by_label("Nom du carnet").fill(name)
    thumb.page.get_by_label("Mot de passe").fill(PASSWORD)
    thumb.page.locator("main form button").first.click()
    expect(thumb.page).to_have_url(f"{base}me")


def sound(page, *, script=True):
    """It fits, has one heading, and axe finds nothing where scripts may run."""
    assert page.locator("h1").count() == 1
    fits(page)
    if script and AXE.is_file():
        page.emulate_media(reduced_motion="reduce")
        assert faults(page) == [], page.url


def test_ask_confirm_and_be_recognised_on_phones(garden, phones):  # noqa: PLR0915  # one story
    bob, lina, carole, amina = phones(), phones(script=False), phones(), phones()
    sign_in(bob, garden, "bob")

    # Ask: from the page of the badge, three taps and two fields.
    bob.page.goto(f"{garden}potager/achievements/greffe")
    bob.begin()
    bob.tap("link", "Je l’ai fait")
    sound(bob.page)
    bob.fill("Qu’as-tu fait", SENTENCE)
    bob.fields += 1
    picture = {"name": "photo.png", "mimeType": "image/png", "buffer": photo()}
    bob.page.get_by_label("Une photo").set_input_files(picture)
    bob.tap("button", "Envoyer ma demande")
    link = bob.page.get_by_label("Le lien, pour cette seule personne").input_value()
    bob.page.context.grant_permissions(["clipboard-write"])
    bob.tap("button", "Copier")
    expect(bob.page.get_by_role("button", name="Copié")).to_be_visible()
    assert (bob.taps, bob.fields) == (3, 2)
    sound(bob.page)
    request = bob.page.url

    # A stranger answers: the link is opened, one tap, no field, no account, no JavaScript.
    lina.page.goto(link)
    assert lina.page.title().startswith("Y étais-tu")
    expect(lina.page.get_by_text(SENTENCE)).to_be_visible()
    assert lina.page.locator("img.photo").evaluate("one => one.naturalWidth") == 64
    sound(lina.page, script=False)
    lina.begin()
    lina.tap("button", "Oui, j’y étais")
    expect(lina.page.get_by_role("heading", name="Merci")).to_be_visible()
    sound(lina.page, script=False)
    assert (lina.taps, lina.fields) == (1, 0)
    lina.page.goto(link)
    expect(lina.page.get_by_text("Ce lien a servi")).to_be_visible()
    assert "Bob" not in lina.page.content()

    # A second person has a notebook: the same link, one tap, and the word is signed.
    bob.page.get_by_text("Demander aussi à quelqu’un d’autre").click()
    bob.page.get_by_label("Son prénom ou son adresse").fill("Carole")
    bob.page.get_by_role("button", name="Préparer un lien").click()
    second = bob.page.get_by_label("Le lien, pour cette seule personne").input_value()
    sign_in(carole, garden, "carole")
    carole.page.goto(second)
    sound(carole.page)
    carole.begin()
    carole.tap("button", "Oui, j’y étais")
    expect(carole.page.get_by_role("heading", name="Merci")).to_be_visible()
    assert (carole.taps, carole.fields) == (1, 0)

    # The garden sees both, each as what it is, and recognises in one tap.
    sign_in(amina, garden, "amina")
    amina.page.goto(f"{garden}me/requests")
    sound(amina.page)
    amina.begin()
    amina.tap("link", "Bob demande")
    expect(amina.page.get_by_text("Laissée par un lien, sans signature")).to_be_visible()
    expect(amina.page.get_by_text("Signée, et elle tient")).to_be_visible()
    sound(amina.page)
    amina.tap("button", "Reconnaître")
    assert (amina.taps, amina.fields) == (2, 0)
    expect(amina.page).to_have_url(f"{garden}me/requests")

    # Bob finds the badge, with the regard of the garden and the words of those who were there.
    bob.page.goto(request)
    expect(bob.page.get_by_text("Le potager partagé l’a reconnu.")).to_be_visible()
    sound(bob.page)
    badge = bob.page.locator("main h3 a", has_text="Greffe")
    # It is brought to his notebook by a job.
    wait_until(lambda: bob.page.goto(f"{garden}me") and badge.count() == 1)
    badge.click()
    expect(bob.page.get_by_text("Reconnu par un jardin")).to_be_visible()
    expect(bob.page.get_by_text("Signée, et elle tient")).to_be_visible()
    expect(bob.page.get_by_text("Laissée par un lien, sans signature")).to_be_visible()
    fits(bob.page)


def test_whoever_cannot_say_taps_once_and_the_asker_reads_it(garden, phones):
    bob, lina = phones(script=False), phones()
    sign_in(bob, garden, "carole")
    bob.page.goto(f"{garden}me/requests/new?achievement={garden}potager/achievements/greffe")
    bob.page.get_by_label("Qu’as-tu fait").fill("J’ai tenu le greffoir.")
    bob.page.get_by_role("button", name="Envoyer ma demande").click()
    lina.page.goto(bob.page.get_by_label("Le lien, pour cette seule personne").input_value())
    lina.tap("button", "Je ne sais pas")
    expect(lina.page.get_by_role("heading", name="Merci")).to_be_visible()
    assert (lina.taps, lina.fields) == (1, 0)
    bob.page.reload()
    expect(bob.page.get_by_text("Je ne sais pas")).to_be_visible()

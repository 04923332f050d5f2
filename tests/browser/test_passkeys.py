"""A passkey made and used in a real browser, with an authenticator that Chromium plays."""

import live_server
import pytest
from fixtures_peers import PATIENCE


@pytest.fixture(scope="module")
def garden(tmp_path_factory):
    with live_server.serving(tmp_path_factory.mktemp("garden") / "data") as base:
        yield base


@pytest.fixture
def phone(browser):
    """A visitor whose device can hold passkeys."""
    context = browser.new_context(locale="fr-FR", viewport={"width": 390, "height": 844})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield page
    context.close()


def test_a_passkey_opens_the_notebook_without_a_password(garden, phone):
    phone.goto(f"{garden}me/new")
    phone.get_by_label("Prénom").fill("Noé")
    phone.get_by_label("Un mot de passe").fill("une petite phrase")
    phone.get_by_role("button", name="Ouvrir mon carnet").click()
    phone.get_by_role("link", name="Je l’ai gardée").click()
    phone.get_by_role("link", name="Mon compte et ses clés").click()
    phone.get_by_label("Nom de cet appareil").fill("mon téléphone")
    phone.get_by_role("button", name="Ajouter une clé d’accès").click()
    phone.get_by_text("mon téléphone ·").wait_for()
    phone.goto(f"{garden}me")
    phone.get_by_role("button", name="Me déconnecter").click()
    phone.goto(f"{garden}me/sign-in")
    phone.get_by_role("button", name="Me connecter avec une clé d’accès").click()
    phone.get_by_role("heading", name="Bonjour Noé").wait_for()


def test_a_passkey_that_was_removed_opens_nothing(garden, phone):
    phone.goto(f"{garden}me/new")
    phone.get_by_label("Prénom").fill("Maya")
    phone.get_by_label("Un mot de passe").fill("une petite phrase")
    phone.get_by_role("button", name="Ouvrir mon carnet").click()
    phone.goto(f"{garden}me/account")
    phone.get_by_label("Nom de cet appareil").fill("vieux téléphone")
    phone.get_by_role("button", name="Ajouter une clé d’accès").click()
    phone.get_by_text("vieux téléphone ·").wait_for()
    phone.get_by_role("button", name="Enlever").click()
    phone.get_by_text("vieux téléphone ·").wait_for(state="detached")
    phone.goto(f"{garden}me/sign-in")
    phone.get_by_role("button", name="Me connecter avec une clé d’accès").click()
    phone.get_by_text("Cela n’a pas marché").wait_for()

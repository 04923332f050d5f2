"""«Entrer comme…» exists in a demo and nowhere else (product.md, words on screen)."""

import pytest

SHARED = "Ce carnet est partagé par toutes les personnes qui visitent la démonstration."
PASSWORD = "une petite phrase"
LOCKING = {
    "/me/account/password": {"password": "un autre secret"},
    "/me/account/phrase": {},
    "/me/account/passkeys/ask": {},
    "/me/account/passkeys/add": {},
    "/me/account/passkeys/remove": {"id": "1"},
    "/me/leave": {"name": "amina", "password": PASSWORD},
}
"""What would keep the next visitor out, and a form that would do it."""


@pytest.fixture
def play(installation):
    """An installation that was declared a demo, with its three people."""
    for name in ("amina", "yann", "zoe"):
        installation.person(name, title=name.capitalize())
    installation.services.personas.declare({"founder": "amina", "passer": "yann", "newcomer": "zoe"})
    return installation


def test_one_tap_signs_in_as_somebody_who_is_said_to_be_made_up(play):
    page = play.client.get("/", headers={"Accept-Language": "fr"}).text
    assert "Les personnes d’ici sont inventées" in page
    assert page.count('action="/me/enter-as"') == 3
    entered = play.client.post("/me/enter-as", data={"role": "newcomer"}, headers={"Origin": play.base.rstrip("/")})
    assert (entered.status_code, entered.headers["Location"]) == (303, "/me")
    assert "Zoe" in play.client.get("/me").text


def test_the_three_have_a_page_of_their_own(play):
    page = play.client.get("/me/enter-as", headers={"Accept-Language": "en"}).text
    assert "Enter as Yann" in page
    assert 'value="passer"' in page


def test_another_site_cannot_send_somebody_in(play):
    """The same check as every form (trust.md S29)."""
    refused = play.client.post(
        "/me/enter-as",
        data={"role": "founder"},
        headers={"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"},
    )
    assert refused.status_code == 403
    assert "session" not in refused.cookies


@pytest.mark.parametrize("role", ["founder", "admin", ""])
def test_outside_a_demo_nobody_can_be_played(installation, role):
    installation.person("amina")
    assert installation.client.get("/me/enter-as").status_code == 404
    answer = installation.client.post("/me/enter-as", data={"role": role})
    assert answer.status_code == 404
    assert not answer.cookies
    assert "enter-as" not in installation.client.get("/").text


def test_only_the_three_can_be_played_in_a_demo(play):
    play.person("basile", "a long enough password")
    for role in ("basile", "admin", ""):
        assert play.client.post("/me/enter-as", data={"role": role}).status_code == 404


def test_a_demo_stays_one_when_it_is_opened_again(play, make_installation):
    again = make_installation(data=play.services.settings.data)
    assert list(again.services.personas.all()) == ["founder", "passer", "newcomer"]


def french(client, path):
    return client.get(path, headers={"Accept-Language": "fr"})


def token(client, path):
    return client.get(path).text.partition('name="csrf" value="')[2].partition('"')[0]


def enter(play):
    assert play.client.post("/me/enter-as", data={"role": "founder"}).status_code == 303
    return play.client


@pytest.mark.parametrize(("path", "form"), LOCKING.items())
def test_nobody_who_plays_amina_can_keep_the_others_from_playing_her(play, path, form):
    visitor = enter(play)
    sent = {"csrf": token(visitor, "/me/leave"), **form}
    headers = {"Accept-Language": "fr", "X-Form-Token": sent["csrf"]}
    refused = visitor.post(path, data=sent, headers=headers)
    assert refused.status_code == 403
    assert SHARED in refused.text
    assert not play.services.identity.recovery.has_one(play.services.accounts.of_pod("amina"))
    assert enter(play).get("/me").status_code == 200


def test_a_phrase_for_a_shared_notebook_is_not_even_looked_at(play):
    """Whoever is signed in, or nobody: the name in the form says whose notebook it is."""
    form = {"name": " Amina ", "phrase": "ba be bi bo bu", "password": "un autre secret"}
    refused = play.client.post("/me/recover", data=form, headers={"Accept-Language": "fr"})
    assert refused.status_code == 403
    assert SHARED in refused.text


@pytest.mark.parametrize("path", ["/me/account", "/me/leave", "/me/recover"])
def test_pages_of_a_shared_notebook_say_so_instead_of_asking(play, path):
    page = french(enter(play), path).text
    assert SHARED in page
    assert 'type="password"' not in page
    assert not any(f'action="{action}"' in page for action in (*LOCKING, "/me/recover"))


@pytest.mark.parametrize("path", ["/me/account", "/me/leave", "/me/recover"])
def test_a_visitor_with_a_notebook_of_their_own_keeps_it_as_they_like(play, path):
    play.person("basile", PASSWORD)
    play.client.post("/me/sign-in", data={"name": "basile", "password": PASSWORD})
    page = french(play.client, path).text
    assert SHARED not in page
    assert 'type="password"' in page


def test_a_visitor_can_leave_with_a_notebook_of_their_own(play):
    play.person("basile", PASSWORD)
    play.client.post("/me/sign-in", data={"name": "basile", "password": PASSWORD})
    form = {"csrf": token(play.client, "/me/leave"), "name": "basile", "password": PASSWORD}
    assert play.client.post("/me/leave", data=form).headers["Location"] == "/me/left"

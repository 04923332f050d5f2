"""«Entrer comme…» exists in a demo and nowhere else (product.md, words on screen)."""

import pytest


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

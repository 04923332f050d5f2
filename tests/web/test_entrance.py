"""The ways into a notebook (trust.md S29, S30, S43; docs/design/product.md flow 2)."""

import re

import pytest
from relying_party import Application

from pod_app.identity import limits

PASSWORD = "une petite phrase"


def csrf(page):
    return page.text.partition('name="csrf" value="')[2].partition('"')[0]


@pytest.fixture
def visitor(installation):
    return installation.client


def join(visitor, first_name="Élodie", **more):
    return visitor.post("/me/new", data={"first_name": first_name, "password": PASSWORD} | more)


def phrase_of(page):
    return re.search(r'<code class="phrase">([a-z ]+)</code>', page.text)[1]


def test_a_first_name_and_a_secret_open_a_notebook(installation, visitor):
    page = join(visitor)
    assert page.status_code == 200
    assert len(phrase_of(page).split()) == 5
    assert "Élodie" in visitor.get("/me").text
    assert installation.services.catalogue.get("elodie").title == "Élodie"


def test_a_second_person_of_that_name_gets_another_address(installation, visitor):
    for _ in range(3):
        assert join(visitor).status_code == 200
    assert installation.services.catalogue.find("elodie-3") is not None


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "\x00", "🙂"])
def test_a_name_that_cannot_be_is_told_in_words_and_kept_in_the_form(visitor, name):
    answer = join(visitor, name)
    assert answer.status_code == 422
    assert "Ouvrir" in answer.text


def test_names_of_the_application_are_never_given(installation, visitor):
    join(visitor, "Static")
    assert installation.services.catalogue.find("static") is None
    assert installation.services.catalogue.find("static-2") is not None


def test_a_closed_house_opens_no_notebook(make_installation):
    closed = make_installation(open_registration=False)
    assert join(closed.client).status_code == 403
    assert closed.client.get("/me/new").status_code == 403
    assert "/me/new" not in closed.client.get("/me/sign-in").text


def test_the_phrase_opens_once_ends_other_sessions_and_is_replaced(installation, visitor):
    phrase = phrase_of(join(visitor))
    assert visitor.get("/me").status_code == 200
    typed = phrase.upper().replace(" ", " - ")
    form = {"name": "elodie", "phrase": typed, "password": "un autre secret"}
    old = dict(visitor.cookies)
    visitor.cookies.clear()
    page = visitor.post("/me/recover", data=form)
    assert page.status_code == 200
    assert phrase_of(page) != phrase
    assert visitor.post("/me/recover", data=form).status_code == 401
    assert visitor.post("/me/sign-in", data={"name": "elodie", "password": "un autre secret"}).status_code == 303
    visitor.cookies.clear()
    visitor.cookies.update(old)
    assert visitor.get("/me").status_code == 303, "the thief's session has ended too"


def test_s43_a_wrong_name_and_a_wrong_phrase_are_told_alike(installation, visitor):
    join(visitor)
    answers = [
        visitor.post("/me/recover", data={"name": name, "phrase": "ba be bi bo bu", "password": PASSWORD})
        for name in ("elodie", "nobody")
    ]
    assert {one.status_code for one in answers} == {401}
    assert answers[0].text.replace("elodie", "nobody") == answers[1].text


def test_s43_guessing_is_slowed_down_for_the_guesser_alone(installation, visitor):
    installation.person("alice", PASSWORD)
    form = {"name": "alice", "password": "wrong"}
    found = [visitor.post("/me/sign-in", data=form).status_code for _ in range(limits.SIGN_IN.most + 1)]
    assert found == [401] * limits.SIGN_IN.most + [429]
    answer = visitor.post("/me/sign-in", data={"name": "alice", "password": PASSWORD})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= limits.SIGN_IN.seconds
    installation.clock.forward(seconds=limits.SIGN_IN.seconds)
    assert visitor.post("/me/sign-in", data={"name": "alice", "password": PASSWORD}).status_code == 303


def test_s43_an_attacker_elsewhere_does_not_lock_somebody_out(make_installation):
    garden = make_installation(trusted_proxies=1)
    garden.person("alice", PASSWORD)
    far, near = {"X-Forwarded-For": "203.0.113.9"}, {"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}
    for _ in range(limits.SIGN_IN.most + 1):
        garden.client.post("/me/sign-in", data={"name": "alice", "password": "wrong"}, headers=far)
    answer = garden.client.post("/me/sign-in", data={"name": "alice", "password": PASSWORD}, headers=near)
    assert answer.status_code == 303


def test_b14_what_an_untrusted_header_says_changes_nothing(installation, visitor):
    installation.person("alice", PASSWORD)
    found = [
        visitor.post(
            "/me/sign-in", data={"name": "alice", "password": "wrong"}, headers={"X-Forwarded-For": f"203.0.113.{n}"}
        ).status_code
        for n in range(limits.SIGN_IN.most + 1)
    ]
    assert found[-1] == 429


def test_s30_signing_in_gives_another_cookie_than_the_one_that_came(installation, visitor):
    installation.person("alice", PASSWORD)
    visitor.cookies.set("__Host-session", "fixed")
    answer = visitor.post("/me/sign-in", data={"name": "alice", "password": PASSWORD})
    assert "fixed" not in answer.headers["Set-Cookie"]


def test_changing_the_password_takes_the_old_one(installation, visitor):
    join(visitor)
    token = csrf(visitor.get("/me/account"))
    wrong = visitor.post("/me/account/password", data={"csrf": token, "old": "x" * 9, "password": "tout nouveau"})
    assert wrong.status_code == 401
    right = visitor.post("/me/account/password", data={"csrf": token, "old": PASSWORD, "password": "tout nouveau"})
    assert right.status_code == 303
    assert visitor.post("/me/sign-in", data={"name": "elodie", "password": "tout nouveau"}).status_code == 303


def test_s29_no_form_of_the_account_counts_without_its_token(installation, visitor):
    join(visitor)
    for path in ("password", "phrase", "passkeys/ask", "passkeys/add", "passkeys/remove", "applications/end"):
        assert visitor.post(f"/me/account/{path}", data={"csrf": "x"}).status_code == 403


def test_applications_can_be_sent_away(installation, visitor):

    join(visitor)
    app = Application(installation)
    tokens = app.exchange(app.code(app.consent(app.authorize()))).json()
    page = visitor.get("/me/account")
    assert "Carnet de bord" in page.text
    visitor.post("/me/account/applications/end", data={"csrf": csrf(page), "client": app.id})
    assert "Carnet de bord" not in visitor.get("/me/account").text
    form = {"grant_type": "refresh_token", "client_id": app.id, "refresh_token": tokens["refresh_token"]}
    assert app.token(form).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("sent", ["", "[]", "{}", '{"id": "x"}', '{"id": 7, "response": 9}', "not json"])
def test_a_passkey_that_is_none_opens_nothing(visitor, sent):
    answer = visitor.post("/me/passkeys/sign-in", content=sent, headers={"Content-Type": "application/json"})
    assert answer.status_code == 401

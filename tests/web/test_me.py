"""My notebook: sign in, choose who sees a badge, sign out; other sites get nothing done (trust.md S28 to S31, S43)."""

import re
from urllib.parse import unquote

import httpx
import pytest
from fixtures_pods import Person

from pod_app.standards.wac import Agent

PASSWORD = "un jardin au bout du chemin"


class Browser:
    """A browser on our own pages: it keeps the cookie and sends forms as browsers do."""

    def __init__(self, installation, **headers):
        self.base = installation.base
        self.client = httpx.Client(
            transport=installation.client._transport, base_url=self.base, headers={"Accept-Language": "en", **headers}
        )

    def get(self, path, **headers):
        return self.client.get(path, headers=headers)

    def post(self, path, form, **headers):
        named = {"Origin": self.base.rstrip("/"), "Sec-Fetch-Site": "same-origin", **headers}
        return self.client.post(path, data=form, headers={name: value for name, value in named.items() if value})

    def sign_in(self, name="alice", password=PASSWORD, **more):
        return self.post("/me/sign-in", {"name": name, "password": password, **more})

    def csrf(self, path="/me"):
        return re.search(r'name="csrf" value="([^"]+)"', self.get(path).text)[1]


@pytest.fixture
def browser(installation):
    installation.person("alice", PASSWORD, title="Alice")
    made = Browser(installation)
    yield made
    made.client.close()


@pytest.fixture
def badge(installation, browser):
    """A badge in Alice's bag, and the issuer's record of it."""
    services = installation.services
    amina = installation.person("amina")
    agent = Agent(webid=amina.webid)
    achievement = services.achievements.create(agent, amina, name="Compost", description="d", criteria="c")
    issued = services.issuing.issue(agent, amina, achievement, f"{installation.base}alice/profile/card#me")
    while services.run_pending():
        pass
    record = issued.iri.removeprefix(installation.base.rstrip("/"))
    return f"/alice/badges/{record.rpartition('/')[2]}", record


def session_cookie(browser):
    return browser.client.cookies.get("__Host-session")


# -- in and out ----------------------------------------------------------------------------------


def test_signing_in_opens_the_notebook_and_signing_out_closes_it_everywhere(browser):
    assert browser.get("/me").headers["Location"] == "/me/sign-in?next=/me"
    answer = browser.sign_in()
    assert (answer.status_code, answer.headers["Location"]) == (303, "/me")
    page = browser.get("/me")
    assert page.status_code == 200
    assert "Hello Alice" in page.text
    assert page.headers["Cache-Control"] == "private, no-store"
    kept = session_cookie(browser)
    gone = browser.post("/me/sign-out", {"csrf": browser.csrf()})
    assert (gone.status_code, gone.headers["Location"]) == (303, "/")
    assert session_cookie(browser) is None
    assert browser.get("/me", Cookie=f"__Host-session={kept}").status_code == 303


def test_s29_the_cookie_is_for_this_host_https_and_pages_of_ours_only(browser):
    told = browser.sign_in().headers["Set-Cookie"]
    assert told.startswith("__Host-session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(told.split("; "))
    assert "Domain" not in told


def test_a_laboratory_without_https_gets_a_plain_cookie(make_installation):
    installation = make_installation("http://localhost:8000/")
    installation.person("alice", PASSWORD)
    told = Browser(installation).sign_in().headers["Set-Cookie"]
    assert told.startswith("session=")
    assert "Secure" not in told


def test_s43_wrong_name_and_wrong_password_get_the_same_answer(browser):
    answers = [browser.sign_in(*pair) for pair in (("alice", "wrong password"), ("nobody", PASSWORD), ("nobody", ""))]
    assert {answer.status_code for answer in answers} == {401}
    bodies = {answer.text.replace('value="alice"', "").replace('value="nobody"', "") for answer in answers}
    assert len(bodies) == 1
    assert not any("Set-Cookie" in answer.headers for answer in answers)
    assert not any("wrong password" in answer.text for answer in answers)


def test_s30_a_cookie_set_before_is_worth_nothing_after(browser):
    planted = "planted-by-somebody-else"
    browser.client.cookies.set("__Host-session", planted, domain="garden.example")
    answer = browser.sign_in()
    assert planted not in answer.headers["Set-Cookie"]
    assert browser.get("/me", Cookie=f"__Host-session={planted}").status_code == 303


def test_s30_signing_in_again_ends_the_sign_in_before(browser):
    browser.sign_in()
    first = session_cookie(browser)
    browser.sign_in()
    second = session_cookie(browser)
    assert first != second
    browser.client.cookies.clear()
    assert browser.get("/me", Cookie=f"__Host-session={first}").status_code == 303
    assert browser.get("/me", Cookie=f"__Host-session={second}").status_code == 200


@pytest.mark.parametrize("where", ["/me", "/me/open?iri=https%3A%2F%2Fgarden.example%2Falice%2F"])
def test_s28_after_signing_in_one_goes_where_one_wanted(browser, where):
    assert browser.sign_in(next=where).headers["Location"] == where


FOR_EVERYBODY = {
    "/me/sign-in", "/me/new", "/me/recover", "/me/enter-as", "/me/elsewhere", "/me/elsewhere/back", "/me/left",
    "/me/answer/<token>", "/me/answer/<token>/trace", "/me/answered", "/me/forge/picture",
}  # fmt: skip
PARTS = {
    "/me/hosts/back", "/me/requests/<name>/trace", "/me/review/<pod>/<name>/trace", "/me/distribute/screen",
}  # fmt: skip
"""Fetched by pages, or by the way back from another host: without a session they say so."""


def test_every_page_of_ones_own_leads_a_stranger_to_sign_in_and_back_to_it(browser):
    rules = browser.client._transport.app.flask.url_map.iter_rules()
    found = {rule.rule for rule in rules if rule.rule.startswith("/me") and "GET" in rule.methods}
    assert found > FOR_EVERYBODY | PARTS
    for rule in sorted(found - FOR_EVERYBODY - PARTS):
        page = re.sub("<[^>]+>", "a%20%3F%C3%A9", rule)
        answer = browser.get(f"{page}?pod=a%26b&lang=fr")
        assert answer.status_code == 303, rule
        there = unquote(answer.headers["Location"].removeprefix("/me/sign-in?next="))
        assert there == f"{page}?pod=a%26b", rule
    for rule in sorted(PARTS):
        assert browser.get(re.sub("<[^>]+>", "a", rule)).status_code in {401, 422}, rule
    assert browser.sign_in(next=there).headers["Location"] == there


OUTSIDE = [
    "https://evil.example/", "//evil.example/me", "/\\evil.example", "/me\\@evil.example", "https:/me", "me", "",
    "javascript:alert(1)", "/alice/profile/card", "/me\r\nSet-Cookie: a=b", "\t/me", " /me", "http://garden.example/me",
]  # fmt: skip


@pytest.mark.parametrize("where", OUTSIDE)
def test_s28_nobody_is_sent_elsewhere(browser, where):
    answer = browser.sign_in(next=where)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/me")
    asked = browser.client.get("/me/sign-in", params={"next": where})
    assert "evil.example" not in asked.text


# -- other sites ---------------------------------------------------------------------------------


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "", "Origin": "null"},
    {"Sec-Fetch-Site": "", "Origin": "http://garden.example"},
    {"Sec-Fetch-Site": "", "Origin": "https://garden.example.evil.example"},
    {"Sec-Fetch-Site": "", "Origin": "https://garden.example:444"},
]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("path", ["/me/sign-in", "/me/sign-out", "/me/audience", "/verify"])
def test_s29_a_form_of_another_site_is_refused_everywhere(browser, badge, path, headers):
    browser.sign_in()
    form = {"csrf": browser.csrf(), "id": badge[0].rpartition("/")[2], "audience": "everyone"}
    form |= {"name": "alice", "password": PASSWORD}
    kept = session_cookie(browser)
    answer = browser.post(path, form, **headers)
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers
    assert session_cookie(browser) == kept
    assert browser.get("/me").status_code == 200
    assert browser.get(badge[0]).status_code == 401


@pytest.mark.parametrize("token", ["", "x", None])
@pytest.mark.parametrize("path", ["/me/sign-out", "/me/audience"])
def test_s29_a_form_without_the_token_of_this_session_is_refused(browser, installation, badge, path, token):
    browser.sign_in()
    installation.person("mallory", PASSWORD)
    other = Browser(installation)
    other.sign_in("mallory")
    form = {"csrf": other.csrf() if token is None else token, "id": badge[0].rpartition("/")[2], "audience": "everyone"}
    assert browser.post(path, form).status_code == 403
    assert browser.get("/me").status_code == 200
    assert browser.get(badge[0]).status_code == 401


def test_s29_reading_changes_nothing(browser, badge):
    browser.sign_in()
    name = badge[0].rpartition("/")[2]
    for path in ("/me/sign-out", "/me/audience"):
        answer = browser.client.get(path, params={"csrf": browser.csrf(), "id": name, "audience": "everyone"})
        assert answer.status_code == 405
        assert answer.headers["Allow"]
    assert browser.get("/me").status_code == 200
    assert browser.get(badge[0]).status_code == 401


def test_without_a_session_no_form_is_taken(browser):
    for path in ("/me/sign-out", "/me/audience"):
        assert browser.post(path, {"csrf": "x"}).status_code == 401


def test_a_form_with_a_token_that_is_not_ascii_is_refused_in_words(browser):
    browser.sign_in()
    assert browser.post("/me/sign-out", {"csrf": "é"}).status_code == 403


# -- who sees a badge ----------------------------------------------------------------------------


def choose(browser, badge, audience):
    return browser.post(
        "/me/audience", {"csrf": browser.csrf(), "id": badge[0].rpartition("/")[2], "audience": audience}
    )


def test_a_badge_is_shown_to_everybody_and_taken_back_with_its_record(browser, badge, installation):
    browser.sign_in()
    stranger = Person(installation)
    assert "Compost" in browser.get("/me").text
    for audience, status in (("everyone", 200), ("me", 401), ("everyone", 200), ("nonsense", 401)):
        assert choose(browser, badge, audience).status_code == 303
        for address in badge:
            assert stranger.get(address, Accept="application/vc").status_code == status
            assert stranger.get(address, Accept="text/html").status_code == status
        shown = stranger.get("/alice/profile/card", Accept="text/html").text
        assert ("Compost" in shown) == (status == 200)


@pytest.mark.parametrize("name", ["none", "", "../profile/card", "..%2fprofile%2fcard", "x/y", "é", "a" * 5000])
def test_only_a_badge_of_ones_own_bag_can_be_chosen(browser, installation, badge, name):
    browser.sign_in()
    answer = browser.post("/me/audience", {"csrf": browser.csrf(), "id": name, "audience": "everyone"})
    assert 400 <= answer.status_code < 500
    stranger = Person(installation)
    for private in (badge[0], "/alice/badges/", "/alice/private/", "/alice/settings/prefs"):
        assert stranger.get(private).status_code == 401


def test_nobody_chooses_for_somebody_else(browser, installation, badge):
    installation.person("mallory", PASSWORD)
    other = Browser(installation)
    other.sign_in("mallory")
    assert choose(other, badge, "everyone").status_code == 404
    assert Person(installation).get(badge[0]).status_code == 401


# -- opening what is private ---------------------------------------------------------------------


def test_the_owner_opens_a_private_badge_through_the_notebook(browser, badge, installation):
    iri = f"{installation.base.rstrip('/')}{badge[0]}"
    asked = browser.client.get("/me/open", params={"iri": iri})
    assert asked.status_code == 303
    assert asked.headers["Location"].startswith("/me/sign-in?next=")
    browser.sign_in()
    page = browser.client.get("/me/open", params={"iri": iri})
    assert page.status_code == 200
    assert "Compost" in page.text
    assert page.headers["Cache-Control"] == "private, no-store"


def test_the_notebook_opens_only_what_its_owner_may_read_here(browser, installation):
    browser.sign_in()
    installation.person("bob")
    for iri, status in (
        ("https://garden.example/bob/private/", 403),
        ("https://garden.example/bob/", 403),
        ("https://garden.example/alice/none", 404),
        ("https://garden.example/nobody/x", 404),
        ("https://evil.example/alice/", 403),
        ("https://garden.example@evil.example/alice/", 403),
        ("", 403),
        ("file:///etc/passwd", 403),
    ):
        assert browser.client.get("/me/open", params={"iri": iri}).status_code == status, iri


def test_s24_a_private_file_opened_through_the_notebook_cannot_act_on_our_origin(browser, installation):
    alice = Person(installation, installation.services.catalogue.get("alice"))
    browser.sign_in()
    for media_type in ("text/html", "image/svg+xml", "application/xhtml+xml", "text/plain"):
        alice.put("/alice/private/evil", b"<script>alert(1)</script>", media_type)
        answer = browser.client.get("/me/open", params={"iri": f"{installation.base}alice/private/evil"})
        assert answer.status_code == 200
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert answer.headers["Content-Disposition"] == "attachment"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"

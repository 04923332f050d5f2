"""S28: an authorization code goes only to an address that the application registered, to the letter."""

from urllib.parse import urlencode

import pytest
from relying_party import BACK, Application, sign_in

PASSWORD = "une petite phrase"
HOSTILE = [
    "", "/", "//evil.example/back", "https://evil.example/back", "https://app.example.evil.example/back",
    "https://app.example@evil.example/back", "https://evil.example@app.example/back", "https://app.example:443/back",
    "https://app.example:8443/back", "https://app.example/back/", "https://app.example/back/..", "https://app.example/Back",
    "https://app.example/back?x=1", "https://app.example/back#x", "https://app.example/back%00", "https://app.example/%62ack",
    "https://app.example/./back", "https://app.example//back", "https://app.example/back;x", "https://app.example\\@evil.example/",
    "https://app.example\\back", "HTTPS://app.example/back", "https://APP.example/back", "https://app.example./back",
    "http://app.example/back", "https:app.example/back", "https:/app.example/back", "https:///app.example/back",
    "https://user@app.example/back", "https://user:pw@app.example/back", "https://app.example/back\r\nX: y",
    "https://app.example/back\t", " https://app.example/back", "https://app.example/back ", "https://app.example/back*",
    "https://*.example/back", "https://app.example/*", "javascript:alert(1)", "data:text/html,x", "vbscript:x",
    "file:///etc/passwd", "ftp://app.example/back", "about:blank", "custom:back", "com.evil.app:/back",
    "https://xn--pp-xka.example/back", "https://аpp.example/back", "https://app.example/back?redirect=https://evil.example",
    "https://[::1]/back", "http://127.0.0.1:4000/other", "http://localhost.evil.example/cb", "http://127.0.0.1.evil.example/cb",
]  # fmt: skip


@pytest.fixture
def app(installation):
    installation.person("alice", PASSWORD)
    made = Application(installation, redirect_uris=[BACK, "http://127.0.0.1/cb"])
    sign_in(installation, "alice", PASSWORD)
    return made


def test_the_table_has_fifty_rows():
    assert len(set(HOSTILE)) >= 50


@pytest.mark.parametrize("address", HOSTILE)
def test_s28_any_other_address_ends_on_our_page(app, address):
    answer = app.authorize(redirect_uri=address)
    assert answer.status_code == 422
    assert "Location" not in answer.headers


def test_s28_an_address_given_twice_ends_on_our_page(app):
    twice = urlencode([*app.wish().items(), ("redirect_uri", "https://evil.example/")])
    assert app.client.get(f"/oidc/authorize?{twice}").status_code == 422


def test_s28_a_changed_form_does_not_change_where_the_code_goes(app):
    answer = app.consent(app.authorize(), redirect_uri="https://evil.example/")
    assert answer.status_code == 422


def test_s28_installed_applications_may_use_any_port_of_loopback(app):
    for address in ("http://127.0.0.1:49152/cb", "http://127.0.0.1/cb"):
        assert app.authorize(redirect_uri=address).status_code == 200
    assert app.authorize(redirect_uri="http://[::1]:49152/cb").status_code == 422


def test_s28_errors_before_the_address_is_certain_are_never_redirected(app):
    assert app.authorize(client_id="nobody", redirect_uri="https://evil.example/").status_code == 422
    answer = app.authorize(redirect_uri="https://evil.example/", response_type="token")
    assert answer.status_code == 422


def test_s29_endpoints_for_applications_look_at_no_cookie(app):
    """Signed in or not, a token is only given for what a form of another site cannot know."""
    form = {"grant_type": "authorization_code", "code": "x", "client_id": app.id, "redirect_uri": BACK}
    url = f"{app.installation.base}oidc/token"
    answer = app.token(form, headers={"DPoP": app.ring.proof("POST", url), "Origin": "https://evil.example"})
    assert answer.json()["error"] == "invalid_grant"
    answer = app.client.post("/oidc/authorize", data=app.wish(), headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403

"""How a host of badges is let in: registration, codes, tokens and their end (open-badges.md §5.9)."""

from urllib.parse import parse_qs, urlsplit

import pytest
from badge_host import ALL, API, READ, REGISTRATION, BadgeHost
from relying_party import Application

PASSWORD = "un jardin au bout du chemin"


def query(answer):
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def test_5_9_6_registration_needs_no_token_and_echoes_everything(installation):
    answer = installation.client.post(f"{API}/register", json=REGISTRATION)
    told = answer.json()
    assert answer.status_code == 201
    assert {name: told[name] for name in REGISTRATION} == REGISTRATION
    assert {"client_id", "client_secret", "client_id_issued_at", "client_secret_expires_at"} <= set(told)
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "name",
    ["client_name", "client_uri", "logo_uri", "tos_uri", "policy_uri", "software_id", "software_version",
     "redirect_uris", "scope"],
)  # fmt: skip
def test_5_9_6_registration_without_a_required_part_is_refused(installation, name):
    wanted = {key: value for key, value in REGISTRATION.items() if key != name}
    answer = installation.client.post(f"{API}/register", json=wanted)
    assert answer.status_code == 400
    assert name in answer.json()["error_description"]


@pytest.mark.parametrize(
    "change",
    [
        {"client_uri": "http://besace.example/"},
        {"logo_uri": "https://images.example/logo.png"},
        {"redirect_uris": ["https://besace.example/back", "https://elsewhere.example/back"]},
        {"redirect_uris": ["https://besace.example.evil.example/back"]},
        {"redirect_uris": ["http://localhost/back"]},
        {"redirect_uris": "https://besace.example/back"},
        {"redirect_uris": [7]},
        {"policy_uri": "https://user@besace.example/"},
        {"tos_uri": "https://[::bad"},
        {"token_endpoint_auth_method": "client_secret_post"},
        {"token_endpoint_auth_method": "none"},
        {"scope": "openid webid"},
        {"scope": ["x"]},
        {"client_name": 7},
    ],
)
def test_5_9_6_registration_by_other_rules_is_refused(installation, change):
    answer = installation.client.post(f"{API}/register", json=REGISTRATION | change)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"] in {"invalid_client_metadata", "invalid_redirect_uri"}


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'"x"'])
def test_5_9_6_a_registration_that_is_no_object_is_refused(installation, body):
    assert installation.client.post(f"{API}/register", content=body).status_code == 400


def test_5_9_6_the_secret_comes_by_basic_only(abroad):
    host = BadgeHost(abroad.here)
    host.client.post("/me/sign-in", data={"name": "bob", "password": PASSWORD})
    code = query(host.consent(host.authorize()))["code"]
    by_form = {"client_id": host.auth[0], "client_secret": host.auth[1]}
    for answer in (
        host.exchange(code, auth=None, **by_form),
        host.exchange(code, auth=(host.auth[0], "wrong")),
        host.exchange(code, auth=None),
    ):
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert host.exchange(code).json()["token_type"] == "Bearer"


@pytest.mark.parametrize("change", [{"code_challenge": ""}, {"code_challenge_method": "plain"}, {"scope": "openid"}])
def test_5_9_6_codes_need_pkce_and_a_scope_and_bring_the_state_back(abroad, change):
    host = BadgeHost(abroad.here)
    host.client.post("/me/sign-in", data={"name": "bob", "password": PASSWORD})
    told = query(host.authorize(**change))
    assert told["error"] in {"invalid_request", "invalid_scope"}
    assert told["state"] == "s-1"


def test_5_9_6_a_wrong_verifier_or_a_code_twice_gets_nothing(abroad):
    host = BadgeHost(abroad.here)
    host.client.post("/me/sign-in", data={"name": "bob", "password": PASSWORD})
    page = host.authorize()
    first = query(host.consent(page))["code"]
    assert host.exchange(first, code_verifier="x" * 43).json()["error"] == "invalid_grant"
    second = query(host.consent(page))["code"]
    tokens = host.exchange(second).json()
    assert host.exchange(second).json()["error"] == "invalid_grant"
    # One of the two who showed the code was a thief: what came from it has ended.
    assert host.ask("GET", "/credentials", token=tokens["access_token"]).status_code == 401


def test_5_9_6_refresh_tokens_change_at_each_use(abroad, host):
    first = host.tokens["refresh_token"]
    second = host.refresh().json()
    assert second["refresh_token"] != first
    assert host.ask("GET", "/credentials", token=second["access_token"]).status_code == 200
    assert host.refresh(first).json()["error"] == "invalid_grant"
    assert host.ask("GET", "/credentials", token=second["access_token"]).status_code == 401


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_5_9_6_revoking_either_token_ends_both_at_once(host, kind):
    assert host.revoke(host.tokens[kind]).status_code == 200
    assert host.ask("GET", "/credentials").status_code == 401
    assert host.refresh().json()["error"] == "invalid_grant"
    assert host.revoke(host.tokens[kind]).status_code == 200


def test_5_9_6_nobody_revokes_what_belongs_to_another_host(abroad, host):
    other = BadgeHost(abroad.here, client_name="Une autre")
    other.revoke(host.tokens["access_token"])
    other.revoke(host.tokens["refresh_token"])
    assert host.ask("GET", "/credentials").status_code == 200


def test_5_9_6_what_the_person_takes_back_ends_at_once(abroad, host):
    page = host.client.get("/me/account").text
    assert "La Besace" in page
    token = page.partition('name="csrf" value="')[2].partition('"')[0]
    host.client.post("/me/account/applications/end", data={"csrf": token, "client": host.auth[0]})
    assert host.ask("GET", "/credentials").status_code == 401


def test_5_9_6_an_access_token_ends_after_an_hour(abroad, host):
    abroad.here.clock.forward(minutes=59)
    assert host.ask("GET", "/credentials").status_code == 200
    abroad.here.clock.forward(minutes=2)
    answer = host.ask("GET", "/credentials")
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_5_9_6_tokens_of_this_api_open_no_pod_and_those_of_pods_not_this_api(abroad, host):
    bearer = {"Authorization": f"Bearer {host.tokens['access_token']}"}
    assert abroad.here.client.get("/bob/badges/", headers=bearer).status_code == 401
    application = Application(abroad.here)
    solid = application.sign_in("bob", PASSWORD)["access_token"]
    script = abroad.here.headers(abroad.bob)["Authorization"].removeprefix("Bearer ")
    for token in (solid, script, "", "x", "a.b.c", host.tokens["access_token"][:-4] + "AAAA"):
        answer = host.client.get(f"{API}/credentials", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401, token


def test_5_9_6_a_session_without_a_token_opens_nothing(abroad, host):
    assert host.client.get("/me").status_code == 200
    assert host.client.get(f"{API}/credentials").status_code == 401


def test_5_9_6_the_person_reads_in_plain_words_what_they_allow(abroad):
    host = BadgeHost(abroad.here)
    host.client.post("/me/sign-in", data={"name": "bob", "password": PASSWORD})
    page = host.authorize(scope=f"{READ} offline_access").text
    assert "La Besace" in page
    assert "Voir tous les badges" in page
    assert "Mettre des badges" not in page
    assert "lire et écrire en ton nom" not in page
    declined = query(host.consent(host.authorize(scope=ALL), answer="no"))
    assert declined["error"] == "access_denied"


def test_5_9_6_one_host_that_asks_too_often_is_slowed_down(abroad, host, monkeypatch):
    from pod_app.identity import limits  # noqa: PLC0415  # the limit is lowered for this test

    monkeypatch.setattr(limits, "API", limits.Limit(3, 60))
    answers = [host.ask("GET", "/profile") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0

"""Solid-OIDC, the provider's side (docs/requirements/solid.md S)."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwk, jwt
from relying_party import BACK, Application, Keyring, sign_in

PASSWORD = "une petite phrase"


@pytest.fixture
def alice(installation):
    return installation.person("alice", PASSWORD, title="Alice")


@pytest.fixture
def app(installation, alice):
    return Application(installation)


@pytest.fixture
def signed_in(installation, app):
    sign_in(installation, "alice", PASSWORD)
    return app


def query(answer):
    parts = urlsplit(answer.headers["Location"])
    return {name: values[0] for name, values in parse_qs(parts.query or parts.fragment).items()}


def published(installation):
    return jwk.KeySet.import_key_set(installation.client.get("/oidc/jwks").json())


def claims(installation, token):
    return jwt.decode(token, published(installation), algorithms=["RS256", "ES256"]).claims


def test_s1_discovery_says_what_the_provider_can_do(installation):
    answer = installation.client.get("/.well-known/openid-configuration", headers={"Origin": "https://app.example"})
    told = answer.json()
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert {"openid", "webid", "offline_access", "profile"} <= set(told["scopes_supported"])
    assert {"RS256", "ES256"} <= set(told["id_token_signing_alg_values_supported"])
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert {"authorization_code", "refresh_token", "client_credentials"} <= set(told["grant_types_supported"])
    assert {"client_secret_basic", "client_secret_post", "none", "private_key_jwt"} <= set(
        told["token_endpoint_auth_methods_supported"]
    )
    assert "RS256" in told["token_endpoint_auth_signing_alg_values_supported"]
    assert {"query", "fragment"} <= set(told["response_modes_supported"])
    assert told["authorization_response_iss_parameter_supported"] is True
    assert told["solid_oidc_supported"] == "https://solidproject.org/TR/solid-oidc"
    for name in ("authorization", "token", "registration", "userinfo", "end_session"):
        assert told[f"{name}_endpoint"].startswith(installation.base)


def test_s1_discovery_without_an_origin_is_open_to_all(installation):
    answer = installation.client.get("/.well-known/openid-configuration")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_s2_the_issuer_ends_in_a_slash(installation):
    assert installation.client.get("/.well-known/openid-configuration").json()["issuer"] == installation.base
    assert installation.base.endswith("/")


def test_s3_code_with_pkce_signs_somebody_in(installation, app, alice):
    told = app.sign_in("alice", PASSWORD)
    assert told["token_type"] == "DPoP"
    said = claims(installation, told["id_token"])
    assert (said["webid"], said["nonce"]) == (alice.webid, "n-1")


@pytest.mark.parametrize(
    "change",
    [
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge": "short"},
    ],
)
def test_s3_without_pkce_s256_nothing_is_given(signed_in, change):
    told = query(signed_in.authorize(**change))
    assert told["error"] == "invalid_request"


def test_s3_every_answer_names_the_issuer_and_returns_the_state(installation, signed_in):
    for answer in (signed_in.authorize(scope="openid"), signed_in.consent(signed_in.authorize())):
        assert query(answer)["iss"] == installation.base
        assert query(answer)["state"] == "s-1"


def test_s3_a_wrong_verifier_gets_no_token(signed_in):
    code = signed_in.code(signed_in.consent(signed_in.authorize()))
    answer = signed_in.exchange(code, code_verifier="x" * 43)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_s3_the_answer_may_come_in_the_fragment(signed_in):
    answer = signed_in.consent(signed_in.authorize(response_mode="fragment"))
    assert urlsplit(answer.headers["Location"]).fragment.startswith("code=")


def document(address, **changes):
    return {
        "@context": ["https://www.w3.org/ns/solid/oidc-context.jsonld"], "client_id": address,
        "client_name": "Mon appli", "redirect_uris": [BACK], "scope": "openid webid offline_access",
    } | changes  # fmt: skip


def put_document(installation, alice, about):
    sent = installation.headers(alice) | {"Content-Type": "application/ld+json"}
    answer = installation.client.put("/alice/public/app", content=json.dumps(about), headers=sent)
    assert answer.status_code in {201, 204}, answer.text


def test_s4_an_application_may_describe_itself_by_a_document(installation, signed_in, alice):
    client_id = f"{installation.base}alice/public/app"
    put_document(installation, alice, document(client_id))
    page = signed_in.authorize(client_id=client_id)
    assert page.status_code == 200
    assert "Mon appli" in page.text
    code = signed_in.code(signed_in.consent(page))
    told = signed_in.exchange(code, client_id=client_id)
    assert claims(installation, told.json()["access_token"])["client_id"] == client_id


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "https://other.example/app"},
        {"@context": ["https://www.w3.org/ns/activitystreams"]},
        {"redirect_uris": ["https://app.example/elsewhere"]},
        {"redirect_uris": "https://app.example/back"},
    ],
)
def test_s4_a_document_that_does_not_hold_ends_on_our_page(installation, signed_in, alice, change):
    client_id = f"{installation.base}alice/public/app"
    put_document(installation, alice, document(client_id, **change))
    answer = signed_in.authorize(client_id=client_id)
    assert answer.status_code == 422
    assert "Location" not in answer.headers


def test_s5_registration_echoes_what_was_taken(app):
    assert app.about["redirect_uris"] == [BACK]
    assert app.about["token_endpoint_auth_method"] == "none"
    assert "client_secret" not in app.about


def test_s5_a_confidential_application_gets_a_secret_and_must_show_it(installation, alice):
    app = Application(installation, token_endpoint_auth_method="client_secret_basic")
    sign_in(installation, "alice", PASSWORD)
    code = app.code(app.consent(app.authorize()))
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": app.verifier}
    assert app.token({**form, "client_id": app.id}).status_code == 401
    assert app.token(form, auth=(app.id, app.about["client_secret"])).status_code == 200


@pytest.mark.parametrize(
    "wanted",
    [
        [],
        {},
        {"redirect_uris": []},
        {"redirect_uris": ["http://app.example/back"]},
        {"redirect_uris": ["https://app.example/back#x"]},
        {"redirect_uris": ["javascript:alert(1)"]},
        {"redirect_uris": [BACK], "token_endpoint_auth_method": "tls"},
        {"redirect_uris": [BACK], "response_types": ["token"]},
        {"redirect_uris": [BACK], "client_name": 7},
    ],
)
def test_s5_a_registration_that_does_not_hold_is_refused_in_words(installation, wanted):
    answer = installation.client.post("/oidc/register", json=wanted)
    assert answer.status_code == 400
    assert answer.json()["error_description"]


def test_s6_the_id_token_says_who_for_whom_and_with_which_key(installation, app, alice):
    said = claims(installation, app.sign_in("alice", PASSWORD)["id_token"])
    assert (said["iss"], said["webid"], said["sub"]) == (installation.base, alice.webid, alice.webid)
    assert set(said["aud"]) == {app.id, "solid"}
    assert said["azp"] == app.id
    assert said["cnf"]["jkt"] == app.ring.jkt
    assert {"exp", "iat", "auth_time", "at_hash"} <= said.keys()


def test_s6_no_proof_no_token(signed_in):
    code = signed_in.code(signed_in.consent(signed_in.authorize()))
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "client_id": signed_in.id}
    answer = signed_in.token({**form, "code_verifier": signed_in.verifier}, headers={})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof")


def test_s7_the_access_token_is_for_solid_and_bound(installation, app):
    token = app.sign_in("alice", PASSWORD)["access_token"]
    read = jwt.decode(token, published(installation), algorithms=["ES256"])
    assert read.claims["aud"] == "solid"
    assert read.claims["cnf"]["jkt"] == app.ring.jkt
    assert read.claims["client_id"] == app.id
    assert read.header["kid"] in {key.kid for key in published(installation).keys}


def test_s7_it_opens_the_pod_it_speaks_for(installation, app):
    token = app.sign_in("alice", PASSWORD)["access_token"]
    url = f"{installation.base}alice/private/note"
    sent = app.ring.headers("PUT", url, token) | {"Content-Type": "text/plain"}
    assert installation.client.put(url, content="bonjour", headers=sent).status_code == 201
    assert installation.client.get(url, headers=app.ring.headers("GET", url, token)).text == "bonjour"
    assert installation.client.get(url).status_code == 401


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_s8_client_credentials_need_no_scope(installation, alice, algorithm):
    account = installation.services.accounts.of_pod("alice")
    made = installation.services.credentials.issue(account.id, alice.webid)
    key = jwk.RSAKey.generate_key(2048) if algorithm == "RS256" else None
    ring = Keyring(installation, key, algorithm)
    url = f"{installation.base}oidc/token"
    answer = installation.client.post(
        "/oidc/token", data={"grant_type": "client_credentials"}, auth=(made.client_id, made.client_secret),
        headers={"DPoP": ring.proof("POST", url)},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    said = claims(installation, answer.json()["access_token"])
    assert (said["webid"], said["cnf"]["jkt"]) == (alice.webid, ring.jkt)
    url = f"{installation.base}alice/private/"
    token = answer.json()["access_token"]
    assert installation.client.get(url, headers=ring.headers("GET", url, token)).status_code == 200


def test_s9_a_refresh_token_is_changed_at_each_use_and_ends_when_used_twice(app):
    first = app.sign_in("alice", PASSWORD)["refresh_token"]
    form = {"grant_type": "refresh_token", "client_id": app.id}
    second = app.token({**form, "refresh_token": first}).json()["refresh_token"]
    assert second != first
    assert app.token({**form, "refresh_token": first}).json()["error"] == "invalid_grant"
    assert app.token({**form, "refresh_token": second}).json()["error"] == "invalid_grant"


def test_s9_a_refresh_token_of_a_public_client_is_bound_to_its_key(installation, app):
    token = app.sign_in("alice", PASSWORD)["refresh_token"]
    form = {"grant_type": "refresh_token", "client_id": app.id, "refresh_token": token}
    assert app.token(form, ring=Keyring(installation)).json()["error"] == "invalid_grant"
    assert app.token(form).status_code == 200


def test_s9_without_offline_access_nothing_is_renewed(app):
    assert "refresh_token" not in app.sign_in("alice", PASSWORD, scope="openid webid")


def test_s10_only_a_webid_of_the_account_can_be_chosen(installation, signed_in):
    installation.person("bob", PASSWORD)
    answer = signed_in.consent(signed_in.authorize(), pod="bob")
    assert answer.status_code == 422


def test_s11_the_consent_page_says_who_asks_and_cannot_be_framed(signed_in):
    page = signed_in.authorize()
    assert "Carnet de bord" in page.text
    assert "app.example" in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' https://app.example;" in policy


def test_s11_a_no_goes_back_as_a_no(signed_in):
    answer = signed_in.consent(signed_in.authorize(), answer="no")
    assert query(answer)["error"] == "access_denied"


def test_s11_what_was_agreed_is_remembered_when_asked_to(signed_in):
    signed_in.consent(signed_in.authorize(), remember="1")
    assert "code" in query(signed_in.authorize(prompt="none"))


def test_s11_prompt_none_never_shows_a_page(installation, app):
    assert query(app.authorize(prompt="none"))["error"] == "login_required"
    sign_in(installation, "alice", PASSWORD)
    assert query(app.authorize(prompt="none"))["error"] == "consent_required"


@pytest.mark.parametrize("change", [{"prompt": "login"}, {"max_age": "60"}])
def test_s11_an_application_may_ask_for_a_fresh_sign_in(installation, signed_in, change):
    installation.clock.forward(minutes=10)
    answer = signed_in.authorize(**change)
    assert answer.headers["Location"].startswith("/me/sign-in")
    sign_in(installation, "alice", PASSWORD)
    assert signed_in.authorize(**change).status_code == 200


def test_s11_a_form_of_another_site_agrees_to_nothing(signed_in):
    page = signed_in.authorize()
    assert signed_in.consent(page, csrf="x").status_code == 403


def test_s11_signing_out_for_an_application_asks_first_and_goes_back_where_it_registered(installation, alice):
    app = Application(installation, post_logout_redirect_uris=["https://app.example/bye"])
    token = app.sign_in("alice", PASSWORD)["id_token"]
    asked = {"id_token_hint": token, "post_logout_redirect_uri": "https://app.example/bye", "state": "z"}
    page = installation.client.get("/oidc/logout", params=asked)
    assert page.status_code == 200
    csrf = page.text.partition('name="csrf" value="')[2].partition('"')[0]
    answer = installation.client.post("/oidc/logout", data={**asked, "csrf": csrf, "answer": "yes"})
    assert answer.headers["Location"] == "https://app.example/bye?state=z"
    assert installation.client.get("/me").status_code == 303
    elsewhere = installation.client.get(
        "/oidc/logout", params={**asked, "post_logout_redirect_uri": "https://x.example/"}
    )
    assert elsewhere.headers["Location"] == "/"


def test_s12_a_code_counts_once_within_a_minute(installation, signed_in):
    code = signed_in.code(signed_in.consent(signed_in.authorize()))
    first = signed_in.exchange(code)
    assert first.status_code == 200
    assert signed_in.exchange(code).json()["error"] == "invalid_grant"
    renewed = {"grant_type": "refresh_token", "client_id": signed_in.id, "refresh_token": first.json()["refresh_token"]}
    assert signed_in.token(renewed).json()["error"] == "invalid_grant"
    late = signed_in.code(signed_in.consent(signed_in.authorize()))
    installation.clock.forward(seconds=61)
    assert signed_in.exchange(late).json()["error"] == "invalid_grant"


def test_s12_a_code_is_for_its_client_its_address_and_its_key(installation, signed_in):
    other = Application(installation)
    other.verifier = signed_in.verifier
    assert other.exchange(signed_in.code(signed_in.consent(signed_in.authorize()))).json()["error"] == "invalid_grant"
    code = signed_in.code(signed_in.consent(signed_in.authorize()))
    assert signed_in.exchange(code, redirect_uri="https://app.example/x").json()["error"] == "invalid_grant"
    code = signed_in.code(signed_in.consent(signed_in.authorize(dpop_jkt="another")))
    assert signed_in.exchange(code).json()["error"] == "invalid_grant"


def test_s13_a_stranger_is_led_to_a_page_where_one_signs_in(installation, app):
    answer = app.authorize()
    assert answer.status_code == 303
    page = installation.client.get(answer.headers["Location"], headers={"Accept-Language": "en"})
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")
    assert "login" in page.text.lower()


def test_s14_keys_change_with_an_overlap(installation, app):
    old = app.sign_in("alice", PASSWORD)["access_token"]
    before = {key["kid"] for key in installation.client.get("/oidc/jwks").json()["keys"]}
    installation.services.identity.provider.keys.rotate()
    after = {key["kid"] for key in installation.client.get("/oidc/jwks").json()["keys"]}
    assert before < after
    url = f"{installation.base}alice/private/"
    assert installation.client.get(url, headers=app.ring.headers("GET", url, old)).status_code == 200
    installation.clock.forward(days=3)
    assert before.isdisjoint(key["kid"] for key in installation.client.get("/oidc/jwks").json()["keys"])


def test_s14_a_sign_in_can_be_revoked(app):
    token = app.sign_in("alice", PASSWORD)["refresh_token"]
    answer = app.client.post("/oidc/revoke", data={"token": token, "client_id": app.id})
    assert answer.status_code == 200
    form = {"grant_type": "refresh_token", "client_id": app.id, "refresh_token": token}
    assert app.token(form).json()["error"] == "invalid_grant"


def test_userinfo_says_who_a_token_speaks_for(installation, app, alice):
    token = app.sign_in("alice", PASSWORD)["access_token"]
    url = f"{installation.base}oidc/userinfo"
    answer = installation.client.get(url, headers=app.ring.headers("GET", url, token))
    assert answer.json() == {"sub": alice.webid, "webid": alice.webid, "name": "Alice"}
    assert installation.client.get(url).status_code == 401


def test_private_key_jwt_proves_an_application_once(installation, alice):
    key = jwk.ECKey.generate_key("P-256", {"kid": "k1"})
    app = Application(
        installation, token_endpoint_auth_method="private_key_jwt", jwks={"keys": [key.as_dict(private=False)]}
    )
    now = int(installation.clock().timestamp())
    said = {"iss": app.id, "sub": app.id, "aud": f"{installation.base}oidc/token", "exp": now + 60, "jti": "1"}
    assertion = jwt.encode({"alg": "ES256", "kid": "k1"}, said, key)
    sign_in(installation, "alice", PASSWORD)
    form = {
        "grant_type": "authorization_code", "redirect_uri": BACK, "code_verifier": app.verifier,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }  # fmt: skip
    assert app.token({**form, "code": app.code(app.consent(app.authorize()))}).status_code == 200
    assert app.token({**form, "code": app.code(app.consent(app.authorize()))}).status_code == 401

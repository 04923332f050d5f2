"""Solid-OIDC, the side of the pods (docs/requirements/solid.md R; trust.md S13, S14)."""

import base64
import json
import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest
from installations import Installation
from joserfc import jwk, jwt
from joserfc.errors import JoseError
from relying_party import Keyring

from pod_app.storage.web_client import RawTargetTransport

ISSUER = "https://login.example/"
WEBID = "https://pods.example/dora/profile/card#me"

BAD_TOKENS = [
    ({"aud": "other"}, None), ({"aud": None}, None), ({"aud": 7}, None),
    ({"exp": 1}, None), ({"exp": None}, None), ({"exp": "soon"}, None), ({"exp": float("inf")}, None),
    ({"iat": 9_999_999_999}, None), ({"iat": None}, None), ({"nbf": 9_999_999_999}, None),
    ({"iss": None}, None), ({"iss": "https://other.example/"}, None), ({"iss": "file:///etc/passwd"}, None),
    ({"webid": "mailto:dora@pods.example", "sub": None}, None), ({"webid": None, "sub": "dora"}, None),
    ({"webid": "https://pods.example/else#me"}, None), ({"webid": 7}, None),
    ({"client_id": None}, None), ({"client_id": "x" * 3000}, None),
    ({"cnf": None}, None), ({"cnf": {"jkt": "another"}}, None), ({"cnf": "x"}, None), ({"cnf": {}}, None),
    ({}, {"typ": "dpop+jwt"}), ({}, {"typ": "logout+jwt"}), ({}, {"kid": "k9"}), ({}, {"crit": ["exp"]}),
    ({"aud": ["other", "solid "]}, None), ({"aud": {"solid": True}}, None),
    ({"exp": True}, None), ({"iat": -1e300}, None),
    ({"iss": f"{ISSUER}x"}, None), ({"iss": [ISSUER]}, None), ({"webid": "javascript:alert(1)"}, None),
    ({"webid": f"{WEBID} {WEBID}"}, None), ({"webid": [WEBID]}, None),
    ({"cnf": {"jkt": None}}, None), ({"cnf": []}, None),
    ({}, {"typ": "secevent+jwt"}), ({}, {"kid": None}), ({}, {"kid": ["k1"]}),
]  # fmt: skip
"""Claims that do not hold, and headers that do not: each with a good signature, where one can be made."""


class Elsewhere:
    """An issuer and the profile of a person, neither of them ours, as a WSGI application; counts what is asked."""

    def __init__(self):
        self.key = jwk.ECKey.generate_key("P-256", {"kid": "k1"})
        self.keys = [self.key.as_dict(private=False) | {"kid": "k1", "use": "sig", "alg": "ES256"}]
        self.issuer, self.named, self.asked = ISSUER, ISSUER, []

    def __call__(self, environ, start_response):
        self.asked.append(path := environ["PATH_INFO"])
        media_type, body = {
            "/.well-known/openid-configuration": (
                "application/json", json.dumps({"issuer": self.issuer, "jwks_uri": f"{ISSUER}jwks"})),
            "/jwks": ("application/json", json.dumps({"keys": self.keys})),
            "/dora/profile/card": (
                "text/turtle", f"<#me> <http://www.w3.org/ns/solid/terms#oidcIssuer> <{self.named}> ."),
        }.get(path, ("text/plain", ""))  # fmt: skip
        start_response("200 OK" if body else "404 Not Found", [("Content-Type", media_type)])
        return [body.encode()]


@pytest.fixture
def elsewhere():
    return Elsewhere()


@pytest.fixture
def garden(make_installation, elsewhere) -> Installation:
    transport = RawTargetTransport(elsewhere)
    made = make_installation(mounts={"https://login.example": transport, "https://pods.example": transport})
    made.owner = made.person("alice")
    address = f"{made.base}alice/private/shared"
    headers = made.headers(made.owner)
    made.client.put(address, content="salut", headers=headers | {"Content-Type": "text/plain"})
    rules = (
        f"@prefix acl: <http://www.w3.org/ns/auth/acl#> . <#o> a acl:Authorization ; acl:agent <{made.owner.webid}> ; "
        f"acl:accessTo <{address}> ; acl:mode acl:Read, acl:Write, acl:Control . <#d> a acl:Authorization ; "
        f"acl:agent <{WEBID}> ; acl:accessTo <{address}> ; acl:mode acl:Read ."
    )
    answer = made.client.put(f"{address}.acl", content=rules, headers=headers | {"Content-Type": "text/turtle"})
    assert answer.status_code == 201
    made.shared = address
    return made


@pytest.fixture
def ring(garden):
    return Keyring(garden)


def token(garden, elsewhere, ring, header=None, key=None, **claims):
    now = int(garden.clock().timestamp())
    said = {
        "iss": ISSUER, "webid": WEBID, "sub": WEBID, "aud": ["solid"], "client_id": "https://app.example/id",
        "iat": now, "exp": now + 600, "cnf": {"jkt": ring.jkt},
    } | claims  # fmt: skip
    said = {name: value for name, value in said.items() if value is not None}
    return jwt.encode({"alg": "ES256", "kid": "k1", "typ": "at+jwt"} | (header or {}), said, key or elsewhere.key)


def get(garden, ring, made, **more):
    return garden.client.get(garden.shared, headers=ring.headers("GET", garden.shared, made, **more))


def test_r1_a_bound_token_with_its_proof_says_who_asks(garden, elsewhere, ring):
    answer = get(garden, ring, token(garden, elsewhere, ring))
    assert (answer.status_code, answer.text) == (200, "salut")


def test_r1_a_bound_token_alone_is_worth_nothing(garden, elsewhere, ring):
    sent = {"Authorization": f"Bearer {token(garden, elsewhere, ring)}"}
    assert garden.client.get(garden.shared, headers=sent).status_code == 401


@pytest.mark.parametrize(("change", "header"), BAD_TOKENS)
def test_r2_s14_claims_that_do_not_hold_are_refused(garden, elsewhere, ring, change, header):
    try:
        made = token(garden, elsewhere, ring, header, **change)
    except (ValueError, JoseError):  # the library will not even sign it
        made = _unsigned(header or {}, change)
    assert get(garden, ring, made).status_code == 401


def test_the_table_of_bad_tokens_has_thirty_rows():
    assert len({repr(row) for row in BAD_TOKENS}) >= 30


def _unsigned(header, claims):
    parts = (json.dumps(one).encode() for one in ({"alg": "ES256"} | header, claims))
    return ".".join(base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in parts) + ".AAAA"


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS256"])
def test_r2_s14_another_algorithm_than_the_keys_is_refused(garden, elsewhere, ring, algorithm):
    _, body, signature = token(garden, elsewhere, ring).split(".")
    forged = base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "kid": "k1"}).encode()).rstrip(b"=").decode()
    for made in (f"{forged}.{body}.{signature}", f"{forged}.{body}."):
        assert get(garden, ring, made).status_code == 401


def test_r2_s14_a_key_that_the_token_brings_along_is_not_believed(garden, elsewhere, ring):
    own = jwk.ECKey.generate_key("P-256")
    made = token(garden, elsewhere, ring, {"jwk": own.as_dict(private=False)}, own)
    assert get(garden, ring, made).status_code == 401


def test_r2_s14_endless_tokens_are_not_read(garden, elsewhere, ring):
    made = token(garden, elsewhere, ring, pad="x" * 9_000)
    assert get(garden, ring, made).status_code == 401


def test_s14_bottomless_json_is_a_refusal_and_no_error_of_ours(garden, elsewhere, ring):
    """In a token, in a proof and in a registration: found by trying, each was 503 once."""
    deep = base64.urlsafe_b64encode(b"[" * 4000).rstrip(b"=").decode()
    for made in (f"{deep}.e30.AAAA", f"e30.{deep}.AAAA"):
        assert get(garden, ring, made).status_code == 401
        sent = {"Authorization": f"DPoP {token(garden, elsewhere, ring)}", "DPoP": made}
        assert garden.client.get(garden.shared, headers=sent).status_code == 401
    assert garden.client.post("/oidc/register", content=b"[" * 20_000).status_code == 400
    assert garden.client.post("/me/passkeys/sign-in", content=b"[" * 20_000).status_code == 401


def test_r2_a_token_in_the_style_of_an_id_token_is_good(garden, elsewhere, ring):
    made = token(garden, elsewhere, ring, {"typ": "JWT"}, webid=None, client_id=None, azp="app", aud=["app", "solid"])
    assert get(garden, ring, made).status_code == 200


def test_r3_the_profile_must_name_the_issuer(garden, elsewhere, ring):
    elsewhere.named = "https://other.example/"
    assert get(garden, ring, token(garden, elsewhere, ring)).status_code == 401


def test_r3_one_final_slash_makes_no_other_issuer(garden, elsewhere, ring):
    elsewhere.named = ISSUER.rstrip("/")
    assert get(garden, ring, token(garden, elsewhere, ring)).status_code == 200


def test_r3_nobody_elsewhere_can_vouch_for_our_people(garden, elsewhere, ring):
    made = token(garden, elsewhere, ring, webid=garden.owner.webid)
    assert get(garden, ring, made).status_code == 401


def test_r3_r4_answers_are_kept_and_failures_are_not_asked_again_at_once(garden, elsewhere, ring):
    for _ in range(3):
        assert get(garden, ring, token(garden, elsewhere, ring)).status_code == 200
    assert sorted(elsewhere.asked) == ["/.well-known/openid-configuration", "/dora/profile/card", "/jwks"]
    elsewhere.asked.clear()
    for _ in range(5):
        get(
            garden,
            ring,
            token(garden, elsewhere, ring, webid="https://pods.example/nobody#me", jti=secrets.token_hex(4)),
        )
    assert elsewhere.asked == ["/nobody"]


def test_r4_the_issuer_must_call_itself_so(garden, elsewhere, ring):
    elsewhere.issuer = "https://login.example/other"
    assert get(garden, ring, token(garden, elsewhere, ring)).status_code == 401


def test_r4_a_new_key_is_fetched_once(garden, elsewhere, ring):
    assert get(garden, ring, token(garden, elsewhere, ring)).status_code == 200
    fresh = jwk.ECKey.generate_key("P-256")
    elsewhere.keys.append(fresh.as_dict(private=False) | {"kid": "k2"})
    garden.clock.forward(seconds=30)
    made = token(garden, elsewhere, ring, {"kid": "k2"}, fresh)
    assert get(garden, ring, made).status_code == 200


def test_r5_s13_a_proof_counts_once_among_fifty(garden, elsewhere, ring):
    headers = ring.headers("GET", garden.shared, token(garden, elsewhere, ring))
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: garden.client.get(garden.shared, headers=headers).status_code, range(50)))
    assert sorted(set(found)) == [200, 401]
    assert found.count(200) == 1


def test_r5_exactly_one_proof(garden, elsewhere, ring):
    made = token(garden, elsewhere, ring)
    one = ("Authorization", f"DPoP {made}")
    proofs = ", ".join(
        ring.proof("GET", garden.shared, token=made) for _ in range(2)
    )  # as servers join repeated headers
    assert garden.client.get(garden.shared, headers=[one, ("DPoP", proofs)]).status_code == 401
    assert garden.client.get(garden.shared, headers=[one]).status_code == 401


def test_r5_a_proof_for_another_method_or_address_is_refused(garden, elsewhere, ring):
    made = token(garden, elsewhere, ring)
    for method, url in (("PUT", garden.shared), ("GET", f"{garden.shared}x")):
        sent = ring.headers(method, url, made)
        assert garden.client.get(garden.shared, headers=sent).status_code == 401


def test_r6_ath_may_be_missing_and_must_not_be_wrong(garden, elsewhere, ring):
    made = token(garden, elsewhere, ring)
    assert get(garden, ring, made, ath=None).status_code == 200
    assert get(garden, ring, made, ath="wrong").status_code == 401


def test_r7_the_challenge_says_how_to_sign_in_and_what_was_wrong(garden, elsewhere, ring):
    plain = ", ".join(garden.client.get(garden.shared).headers.get_list("WWW-Authenticate"))
    assert "DPoP algs=" in plain
    assert f'as_uri="{garden.base}"' in plain
    assert 'Bearer realm="pod_app", scope="openid webid"' in plain
    assert "error=" not in plain
    made = token(garden, elsewhere, ring)
    bad = get(garden, ring, made, htm="POST").headers["WWW-Authenticate"]
    assert 'error="invalid_dpop_proof"' in bad
    bad = get(garden, ring, token(garden, elsewhere, ring, exp=1)).headers["WWW-Authenticate"]
    assert 'error="invalid_token"' in bad


@pytest.mark.parametrize("address", ["http://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/"])
def test_r8_no_token_makes_us_ask_inside(garden, elsewhere, ring, address):
    made = token(garden, elsewhere, ring, iss=address)
    assert get(garden, ring, made).status_code == 401
    made = token(garden, elsewhere, ring, webid=f"{address}card#me")
    assert get(garden, ring, made).status_code == 401


def test_r10_a_bad_token_is_refused_where_anybody_may_read(garden, elsewhere, ring):
    card = f"{garden.base}alice/profile/card"
    sent = {"Accept": "text/turtle"}
    assert garden.client.get(card, headers=sent).status_code == 200
    made = token(garden, elsewhere, ring, exp=1)
    assert garden.client.get(card, headers=sent | ring.headers("GET", card, made)).status_code == 401


def test_r2_the_client_and_issuer_of_a_token_reach_the_access_rules(garden, elsewhere, ring):
    """P18: a rule with conditions sees whom the token names."""
    rules = (
        f"@prefix acl: <http://www.w3.org/ns/auth/acl#> . <#d> a acl:Authorization ; acl:agent <{WEBID}> ; "
        f"acl:accessTo <{garden.shared}> ; acl:mode acl:Read ; acl:condition "
        "[ a acl:ClientCondition ; acl:client <https://app.example/id> ] ."
    )
    sent = garden.headers(garden.owner) | {"Content-Type": "text/turtle"}
    assert garden.client.put(f"{garden.shared}.acl", content=rules, headers=sent).status_code == 204
    assert get(garden, ring, token(garden, elsewhere, ring)).status_code == 200
    assert get(garden, ring, token(garden, elsewhere, ring, client_id="https://evil.example/id")).status_code == 403

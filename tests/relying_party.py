"""A small application that signs people in: PKCE, DPoP and the forms a browser would send."""

import base64
import hashlib
import re
import secrets
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwk, jwt

BACK = "https://app.example/back"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Keyring:
    """The key of one application and the proofs it signs, on the installation's clock."""

    def __init__(self, installation, key=None, algorithm="ES256"):
        self.installation = installation
        self.key = key or jwk.ECKey.generate_key("P-256")
        self.algorithm = algorithm

    @property
    def jkt(self):
        return self.key.thumbprint()

    def proof(self, method, url, *, token=None, header=None, **claims):
        now = int(self.installation.clock().timestamp())
        said = {"htm": method, "htu": url, "iat": now, "jti": secrets.token_hex(8)}
        if token is not None:
            said["ath"] = base64url(hashlib.sha256(token.encode()).digest())
        said |= claims
        said = {name: value for name, value in said.items() if value is not None}
        about = {"alg": self.algorithm, "typ": "dpop+jwt", "jwk": self.key.as_dict(private=False)} | (header or {})
        return jwt.encode(about, said, self.key, algorithms=[about["alg"]])

    def headers(self, method, url, token, **more):
        return {"Authorization": f"DPoP {token}", "DPoP": self.proof(method, url, token=token, **more)}


class Application:
    """Registered with an installation; `sign_in` goes the whole way and returns the token endpoint's answer."""

    def __init__(self, installation, **about):
        self.installation, self.client = installation, installation.client
        self.ring = Keyring(installation)
        self.verifier = secrets.token_urlsafe(48)
        wanted = {
            "client_name": "Carnet de bord", "redirect_uris": [BACK], "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
        } | about  # fmt: skip
        answer = self.client.post("/oidc/register", json=wanted)
        assert answer.status_code == 201, answer.text
        self.about = answer.json()

    @property
    def id(self):
        return self.about["client_id"]

    def wish(self, **changes):
        asked = {
            "response_type": "code", "client_id": self.id, "redirect_uri": BACK, "scope": "openid webid offline_access",
            "state": "s-1", "nonce": "n-1", "code_challenge_method": "S256",
            "code_challenge": base64url(hashlib.sha256(self.verifier.encode()).digest()),
        } | changes  # fmt: skip
        return {name: value for name, value in asked.items() if value is not None}

    def authorize(self, **changes):
        return self.client.get("/oidc/authorize?" + urlencode(self.wish(**changes)))

    def consent(self, page, answer="yes", **changes):
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        fields = {name: value.replace("&amp;", "&") for name, value in fields.items()} | {"answer": answer} | changes
        return self.client.post("/oidc/authorize", data=fields)

    def code(self, answer):
        assert answer.status_code == 303, answer.text
        return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]

    def token(self, form, *, ring=None, headers=None, auth=None):
        ring = ring or self.ring
        url = f"{self.installation.base}oidc/token"
        sent = {"DPoP": ring.proof("POST", url)} if headers is None else headers
        return self.client.post("/oidc/token", data=form, headers=sent, auth=auth)

    def exchange(self, code, **changes):
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "client_id": self.id,
            "code_verifier": self.verifier,
        } | changes  # fmt: skip
        return self.token({name: value for name, value in form.items() if value is not None})

    def sign_in(self, name, password, **changes):
        sign_in(self.installation, name, password)
        page = self.authorize(**changes)
        answer = page if page.status_code == 303 else self.consent(page)
        return self.exchange(self.code(answer)).json()


def sign_in(installation, name, password):
    """Open a session in the installation's client, as the sign-in form does."""
    answer = installation.client.post("/me/sign-in", data={"name": name, "password": password})
    assert answer.status_code == 303, answer.text
    return answer

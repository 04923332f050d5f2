"""Another host of badges, as far as an installation sees it: registers, sends people to agree, and asks."""

import base64
import hashlib
import html
import re
import secrets
from urllib.parse import parse_qs, urlencode, urlsplit

API = "/ims/ob/v3p0"
SCOPE = "https://purl.imsglobal.org/spec/ob/v3p0/scope/"
READ, UPSERT = f"{SCOPE}credential.readonly", f"{SCOPE}credential.upsert"
PROFILE, UPDATE = f"{SCOPE}profile.readonly", f"{SCOPE}profile.update"
ALL = f"{READ} {UPSERT} {PROFILE} {UPDATE} offline_access"
BACK = "https://besace.example/back"
REGISTRATION = {
    "client_name": "La Besace",
    "client_uri": "https://besace.example/",
    "logo_uri": "https://besace.example/logo.png",
    "tos_uri": "https://besace.example/terms",
    "policy_uri": "https://besace.example/privacy",
    "software_id": "7a1d4a2e-0001-4a52-9f6e-0123456789ab",
    "software_version": "1.0",
    "redirect_uris": [BACK],
    "token_endpoint_auth_method": "client_secret_basic",
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "scope": ALL,
}


class BadgeHost:
    """Registered with an installation through what its discovery says."""

    def __init__(self, installation, **about):
        self.client, self.base = installation.client, installation.base
        told = self.client.get(f"{API}/discovery").json()
        scheme = told["components"]["securitySchemes"]["OAuth2ACG"]
        self.flow = scheme["flows"]["authorizationCode"]
        self.revocation = scheme["x-imssf-revocationUrl"]
        answer = self.client.post(scheme["x-imssf-registrationUrl"], json=REGISTRATION | about)
        assert answer.status_code == 201, answer.text
        self.about = answer.json()
        self.auth = (self.about["client_id"], self.about["client_secret"])
        self.verifier = secrets.token_urlsafe(48)
        self.tokens = {}

    def authorize(self, **changes):
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        wish = {
            "response_type": "code", "client_id": self.auth[0], "redirect_uri": BACK, "scope": ALL, "state": "s-1",
            "code_challenge": challenge, "code_challenge_method": "S256",
        } | changes  # fmt: skip
        return self.client.get(f"{self.flow['authorizationUrl']}?{urlencode(wish)}")

    def consent(self, page, answer="yes", **changes):
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        fields = {name: html.unescape(value) for name, value in fields.items()} | {"answer": answer} | changes
        return self.client.post("/oidc/authorize", data=fields)

    def exchange(self, code, *, auth=..., **changes):
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": self.verifier,
        } | changes  # fmt: skip
        return self.client.post(self.flow["tokenUrl"], data=form, auth=self.auth if auth is ... else auth)

    def let_in(self, name, password, **changes):
        """The whole way; the person signs in and agrees."""
        assert self.client.post("/me/sign-in", data={"name": name, "password": password}).status_code == 303
        page = self.authorize(**changes)
        answer = page if page.status_code == 303 else self.consent(page)
        code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
        self.tokens = self.exchange(code).json()
        return self.tokens

    def refresh(self, token=None):
        form = {"grant_type": "refresh_token", "refresh_token": token or self.tokens["refresh_token"]}
        return self.client.post(self.flow["refreshUrl"], data=form, auth=self.auth)

    def revoke(self, token):
        return self.client.post(self.revocation, data={"token": token}, auth=self.auth)

    def ask(self, method, path, *, token=None, **more):
        headers = {"Authorization": f"Bearer {token or self.tokens['access_token']}"} | more.pop("headers", {})
        return self.client.request(method, f"{API}{path}", headers=headers, **more)

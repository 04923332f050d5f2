"""A small Solid server and identity provider that does what a test tells it to: mounted, never on a socket."""

import hashlib
import json
import secrets
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from joserfc import jwk, jwt
from relying_party import base64url

HOST = "https://verger.example"
WEBID = f"{HOST}/rose/card#me"
TURTLE = "text/turtle"
ACL_LINK = '<{url}.acl>; rel="acl"'


class SolidElsewhere(httpx.BaseTransport):
    """Rose's server. `discovery`, `claims`, `answer` override what it says; `down` and `refuse` make it fail."""

    def __init__(self, clock):
        self.clock = clock
        self.key = jwk.ECKey.generate_key("P-256", {"kid": "k1", "use": "sig", "alg": "ES256"}, auto_kid=False)
        self.discovery, self.claims, self.answer, self.registered = {}, {}, {}, []
        self.asked, self.codes, self.refreshes, self.access = [], {}, {}, set()
        self.files = {"/rose/": (TURTLE, b""), "/rose/card": (TURTLE, self.card(HOST + "/"))}
        self.acl_link = ACL_LINK
        self.patches = []
        self.down, self.nonce, self.refuse = False, None, {}

    def card(self, issuer, *more):
        lines = [f"<{WEBID}> <http://www.w3.org/ns/solid/terms#oidcIssuer> <{issuer}> .",
                 f'<{WEBID}> <http://xmlns.com/foaf/0.1/name> "Rose Verger" .',
                 f"<{WEBID}> <http://www.w3.org/ns/pim/space#storage> <{HOST}/rose/> .", *more]  # fmt: skip
        return "\n".join(lines).encode()

    def approve(self, url, **changes):
        """What the browser brings back once Rose has agreed at the provider."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        told = {"code": code, "state": asked["state"], "iss": HOST + "/"} | changes
        return urlencode({name: value for name, value in told.items() if value is not None})

    # -- the server ------------------------------------------------------------------------------

    def handle_request(self, request):
        path = request.url.path
        self.asked.append((request.method, path))
        if self.down:
            raise httpx.ConnectError("down")
        if (request.method, path) in self.refuse:
            return httpx.Response(self.refuse[request.method, path], stream=httpx.ByteStream(b""))
        special = {
            "/.well-known/openid-configuration": self._discovery, "/jwks": self._jwks, "/token": self._token,
            "/register": self._register,
        }  # fmt: skip
        answer = special[path](request) if path in special else self._file(request, path)
        body = httpx.ByteStream(b"" if request.method == "HEAD" else answer.content)
        return httpx.Response(answer.status_code, headers=answer.headers, stream=body)

    def _discovery(self, _request):
        about = {
            "issuer": HOST + "/", "authorization_endpoint": f"{HOST}/authorize", "token_endpoint": f"{HOST}/token",
            "jwks_uri": f"{HOST}/jwks", "registration_endpoint": f"{HOST}/register",
            "scopes_supported": ["openid", "webid", "offline_access"], "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"], "authorization_response_iss_parameter_supported": True,
        } | self.discovery  # fmt: skip
        return httpx.Response(200, json={name: value for name, value in about.items() if value is not None})

    def _jwks(self, _request):
        return httpx.Response(200, json={"keys": [{**self.key.as_dict(private=False), "kid": "k1", "alg": "ES256"}]})

    def _register(self, request):
        self.registered.append(json.loads(request.read()))
        return httpx.Response(201, json={"client_id": f"client-{len(self.registered)}", "client_secret": "chut"})

    def _token(self, request):
        form = {name: values[0] for name, values in parse_qs(request.read().decode()).items()}
        if (
            self.nonce
            and jwt.decode(request.headers["dpop"], self._proof_key(request)).claims.get("nonce") != self.nonce
        ):
            return httpx.Response(400, json={"error": "use_dpop_nonce"}, headers={"DPoP-Nonce": self.nonce})
        if form["grant_type"] == "refresh_token":
            asked = self.refreshes.pop(form["refresh_token"], None)
        else:
            asked = self.codes.pop(form["code"], None)
            digest = base64url(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
            asked = asked if asked and asked["code_challenge"] == digest else None
        if asked is None:
            return httpx.Response(400, json={"error": "invalid_grant"})
        return httpx.Response(200, json=self._tokens(asked))

    def _tokens(self, asked):
        now = int(self.clock().timestamp())
        access, refresh = secrets.token_urlsafe(12), secrets.token_urlsafe(12)
        self.access.add(access)
        self.refreshes[refresh] = asked
        claims = {
            "iss": HOST + "/", "sub": WEBID, "webid": WEBID, "aud": [asked["client_id"], "solid"],
            "azp": asked["client_id"], "iat": now, "exp": now + 3600, "nonce": asked.get("nonce"),
        } | self.claims  # fmt: skip
        key = self.claims.get("key", self.key)
        said = {name: value for name, value in claims.items() if value is not None and name != "key"}
        told = {
            "access_token": access, "token_type": "DPoP", "expires_in": 600, "refresh_token": refresh,
            "id_token": jwt.encode({"alg": "ES256", "kid": "k1"}, said, key),
        } | self.answer  # fmt: skip
        return {name: value for name, value in told.items() if value is not None}

    def _proof_key(self, request):
        header = json.loads(_decoded(request.headers["dpop"].split(".")[0]))
        return jwk.ECKey.import_key(header["jwk"])

    def _file(self, request, path):
        agent = self._agent(request)
        reads = request.method in {"GET", "HEAD"}
        if agent == WEBID or (reads and (path == "/rose/card" or self._may_read(agent, path))):
            return getattr(self, f"_{request.method.lower()}")(request, path)
        headers = {} if agent else {"WWW-Authenticate": 'DPoP error="invalid_token"'}
        return httpx.Response(403 if agent else 401, headers=headers)

    def _agent(self, request):
        """Rose by her opaque tokens; a community by what its token says of itself."""
        token = request.headers.get("authorization", "").removeprefix("DPoP ")
        if token in self.access:
            return WEBID
        return json.loads(_decoded(token.split(".")[1]))["webid"] if token.count(".") == 2 else None

    def _rules(self, path):
        """Rules of a document, else of its container, as text."""
        container = path.rpartition("/")[0] + "/"
        found = self.files.get(f"{path}.acl") or self.files.get(f"{container}.acl") or (TURTLE, b"")
        return found[1].decode()

    def _may_read(self, agent, path):
        return agent is not None and agent in self._rules(path)

    def _get(self, request, path):
        if path not in self.files:
            return httpx.Response(404)
        media_type, body = self.files[path]
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = {"Content-Type": media_type, "ETag": etag, "Link": self.acl_link.format(url=f"{HOST}{path}")}
        headers["WAC-Allow"] = f'user="read",public="{"read" if "agentClass" in self._rules(path) else ""}"'
        if path.endswith("/"):
            body = self._listing(path)
        if request.headers.get("if-none-match") == etag and not path.endswith("/"):
            return httpx.Response(304, headers=headers)
        return httpx.Response(200, headers=headers, content=body)

    _head = _get

    def _listing(self, path):
        inside = [one for one in self.files if one.startswith(path) and "/" not in one.removeprefix(path).rstrip("/")]
        shown = [one for one in inside if one != path and not one.endswith(".acl")]
        contains = "".join(f"<> <http://www.w3.org/ns/ldp#contains> <{HOST}{one}> .\n" for one in shown)
        return f"<> a <http://www.w3.org/ns/ldp#BasicContainer> .\n{contains}".encode()

    def _put(self, request, path):
        if request.headers.get("if-none-match") == "*" and path in self.files:
            return httpx.Response(412)
        is_new = path not in self.files
        self.files[path] = (request.headers["content-type"], request.read())
        return httpx.Response(201 if is_new else 204)

    def _post(self, request, path):
        made = f"{path}{request.headers['slug']}" + ("/" if "Container" in request.headers.get("link", "") else "")
        self.files[made] = (TURTLE, b"")
        return httpx.Response(201, headers={"Location": made})

    def _patch(self, request, path):
        before = self.files.get(path, (TURTLE, b""))[1]
        inserted = request.content.decode().partition("solid:inserts {")[2].rpartition("}")[0]
        self.files[path] = (TURTLE, before + b"\n" + inserted.encode())
        self.patches.append((path, request.read().decode()))
        return httpx.Response(200)


def _decoded(part):
    from base64 import urlsafe_b64decode  # noqa: PLC0415  # only here

    return urlsafe_b64decode(part + "=" * (-len(part) % 4))

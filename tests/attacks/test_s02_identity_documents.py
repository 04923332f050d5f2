"""S2, S3, S4 for what a sign-in makes us read: profiles, issuers' settings, their keys, and documents of applications.

Each goes the way of real requests: a token or an authorization request comes in over HTTP, and the guard decides.
"""

import itertools
import json
import time
from contextlib import contextmanager

import pytest
from egress_laboratory import PUBLIC, laboratory, redirect_to
from joserfc import jwk, jwt
from relying_party import BACK, Application, Keyring, sign_in

from pod_app.storage.egress_policy import EgressPolicy

PASSWORD = "une petite phrase"
ISSUER = "http://login.example/"
WEBID = "http://pods.example/dora/card#me"
CLIENT = "http://app.example/id"
HASTY = EgressPolicy(allow_http=True, connect_seconds=0.3, total_seconds=0.6)
KINDS = {"settings": "login.example", "keys": "keys.example", "profile": "pods.example", "client": "app.example"}
PRIVATE = ["127.0.0.1", "169.254.169.254", "::ffff:10.0.0.7"]  # test_s01_ssrf_table.py has them all
HANG_GUARD = 60.0


class Elsewhere:
    """Four hosts that answer as they should; `changed` replaces the whole answer of one of them."""

    def __init__(self):
        self.key = jwk.ECKey.generate_key("P-256", {"kid": "k1"})
        self.changed = {}
        self.asked = []

    def __call__(self, connection, head):
        lines = head.decode("latin-1").split("\r\n")
        host = next(line.partition(": ")[2] for line in lines if line.lower().startswith("host:"))
        self.asked.append(host)
        change = self.changed.get(host)
        if callable(change):
            change(connection)
            return
        connection.sendall(change or answer_of(*self.honest(host)))

    def honest(self, host):
        return {
            "login.example": ("application/json", {"issuer": ISSUER, "jwks_uri": "http://keys.example/jwks"}),
            "keys.example": ("application/json", {"keys": [self.key.as_dict(private=False) | {"kid": "k1"}]}),
            "pods.example": ("text/turtle", f"<#me> <http://www.w3.org/ns/solid/terms#oidcIssuer> <{ISSUER}> ."),
            "app.example": ("application/ld+json", {
                "@context": ["https://www.w3.org/ns/solid/oidc-context.jsonld"], "client_id": CLIENT,
                "client_name": "Carnet", "redirect_uris": [BACK], "scope": "openid webid"}),
        }[host]  # fmt: skip


def answer_of(media_type, body):
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n"
    return head.encode() + data


class Scene:
    """An installation whose door to the network leads into the laboratory."""

    def __init__(self, installation, lab, elsewhere):
        self.installation, self.lab, self.elsewhere = installation, lab, elsewhere
        self.app = Application(installation)
        self.ring = Keyring(installation)

    def ask(self, kind):
        """One request that makes us read a document of this kind; the status and the words of the answer."""
        answer = self.app.authorize(client_id=CLIENT) if kind == "client" else self._with_token()
        return answer.status_code, answer.text

    def _with_token(self):
        now = int(self.installation.clock().timestamp())
        claims = {
            "iss": ISSUER, "webid": WEBID, "sub": WEBID, "aud": "solid", "client_id": "app", "iat": now,
            "exp": now + 600, "cnf": {"jkt": self.ring.jkt},
        }  # fmt: skip
        token = jwt.encode({"alg": "ES256", "kid": "k1", "typ": "at+jwt"}, claims, self.elsewhere.key)
        url = f"{self.installation.base}alice/profile/card"
        return self.installation.client.get(url, headers=self.ring.headers("GET", url, token))


GOOD = {"client": 200, "settings": 200, "keys": 200, "profile": 200}
REFUSED = {"client": 422, "settings": 401, "keys": 401, "profile": 401}


@pytest.fixture
def scene(installation):
    installation.person("alice", PASSWORD)
    sign_in(installation, "alice", PASSWORD)

    @contextmanager
    def made(names=None, policy=None):
        elsewhere = Elsewhere()
        with laboratory(elsewhere, names=names, policy=policy) as lab:
            installation.services.fetch._web_client = lab.web
            yield Scene(installation, lab, elsewhere)

    return made


@pytest.mark.parametrize("kind", KINDS)
def test_s2_an_honest_document_is_read_so_that_the_others_prove_something(scene, kind):
    with scene() as here:
        assert here.ask(kind)[0] == GOOD[kind]
        assert KINDS[kind] in here.elsewhere.asked


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("address", PRIVATE)
def test_s2_a_name_inside_a_private_network_is_never_connected_to(scene, kind, address):
    with scene({KINDS[kind]: [[address]]}) as here:
        assert here.ask(kind)[0] == REFUSED[kind]
        assert KINDS[kind] not in here.elsewhere.asked
        assert address not in {host for host, _ in here.lab.town.dialled}


@pytest.mark.parametrize("kind", KINDS)
def test_s3_a_name_that_turns_to_loopback_is_not_believed_the_second_time(scene, kind):
    """The rebinding resolver: once what was read is too old, the name means 127.0.0.1."""
    with scene({KINDS[kind]: [[PUBLIC], ["127.0.0.1"]]}) as here:
        assert here.ask(kind)[0] == GOOD[kind]
        here.elsewhere.asked.clear()
        here.lab.town.dialled.clear()
        here.installation.clock.forward(minutes=61)
        assert here.ask(kind)[0] == REFUSED[kind]
        assert KINDS[kind] not in here.elsewhere.asked
        assert {host for host, _ in here.lab.town.dialled} <= {PUBLIC}


@pytest.mark.parametrize("kind", KINDS)
def test_s3_both_a_public_and_a_private_address_are_one_too_many(scene, kind):
    with scene({KINDS[kind]: [[PUBLIC, "10.0.0.7"]]}) as here:
        assert here.ask(kind)[0] == REFUSED[kind]
        assert KINDS[kind] not in here.elsewhere.asked


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("status", "location"),
    [(301, "http://127.0.0.1/"), (302, "//[::1]/"), (303, "http://inside.example/"), (307, "http://2130706433/"),
     (308, "//inside.example:80/")],
)  # fmt: skip
def test_s4_a_redirect_into_a_private_network_ends_where_it_began(scene, kind, status, location):
    with scene({"inside.example": [["192.168.1.1"]]}) as here:
        here.elsewhere.changed[KINDS[kind]] = redirect_to(location, status)
        assert here.ask(kind)[0] == REFUSED[kind]
        assert {host for host, _ in here.lab.town.dialled} == {PUBLIC}
        assert here.elsewhere.asked[-1] == KINDS[kind] or kind == "keys"


@pytest.mark.parametrize("kind", KINDS)
def test_s8_a_document_without_end_is_not_read_to_its_end(scene, kind):
    def pour(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[")
        while True:
            connection.sendall(b" " * 65536)

    with scene() as here:
        here.elsewhere.changed[KINDS[kind]] = pour
        assert here.ask(kind)[0] == REFUSED[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_s8_a_document_that_drips_ends_at_the_deadline(scene, kind):
    def drip(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/turtle\r\n\r\n")
        for _ in itertools.count():
            connection.sendall(b" ")
            time.sleep(0.05)

    with scene(policy=HASTY) as here:
        here.elsewhere.changed[KINDS[kind]] = drip
        began = time.monotonic()
        assert here.ask(kind)[0] == REFUSED[kind]
        assert time.monotonic() - began < HANG_GUARD


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "body", ["", "[]", "{", '{"issuer": 7, "keys": [7, null, {}]}', "[" * 100_000], ids=lambda body: body[:9]
)
def test_s14_what_is_no_such_document_is_a_refusal_and_never_an_error_of_ours(scene, kind, body):
    with scene() as here:
        here.elsewhere.changed[KINDS[kind]] = answer_of("application/json", body)
        assert here.ask(kind)[0] == REFUSED[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_s1_the_words_do_not_tell_what_stands_where(scene, kind):
    """Refused by us, refused by a host, or nobody there: the same answer."""
    told = set()
    for names, change in (
        ({KINDS[kind]: [["127.0.0.1"]]}, None),
        ({KINDS[kind]: [[]]}, None),
        (None, redirect_to("http://10.0.0.1/")),
        (None, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    ):
        with scene(names) as here:
            if change is not None:
                here.elsewhere.changed[KINDS[kind]] = change
            here.installation.clock.forward(hours=2)
            sign_in(here.installation, "alice", PASSWORD)
            status, words = here.ask(kind)
            told.add((status, words.replace(here.app.id, "APP")))
    assert len(told) == 1


def test_s2_what_an_application_says_of_itself_is_kept_for_an_hour_and_no_longer(scene):
    with scene() as here:
        for _ in range(3):
            assert here.ask("client")[0] == 200
        assert here.elsewhere.asked == ["app.example"]
        here.installation.clock.forward(minutes=61)
        assert here.ask("client")[0] in {200, 303}
        assert here.elsewhere.asked == ["app.example"] * 2

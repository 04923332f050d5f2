"""S34, S35: requests to the bulk route that are not what they say; none of them learns anything."""

import dataclasses
import hashlib
import json
import secrets

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from three_hosts import World

from pod_app.collective.members import Elsewhere
from pod_app.standards import did, http_signatures
from pod_app.standards.http_signatures import Message
from pod_app.standards.wac import Agent

JSON = "application/json"
COMPONENTS = ("@method", "@target-uri", "content-digest", "content-type")


@dataclasses.dataclass
class Asker:
    """A community on one host, and alice on another who lets it count her."""

    world: World

    def __post_init__(self):
        home, there = self.world[0], self.world[1]
        founder = home.person("founder")
        self.community = home.services.catalogue.create("commons", "community", owners=[founder.webid])
        self.alice = there.person("alice")
        there.services.consents.give(
            Agent(webid=self.alice.webid), self.alice, Elsewhere(self.community.webid), "count"
        )
        self.url = f"{there.base}api/partials"
        self.view = there.services.views.choose("thanks-by-month").file

    def body(self, **changed):
        question = {
            "community": self.community.webid, "sha256": self.view.sha256, "query": self.view.text,
            "parameters": {}, "pods": [self.alice.webid],
        }  # fmt: skip
        return json.dumps(question | changed).encode()

    def sign(self, body, *, pod="commons", host=0, method="POST", url=None):
        signed = self.world[host].services.federation.signed_requests
        return signed.sign(pod, method, url or self.url, body, JSON)

    def sign_by_hand(self, body, key=None, **changed):
        """A signature with any part of it changed."""
        home = self.world[0].services
        fields = {"Content-Type": JSON, "Content-Digest": http_signatures.digest(body)}
        lower = {name.lower(): value for name, value in fields.items()}
        with home.database.read() as conn:
            active = home.keys.active(conn, "commons")
            sign = key.sign if key else lambda data: home.keys.sign(conn, "commons", data, key_id=active.id)
            given = {
                "components": COMPONENTS, "key_id": did.key_id(self.community.did, active.public_key),
                "created": int(home.clock().timestamp()), "nonce": secrets.token_hex(8),
            } | changed  # fmt: skip
            components = given.pop("components")
            return fields | http_signatures.signed(Message("POST", self.url, lower), components, sign=sign, **given)

    def post(self, body, headers, **more):
        return self.world[1].client.post(self.url, content=body, headers=headers | more)


@pytest.fixture
def asker(make_installation):
    return Asker(World(make_installation))


def test_the_communitys_own_request_is_answered(asker):
    answer = asker.post(asker.body(), asker.sign(asker.body()))
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("application/jsonl")
    first, last = map(json.loads, answer.text.splitlines())
    assert (first["pod"], first["state"]) == (asker.alice.webid, "answered")
    assert last == {"coverage": {"asked": 1, "answered": 1, "refused": 0}}


def test_the_library_form_of_authority_and_path_is_enough(asker):
    covered = ("@method", "@authority", "@path", "content-digest", "content-type")
    assert asker.post(asker.body(), asker.sign_by_hand(asker.body(), components=covered)).status_code == 200


def now(asker):
    return int(asker.world[0].clock().timestamp())


def without(headers, name):
    return {one: value for one, value in headers.items() if one != name}


def another_algorithm(headers):
    return headers | {"Signature-Input": headers["Signature-Input"].replace("ed25519", "hmac-sha256")}


def strange_key(asker, body):
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    return asker.sign_by_hand(body, key=key, key_id=did.key_id(asker.community.did, public))


FORGED = {
    "unsigned": lambda asker, body: {"Content-Type": JSON},
    "without digest": lambda asker, body: without(asker.sign(body), "Content-Digest"),
    "without Signature": lambda asker, body: without(asker.sign(body), "Signature"),
    "without Signature-Input": lambda asker, body: without(asker.sign(body), "Signature-Input"),
    "digest of another body": lambda asker, body: asker.sign(body + b" "),
    "another digest in place": lambda asker, body: (
        asker.sign(body + b" ") | {"Content-Digest": http_signatures.digest(body)}
    ),
    "for another method": lambda asker, body: asker.sign(body, method="PUT"),
    "for another host": lambda asker, body: asker.sign(body, url="https://cedre.example/api/partials"),
    "for another path": lambda asker, body: asker.sign(body, url=asker.url + "/x"),
    "for another scheme": lambda asker, body: asker.sign(body, url=asker.url.replace("https", "http")),
    "too old": lambda asker, body: asker.sign_by_hand(body, created=now(asker) - 301),
    "from the future": lambda asker, body: asker.sign_by_hand(body, created=now(asker) + 301),
    "method not covered": lambda asker, body: asker.sign_by_hand(body, components=COMPONENTS[1:]),
    "target not covered": lambda asker, body: asker.sign_by_hand(body, components=("@method", *COMPONENTS[2:])),
    "host not covered": lambda asker, body: asker.sign_by_hand(body, components=("@method", "@path", *COMPONENTS[2:])),
    "digest not covered": lambda asker, body: asker.sign_by_hand(body, components=(*COMPONENTS[:2], "content-type")),
    "type not covered": lambda asker, body: asker.sign_by_hand(body, components=COMPONENTS[:3]),
    "nothing covered": lambda asker, body: asker.sign_by_hand(body, components=()),
    "another key under its name": lambda asker, body: asker.sign_by_hand(body, key=Ed25519PrivateKey.generate()),
    "a key nobody lists": strange_key,
    "a key named by an address": lambda asker, body: asker.sign_by_hand(body, key_id="https://evil.example/key#main"),
    "a did:key": lambda asker, body: asker.sign_by_hand(body, key_id="did:key:z6Mk#z6Mk"),
    "a DID that leads nowhere": lambda asker, body: asker.sign_by_hand(body, key_id="did:web:nowhere.example:x#z6Mk"),
    "a DID with a path that climbs": lambda asker, body: asker.sign_by_hand(
        body, key_id="did:web:amandier.example:..:commons#z6Mk"
    ),
    "garbage for a signature": lambda asker, body: asker.sign(body) | {"Signature": "sig1=:AAAA:"},
    "garbage for fields": lambda asker, body: asker.sign(body) | {"Signature-Input": "sig1=(((", "Signature": "((("},
    "an algorithm of their choice": lambda asker, body: another_algorithm(asker.sign(body)),
}  # fmt: skip


@pytest.mark.parametrize("how", FORGED)
def test_a_forged_request_is_refused_in_words_and_learns_nothing(asker, how):
    body = asker.body()
    answer = asker.post(body, FORGED[how](asker, body))
    assert answer.status_code == 401, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert asker.alice.webid not in answer.text


def test_a_request_is_taken_once(asker):
    body = asker.body()
    headers = asker.sign(body)
    assert asker.post(body, headers).status_code == 200
    assert asker.post(body, headers).status_code == 401


@pytest.mark.parametrize("who", ["another community", "a person", "another host's pod of that name"])
def test_a_good_signature_of_somebody_else_does_not_speak_for_the_community(asker, who):
    home, third = asker.world[0], asker.world[2]
    founder = home.services.catalogue.get("founder")
    if who == "another community":
        home.services.catalogue.create("others", "community", owners=[founder.webid])
        headers = asker.sign(asker.body(), pod="others")
    elif who == "a person":
        headers = asker.sign(asker.body(), pod="founder")
    else:
        yann = third.person("yann")
        third.services.catalogue.create("commons", "community", owners=[yann.webid])
        headers = asker.sign(asker.body(), host=2)
    answer = asker.post(asker.body(), headers)
    assert answer.status_code == 403
    assert "cells" not in answer.text


def test_a_did_document_that_claims_the_communitys_name_does_not_speak_for_it(asker):
    """`alsoKnownAs` is only a claim of whoever wrote the document."""
    there, key = asker.world[1].services, Ed25519PrivateKey.generate()
    name = "did:web:evil.example:commons"
    public = key.public_key().public_bytes_raw()
    document = did.did_document(name, [did.DidKey(public)], [asker.community.webid])
    signed = there.federation.signed_requests
    honest = signed._ours.fetch
    signed._ours = dataclasses.replace(
        signed._ours,
        fetch=lambda url, accept: (JSON, json.dumps(document).encode()) if "evil" in url else honest(url, accept),
    )
    headers = asker.sign_by_hand(asker.body(), key=key, key_id=did.key_id(name, public))
    assert asker.post(asker.body(), headers).status_code == 403


def test_a_revoked_key_signs_for_a_minute_at_most(asker):
    """The document of a key is kept for so long."""
    home, there = asker.world[0].services, asker.world[1]
    old = [asker.sign(asker.body()) for _ in range(3)]
    assert asker.post(asker.body(), old[0]).status_code == 200
    home.issuing.rotate_key(Agent(webid=home.catalogue.get("founder").webid), asker.community, revoke=True)
    there.clock.forward(seconds=59)
    assert asker.post(asker.body(), old[1]).status_code == 200
    there.clock.forward(seconds=2)
    assert asker.post(asker.body(), old[2]).status_code == 401
    assert asker.post(asker.body(), asker.sign(asker.body())).status_code == 200


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"sha256": "0" * 64}, 422),
        ({"query": "SELECT"}, 422),
        ({"query": None}, 422),
        ({"parameters": {"x": "1"}}, 422),
        ({"parameters": []}, 422),
        ({"parameters": {"x": 1}}, 422),
        ({"pods": "all"}, 422),
        ({"pods": [1]}, 422),
        ({"pods": ["https://a.example/"] * 2}, 422),
        ({"pods": [f"https://a.example/{number}" for number in range(501)]}, 413),
        ({"more": "x"}, 422),
        ({"query": "#" * 65_537}, 413),
        ({"pods": ["x" * 300_000]}, 413),
    ],
)
def test_a_question_that_is_none_is_refused_in_words(asker, changed, status):
    body = asker.body(**changed)
    answer = asker.post(body, asker.sign(body))
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]
    assert answer.json()["remedy"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"community": 1, "community": 2}', b"\xff", b"[" * 50_000])
def test_a_body_that_is_no_json_object_is_unreadable(asker, body):
    assert asker.post(body, asker.sign(body)).status_code == 400


def test_only_json_by_post_is_taken(asker):
    body = asker.body()
    assert asker.post(body, asker.sign(body), **{"Content-Type": "text/plain"}).status_code == 415
    assert asker.world[1].client.get(asker.url).status_code == 405


def test_every_pod_that_gives_nothing_is_refused_in_the_same_words(asker):
    there = asker.world[1]
    there.person("bob")
    pods = [asker.alice.webid] + [
        f"{there.base}{name}/profile/card#{end}"
        for name, end in [("bob", "me"), ("nobody", "me"), ("alice", "us"), ("api", "me"), ("alice/x", "me")]
    ]
    body = asker.body(
        pods=[*pods, "https://elsewhere.example/alice/profile/card#me", "not an address", f"{there.base}%zz", ""]
    )
    answer = asker.post(body, asker.sign(body))
    assert answer.status_code == 200, answer.text
    first, *others, last = map(json.loads, answer.text.splitlines())
    assert first["state"] == "answered"
    assert {json.dumps({**one, "pod": ""}) for one in others} == {'{"pod": "", "state": "refused"}'}
    assert last["coverage"] == {"asked": 10, "answered": 1, "refused": 9}


def outside(asker, text, **more):
    body = asker.body(query=text, sha256=hashlib.sha256(text.encode()).hexdigest(), **more)
    return asker.post(body, asker.sign(body))


HEADER = "# title@fr: x\n# title@en: x\n# scope: pod\n# audience: community\n"


def test_a_query_from_outside_is_run_in_the_sandbox_and_says_the_same(asker):
    own = asker.post(asker.body(), asker.sign(asker.body()))
    assert outside(asker, asker.view.text + "\n").text == own.text


@pytest.mark.parametrize(
    "query",
    [
        "SELECT (COUNT(?s) AS ?n) WHERE { SERVICE <https://evil.example/> { ?s ?p ?o } }",
        "SELECT (COUNT(?s) AS ?n) WHERE { sErViCe#c\n<https://evil.example/> { ?s ?p ?o } }",
        "SELECT (COUNT(?s) AS ?n) WHERE { \\u0053ERVICE <https://evil.example/> { ?s ?p ?o } }",
        "SELECT (COUNT(?s) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } }",
        "SELECT (COUNT(?s) AS ?n) FROM <https://evil.example/> WHERE { ?s ?p ?o }",
        "SELECT * WHERE { ?s ?p ?o }",
        "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "LOAD <https://evil.example/>",
        "DELETE WHERE { ?s ?p ?o }",
        "SELECT (COUNT(?s) AS ?n) WHERE { " + "{" * 5_000 + "}" * 5_000 + " }",
        "SELECT (COUNT(?s) AS ?n) WHERE { FILTER(" + "(" * 8_000 + "1" + ")" * 8_000 + ") ?s ?p ?o }",
        "not sparql",
    ],
)
def test_s07_a_query_that_our_own_views_could_not_be_is_refused(asker, query):
    answer = outside(asker, HEADER + query)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"]
    assert asker.world.asked["https://cedre.example/"] == []

"""S31: a shared cache between many people and a pod never hands one person's answer to another.

The cache keeps what RFC 9111 lets it keep, keys it by `Vary` and revalidates what says `no-cache`. (Debian's
nginx keeps nothing that says `no-cache`, and so would prove nothing here.)
"""

import random

import httpx
import pytest
from fixtures_pods import Person, people

SEED = 31
FORMS = ("text/turtle", "application/ld+json", "text/html")


class SharedCache(httpx.BaseTransport):
    """A shared cache in front of a server (RFC 9111 §3 and §4), greedy wherever it may be."""

    def __init__(self, server):
        self.server = server
        self.kept = {}
        self.served = 0

    def handle_request(self, request):
        target = str(request.extensions.get("target", request.url))
        if request.method != "GET":
            self.kept.pop(target, None)
            return self.server.handle_request(request)
        for wanted, stored in self.kept.get(target, []):
            if all(request.headers.get(name) == value for name, value in wanted.items()):
                return self._reused(request, target, stored)
        return self._fetched(request, target)

    def _reused(self, request, target, stored):
        directives = stored.headers.get("Cache-Control", "")
        if "no-cache" not in directives and "max-age=0" not in directives:
            self.served += 1
            return fresh(stored)
        request.headers["If-None-Match"] = stored.headers["ETag"]
        answer = self.server.handle_request(request)
        answer.read()
        if answer.status_code != 304:
            return self._keep(request, target, answer)
        self.served += 1
        stored.headers.update(answer.headers)
        return fresh(stored)

    def _fetched(self, request, target):
        answer = self.server.handle_request(request)
        answer.read()
        return self._keep(request, target, answer)

    def _keep(self, request, target, answer):
        directives = answer.headers.get("Cache-Control", "")
        private = "private" in directives or "no-store" in directives
        needs_permission = "Authorization" in request.headers and "public" not in directives
        if answer.status_code in {200, 301, 308, 404} and not private and not needs_permission:
            names = [name.strip() for name in answer.headers.get("Vary", "").split(",") if name.strip()]
            if "*" not in names:
                wanted = {name: request.headers.get(name) for name in names}
                others = [one for one in self.kept.get(target, []) if one[0] != wanted]
                self.kept[target] = [*others, (wanted, fresh(answer))]
        return answer


def fresh(answer):
    """A copy that can be read again."""
    return httpx.Response(answer.status_code, headers=answer.headers.copy(), content=answer.content)


@pytest.fixture
def place(installation):
    """Three people and a stranger; each place is open to another choice of them."""
    alice, bob, carol, stranger = people(installation, "alice", "bob", "carol")
    alice.put("/alice/public/open", b"<> <urn:p> 'open'.")
    for name, grants in (
        ("bobs", [(bob.webid, "Read")]),
        ("known", [("anybody signed in", "Read")]),
        ("everybodys", [("public", "Read"), (bob.webid, "Read Write")]),
    ):
        alice.put(f"/alice/private/{name}", f"<> <urn:p> '{name}'.".encode())
        alice.grant(f"/alice/private/{name}", *grants, default=False)
    cache = SharedCache(installation.client._transport)
    through = httpx.Client(transport=cache, base_url=installation.base)
    return installation, cache, through, [alice, bob, carol, stranger]


TARGETS = (
    "/alice/public/open", "/alice/public/", "/alice/private/bobs", "/alice/private/known", "/alice/private/everybodys",
    "/alice/profile/card", "/alice/private/", "/alice/private/none", "/alice/.well-known/solid", "/alice/did.json",
)  # fmt: skip
COUNTED = ("etag", "wac-allow", "content-type", "link", "access-control-allow-origin", "allow")


def seen(answer):
    return answer.status_code, answer.content, {name: answer.headers.get(name) for name in COUNTED}


def test_s31_everybody_gets_their_own_answer_through_a_shared_cache(place):
    installation, cache, through, who = place
    chance = random.Random(SEED)
    print("seed", SEED)
    statuses = set()
    for turn in range(400):
        person = chance.choice(who)
        if turn % 40 == 39:
            reading = chance.choice(("Read", "Control"))
            who[0].grant("/alice/private/everybodys", ("public", reading), default=False)
        headers = {**person.headers, "Accept": chance.choice(FORMS)}
        if chance.random() < 0.4:
            headers["Origin"] = chance.choice(("https://one.example", "https://two.example"))
        target = chance.choice(TARGETS)
        extensions = {"target": target.encode()}
        cached = through.get("/x", headers=headers, extensions=extensions)
        straight = installation.send("GET", target, headers=headers)
        assert seen(cached) == seen(straight), (turn, person.webid, target, headers["Accept"])
        statuses.add(cached.status_code)
    assert {200, 401, 403, 404} <= statuses
    assert cache.served > 40


def test_s31_a_cache_that_forgets_vary_would_be_noticed(place):
    """The test itself can fail: the same requests through a cache that keeps one answer for each address."""
    _, cache, through, who = place
    cache._keep = lambda _request, target, answer: cache.kept.update({target: [({}, fresh(answer))]}) or answer
    wrong = 0
    for person in who:
        answer = through.get("/x", headers=person.headers, extensions={"target": b"/alice/private/bobs"})
        wrong += answer.status_code != person.get("/alice/private/bobs").status_code
    assert wrong


@pytest.mark.parametrize("target", TARGETS)
def test_s31_what_is_private_says_so_and_every_answer_names_what_it_depends_on(place, target):
    _, _, _, who = place
    for person in who:
        answer = person.get(target)
        public = who[3].get(target).status_code == 200
        directives = answer.headers["Cache-Control"]
        assert directives == ("public, no-cache" if public else directives)
        assert public or directives in {"private, no-cache", "no-store"}
        assert {"Accept", "Authorization", "Origin", "Accept-Language"} <= set(answer.headers["Vary"].split(", "))
        assert answer.status_code != 200 or answer.headers["ETag"].startswith('"')


def test_s31_pages_with_a_session_are_kept_by_nobody(installation):
    stranger = Person(installation)
    for target in ("/", "/me", "/verify", "/me/sign-in"):
        answer = stranger.get(target)
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "Cookie" in answer.headers["Vary"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"}, {"X_Forwarded_Host": "evil.example"}, {"X_Forwarded_Server": "evil.example"},
        {"Forwarded": "host=evil.example;proto=http"}, {"X_Original_Host": "evil.example"}, {"X_Host": "evil.example"},
        {"X_Forwarded_Prefix": "/evil.example"}, {"X_Forwarded_Proto": "evil.example"},
    ],
    ids=str,
)  # fmt: skip
def test_s31_no_header_reaches_a_link_a_webid_or_a_redirect(place, headers):
    _, _, _, (alice, *_) = place
    answers = [
        *(alice.get(target, **headers) for target in (*TARGETS, "/alice", "/", "/verify")),
        alice.put("/alice/private/new", b"", **headers),
        alice("POST", "/alice/private/", b"", **headers),
        alice.get("/alice/private", **headers),
    ]
    for answer in answers:
        assert "evil.example" not in answer.text + str(answer.headers)

"""Short reads are answered on the event loop itself, all else in threads (decision 0025)."""

import threading

import pytest
from relying_party import Application
from through_adapter import asked

from pod_app.brevity import MOST_BYTES, MOST_MEMBERS, TooLongError, attempt, may_take_long
from pod_app.web.app import create
from pod_app.web.serving.asgi_adapter import AsgiAdapter

LOOP, HAND = "loop", "thread"


class Noting:
    """A WSGI application around another one: where it ran, each time."""

    def __init__(self, inner, is_brief):
        self._inner = inner
        self.is_brief = is_brief
        self.ran = []

    def __call__(self, environ, start_response):
        self.ran.append(HAND if threading.current_thread().name.startswith("request_") else LOOP)
        return self._inner(environ, start_response)


def ask(noting, target, *headers, method="GET"):
    """Status, headers and body of one request, sent through an adapter of its own."""
    adapter = AsgiAdapter(noting, threads=1)
    try:
        return asked(adapter, method, target, *headers)
    finally:
        adapter.close()


def plain(environ, start_response):
    if environ["RAW_URI"] == "/long":
        may_take_long()
    if environ["RAW_URI"] == "/defect":
        raise ValueError("no")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["REQUEST_METHOD"].encode()]


@pytest.mark.parametrize(
    ("target", "is_brief", "ran", "status"),
    [
        ("/short", True, [LOOP], 200),
        ("/short", False, [HAND], 200),
        ("/long", True, [LOOP, HAND], 200),
        ("/long", False, [HAND], 200),
        ("/defect", True, [LOOP], 500),
    ],
)
def test_what_takes_long_is_begun_again_in_a_thread(target, is_brief, ran, status):
    noting = Noting(plain, lambda _environ: is_brief)
    assert ask(noting, target)[0] == status
    assert noting.ran == ran


def test_an_application_that_says_nothing_of_it_works_in_threads():
    places = []

    def silent(_environ, start_response):
        places.append(threading.current_thread().name)
        start_response("204 No Content", [])
        return []

    assert ask(silent, "/")[0] == 204
    assert places == ["request_0"]


def test_only_an_attempt_ends_and_the_one_around_it_goes_on():
    with pytest.raises(TooLongError):
        attempt(may_take_long)
    may_take_long()


@pytest.fixture
def garden(installation):
    """Alice's pod with a small and a large document and two containers, all public below `open/`."""
    pod = installation.person("alice", "correct horse battery")
    headers = installation.headers(pod) | {"Content-Type": "text/turtle"}
    rules = f"""@prefix acl: <http://www.w3.org/ns/auth/acl#>. @prefix foaf: <http://xmlns.com/foaf/0.1/>.
        <#o> a acl:Authorization; acl:agent <{pod.webid}>; acl:accessTo <./>; acl:default <./>; acl:mode acl:Read,
        acl:Write, acl:Control. <#e> a acl:Authorization; acl:agentClass foaf:Agent; acl:default <./>;
        acl:accessTo <./>; acl:mode acl:Read ."""
    large = "".join(f'<#{n}> <http://schema.org/name> "{n}" .\n' for n in range(MOST_BYTES // 30))
    documents = {"open/small": "<#a> <#b> 1 .", "open/.acl": rules, "open/large": large, "closed/large": large}
    documents |= {f"open/few/{n}": "<#a> <#b> 1 ." for n in range(3)}
    for path, body in documents.items():
        answer = installation.send("PUT", f"/alice/{path}", headers=headers, content=body)
        assert answer.status_code == 201, answer.text
    return installation


@pytest.fixture
def noting(garden):
    inner = create(garden.services)
    return Noting(inner, inner.is_brief)


JSON_LD, PAGE, TURTLE = ((b"accept", value) for value in (b"application/ld+json", b"text/html", b"text/turtle"))


@pytest.mark.parametrize(
    ("target", "accept", "ran"),
    [
        ("/alice/open/small", TURTLE, [LOOP]),
        ("/alice/open/small", JSON_LD, [LOOP]),
        ("/alice/open/large", TURTLE, [LOOP]),
        ("/alice/open/large", JSON_LD, [LOOP, HAND]),
        ("/alice/open/few/", TURTLE, [LOOP]),
        ("/alice/open/small", PAGE, [HAND]),
        ("/healthz", TURTLE, [LOOP, HAND]),
    ],
)
def test_a_read_runs_where_its_length_belongs(noting, target, accept, ran):
    status, _, body = ask(noting, target, accept)
    assert status == 200
    assert body
    assert noting.ran == ran


def test_a_container_of_many_is_listed_whole_in_a_thread(noting, garden):
    headers = garden.headers(garden.services.catalogue.get("alice")) | {"Content-Type": "text/plain"}
    for number in range(MOST_MEMBERS + 1):
        assert garden.send("PUT", f"/alice/open/many/{number}", headers=headers, content="x").status_code == 201
    _, _, body = ask(noting, "/alice/open/many/", TURTLE)
    assert noting.ran == [LOOP, HAND]
    assert body.count(b"#Resource>") >= MOST_MEMBERS or body.count(b"ldp:Resource") >= MOST_MEMBERS


def test_writes_are_never_tried_on_the_loop(noting):
    assert ask(noting, "/alice/open/small", method="DELETE")[0] == 401
    assert noting.ran == [HAND]


def test_s13_a_proof_counts_once_however_often_its_request_is_begun(noting, garden):
    """The attempt has already noted the proof as used: beginning again must not take that for a replay."""
    application = Application(garden)
    token = application.sign_in("alice", "correct horse battery")["access_token"]
    sent = application.ring.headers("GET", f"{garden.base}alice/closed/large", token)
    headers = [(name.lower().encode(), value.encode()) for name, value in sent.items()]
    assert ask(noting, "/alice/closed/large", JSON_LD, *headers)[0] == 200
    assert noting.ran == [LOOP, HAND]
    assert ask(noting, "/alice/closed/large", JSON_LD, *headers)[0] == 401


def test_waiting_for_the_disk_or_another_machine_ends_an_attempt(installation):
    services = installation.services
    with pytest.raises(TooLongError):
        attempt(lambda: services.database.write(lambda _conn: None))
    with pytest.raises(TooLongError):
        attempt(lambda: services.web_client.fetch("https://other.example/", accept="*/*", media_types=()))

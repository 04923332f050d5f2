"""SPARQL endpoints of partners are asked through the egress guard (S8), here with Oxigraph behind WSGI."""

import json
import socket
from urllib.parse import parse_qs

import pyoxigraph
import pytest

from pod_app.errors import Forbidden, Invalid, Unreachable, Unreadable, Unsupported
from pod_app.storage.egress_policy import EgressPolicy
from pod_app.storage.sparql_client import SparqlClient
from pod_app.storage.web_client import RawTargetTransport, WebClient

DATA = """
@prefix s: <https://schema.org/> .
<https://gardens.example/plumeria#us> s:name "Jardin Plumeria"@fr ; s:size 12 .
<https://gardens.example/vanille#us> s:name "Jardin Vanille"@fr .
"""
ENDPOINT = "https://partner.example/sparql"
NAMES = """# title@en: gardens, with a comment that says LOAD and "quotes
# about@en: INSERT nothing
BASE <https://gardens.example/>
PREFIX add: <https://schema.org/>
SELECT ?name WHERE { ?garden add:name ?name } ORDER BY ?name
"""


class Endpoint:
    """A small honest SPARQL endpoint; keeps what it was sent."""

    def __init__(self):
        self.store = pyoxigraph.Store()
        self.store.load(DATA.encode(), pyoxigraph.RdfFormat.TURTLE)
        self.requests = []

    def __call__(self, environ, start_response):
        form = parse_qs(environ["wsgi.input"].read().decode())
        query = parse_qs(environ["QUERY_STRING"]).get("query", form.get("query"))[0]
        self.requests.append(environ)
        try:
            results = self.store.query(query)
        except SyntaxError:
            start_response("400 Bad Request", [("Content-Type", "text/plain")])
            return [b"no"]
        if isinstance(results, pyoxigraph.QueryTriples):
            start_response("200 OK", [("Content-Type", "text/turtle")])
            return [results.serialize(format=pyoxigraph.RdfFormat.TURTLE)]
        start_response("200 OK", [("Content-Type", "application/sparql-results+json")])
        return [results.serialize(format=pyoxigraph.QueryResultsFormat.JSON)]


def client_of(application, **options):
    web = WebClient(EgressPolicy(), mounts={"https://partner.example": RawTargetTransport(application)})
    return SparqlClient(ENDPOINT, web, **options)


def answering(status, media_type, body):
    def application(environ, start_response):
        start_response(status, [("Content-Type", media_type)])
        return [body]

    return application


def test_a_select_gives_the_json_results_of_the_endpoint():
    endpoint = Endpoint()
    answer = client_of(endpoint).select(NAMES)
    assert answer["head"]["vars"] == ["name"]
    assert [row["name"]["value"] for row in answer["results"]["bindings"]] == ["Jardin Plumeria", "Jardin Vanille"]
    assert endpoint.requests[0]["REQUEST_METHOD"] == "POST"
    assert "application/sparql-results+json" in endpoint.requests[0]["HTTP_ACCEPT"]


def test_ask_and_construct_speak_to_the_same_endpoint():
    client = client_of(Endpoint())
    assert client.ask("ASK { ?s <https://schema.org/size> 12 }") is True
    assert client.ask("ASK { ?s <https://schema.org/size> 13 }") is False
    assert b"Vanille" in client.construct("CONSTRUCT WHERE { ?s <https://schema.org/name> ?name }")


def test_it_is_a_sparqlwrapper_for_those_who_know_one():
    client = client_of(Endpoint())
    client.setQuery(NAMES)
    assert len(client.queryAndConvert()["results"]["bindings"]) == 2


def test_basic_credentials_are_sent_and_digest_is_refused():
    endpoint = Endpoint()
    client = client_of(endpoint)
    client.setCredentials("reader", "secret")
    client.ask("ASK {}")
    assert endpoint.requests[0]["HTTP_AUTHORIZATION"].startswith("Basic ")
    with pytest.raises(Unsupported):
        client.setHTTPAuth("DIGEST")


@pytest.mark.parametrize(
    "update",
    [
        "INSERT DATA { <a:a> <a:b> 1 }",
        "DROP ALL",
        "# SELECT\nLOAD <http://127.0.0.1/>",
        "WITH <a:a> DELETE WHERE {}",
        "",
        "{",
    ],
)
def test_updates_never_leave(update):
    endpoint = Endpoint()
    with pytest.raises(Unsupported):
        client_of(endpoint).select(update)
    assert endpoint.requests == []


def test_a_query_that_the_endpoint_does_not_read_is_invalid():
    with pytest.raises(Invalid):
        client_of(Endpoint()).select("SELECT nothing")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("401 Unauthorized", Forbidden),
        ("403 Forbidden", Forbidden),
        ("404 Not Found", Unreachable),
        ("302 Found", Unreachable),
        ("500 Oh", Unreachable),
        ("503 Busy", Unreachable),
    ],
)
def test_other_answers_become_our_errors(status, error):
    with pytest.raises(error):
        client_of(answering(status, "text/plain", b"no")).select(NAMES)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b"{}",
        b'{"head": [], "results": []}',
        b'{"head": {"vars": 1}, "results": {"bindings": []}}',
        b"[" * 200_000,
        b"\xff\xfe",
    ],
)
def test_an_answer_that_is_not_json_results_is_unreadable(body):
    client = client_of(answering("200 OK", "application/sparql-results+json", body))
    for question in (client.select, client.ask):
        with pytest.raises(Unreadable):
            question("ASK {}")


def test_an_answer_above_the_limit_is_refused():
    body = json.dumps({"head": {"vars": []}, "results": {"bindings": [{}] * 1000}}).encode()
    with pytest.raises(Unreachable):
        client_of(answering("200 OK", "application/sparql-results+json", body), max_bytes=1000).select(NAMES)


def test_a_private_endpoint_is_refused_without_a_single_connection():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        port = listener.getsockname()[1]
        web = WebClient(
            EgressPolicy(allow_http=True, ports=frozenset({port})), resolver=lambda _host, _port: ["127.0.0.1"]
        )
        for host in ("127.0.0.1", "partner.example", "[::ffff:127.0.0.1]"):
            client = SparqlClient(f"http://{host}:{port}/sparql", web)
            client.setTimeout(3)
            with pytest.raises(Unreachable):
                client.select(NAMES)
            with pytest.raises(Unreachable):
                client.query()
        with pytest.raises(TimeoutError):
            listener.accept()

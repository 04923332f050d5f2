"""Clients of Solid pods that we did not write, unmodified, with the program as it is served."""

import json
import subprocess
from pathlib import Path
from types import SimpleNamespace

import httpx
import live_server
import pytest
from live_server import HANG_GUARD
from rdflib import Graph, Literal, Namespace, URIRef

FOLDER = Path(__file__).resolve().parent
PASSWORD = "une petite phrase"
SCHEMA = Namespace("http://schema.org/")
NAMES = "SELECT ?it ?name { ?it <http://schema.org/name> ?name }"
DENIED = {"read": False, "append": False, "write": False, "controlRead": False, "controlWrite": False}
pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """Alice and Bob of a running program, with the keys of their scripts."""
    folder = tmp_path_factory.mktemp("clients") / "data"
    port = live_server.free_port()
    made = {name: _account(folder, name, port) for name in ("alice", "bob")}
    with live_server.serving(folder, port):
        yield SimpleNamespace(**made)


def _account(folder, name, port):
    options = ("--password-stdin", "--client-credentials", "--json", "--base-url", f"http://localhost:{port}/")
    made = live_server.run(folder, "account", "create", name, *options, stdin=PASSWORD)
    assert made.returncode == 0, made.stderr
    return SimpleNamespace(**json.loads(made.stdout))


@pytest.fixture
def alice_runs(people, node):
    """Runs a script as Alice; returns what it saw."""
    alice = people.alice

    def run(script, *arguments):
        return _said(node, FOLDER / script, alice.issuer, alice.client_id, alice.client_secret, *arguments)

    return run


def _said(*command):
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=HANG_GUARD, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _ask(person, address, method="GET", **more):
    headers = {**more.pop("headers", {}), **({"Authorization": f"Bearer {person.token}"} if person else {})}
    return httpx.request(method, address, headers=headers, timeout=HANG_GUARD, **more)


def _graph(person, address):
    answer = _ask(person, address, headers={"Accept": "text/turtle"})
    assert answer.status_code == 200, answer.text
    return Graph().parse(data=answer.text, format="turtle", publicID=address)


def _names(person, address):
    return {str(name) for name in _graph(person, address).objects(URIRef(f"{address}#it"), SCHEMA.name)}


def test_solid_client_makes_changes_and_deletes_datasets(people, alice_runs):
    container = f"{people.alice.storage}private/datasets/"
    told = alice_runs("solid_client.mjs", "datasets", container)
    # A late change that takes away what is gone goes through, as SPARQL Update has it: nothing of anybody's is lost.
    assert (told["names"], told["late"]) == (["Menthe", "Mélisse", "Thym"], "went through")
    assert (told["position"], told["second"], told["over"]) == (2, None, 412)
    assert (told["draft"], told["gone"]) == (f"{container}draft", 404)
    assert _names(people.alice, f"{container}notes") == {"Menthe", "Mélisse", "Thym"}
    positions = list(_graph(people.alice, f"{container}notes").objects(predicate=SCHEMA.position))
    assert positions == [Literal(2)]
    assert _ask(people.alice, told["draft"]).status_code == 404


def test_solid_client_keeps_and_deletes_files(people, alice_runs):
    container = f"{people.alice.storage}private/files/"
    told = alice_runs("solid_client.mjs", "files", container)
    assert told == {
        "picture": f"{container}photo.png",
        "type": "image/png",
        "bytes": [137, 80, 78, 71, 0, 255],
        "text": "deux",
        "gone": 404,
    }
    picture = _ask(people.alice, f"{container}photo.png")
    assert (picture.content, picture.headers["content-type"]) == (b"\x89PNG\x00\xff", "image/png")
    assert _ask(people.alice, f"{container}deep/er/text.txt").content == b"deux"


def test_solid_client_makes_lists_and_deletes_containers(people, alice_runs):
    container = f"{people.alice.storage}private/containers/"
    told = alice_runs("solid_client.mjs", "containers", container)
    assert told == {
        "listed": [f"{container}a.txt", f"{container}empty/"],
        "full": 409,
        "container": True,
        "left": [f"{container}a.txt"],
    }
    assert _ask(people.alice, f"{container}empty/").status_code == 404


def test_solid_client_shares_a_document_and_takes_that_back(people, alice_runs):
    container, notes = f"{people.alice.storage}private/sharing/", f"{people.alice.storage}private/sharing/notes"
    shared = alice_runs("solid_client.mjs", "sharing", container, people.bob.webid)
    assert shared["before"] == DENIED
    assert shared["agent"] == {**DENIED, "read": True, "append": True}
    assert shared["everybody"] == {**DENIED, "read": True}
    assert _names(None, notes) == {"Partagée"}
    assert _patched(None, notes, 'INSERT DATA { <#it> <http://schema.org/name> "De personne" }') == 401
    assert _patched(people.bob, notes, 'INSERT DATA { <#it> <http://schema.org/name> "De Bob" }') == 204
    assert _patched(people.bob, notes, 'DELETE DATA { <#it> <http://schema.org/name> "Partagée" }') == 403
    assert _names(people.bob, notes) == {"Partagée", "De Bob"}
    unshared = alice_runs("solid_client.mjs", "unsharing", container, people.bob.webid)
    assert (unshared["agent"], unshared["everybody"]) == (DENIED, DENIED)
    assert [_ask(person, notes).status_code for person in (None, people.bob)] == [401, 403]
    assert _names(people.alice, notes) == {"Partagée", "De Bob"}


def _patched(person, address, update):
    headers = {"Content-Type": "application/sparql-update"}
    return _ask(person, address, "PATCH", headers=headers, content=update).status_code


def test_solid_client_writes_access_rules_of_a_container(people, alice_runs):
    container = f"{people.alice.storage}private/rules/"
    told = alice_runs("solid_client.mjs", "rules", container, people.bob.webid)
    assert told["below"] == {"read": True, "append": False, "write": False, "control": False}
    answers = [_ask(people.bob, address).status_code for address in (container, f"{container}notes")]
    assert answers == [200, 200]
    assert _ask(people.bob, f"{container}notes", "DELETE").status_code == 403
    assert _ask(None, f"{container}notes").status_code == 401
    assert _names(people.alice, f"{container}notes") == {"Sous la règle du dossier"}


@pytest.mark.parametrize(
    ("language", "editable", "late"),
    [("application/sparql-update", "SPARQL", 204), ("text/n3", "N3PATCH", 409)],
    ids=["SPARQL Update", "N3 Patch"],
)
def test_rdflib_js_changes_a_document(people, alice_runs, language, editable, late):
    """A late change that no longer fits is refused in an N3 Patch; SPARQL Update passes over what is not there."""
    document = f"{people.alice.storage}private/{editable}"
    told = alice_runs("rdflib_updates.mjs", document, language)
    kept = {"Sauge", 'Mélisse "citron" \\ \n d’été'} | ({"Thym"} if late == 204 else set())
    assert told["editable"] == editable
    assert told["patches"] == [[language, 204]] * 4 + [[language, late]]
    assert (told["late"] == "went through") is (late == 204)
    assert told["names"] == sorted(kept)
    assert _names(people.alice, document) == kept
    graph = _graph(people.alice, document)
    assert set(graph.objects(predicate=SCHEMA.color)) == {Literal("vert", lang="fr")}
    assert "0.50" in [str(height) for height in _lexical(people.alice, document)]
    [author] = graph.objects(predicate=SCHEMA.author)
    assert list(graph.predicate_objects(author)) == []


def _lexical(person, document):
    """The objects as they are written, which rdflib's parser of Turtle does not keep."""
    lines = _ask(person, document, headers={"Accept": "application/n-triples"}).text.splitlines()
    return [line.split('"')[1] for line in lines if "schema.org/height" in line]


def test_comunica_asks_public_and_private_documents(people, alice_runs):
    alice = people.alice
    places = {"public/herbes": "Basilic", "public/fleurs": "Souci", "private/carnet": "Ortie"}
    documents = {f"{alice.storage}{place}": name for place, name in places.items()}
    for address, name in documents.items():
        _put(alice, address, "text/turtle", f'<#it> <http://schema.org/name> "{name}" .')
    told = alice_runs("comunica.mjs", NAMES, *documents)
    rows = [{"it": f"{address}#it", "name": name} for address, name in documents.items()]
    assert _sorted(told["person"]) == _sorted(rows)
    assert _sorted(told["stranger"]) == _sorted(rows[:2])
    assert "401" in str(told["strict"])


def _sorted(rows):
    return sorted(rows, key=lambda row: row["name"])


def test_comunica_joins_a_listing_with_the_documents_it_names(people, alice_runs):
    container = f"{people.alice.storage}private/jardin/"
    turtle, json_ld = f"{container}a", f"{container}b"
    _put(people.alice, turtle, "text/turtle", '<#it> <http://schema.org/name> "Lavande" .')
    _put(people.alice, json_ld, "application/ld+json", '{"@id": "#it", "http://schema.org/name": "Sauge"}')
    query = (
        f"SELECT ?name {{ <{container}> <http://www.w3.org/ns/ldp#contains> ?document . ?it <{SCHEMA.name}> ?name "
        "FILTER(STRSTARTS(STR(?it), STR(?document))) } ORDER BY ?name"
    )
    told = alice_runs("comunica.mjs", query, container, turtle, json_ld)
    assert told["person"] == [{"name": "Lavande"}, {"name": "Sauge"}]
    assert told["stranger"] == []


def _put(person, address, media_type, body):
    assert _ask(person, address, "PUT", headers={"Content-Type": media_type}, content=body).status_code == 201


def test_solid_file_does_all_it_can(people, isolated_python):
    """Every call of solid-file 0.2.1 but its login and `option`."""
    alice = people.alice
    container = f"{alice.storage}private/solid-file/"
    deep = f"{container}deep/"
    told = _said(isolated_python, "-W", "ignore", FOLDER / "solid_file_client.py", container, alice.token)
    assert told == {
        "made": [201, f"{deep}er/a.txt"],
        "posted": [201, f"{deep}er/b.txt"],
        "put": [201, 204],
        "kept": "File already existed",
        "patched": 204,
        "patched late": 409,
        "text": "ensuite",
        "exists": [True, False],
        "folder": [201, f"{container}empty/", 200],
        "read": ["deep", container, [["er", f"{deep}er/", "Container"]], [["notes", f"{deep}notes", "Resource"]]],
        "full": 409,
        "deleted": [204],
        "left": [["deep", deep, "Container"]],
        "plain": [201, 204, "text/turtle", 2, 204],
        "gone": 404,
        "named": 201,
    }
    assert _ask(alice, f"{deep}er/été.txt").content == b"ensuite"
    assert _ask(alice, f"{deep}er/b.txt").content == b"deux"
    assert _names(alice, f"{deep}notes") == {"Menthe"}
    assert [_ask(alice, f"{container}{name}").status_code for name in ("empty/", "plain")] == [404, 404]

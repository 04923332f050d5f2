"""A pod copied to another server, resource by resource: compared, resumed, and never more open than here (flow 10)."""

import hashlib
import json

import httpx
import pytest
from three_hosts import World

from pod_app.identity.script_elsewhere import ScriptElsewhere
from pod_app.pods.access import PROGRAM
from pod_app.pods.copying import GIVING_UP, Copying
from pod_app.pods.storage_elsewhere import StorageElsewhere
from pod_app.standards import rdf
from pod_app.standards.wac import ANONYMOUS, Agent, Mode

HERE, THERE = "https://ici.example/", "https://ailleurs.example/"
NOTE = (
    '<#it> <http://schema.org/name> "Salut" ; <http://schema.org/author> </alice/profile/card#me> ; <#b> [ <#c> 1 ] .'
)
PHOTO = b"\x89PNG" * 100_000
BADGE = b'{"@context": "https://www.w3.org/ns/credentials/v2", "n": 1}'


class Way:
    """The road between two installations; `broken` cuts it, `changed` answers in place of the other server."""

    def __init__(self, below):
        self.below, self.broken, self.changed, self.asked = below, False, None, []

    def handle_request(self, request):
        self.asked.append((request.method, str(request.url)))
        if self.broken:
            raise OSError("the line is dead")
        changed = None if self.changed is None else self.changed(request)
        return self.below.handle_request(request) if changed is None else changed


@pytest.fixture
def world(make_installation):
    made = World(make_installation, (HERE, THERE))
    here, there = made[0], made[1]
    here.alice, there.alix = here.person("alice", title="Alice"), there.person("alix", title="Alix")
    mounts = made.hosts[0][1]
    made.way = mounts[THERE] = Way(mounts[THERE])
    put(here, "private/note", NOTE.encode(), rdf.TURTLE)
    put(here, "private/photo.png", PHOTO, "image/png")
    put(here, "private/caf%C3%A9/", b"", rdf.TURTLE)
    put(here, "private/caf%C3%A9/menu", b"<#m> <#price> 3 .", rdf.TURTLE)
    put(here, "private/shared", b"salut", "text/plain")
    put(here, "private/shared.acl", rules("shared").encode(), rdf.TURTLE)
    put(here, "private/note.meta", b"<note> <http://schema.org/keywords> 'jardin' .", rdf.TURTLE)
    put(here, "public/album/", b"<> <http://schema.org/name> 'Album' .", rdf.TURTLE)
    put(here, "public/album/1.json", BADGE, "application/json")
    return made


def answered(status, headers, body):
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))


def rules(name):
    return (
        "@prefix acl: <http://www.w3.org/ns/auth/acl#> . @prefix foaf: <http://xmlns.com/foaf/0.1/> . "
        f"<#o> a acl:Authorization ; acl:agent </alice/profile/card#me> ; acl:accessTo <./{name}> ; "
        "acl:mode acl:Read, acl:Write, acl:Control . <#p> a acl:Authorization ; acl:agentClass foaf:Agent ; "
        f"acl:accessTo <./{name}> ; acl:mode acl:Read ."
    )


def put(installation, path, data, media_type):
    headers = installation.headers(installation.alice) | {"Content-Type": media_type}
    answer = installation.client.put(f"/alice/{path}", content=data, headers=headers)
    assert answer.status_code in {201, 204}, answer.text


def storage(world):
    there = world[1]
    account = there.services.accounts.of_pod("alix")
    made = there.services.credentials.issue(account.id, there.alix.webid)
    web = world[0].services.web_client
    script = ScriptElsewhere(web, THERE, made.client_id, made.client_secret, world[0].clock)
    assert script.webid == there.alix.webid
    return StorageElsewhere(web, there.alix.iri, script.headers, pause=lambda _seconds: None)


def copy(world, **more):
    lines = []
    here, webid = world[0], world[1].alix.webid
    summary = Copying(here.services.resources).copy(here.alice, storage(world), webid, lines.append, **more)
    return summary, {line.path: line for line in lines}


def read(installation, pod, path):
    resources = installation.services.resources
    found = resources.read(PROGRAM, pod.address(path))
    return resources.data(found.stored)


def test_p7_everything_arrives_is_compared_and_is_reported_with_its_hash(world):
    summary, lines = copy(world)
    failed = {path: line.detail for path, line in lines.items() if line.outcome == "failed"}
    assert failed == {}
    assert summary.whole
    there = world[1]
    assert read(there, there.alix, "private/photo.png") == PHOTO
    assert read(there, there.alix, "public/album/1.json") == BADGE
    photo = lines["private/photo.png"]
    assert (photo.outcome, photo.compared) == ("copied", "bytes")
    assert photo.sha256 == photo.sha256_there == hashlib.sha256(PHOTO).hexdigest()
    assert lines["private/note"].compared in {"bytes", "statements"}
    assert lines["public/album/"].outcome == "copied"
    assert lines["private/note.meta"].outcome == "copied"
    with world[0].services.resources.reading() as conn:
        stored = conn.exec_driver_sql("SELECT path FROM resources WHERE pod = 'alice'").scalars().all()
    assert set(lines) == set(stored)


def test_p7_addresses_and_rules_follow_the_person(world):
    copy(world)
    there = world[1]
    resources, alix = there.services.resources, there.alix
    note = resources.read(PROGRAM, alix.address("private/note"))
    assert alix.webid in {quad.object.value for quad in resources.quads(note.address, note.stored)}
    assert resources.read(Agent(webid=alix.webid), alix.address("private/note"))
    assert resources.decide(ANONYMOUS, alix.address("private/shared")).allows(Mode.READ)
    assert not resources.decide(ANONYMOUS, alix.address("private/note")).allows(Mode.READ)
    assert resources.decide(Agent(webid=alix.webid), alix.address("private/shared.acl")).allows(Mode.READ)
    assert not resources.decide(Agent(webid=world[0].alice.webid), alix.address("private/shared")).allows(Mode.WRITE)


def test_what_identifies_a_server_stays_with_it(world):
    before = read(world[1], world[1].alix, "profile/card"), read(world[1], world[1].alix, "did.json")
    _, lines = copy(world)
    assert {path for path, line in lines.items() if line.outcome == "left out"} >= {"profile/card", "did.json"}
    assert (read(world[1], world[1].alix, "profile/card"), read(world[1], world[1].alix, "did.json")) == before


def test_the_same_again_changes_nothing_and_says_so(world):
    copy(world)
    world.way.asked.clear()
    summary, lines = copy(world)
    assert summary.whole
    assert {line.outcome for line in lines.values()} == {"already there", "left out"}
    assert ("PUT", f"{THERE}alix/private/photo.png") not in world.way.asked  # large things are not sent in vain


def test_a_broken_line_stops_it_and_the_next_run_goes_on_where_it_stopped(world):
    count = 0

    def dies(request):
        nonlocal count
        count += request.method == "PUT"
        world.way.broken = count > 30

    world.way.changed = dies
    summary, lines = copy(world)
    assert summary.interrupted
    assert not summary.whole
    assert sum(line.silent for line in lines.values()) >= GIVING_UP
    arrived = {path for path, line in lines.items() if line.outcome == "copied"}
    world.way.broken, world.way.changed = False, None
    world[0].clock.forward(minutes=5)
    summary, lines = copy(world)
    assert summary.whole
    assert {lines[path].outcome for path in arrived} == {"already there"}
    assert read(world[1], world[1].alix, "private/photo.png") == PHOTO


def test_what_stands_there_already_is_left_alone_unless_it_may_be_replaced(world):
    there = world[1]
    headers = there.headers(there.alix) | {"Content-Type": "text/plain"}
    there.client.put("/alix/private/shared", content="mine", headers=headers)
    summary, lines = copy(world)
    assert not summary.whole
    assert lines["private/shared"].outcome == "failed"
    assert "already" in lines["private/shared"].detail
    assert read(there, there.alix, "private/shared") == b"mine"
    summary, lines = copy(world, replace=True)
    assert summary.whole
    assert read(there, there.alix, "private/shared") == b"salut"


def test_what_was_altered_on_the_way_is_noticed(world):
    def lies(request):
        if request.method == "GET" and request.url.path.endswith("/photo.png"):
            answer = world.way.below.handle_request(request)
            body = answer.read()
            return answered(answer.status_code, answer.headers, body[:-1] + b"?")
        return None

    world.way.changed = lies
    summary, lines = copy(world)
    assert lines["private/photo.png"].detail == "what was read back is not what was sent"
    assert not summary.whole
    assert lines["private/note"].outcome == "copied"


def test_what_would_be_more_open_than_here_is_taken_away_again(world):
    """A server that lets everybody read, whatever its rules say."""

    def opens(request):
        answer = world.way.below.handle_request(request)
        if request.method == "HEAD" and answer.status_code == 200:
            answer.headers["WAC-Allow"] = 'user="read write",public="read"'
        return answer

    world.way.changed = opens
    summary, lines = copy(world)
    assert lines["private/note"].outcome == "failed"
    assert "taken away" in lines["private/note"].detail
    assert lines["public/album/1.json"].outcome == "copied"
    there = world[1]
    with there.services.resources.reading() as conn:
        assert not there.services.resources.exists(conn, there.alix.address("private/note"))
    assert not summary.whole


def test_a_server_that_is_busy_is_waited_for(world):
    busy = [429, 503]

    def waits(request):
        if request.method == "PUT" and busy and request.url.path.endswith("/note"):
            return answered(busy.pop(0), {"Retry-After": "1"}, b"")
        return None

    world.way.changed = waits
    _, lines = copy(world)
    assert {path: line.detail for path, line in lines.items() if line.outcome == "failed"} == {}
    assert busy == []


def test_rules_that_forget_the_owner_do_not_lock_them_out_there(world):
    here = world[0]
    public_only = (
        "@prefix acl: <http://www.w3.org/ns/auth/acl#> . @prefix foaf: <http://xmlns.com/foaf/0.1/> . "
        "<#p> a acl:Authorization ; acl:agentClass foaf:Agent ; acl:accessTo <./shared> ; acl:mode acl:Read ."
    )
    put(here, "private/shared.acl", public_only.encode(), rdf.TURTLE)
    copy(world)
    there = world[1]
    text = read(there, there.alix, "private/shared.acl").decode()
    assert there.alix.webid in text
    assert "Control" in text


@pytest.mark.parametrize(("where", "status"), [("alix/", 403), ("nobody/", 404)])
def test_a_storage_that_does_not_open_is_refused_at_once(world, where, status):
    there = world[1]
    there.person("bob")
    account = there.services.accounts.of_pod("bob")
    made = there.services.credentials.issue(account.id, f"{THERE}bob/profile/card#me")
    web = world[0].services.web_client
    script = ScriptElsewhere(web, THERE, made.client_id, made.client_secret, world[0].clock)
    elsewhere = StorageElsewhere(web, f"{THERE}{where}", script.headers)
    with pytest.raises(Exception, match=f"answered {status}|answered 403"):
        Copying(world[0].services.resources).copy(world[0].alice, elsewhere, script.webid, lambda _line: None)


def test_a_wrong_secret_is_said(world):
    script = ScriptElsewhere(world[0].services.web_client, THERE, "nobody", "wrong", world[0].clock)
    with pytest.raises(Exception, match="gives no token"):
        script.headers("GET", THERE)


def test_a_line_of_the_report_is_json(world):
    _, lines = copy(world)
    told = json.loads(json.dumps(lines["private/photo.png"].to_json()))
    assert told["path"] == "private/photo.png"
    assert told["iri"] == f"{THERE}alix/private/photo.png"
    assert "silent" not in told

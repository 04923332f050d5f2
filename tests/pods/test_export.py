"""A whole pod as a ZIP that reads without us, and as a new pod (trust.md P7, S45; product.md flow 10)."""

import io
import json
import zipfile

import pytest
from sqlalchemy import select

from pod_app.errors import Unreadable
from pod_app.pods.access import PROGRAM
from pod_app.standards import rdf
from pod_app.standards.wac import ANONYMOUS, Agent, Mode
from pod_app.storage import schema

NOTE = '<#it> <http://schema.org/name> "Bonjour" ; <http://schema.org/author> </alice/profile/card#me> .'


@pytest.fixture
def garden(installation):
    installation.alice = installation.person("alice", title="Alice & co")
    put(installation, "private/note", NOTE.encode(), rdf.TURTLE)
    put(installation, "private/photo.png", b"\x89PNG" * 50_000, "image/png")
    put(installation, "private/caf%C3%A9/", b"", rdf.TURTLE)
    put(installation, "private/shared", b"salut", "text/plain")
    rules = (
        "@prefix acl: <http://www.w3.org/ns/auth/acl#> . @prefix foaf: <http://xmlns.com/foaf/0.1/> . "
        f"<#o> a acl:Authorization ; acl:agent <{installation.alice.webid}> ; acl:accessTo <./shared> ; "
        "acl:mode acl:Read, acl:Write, acl:Control . <#p> a acl:Authorization ; acl:agentClass foaf:Agent ; "
        "acl:accessTo <./shared> ; acl:mode acl:Read ."
    )
    put(installation, "private/shared.acl", rules.encode(), rdf.TURTLE)
    return installation


def put(garden, path, data, media_type):
    headers = garden.headers(garden.alice) | {"Content-Type": media_type}
    answer = garden.client.put(f"/alice/{path}", content=data, headers=headers)
    assert answer.status_code in {201, 204}, answer.text


def exported(garden, tmp_path):
    held = io.BytesIO()
    garden.services.export.write(garden.alice, held, {"name": "alice"}, lambda text: text)
    path = tmp_path / "alice.zip"
    path.write_bytes(held.getvalue())
    return path


def test_p7_everything_is_in_it_as_it_was_written(garden, tmp_path):
    with zipfile.ZipFile(exported(garden, tmp_path)) as archive:
        assert archive.read("files/private/note.ttl") == NOTE.encode()
        assert archive.read("files/private/photo.png") == b"\x89PNG" * 50_000
        about = json.loads(archive.read("manifest.json"))
        index = archive.read("index.html").decode()
        names = set(archive.namelist())
    with garden.services.database.read() as conn:
        everything = set(conn.scalars(select(schema.resources.c.path).where(schema.resources.c.pod == "alice")))
    assert {one["path"] for one in about["resources"]} == everything
    assert {one["file"] for one in about["resources"]} <= names
    assert "Alice &amp; co" in index
    assert "private/photo.png" in index
    assert "files/.acl.ttl" in names


def test_p7_its_files_stay_inside_it(garden, tmp_path):
    with zipfile.ZipFile(exported(garden, tmp_path)) as archive:
        for name in archive.namelist():
            assert not name.startswith("/")
            assert ".." not in name.split("/")
            assert "\\" not in name


def test_no_private_key_is_in_it(garden, tmp_path):
    with zipfile.ZipFile(exported(garden, tmp_path)) as archive:
        text = b"".join(archive.read(name) for name in archive.namelist())
    assert b"sealed" not in text.replace(b"they stay sealed", b"")
    assert b'"d"' not in text


def test_it_becomes_a_new_pod_whose_addresses_follow(garden, make_installation, tmp_path):
    source = exported(garden, tmp_path)
    other = make_installation("https://elsewhere.example/")
    made = other.services.catalogue.create("alix", "person", title="Alix")
    report = other.services.export.read(source, made)
    assert report.refused == {}
    assert "did.json" in report.left_out
    resources = other.services.resources
    note = resources.read(PROGRAM, made.address("private/note"))
    assert [quad.object.value for quad in resources.quads(note.address, note.stored)] == ["Bonjour", made.webid]
    photo = resources.read(PROGRAM, made.address("private/photo.png"))
    assert resources.data(photo.stored) == b"\x89PNG" * 50_000
    assert resources.read(Agent(webid=made.webid), made.address("private/note"))
    assert resources.decide(ANONYMOUS, made.address("private/shared")).allows(Mode.READ)
    assert not resources.decide(ANONYMOUS, made.address("private/note")).allows(Mode.READ)
    assert not resources.decide(Agent(webid=garden.alice.webid), made.address("private/note")).allows(Mode.READ)


def test_what_is_altered_or_refused_is_told_and_the_rest_is_taken(garden, make_installation, tmp_path):
    source, bad = exported(garden, tmp_path), tmp_path / "bad.zip"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(bad, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, b"changed" if name == "files/private/photo.png" else data)
    other = make_installation("https://elsewhere.example/")
    made = other.services.catalogue.create("alix", "person", title="Alix")
    report = other.services.export.read(bad, made)
    assert list(report.refused) == ["private/photo.png"]
    assert other.services.resources.read(PROGRAM, made.address("private/note"))


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_export_is_refused_in_words(installation, tmp_path, content):
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    pod = installation.person("alice")
    with pytest.raises(Unreadable, match="not an exported pod"):
        installation.services.export.read(path, pod)

"""Backups made while others write, and the way back (trust.md D6, P6, S41)."""

import io
import json
import threading
import zipfile

import pytest
from sqlalchemy import select

from pod_app.errors import Conflict, Damaged, PodAppError, Unreadable
from pod_app.pods.access import PROGRAM
from pod_app.services import assemble
from pod_app.storage import backup, schema
from pod_app.storage.keys import RootKey

ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
ROOT = "ab" * 32


@pytest.fixture(params=ENGINES)
def garden(request, make_installation):
    made = make_installation(root_key=ROOT, **options(request, request.param))
    made.alice = made.person("alice", "une petite phrase")
    put(made, "private/small", b"bonjour")
    put(made, "private/large", b"x" * 200_000)
    return made


def options(request, engine):
    """Settings of an installation that is still empty."""
    url = request.getfixturevalue("postgres_server").new_database() if engine == "postgresql" else ""
    return {"database_url": url} if url else {}


def put(garden, path, data):
    sent = garden.headers(garden.alice) | {"Content-Type": "application/octet-stream"}
    assert garden.client.put(f"/alice/{path}", content=data, headers=sent).status_code in {201, 204}


def save(garden, tmp_path, name="backup.zip"):
    target = tmp_path / name
    return target, backup.write(garden.services.database, garden.services.blobs, target, garden.clock())


def bring_back(garden, source, root=ROOT):
    services = garden.services
    return backup.restore(services.database, services.blobs, RootKey(bytes.fromhex(root)), source)


def rows(garden):
    with garden.services.database.read() as conn:
        return {table.name: sorted(map(repr, conn.execute(select(table)))) for table in backup.tables()}


@pytest.mark.parametrize("engine", ENGINES)
def test_d6_everything_is_back_on_either_engine(request, garden, make_installation, tmp_path, engine):
    source, made = save(garden, tmp_path)
    other = make_installation(root_key=ROOT, **options(request, engine))
    assert bring_back(other, source) == made
    assert rows(other) == rows(garden)
    again = assemble(other.services.settings, other.clock)
    address = garden.alice.address("private/large")
    assert again.resources.data(again.resources.read(PROGRAM, address).stored) == b"x" * 200_000
    assert again.accounts.check("alice", "une petite phrase").name == "alice"
    again.catalogue.create("bob", "person")
    again.close()


def test_d6_what_was_acknowledged_before_is_in_it_and_nothing_is_torn(garden, make_installation, tmp_path):
    """Writers go on meanwhile: the backup is one moment, so of each writer it holds a beginning of their ledger."""
    acknowledged = {name: [] for name in ("a", "b")}
    stop = threading.Event()

    def write(name):
        number = 0
        while not stop.is_set():
            put(garden, f"private/{name}-{number:04}", f"{name} {number}".encode())
            acknowledged[name].append(number)
            number += 1

    threads = [threading.Thread(target=write, args=(name,)) for name in acknowledged]
    for thread in threads:
        thread.start()
    while min(map(len, acknowledged.values())) < 20:
        stop.wait(0.01)
    before = {name: len(numbers) for name, numbers in acknowledged.items()}
    source, _ = save(garden, tmp_path)
    stop.set()
    for thread in threads:
        thread.join(60)
    other = make_installation(root_key=ROOT)
    bring_back(other, source)
    for name, count in before.items():
        kept = sorted(path for path in paths(other) if path.startswith(f"private/{name}-"))
        assert kept == [f"private/{name}-{number:04}" for number in range(len(kept))]
        assert count <= len(kept) <= len(acknowledged[name]) + 1
    with other.services.database.read() as conn:
        changes = set(conn.scalars(select(schema.outbox.c.path).where(schema.outbox.c.path.startswith("private/"))))
    assert {path for path in paths(other) if path.startswith("private/") and path != "private/"} <= changes


def paths(garden):
    with garden.services.database.read() as conn:
        return list(conn.scalars(select(schema.resources.c.path)))


def test_s30_sign_ins_do_not_live_again(garden, make_installation, tmp_path):
    account = garden.services.accounts.of_pod("alice")
    cookie = garden.services.sessions.begin(account)
    source, _ = save(garden, tmp_path)
    other = make_installation(root_key=ROOT)
    bring_back(other, source)
    assert other.services.sessions.find(cookie) is None


def test_s41_without_its_root_key_a_backup_is_useless_and_says_so(garden, make_installation, tmp_path):
    source, _ = save(garden, tmp_path)
    other = make_installation(root_key="cd" * 32)
    with pytest.raises(Damaged, match="root key"):
        bring_back(other, source, root="cd" * 32)
    assert paths(other) == []


def test_s41_no_secret_key_stands_in_it_in_clear(garden, tmp_path):
    source, _ = save(garden, tmp_path)
    assert ROOT.encode() not in source.read_bytes()
    assert bytes.fromhex(ROOT) not in source.read_bytes()


def test_into_an_installation_with_pods_nothing_is_restored(garden, make_installation, tmp_path):
    source, _ = save(garden, tmp_path)
    other = make_installation(root_key=ROOT)
    other.person("bob")
    before = rows(other)
    with pytest.raises(Conflict, match="pods"):
        bring_back(other, source)
    assert rows(other) == before


def test_a_backup_is_never_overwritten(garden, tmp_path):
    save(garden, tmp_path)
    with pytest.raises(Conflict, match="exists"):
        save(garden, tmp_path)
    assert [path.name for path in tmp_path.glob("backup*")] == ["backup.zip"]


def changed(source, target, name, change):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for entry in old.namelist():
            data = old.read(entry)
            new.writestr(entry, change(data) if entry.startswith(name) else data)
    return target


@pytest.mark.parametrize("name", ["tables/resources", "tables/pods", "tables/keys", "blobs/"])
def test_d5_one_altered_byte_is_noticed_and_nothing_is_kept(garden, make_installation, tmp_path, name):
    source, _ = save(garden, tmp_path)

    def spoilt(data):
        return data.replace(b"0", b"1", 1) if b"0" in data else b"y" + data[1:]

    bad = changed(source, tmp_path / "bad.zip", name, spoilt)
    other = make_installation(root_key=ROOT)
    with pytest.raises(PodAppError):
        bring_back(other, bad)
    assert paths(other) == []


def test_what_is_no_backup_is_told_apart(garden, make_installation, tmp_path):
    other = make_installation(root_key=ROOT)
    for number, data in enumerate((b"", b"no zip", zip_of({}), zip_of({"manifest.json": b"[]"}))):
        path = tmp_path / f"{number}.zip"
        path.write_bytes(data)
        with pytest.raises(Unreadable, match="not a backup"):
            bring_back(other, path)


def test_d7_a_backup_of_another_layout_names_the_program_that_reads_it(garden, make_installation, tmp_path):
    source, _ = save(garden, tmp_path)

    def newer(data):
        return json.dumps({**json.loads(data), "layout": 999, "program": "9.9"}).encode()

    bad = changed(source, tmp_path / "newer.zip", "manifest", newer)
    with pytest.raises(Conflict, match=r"9\.9"):
        bring_back(make_installation(root_key=ROOT), bad)


def zip_of(entries):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return held.getvalue()


def test_a_failed_backup_leaves_nothing_behind(garden, tmp_path, monkeypatch):
    def missing(_sha256):
        raise Damaged("gone")

    monkeypatch.setattr(garden.services.blobs, "stream", missing)
    with pytest.raises(Damaged):
        save(garden, tmp_path)
    assert list(tmp_path.glob("backup*")) == []


def test_a_copy_of_the_database_is_removed_after_reading(garden):
    database = garden.services.database
    with database.snapshot() as conn:
        assert conn.scalar(select(schema.pods.c.pod)) == "alice"
    assert list(garden.services.settings.data.glob("*.copy-*")) == []

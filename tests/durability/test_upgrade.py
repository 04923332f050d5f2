"""D7: a data folder of every earlier layout opens with today's program, and nothing of it is lost."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from earlier_layouts import LARGE, LAYOUTS, PASSWORD, ROOT, Village, build, contents, lost, standing
from installations import Clock, Installation
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import IntegrityError

from pod_app.badges.verifier import verifying
from pod_app.errors import Damaged, PodAppError
from pod_app.pods.access import PROGRAM
from pod_app.services import assemble
from pod_app.settings import load
from pod_app.standards.wac import Agent
from pod_app.storage import health, layout, outbox, schema
from pod_app.storage.database import FILE_NAME, Database
from pod_app.storage.web_client import RawTargetTransport
from pod_app.web.app import create

ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
BASE = "https://garden.example/"
LONG = os.environ.get("POD_APP_LONG") == "1"
LIVED_ON = LAYOUTS if LONG else sorted({*LAYOUTS[::4], LAYOUTS[-1]})
"""Layouts with which a whole installation is begun; the rows of all of them are compared in any case."""
STATEMENTS = [1, 2, 3, 5, 9, 14, 25, 40, 60] if LONG else [1, 9, 40]
REPOSITORY = Path(__file__).resolve().parents[2]
DIES = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
from pod_app.storage import layout
from pod_app.storage.database import Database
left, begun = int(sys.argv[3]), []
migrate = layout.migrate
def watched(conn):
    begun.append(True)
    migrate(conn)
    print("done", flush=True)
layout.migrate = watched
@event.listens_for(Engine, "after_cursor_execute")
def statement(*_):
    global left
    left -= bool(begun)
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
Database(sys.argv[1], Path(sys.argv[2])).close()
print("whole", flush=True)
"""


class Old:
    """A data folder of one layout; `before` is what stands in its tables."""

    def __init__(self, village, folder, url, number):
        self.village, self.url, self.number = village, url, number
        source = village.installation.services.settings.data
        shutil.copytree(source / "blobs", folder / "blobs")
        self.folder = folder
        self.before = build(self.address, number, village.rows())

    @property
    def address(self):
        if self.url:
            return make_url(self.url).set(drivername="postgresql+psycopg")
        return f"sqlite:///{self.folder / FILE_NAME}"

    def standing(self):
        engine = create_engine(self.address)
        try:
            with engine.connect() as conn:
                return standing(conn)
        finally:
            engine.dispose()


@pytest.fixture(scope="module")
def village(tmp_path_factory):
    """What the layouts are filled with; it is only read."""
    settings, _ = load({"data": tmp_path_factory.mktemp("village"), "base_url": BASE, "root_key": ROOT}, environ={})
    clock = Clock(datetime(2026, 3, 12, 9, 0, tzinfo=UTC))
    services = assemble(settings, clock)
    client = httpx.Client(transport=RawTargetTransport(create(services)), base_url=BASE)
    made = Installation(services, clock, client)
    yield Village(made)
    made.close()


@pytest.fixture(params=ENGINES)
def make_old(request, village, tmp_path):
    def make(number):
        url = request.getfixturevalue("postgres_server").new_database() if request.param == "postgresql" else ""
        return Old(village, tmp_path / f"layout-{number}", url, number)

    return make


@pytest.fixture
def old(make_old, request):
    return make_old(request.param)


def opened(old, make_installation):
    return make_installation(root_key=ROOT, data=old.folder, database_url=old.url, clock=old.village.installation.clock)


def test_every_layout_has_its_migration_and_is_tried_here():
    assert LAYOUTS[0] == 1
    assert LAYOUTS[-1] == schema.LAYOUT


@pytest.mark.parametrize("old", LAYOUTS, indirect=True)
def test_d7_nothing_of_an_earlier_layout_is_lost(old):
    Database(old.url, old.folder).close()
    assert lost(old.before, old.standing()) == {}
    engine = create_engine(old.address)
    try:
        with engine.connect() as conn:
            assert layout.current(conn) == schema.LAYOUT
            context = MigrationContext.configure(conn, opts={"target_metadata": schema.metadata})
            assert compare_metadata(context, schema.metadata) == []
            assert conn.scalar(text("SELECT value FROM meta WHERE key = 'layout_version'")) == str(schema.LAYOUT)
    finally:
        engine.dispose()


@pytest.mark.parametrize("old", LIVED_ON, indirect=True)
def test_d7_an_earlier_folder_lives_on_with_everything_in_it(old, make_installation):
    village, now = old.village, opened(old, make_installation)
    services = now.services
    for pod in (village.alice, village.bob, village.garden):
        assert contents(services, pod) == contents(village.installation.services, pod)
    large = services.resources.read(PROGRAM, village.alice.address("private/large"))
    assert services.resources.data(large.stored) == LARGE
    assert services.accounts.check("alice", PASSWORD).name == "alice"
    assert now.client.get("/alice/private/small", headers=village.token).text == "bonjour"
    assert now.client.get("/alice/private/small").status_code == 401
    assert services.sessions.find(village.cookie) is not None
    for badge in (village.badge, go_on(village, now)):
        report = verifying.verify(stored(now, badge), fetch=services.own_documents, at=services.clock())
        assert report.verified is True, report
    assert {"private/small", "private/after"} <= {path for path, *_ in contents(services, village.alice)}
    findings = health.examine(services.database, services.blobs, services.settings, services.clock())
    assert {one.name for one in findings if not one.ok} <= {"space", "jobs"}


def go_on(village, now):
    """A day's work after the upgrade; gives the address of a new badge."""
    me, services = Agent(webid=village.alice.webid), now.services
    sent = village.token | {"Content-Type": "text/plain"}
    assert now.client.put("/alice/private/after", content="salut", headers=sent).status_code == 201
    achievement = services.achievements.create(
        me, village.garden, name="Jardinière", description="Jardine.", criteria="A jardiné."
    )
    issued = services.issuing.issue(me, village.garden, achievement, village.bob.webid)
    now.person("carole")
    services.run_pending()
    return issued.iri


def stored(installation, iri):
    services = installation.services
    path = iri.removeprefix(f"{installation.base}ecoutants/")
    reading = services.resources.read(PROGRAM, services.catalogue.get("ecoutants").address(path))
    return services.resources.data(reading.stored)


@pytest.mark.parametrize("statements", STATEMENTS)
def test_d7_an_upgrade_that_is_killed_leaves_the_old_layout_or_the_new_one_whole(make_old, statements):
    old = make_old(1)
    command = [sys.executable, "-c", DIES, old.url, str(old.folder), str(statements)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    died = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr
    between = old.standing()
    assert between == old.before or "done" in died.stdout
    Database(old.url, old.folder).close()
    assert lost(old.before, old.standing()) == {}


def test_d7_an_upgrade_that_cannot_be_done_is_refused_and_changes_nothing(make_old):
    """Somebody made a table by hand that a later layout needs: the sentence names it, and nothing else is touched."""
    old = make_old(2)
    engine = create_engine(old.address)
    with engine.begin() as conn:
        conn.execute(text("CREATE TABLE channels (mine TEXT)"))
    engine.dispose()
    before = old.standing()
    with pytest.raises(PodAppError) as refused:
        Database(old.url, old.folder)
    assert "channels" in refused.value.detail
    assert refused.value.remedy
    assert old.standing() == before


def test_d7_a_downgrade_is_refused_in_words(make_old):
    old = make_old(schema.LAYOUT)
    engine = create_engine(old.address)
    with engine.begin() as conn:
        conn.execute(text(f"UPDATE alembic_version SET version_num = '{schema.LAYOUT + 1:04d}'"))
    engine.dispose()
    before = old.standing()
    with pytest.raises(Damaged, match="newer program"):
        Database(old.url, old.folder)
    assert old.standing() == before


def test_d7_a_full_disk_in_the_middle_of_an_upgrade_loses_nothing(village, tmp_path):
    """SQLite is told that its file may not grow: as on a full disk, without one."""
    old = Old(village, tmp_path / "full", "", 1)

    def connect():
        raw = sqlite3.connect(old.folder / FILE_NAME, check_same_thread=False, isolation_level=None)
        pages = raw.execute("PRAGMA page_count").fetchone()[0]
        raw.execute(f"PRAGMA max_page_count = {pages + 2}")
        return raw

    before = old.standing()
    with pytest.raises(PodAppError, match="full"):
        Database("", old.folder, connect=connect)
    assert old.standing() == before
    Database("", old.folder).close()
    assert lost(old.before, old.standing()) == {}


def test_d7_no_number_of_the_outbox_is_given_again_once_its_table_was_made_anew(tmp_path, village):
    """The newest rows were deleted before: followers would take new changes for those that they have seen."""
    old = Old(village, tmp_path, "", 14)
    with sqlite3.connect(tmp_path / FILE_NAME) as raw:
        last = raw.execute("SELECT max(seq) FROM outbox").fetchone()[0]
        raw.execute("DELETE FROM outbox WHERE seq > ?", (last - 2,))
        keyed = raw.execute("SELECT idempotency_key FROM outbox WHERE idempotency_key IS NOT NULL").fetchone()[0]
    raw.close()
    database = Database("", old.folder)
    news = {"pod": "alice", "kind": "change", "at": datetime(2026, 1, 1, tzinfo=UTC)}
    assert database.write(lambda conn: outbox.append(conn, **news)) == last + 1
    assert database.write(lambda conn: outbox.append(conn, **news, idempotency_key=keyed)) is None
    again = text(
        "INSERT INTO outbox (pod, kind, path, version, verb, payload, at, next_at, idempotency_key) "
        "VALUES ('a', 'b', '', 1, '', '{}', 1, 1, :key)"
    )
    with pytest.raises(IntegrityError):
        database.write(lambda conn: conn.execute(again, {"key": keyed}))
    database.close()

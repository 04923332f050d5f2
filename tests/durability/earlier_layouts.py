"""Data folders as earlier programs left them: the migrations of their time, filled with what a village wrote.

The rows come from an installation of today; a layout gets those of its tables and columns that it had. What nobody
wrote in the village is made up, so that no table of any layout is empty.
"""

import hashlib
import io
import json
import re
import zipfile

from alembic import command
from alembic.config import Config
from relying_party import Application
from sqlalchemy import (
    BigInteger,
    Boolean,
    Integer,
    LargeBinary,
    MetaData,
    create_engine,
    insert,
    inspect,
    make_url,
    select,
    text,
)

from pod_app.pods.access import PROGRAM
from pod_app.standards.wac import Agent
from pod_app.storage import layout, schema

PASSWORD = "une petite phrase"
ROOT = "ab" * 32
LAYOUTS = sorted(int(path.name[:4]) for path in (layout.MIGRATIONS / "versions").glob("0*.py"))
LARGE = b"x" * 200_000


def derived(name):
    """Whether a table can be made again from the others."""
    return name.startswith("view_")


class Village:
    """Alice's pod with small and large things, a garden, a badge that it gave to Bob, and what identity needs."""

    def __init__(self, made):
        self.installation, services = made, made.services
        self.alice, self.bob = made.person("alice", PASSWORD, title="Alice"), made.person("bob")
        me = Agent(webid=self.alice.webid)
        self.garden = services.catalogue.create("ecoutants", "garden", title="Jardin", owners=[self.alice.webid])
        achievement = services.achievements.create(
            me, self.garden, name="Passeur de savoirs", description="A transmis.", criteria="Une personne raconte."
        )
        self.badge = services.issuing.issue(me, self.garden, achievement, self.bob.webid).iri
        while services.run_pending():
            pass
        self._write("private/small", b"bonjour", "text/plain")
        self._write("private/large", LARGE, "application/octet-stream")
        self._write("private/note", b'<#it> <http://schema.org/name> "caf\xc3\xa9" .', "text/turtle")
        self._identity()

    def _write(self, path, data, media_type):
        resources, address = self.installation.services.resources, self.alice.address(path)
        body = resources.prepare(address, data, media_type)
        resources.write(PROGRAM, lambda writing: writing.put(address, body))

    def _identity(self):
        services = self.installation.services
        account = services.accounts.of_pod("alice")
        self.token = self.installation.headers(self.alice)
        self.cookie = services.sessions.begin(account)
        app = Application(self.installation)
        self.application = app.id
        assert "refresh_token" in app.sign_in("alice", PASSWORD)
        wanted = {
            "@context": ["https://www.w3.org/ns/solid/notifications-context/v1"], "type": "WebSocketChannel2023",
            "topic": f"{self.installation.base}alice/public/",
        }  # fmt: skip
        sent = self.token | {"Content-Type": "application/ld+json"}
        answer = self.installation.client.post(
            "/subscriptions/WebSocketChannel2023", content=json.dumps(wanted), headers=sent
        )
        assert answer.status_code == 200, answer.text

    def rows(self):
        """Every row of today's tables, by table."""
        with self.installation.services.database.read() as conn:
            return {
                table.name: [dict(row._mapping) for row in conn.execute(select(table))]
                for table in schema.metadata.sorted_tables
            }


def contents(services, pod):
    """Path, media type and hash of everything in a pod, as its export writes them, and the hash of all bytes."""
    held = io.BytesIO()
    services.export.write(pod, held, {}, lambda words: words)
    with zipfile.ZipFile(held) as archive:
        listed = json.loads(archive.read("manifest.json"))["resources"]
        for one in listed:
            assert hashlib.sha256(archive.read(one["file"])).hexdigest() == one["sha256"], one["path"]
    return sorted((one["path"], one["media_type"], one["sha256"], one["modified"]) for one in listed)


def build(url, layout_number, rows):
    """Make the database of an earlier layout and fill it; returns what stands in it, by table."""
    engine = create_engine(make_url(url))
    try:
        with engine.begin() as conn:
            _migrate_to(conn, layout_number)
        with engine.begin() as conn:
            return _fill(conn, rows)
    finally:
        engine.dispose()


def _migrate_to(conn, layout_number):
    config = Config()
    config.set_main_option("script_location", str(layout.MIGRATIONS))
    config.attributes["connection"] = conn
    command.upgrade(config, f"{layout_number:04d}")


def _fill(conn, rows):
    known = MetaData()
    known.reflect(conn)
    for table in known.sorted_tables:
        if table.name == "alembic_version":
            continue
        own = rows.get(table.name) or []
        kept = [{name: value for name, value in row.items() if name in table.columns} for row in own]
        if table.name == "meta":
            kept = [row for row in kept if row["key"] == "base_url"]
        words = {} if kept else _words(conn, table)
        conn.execute(insert(table), kept or [_made_up(conn, table, words, number) for number in (1, 2)])
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT setval(pg_get_serial_sequence('outbox', 'seq'), (SELECT max(seq) FROM outbox))"))
    return standing(conn)


def _words(conn, table):
    """The first word that a column takes which takes certain words only."""
    found = {}
    for check in inspect(conn).get_check_constraints(table.name):
        words = re.findall(r"'([^']*)'", check["sqltext"])
        column = next((one.name for one in table.columns if re.search(rf"\b{one.name}\b", check["sqltext"])), None)
        if words and column is not None:
            found[column] = words[0]
    return found


def _made_up(conn, table, words, number):
    row = {}
    for column in table.columns:
        named = next(iter(column.foreign_keys), None)
        if column.name in words:
            row[column.name] = words[column.name]
        elif named is not None:
            row[column.name] = conn.scalars(select(named.column).distinct().order_by(named.column)).all()[number - 1]
        elif column.name in {"pod", "community"}:
            row[column.name] = ("alice", "bob")[number - 1]
        else:
            row[column.name] = _value(column.type, f"{column.name} {number}", number)
    return row


def _value(kind, words, number):
    if isinstance(kind, Boolean):
        return bool(number % 2)
    if isinstance(kind, Integer):
        return (1_770_000_000_000_000 if isinstance(kind, BigInteger) else 0) + number
    return words.encode() if isinstance(kind, LargeBinary) else words


def standing(conn):
    """What stands in every table, as sets of rows that can be compared."""
    known = MetaData()
    known.reflect(conn)
    return {
        table.name: (tuple(column.name for column in table.columns), list(map(tuple, conn.execute(select(table)))))
        for table in known.sorted_tables
    }


def lost(before, after):
    """Rows of tables that are no derived ones and that are not there any more, whole."""
    missing = {}
    for name, (columns, rows) in before.items():
        if derived(name) or name in {"alembic_version", "meta"}:
            continue
        now_columns, now = after[name]
        shared = [column for column in columns if column in now_columns]
        there = {_part(now_columns, row, shared) for row in now}
        gone = [row for row in rows if _part(columns, row, shared) not in there]
        if gone or len(now) != len(rows) or len(shared) != len(columns):
            missing[name] = gone or (len(rows), len(now), set(columns) - set(shared))
    return missing


def _part(columns, row, shared):
    return tuple(repr(row[columns.index(name)]) for name in shared)

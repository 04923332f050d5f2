from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from fixtures_postgres import PostgresServer
from sqlalchemy import insert

from pod_app.storage import schema
from pod_app.storage.database import Database

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: PostgresServer, tmp_path_factory) -> str:
    """Name of a database with every table, to be copied."""
    url = postgres_server.new_database()
    Database(url, tmp_path_factory.mktemp("migrated")).close()
    return url.partition("@/")[2].partition("?")[0]


@pytest.fixture(params=ENGINES)
def database_url(request) -> str:
    """URL of a database with every table: the contract is the same on both engines."""
    if request.param == "sqlite":
        return ""
    server = request.getfixturevalue("postgres_server")
    return server.new_database(request.getfixturevalue("migrated_postgres"))


@pytest.fixture
def database(database_url, tmp_path) -> Iterator[Database]:
    opened = Database(database_url, tmp_path / "data")
    yield opened
    opened.close()


@pytest.fixture
def pod(database) -> str:
    """A pod named alice."""
    row = {"pod": "alice", "kind": "person", "title": "Alice", "language": "fr", "created": 1}
    database.write(lambda conn: conn.execute(insert(schema.pods).values(row)))
    return "alice"


@pytest.fixture
def now() -> datetime:
    return NOW

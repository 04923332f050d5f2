"""The same small village for every section: Alice with a text and a graph, Bob, and a stranger."""

import pytest
from fixtures_notifications import engine, served  # noqa: F401  # fixtures
from fixtures_pods import settled


@pytest.fixture
def village(installation):
    return settled(installation)


@pytest.fixture
def alice(village):
    return village[0]


@pytest.fixture
def bob(village):
    return village[1]


@pytest.fixture
def stranger(village):
    return village[2]

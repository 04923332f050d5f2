import os

import pytest


@pytest.fixture
def long_form(request) -> bool:
    """Whether the long form of a test was asked for: `-m long`, or POD_APP_LONG=1."""
    return os.environ.get("POD_APP_LONG") == "1" or "long" in (request.config.getoption("markexpr") or "").split()

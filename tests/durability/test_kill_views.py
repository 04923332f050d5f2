"""D1, the views: killed while it writes and counts, an installation counts what a count from scratch gives."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from fixtures_community import Community, computed_rows
from kill_community import opened

from pod_app.storage import schema_views

ROUNDS, LONG_ROUNDS = 6, 30
SCRIPT = Path(__file__).with_name("kill_community.py")
ANSWERS = (schema_views.view_partials, schema_views.view_coverage, schema_views.view_totals, schema_views.view_members)


def killed_after(folder, seed, writes):
    """Let a process write and count, and kill it after so many writes."""
    command = [sys.executable, str(SCRIPT), str(folder), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        for _ in range(writes):
            assert child.stdout.readline(), "the writer ended by itself"
        child.kill()
        assert child.wait() == -signal.SIGKILL


@pytest.mark.parametrize("number", [ROUNDS, pytest.param(LONG_ROUNDS, marks=pytest.mark.long)])
def test_d1_kept_views_equal_a_count_from_scratch_after_every_kill(tmp_path, long_form, number):
    if number == LONG_ROUNDS and not long_form:
        pytest.skip("the long form: pytest -m long, or POD_APP_LONG=1")
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance, folder = random.Random(seed), tmp_path / "data"
    made = opened(folder)
    community = Community(made, seed)
    for pod in community.people[:10]:
        community.consent(pod)
    made.services.close()
    for _ in range(number):
        killed_after(folder, chance.randrange(2**32), chance.randint(1, 40))
        again = opened(folder)
        try:
            again.services.views.catch_up()
            kept = computed_rows(again.services, ANSWERS)
            again.services.views.rebuild()
            assert all(kept.values())
            assert kept == computed_rows(again.services, ANSWERS)
        finally:
            again.services.close()

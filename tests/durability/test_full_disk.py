"""D4: a real disk runs full under the real server: 507, reads and deletions go on, space heals it, no restart."""

import json
import os
import subprocess
from pathlib import Path

import httpx
import live_server
import pytest

MEGABYTES = 40
PIECE = 60_000  # in the database
LARGE = 3 * 2**20  # a blob


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own in memory; only root may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Use up what is left, to the last block, as another program on the same disk would."""
    other = folder / "other"
    with other.open("ab", buffering=0) as file:
        size = 2**20
        while size >= 512:
            try:
                os.write(file.fileno(), bytes(size))
            except OSError:
                size //= 2
    return other


def test_d4_a_full_disk_refuses_writes_and_goes_on_reading_and_deleting_and_recovers(small_disk):
    folder = small_disk / "data"
    folder.mkdir()
    (folder / "pod_app.toml").write_text("keep_free = 0\n", "utf-8")
    port = live_server.free_port()
    base = f"http://localhost:{port}/"
    arguments = ("account", "create", "alice", "--client-credentials", "--json", "--base-url", base)
    made = live_server.run(folder, *arguments)
    assert made.returncode == 0, made.stderr
    token = json.loads(made.stdout)["token"]
    with (
        live_server.serving(folder, port),
        httpx.Client(
            base_url=base, headers={"Authorization": f"Bearer {token}", "Content-Type": "x/y"}, timeout=60
        ) as client,
    ):

        def put(name, size):
            return client.put(f"alice/private/{name}", content=os.urandom(size)).status_code

        kept = [name for name in map(str, range(5)) if put(name, PIECE) == 201]
        assert put("large", LARGE) == 201
        other = fill(small_disk)
        assert put("blob", LARGE) == 507
        refused = [put(f"more{number}", PIECE) for number in range(40)]
        assert 507 in refused
        assert set(refused) <= {201, 507}
        kept += [f"more{number}" for number, status in enumerate(refused) if status == 201]
        assert all(client.get(f"alice/private/{name}").status_code == 200 for name in kept)
        assert client.get("alice/private/", headers={"Accept": "text/turtle"}).status_code == 200
        assert client.delete(f"alice/private/{kept[0]}").status_code == 204
        assert client.get(f"alice/private/{kept[0]}").status_code == 404
        other.unlink()
        assert put("after", PIECE) == 201
        assert put("blob", LARGE) == 201
        assert all(len(client.get(f"alice/private/{name}").content) == PIECE for name in [*kept[1:], "after"])
    assert live_server.run(folder, "doctor", "--json").returncode in {0, 1}

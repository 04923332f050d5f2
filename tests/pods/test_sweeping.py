"""What nothing refers to any more goes after a day, and not a moment too early (V3)."""

import os
import time

from fixtures_pods import people


def blobs(installation):
    return {path for path in (installation.services.settings.data / "blobs").rglob("*") if path.is_file()}


def age(paths, hours):
    then = time.time() - 3600 * hours
    for path in paths:
        os.utime(path, (then, then))


def test_v3_blobs_of_deleted_resources_and_broken_uploads_are_swept_and_those_in_use_stay(installation):
    alice = people(installation, "alice")[0]
    before = blobs(installation)
    for name in ("kept", "gone"):
        assert alice.put(f"/alice/private/{name}", name.encode() * 50_000, "x/y").status_code == 201
    assert alice("DELETE", "/alice/private/gone").status_code == 204
    left = installation.services.settings.data / "blobs" / "incoming" / "broken"
    left.write_bytes(b"x")
    assert installation.services.resources.sweep() == []
    age(blobs(installation), hours=23)
    assert installation.services.resources.sweep() == []
    assert not left.exists()
    age(blobs(installation), hours=25)
    assert len(installation.services.resources.sweep()) == 1
    assert alice.get("/alice/private/kept").content == b"kept" * 50_000
    assert len({path for path in blobs(installation) - before if path.parent.parent.name == "blobs"}) == 1


def test_v3_what_is_put_again_before_the_sweep_stays(installation):
    alice = people(installation, "alice")[0]
    assert alice.put("/alice/private/a", bytes(100_000), "x/y").status_code == 201
    age(blobs(installation), hours=25)
    assert alice("DELETE", "/alice/private/a").status_code == 204
    assert alice.put("/alice/private/b", bytes(100_000), "x/y").status_code == 201
    assert installation.services.resources.sweep() == []
    assert alice.get("/alice/private/b").content == bytes(100_000)

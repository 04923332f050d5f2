"""S39: many writers at once never fill more than their pod's room, and a full disk can still be read and emptied."""

import io
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from fixtures_pods import people

from pod_app.pods import intake
from pod_app.standards.addresses import Address
from pod_app.storage import resources

QUOTA = 2**20
WRITERS = 50


def used(alice):
    with alice.installation.services.resources.reading() as conn:
        return resources.bytes_used(conn, "alice")


def kept(alice, names):
    return sum(len(answer.content) for answer in map(alice.get, names) if answer.status_code == 200)


@pytest.mark.parametrize("size", [30_000, 100_000])  # in the database, and as blobs
def test_s39_fifty_puts_at_once_never_exceed_one_mebibyte(make_installation, size):
    alice = people(make_installation(pod_quota=QUOTA), "alice")[0]
    names = [f"/alice/private/{number}" for number in range(WRITERS)]
    with ThreadPoolExecutor(WRITERS) as pool:
        answers = [one.status_code for one in pool.map(lambda name: alice.put(name, os.urandom(size), "x/y"), names)]
    assert set(answers) == {201, 507}
    assert used(alice) <= QUOTA
    assert kept(alice, names) == answers.count(201) * size
    assert used(alice) + size > QUOTA  # nobody was refused while there was room


def test_s39_large_bodies_that_are_still_coming_count_too(make_installation):
    """Two bodies that fit alone and not together: the second is refused before a byte of it is on disk."""
    alice = people(make_installation(pod_quota=QUOTA), "alice")[0]
    answers = []

    class Slow(io.BytesIO):
        def read(self, size=-1, /):
            if self.tell() and not answers:
                answers.append(alice.put("/alice/private/second", bytes(700_000), "x/y").status_code)
            return super().read(size)

    receive = alice.installation.services.resources.receive
    address = Address("alice", "private/first")
    assert receive(address, Slow(bytes(600_000)), "x/y", 600_000).size == 600_000
    assert answers == [507]
    assert alice.put("/alice/private/second", bytes(700_000), "x/y").status_code == 201  # the claims have ended


def test_s39_one_body_larger_than_a_whole_pod_is_too_large(make_installation):
    alice = people(make_installation(pod_quota=QUOTA), "alice")[0]
    before = used(alice)
    assert alice.put("/alice/private/x", bytes(QUOTA + 1), "x/y").status_code == 413
    assert used(alice) == before


def test_s39_the_last_free_bytes_of_the_disk_are_kept_for_reading_and_deleting(make_installation, monkeypatch):
    alice = people(make_installation(keep_free=1000), "alice")[0]
    assert alice.put("/alice/private/x", b"x", "x/y").status_code == 201
    monkeypatch.setattr(intake, "free_bytes", lambda _folder: 999)
    for size in (1, 100_000):
        refused = alice.put("/alice/private/y", bytes(size), "x/y")
        assert refused.status_code == 507
        assert "999" in refused.json()["detail"]
    assert alice.get("/alice/private/x").content == b"x"
    assert alice("DELETE", "/alice/private/x").status_code == 204
    monkeypatch.undo()
    assert alice.put("/alice/private/y", b"y", "x/y").status_code == 201

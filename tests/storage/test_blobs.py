"""Large bodies: named by their content, whole or named as damaged."""

import errno
import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pod_app.errors import Damaged, QuotaExceeded
from pod_app.settings import Settings
from pod_app.storage.blobs import Blobs

CONTENT = bytes(range(256)) * 4096
NAME = hashlib.sha256(CONTENT).hexdigest()
TOMORROW = datetime.now(UTC) + timedelta(days=2)


@pytest.fixture(params=["folder", "bucket"])
def blobs(request, tmp_path):
    url = "memory:///" if request.param == "bucket" else ""
    return Blobs.open(Settings(data=tmp_path / "data", blobs_url=url))


@pytest.fixture
def in_folder(tmp_path):
    return Blobs.in_folder(tmp_path / "blobs")


def test_bytes_come_back_under_the_hash_of_their_content(blobs):
    assert blobs.put(CONTENT) == (NAME, len(CONTENT))
    assert blobs.get(NAME) == CONTENT
    assert b"".join(blobs.stream(NAME, 100_000)) == CONTENT
    assert blobs.exists(NAME)
    assert not blobs.exists("00" * 32)


def test_a_stream_is_the_same_as_its_bytes(blobs):
    pieces = (CONTENT[start : start + 70_000] for start in range(0, len(CONTENT), 70_000))
    assert blobs.put(pieces) == (NAME, len(CONTENT))
    assert blobs.put(b"")[1] == 0
    assert blobs.get(hashlib.sha256(b"").hexdigest()) == b""


@pytest.mark.parametrize(
    ("start", "end"), [(0, 1), (5, 5), (1000, 200_000), (1048575, None), (1048576, None), (3, None)]
)
def test_a_part_is_the_slice(blobs, start, end):
    blobs.put(CONTENT)
    assert blobs.get(NAME, start, end) == CONTENT[start:end]


def test_a_stream_is_read_piece_by_piece(in_folder):
    in_folder.put(CONTENT)
    pieces = list(in_folder.stream(NAME, 65_536))
    assert len(pieces) > 4


def test_a_missing_blob_is_named(blobs):
    for read in (blobs.get, lambda name: blobs.get(name, 1, 2), lambda name: list(blobs.stream(name))):
        with pytest.raises(Damaged, match=NAME):
            read(NAME)


def test_an_altered_or_shortened_blob_is_named_and_putting_it_again_heals_it(in_folder, tmp_path):
    """D5"""
    in_folder.put(CONTENT)
    path = tmp_path / "blobs" / NAME[:2] / NAME[2:]
    for damage in (b"X" + CONTENT[1:], CONTENT[:-1], b""):
        path.write_bytes(damage)
        with pytest.raises(Damaged, match=NAME):
            in_folder.get(NAME)
    with pytest.raises(Damaged, match=NAME):
        in_folder.get(NAME, 10, 20)
    in_folder.put(CONTENT)
    assert in_folder.get(NAME) == CONTENT


def test_the_same_content_is_kept_once(blobs):
    for _ in range(3):
        blobs.put(CONTENT)
    assert [name for name, _ in blobs.names()] == [NAME]


def test_unreferenced_blobs_go_only_after_a_day_because_a_write_may_be_under_way(blobs):
    blobs.put(CONTENT)
    other, _ = blobs.put(b"other")
    assert blobs.delete_unreferenced({other}, datetime.now(UTC)) == []
    assert blobs.delete_unreferenced({other}, TOMORROW) == [NAME]
    assert [name for name, _ in blobs.names()] == [other]


def test_a_broken_upload_leaves_nothing_under_a_name_and_is_swept(in_folder, tmp_path):
    def breaks():
        yield CONTENT
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        in_folder.put(breaks())
    assert list(in_folder.names()) == []
    assert list((tmp_path / "blobs" / "incoming").iterdir()) == []
    (tmp_path / "blobs" / "incoming" / "tmp-left-by-a-kill").write_bytes(b"x")
    in_folder.delete_unreferenced(set(), TOMORROW)
    assert list((tmp_path / "blobs" / "incoming").iterdir()) == []


def test_a_full_disk_is_told_as_such(in_folder):
    def full():
        yield b"x"
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(QuotaExceeded):
        in_folder.put(full())


def test_file_and_folder_are_synced_before_put_returns(in_folder, monkeypatch):
    """D2: the order is content, file, name, folder."""
    steps = []
    sync, rename = os.fsync, os.rename

    def noted_sync(descriptor):
        steps.append("folder" if Path(f"/proc/self/fd/{descriptor}").is_dir() else "file")
        sync(descriptor)

    def noted_rename(*names, **more):
        steps.append("rename")
        rename(*names, **more)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(os, "rename", noted_rename)
    in_folder.put(b"first of its shelf")
    steps = [step for number, step in enumerate(steps) if step != "folder" or steps[number - 1] != "folder"]
    assert steps in (["folder", "file", "folder", "rename", "folder"], ["file", "folder", "rename", "folder"])


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Damaged, match="file"):
        Blobs.in_folder(tmp_path / "file" / "blobs")

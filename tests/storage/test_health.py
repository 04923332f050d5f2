"""What `pod_app doctor` finds, and what it says to do."""

import hashlib
import shutil
from datetime import timedelta

import pytest
from sqlalchemy import update

from pod_app.settings import Settings
from pod_app.storage import health, outbox, schema
from pod_app.storage import resources as rows
from pod_app.storage.blobs import Blobs
from pod_app.storage.resources import StoredResource


@pytest.fixture
def settings(tmp_path):
    return Settings(data=tmp_path / "data")


@pytest.fixture
def blobs(settings):
    return Blobs.open(settings)


@pytest.fixture
def stored(database, pod, blobs, now):
    """One small and one large resource."""
    name, size = blobs.put(b"large")
    small = StoredResource(
        pod, "small", "", "", "text/plain", 5, hashlib.sha256(b"small").hexdigest(), 1, now, now, body=b"small"
    )
    large = StoredResource(pod, "large", "", "", "text/plain", size, name, 1, now, now, blob=name)
    database.write(lambda conn: [rows.put(conn, one) for one in (small, large)])
    return name


@pytest.fixture
def found(database, blobs, settings, now):
    def found(at=now):
        return {finding.name: finding for finding in health.examine(database, blobs, settings, at, thorough=True)}

    return found


def test_a_sound_folder_passes_every_check_in_a_fixed_order(stored, found):
    findings = found()
    assert list(findings) == ["integrity", "space", "versions", "sync", "bodies", "blobs", "outbox"]
    bad = [finding.detail for finding in findings.values() if not finding.ok and finding.name != "space"]
    assert bad == []
    assert all(finding.detail for finding in findings.values())


def test_a_flipped_byte_in_a_body_is_found_and_named(database, stored, found):
    """D5"""
    database.write(
        lambda conn: conn.execute(
            update(schema.resources).where(schema.resources.c.path == "small").values(body=b"smell")
        )
    )
    finding = found()["bodies"]
    assert not finding.ok
    assert "/alice/small" in finding.detail
    assert "restore" in finding.to_json()["remedy"]


def test_a_missing_and_an_altered_blob_are_found_and_named(stored, found, settings):
    path = settings.data / "blobs" / stored[:2] / stored[2:]
    path.write_bytes(b"lerge")
    assert stored in found()["blobs"].detail
    path.unlink()
    assert not found()["blobs"].ok


def test_a_job_that_waits_too_long_or_was_given_up_is_found(database, found, now):
    database.write(lambda conn: outbox.append(conn, pod="alice", kind="mail", at=now))
    assert found()["outbox"].ok
    late = found(now + timedelta(hours=1))["outbox"]
    assert not late.ok
    assert "3600 s" in late.detail
    database.write(lambda conn: conn.execute(update(schema.outbox).values(failed="no route to garden.example")))
    assert "no route to garden.example" in found()["outbox"].detail


def test_too_little_space_is_found(monkeypatch, tmp_path):
    class Usage:
        total, free = 100 * 2**30, 2**29

    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage)
    assert not health.free_space(tmp_path).ok
    Usage.free = 6 * 2**30
    assert health.free_space(tmp_path).ok


def test_the_versions_are_told(database):
    finding = health.versions(database)
    assert ("SQLite 3." if database.dialect == "sqlite" else "PostgreSQL 1") in finding.detail
    assert f"layout {schema.LAYOUT}" in finding.detail


def test_a_check_that_cannot_be_made_is_a_finding_too(database, blobs, settings, now):
    shutil.rmtree(settings.data / "blobs")
    gone = Settings(data=settings.data / "nowhere")
    findings = {finding.name: finding for finding in health.examine(database, blobs, gone, now)}
    assert not findings["space"].ok
    assert not findings["sync"].ok
    assert findings["integrity"].ok

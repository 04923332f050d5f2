"""`badge import` of archives, `account confirm`, `achievement import`: over a folder, without a server."""

import io
import json
import zipfile
from pathlib import Path

import live_server
import pytest

from pod_app.standards import open_badges

SAMPLE = Path(__file__).parents[1] / "data/badges/samples/ob2-reference-validator"


@pytest.fixture
def run(tmp_path):
    def command(*words):
        return live_server.run(tmp_path / "data", *map(str, words))

    made = command("account", "create", "bob", "--no-password", "--base-url", "https://garden.example/")
    assert made.returncode == 0, made.stderr
    return command


def assertion(**more):
    identity = {
        "type": "email",
        "hashed": True,
        "salt": "s",
        "identity": open_badges.identity_hash("bob@x.example", "s"),
    }
    made = {"@context": "https://w3id.org/openbadges/v2", "type": "Assertion", "id": "https://gone.example/1",
            "recipient": identity, "issuedOn": "2020-01-01", "badge": {"name": "Pain", "issuer": {"name": "Forge"}},
            "verification": {"type": "hosted"}}  # fmt: skip
    return json.dumps(made | more)


def test_an_archive_is_told_file_by_file_and_what_fails_makes_the_answer_no(run, tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("pain.json", assertion())
        archive.writestr("part.json", json.dumps({"type": "BadgeClass", "@context": "https://w3id.org/openbadges/v2"}))
    file = tmp_path / "bag.zip"
    file.write_bytes(packed.getvalue())
    answer = run("badge", "import", file, "--into", "bob")
    assert answer.returncode == 1
    assert answer.stdout.count("https://garden.example/bob/badges/") == 1
    assert "part.json: This is a «BadgeClass»" in answer.stderr
    assert "pain.json: " in answer.stderr


def test_a_confirmed_address_makes_a_badge_ones_own(run, tmp_path):
    file = tmp_path / "pain.json"
    file.write_text(assertion(), encoding="utf-8")
    assert "recipient: " in run("badge", "import", file, "--into", "bob").stderr
    assert run("account", "confirm", "bob", "bob@x.example").returncode == 0
    assert "recipient: " not in run("badge", "import", file, "--into", "bob").stderr
    assert run("account", "confirm", "bob", "nobody").returncode == 2


def test_kinds_of_badges_come_in_as_drafts_once(run):
    first = run("achievement", "import", SAMPLE / "assets/robotics-badge.json", "--as", "bob")
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("https://garden.example/bob/achievements/")
    assert run("achievement", "import", SAMPLE / "assets/robotics-badge.json", "--as", "bob").stdout == first.stdout
    assert run("achievement", "import", SAMPLE / "public_domain_heart.png", "--as", "bob").returncode == 2

"""Every official sample badge gets the answer that a reader of the specification gives (open-badges.md §5.8).

The answers in `expected.csv` argue from the specification and each file; its README says what was measured.
"""

import csv
from datetime import datetime
from pathlib import Path

import pytest

from pod_app.badges.verifier.verifying import CHECKS, documents, verify

DATA = Path(__file__).resolve().parents[1] / "data/badges"
ROWS = list(csv.DictReader((DATA / "expected.csv").read_text(encoding="utf-8").splitlines()))
EXIT_CODES = {True: 0, False: 1, None: 2}
OUTCOMES = {"1": "fail", "2": "unknown"}


def given(text):
    pairs = (pair.rpartition("=") for pair in text.split(";") if pair)
    return {url: (DATA / path).read_bytes() for url, _, path in pairs}


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['file']}-{row['exit_code']}-{row['failing_check']}" for row in ROWS])
def test_an_official_sample_is_judged_as_the_specification_says(row):
    body = (DATA / "samples" / row["file"]).read_bytes()
    report = verify(body, fetch=documents(given(row["documents"])), at=datetime.fromisoformat(row["time"]))
    assert str(EXIT_CODES[report.verified]) == row["exit_code"], report.to_json()
    if row["failing_check"]:
        assert report[row["failing_check"]].outcome == OUTCOMES[row["exit_code"]], report.to_json()
    assert tuple(check.name for check in report.checks) == CHECKS


def test_every_sample_file_has_a_row():
    files = {str(path.relative_to(DATA / "samples")) for path in (DATA / "samples").rglob("*") if path.is_file()}
    assert files - {row["file"] for row in ROWS} == {"LICENSES.md"}


def test_a_badge_of_open_badges_2_says_nothing_certain_without_its_issuer():
    body = (DATA / "samples/ob2-reference-validator/basic-assertion.json").read_bytes()
    report = verify(body, fetch=documents({}), at=datetime.fromisoformat("2026-06-01T00:00:00Z"))
    assert report.verified is None
    assert "Open Badges 2.0" in report["shape"].detail[0].text
    assert {report[name].outcome for name in ("issuer-document", "key", "proof", "status")} == {"unknown"}

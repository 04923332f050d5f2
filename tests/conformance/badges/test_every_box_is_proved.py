"""Every box of docs/requirements/open-badges.md §5 has a test that carries its number, or a row that says what holds.

Boxes are numbered within their section: 5.6.2 is the second of §5.6. A test carries the number in its name
(`test_5_9_1_…`, `…_box_5_6_2_…`); docs/conformance.md has a table row that begins with it.
"""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CHECKLIST = ROOT / "docs/requirements/open-badges.md"
STATEMENT = ROOT / "docs/conformance.md"
NUMBER = re.compile(r"(?:\btest_|_box_)5_(\d{1,2})_(\d{1,2})(?=_)")


@cache
def boxes():
    """Numbers of all boxes, in the order of the checklist."""
    found = []
    for section in re.split(r"^### ", CHECKLIST.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        number = section.partition(" ")[0]
        if re.fullmatch(r"5\.\d{1,2}", number):
            count = len(re.findall(r"^- \[[ x]\] ", section, re.MULTILINE))
            found += [f"{number}.{place + 1}" for place in range(count)]
    return found


@cache
def proved():
    """Numbers in the names of all tests."""
    found = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        if "node_modules" not in path.parts:
            names = re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
            found |= {f"5.{match[1]}.{match[2]}" for name in names for match in NUMBER.finditer(name)}
    return found


@cache
def stated():
    """Text by number, from the rows of the statement: `| 5.6.2 | … |`."""
    return dict(re.findall(r"^\| (5\.\d{1,2}\.\d{1,2}) \| (.+?) \|$", STATEMENT.read_text("utf-8"), re.MULTILINE))


def test_the_checklist_is_read():
    assert len(boxes()) == len(set(boxes())) > 40
    assert {number.rpartition(".")[0] for number in boxes()} == {f"5.{section}" for section in range(1, 11)}


@pytest.mark.parametrize("number", boxes())
def test_every_box_has_its_test_or_its_row(number):
    assert number in proved() or number in stated(), f"{number} has neither a test nor a line in docs/conformance.md"


def test_no_number_and_no_row_outlives_its_box():
    assert set(stated()) | proved() <= set(boxes())


def test_every_row_is_a_sentence_and_every_test_it_names_stands_in_the_file_it_names():
    for number, row in stated().items():
        assert len(row) > 20, number
        files = [ROOT / name for name in re.findall(r"`(tests/[\w/.]+\.py)`", row)]
        texts = "\n".join(file.read_text("utf-8") for file in files)
        missing = [name for name in re.findall(r"`(test_\w+)`", row) if f"def {name}(" not in texts]
        assert missing == [], f"{number}: {missing}"

"""Every numbered item of docs/requirements/solid.md has a test that carries its number, or a line that says why not.

A test carries a number in its name (`test_b8_…`, `test_p15_p16_…`) or docstring; docs/conformance.md has a
table row that begins with it. IN_FORCE grows as sections of the checklist are implemented.
"""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CHECKLIST = ROOT / "docs/requirements/solid.md"
STATEMENT = ROOT / "docs/conformance.md"
IN_FORCE = "BCDEFGHIKLMNOPU"
WHOLE_TABLES = frozenset("M")
"""Sections without numbers: one test goes through all rows."""


def items():
    """Number and key (M, S, O, T, X) of every item of the sections in force."""
    found = re.findall(r"^([A-Z]\d{1,2}) ([MSOTX])\b", CHECKLIST.read_text("utf-8"), re.MULTILINE)
    return [(number, key) for number, key in found if number[0] in IN_FORCE]


@cache
def proved():
    """Numbers in the names and docstrings of all tests."""
    numbers = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        if {"attacks", "durability"} & set(path.parts):
            continue  # their numbers are those of another list
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                name = node.name.removeprefix("test_")
                while found := re.match(r"([a-z]\d{1,2})_", name):
                    numbers.add(found[1].upper())
                    name = name[found.end() :]
                numbers |= set(re.findall(r"\b[A-Z]\d{1,2}\b", ast.get_docstring(node) or ""))
    return numbers


@cache
def stated():
    """Reason by number, from the rows of the statement: `| B2 | … |`."""
    rows = re.findall(r"^\| ([A-Z]\d{1,2}) \| (.+?) \|", STATEMENT.read_text("utf-8"), re.MULTILINE)
    return dict(rows)


def test_the_checklist_is_read():
    numbers = [number for number, _ in items()]
    assert len(numbers) > 100
    assert len(set(numbers)) == len(numbers)
    assert {number[0] for number in numbers} | WHOLE_TABLES == set(IN_FORCE)


@pytest.mark.parametrize("number", [number for number, _ in items()])
def test_every_item_has_its_test_or_its_reason(number):
    assert number in proved() or number in stated(), f"{number} has neither a test nor a line in docs/conformance.md"


def test_no_reason_outlives_its_item():
    known = set(re.findall(r"^([A-Z]\d{1,2}) [MSOTX]\b", CHECKLIST.read_text("utf-8"), re.MULTILINE))
    assert set(stated()) <= known


def test_every_reason_is_a_sentence():
    assert all(len(reason) > 20 for reason in stated().values())

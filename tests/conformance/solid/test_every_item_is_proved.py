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
IN_FORCE = "BCDEFGHIJKLMNOPRSUV"
WHOLE_TABLES = frozenset("M")
"""Sections without numbers: one test goes through all rows."""
OF_OTHER_LISTS = {"S": "test_s_provider.py"}
"""Letters that docs/requirements/trust.md numbers too: only this file speaks of ours."""


def sections():
    """Text of each section of the checklist by its letter."""
    parts = re.split(r"^## ([A-Z])\. ", CHECKLIST.read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def numbers_in(letter, text):
    """Numbers of the items of one section: each begins a line, or follows the one before in a line (V)."""
    found = re.findall(rf"(?:^|; )({letter}\d{{1,2}}) ", text, re.MULTILINE)
    assert found == [f"{letter}{number + 1}" for number in range(len(found))]
    return found


def items():
    """Numbers of all items of the sections in force."""
    return [number for letter, text in sections().items() if letter in IN_FORCE for number in numbers_in(letter, text)]


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
                named = set()
                while found := re.match(r"([a-z]\d{1,2})_", name):
                    named.add(found[1].upper())
                    name = name[found.end() :]
                named |= set(re.findall(r"\b[A-Z]\d{1,2}\b", ast.get_docstring(node) or ""))
                numbers |= {one for one in named if OF_OTHER_LISTS.get(one[0], path.name) == path.name}
    return numbers


@cache
def stated():
    """Reason by number, from the rows of the statement: `| B2 | … |`."""
    rows = re.findall(r"^\| ([A-Z]\d{1,2}) \| (.+?) \|", STATEMENT.read_text("utf-8"), re.MULTILINE)
    return dict(rows)


def test_the_checklist_is_read():
    numbers = items()
    assert len(numbers) > 150
    assert len(set(numbers)) == len(numbers)
    assert {number[0] for number in numbers} | WHOLE_TABLES == set(IN_FORCE)


@pytest.mark.parametrize("number", items())
def test_every_item_has_its_test_or_its_reason(number):
    assert number in proved() or number in stated(), f"{number} has neither a test nor a line in docs/conformance.md"


def test_no_reason_outlives_its_item():
    assert set(stated()) <= set(items())


def test_every_reason_is_a_sentence():
    assert all(len(reason) > 20 for reason in stated().values())


def test_every_test_that_the_statement_names_exists():
    files = set(re.findall(r"`(tests/[\w/.]+\.py)`", STATEMENT.read_text("utf-8")))
    assert len(files) > 5
    assert [name for name in files if not (ROOT / name).exists()] == []
    defined = {name for file in files for name in re.findall(r"def (test_\w+)", (ROOT / file).read_text("utf-8"))}
    assert set(re.findall(r"`(test_\w+)`", STATEMENT.read_text("utf-8"))) <= defined

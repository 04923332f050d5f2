"""Everything about badges works on a page as well as at a terminal: the table that says where (issue 6)."""

import re
from pathlib import Path

import click
import pytest

from pod_app.cli import cli

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "commands.md"
PAGES = (
    "/me/forge", "/me/award", "/me/given", "/me/received", "/me/distribute", "/claim", "/me/badges", "/me/audience",
    "/me/open", "/me/collections", "/me/hosts", "/me/confirm", "/me/requests", "/me/answer", "/me/answered",
    "/me/asked", "/me/review", "/me/rule", "/me/rules", "/me/keys", "/verify",
)  # fmt: skip
GROUPS = {
    "achievement", "badge", "bag", "collection", "endorse", "handout", "host", "keys", "request", "rule",
}  # fmt: skip


def rows():
    """Routes and commands of each row of the table."""
    text = DOCUMENT.read_text("utf-8")
    assert text.count("\n## The same on a page\n") == 1
    table = text.partition("\n## The same on a page\n")[2].partition("\n## ")[0]
    for line in table.splitlines():
        if line.startswith("| ") and "`" in line:
            _, what, pages, typed, _ = re.split(r"(?<!\\)\|", line)
            yield what.strip(), re.findall("`([^`]+)`", pages), re.findall("`([^`]+)`", typed)


def commands(command, path=()):
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from commands(command.get_command(context, name), (*path, name))
    else:
        yield " ".join(path)


@pytest.fixture
def routes(installation):
    return {rule.rule for rule in installation.client._transport.app.flask.url_map.iter_rules()}


def test_every_row_names_pages_and_commands_that_exist(routes):
    known = set(commands(cli))
    found = list(rows())
    assert found
    for what, pages, typed in found:
        assert typed, what
        assert set(typed) <= known, what
        assert {page for page in pages if page.startswith("/")} <= routes, what


def test_every_page_about_badges_has_a_command(routes):
    told = {page for _, pages, _ in rows() for page in pages}
    wanted = {one for one in routes if one in PAGES or one.startswith(tuple(f"{page}/" for page in PAGES))}
    assert len(wanted) > len(PAGES)
    assert sorted(wanted - told) == []


def test_every_command_about_badges_has_a_page_or_says_why_not():
    told = {one for _, _, typed in rows() for one in typed}
    assert sorted(one for one in commands(cli) if one.split(" ")[0] in GROUPS and one not in told) == []
    for what, pages, _ in rows():
        assert pages or "(" in what, what


def test_nothing_stands_twice():
    pages = [page for _, found, _ in rows() for page in found]
    assert sorted({one for one in pages if pages.count(one) > 1}) == []

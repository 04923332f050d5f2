"""A command imports what it needs and no more: this is tested by what is loaded, not by the clock."""

import json
import subprocess
import sys

import click
import pytest

from pod_app.cli import PLACES, cli

HEAVY = ("alembic", "flask", "granian", "jinja2", "markdown_it", "resvg_py", "sqlalchemy", "uvicorn")


def loaded(*arguments: str) -> set[str]:
    """Which of the heavy packages a command has imported by its end."""
    code = (
        "import json, sys\nfrom pod_app.cli import main\n"
        f"try:\n    main({list(arguments)!r})\nexcept SystemExit:\n    pass\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(json.loads(ended.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "arguments",
    [
        ("--version",),
        ("badge", "verify", "--help"),
        *((one, "--help") for one in ("bag", "collection", "handout", "host")),
    ],
)
def test_commands_that_open_no_installation_load_neither_web_server_nor_database(arguments):
    assert loaded(*arguments) == set()


def test_a_command_that_only_writes_loads_no_web_server(tmp_path):
    assert loaded("account", "create", "alice", "--no-password", "--data", str(tmp_path)) <= {"alembic", "sqlalchemy"}


def test_every_command_is_found_under_its_own_name():
    context = click.Context(cli)
    assert cli.list_commands(context) == sorted(PLACES)
    for name in PLACES:
        assert cli.get_command(context, name).name == name
    assert cli.get_command(context, "nothing") is None

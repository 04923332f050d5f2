"""The documentation says what the program does: these tests read it."""

import re
import tomllib
from pathlib import Path

import click
import pyoxigraph as ox
import pytest

from pod_app import assets
from pod_app.badges.verifier.verifying import CHECKS
from pod_app.cli import cli
from pod_app.pods.members import ROLES
from pod_app.settings import Settings
from pod_app.standards.addresses import RESERVED_NAMES

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
EVERYWHERE = {"--data", "--base-url", "--help"}


def read(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


def commands(command: click.Command, path: tuple[str, ...] = ()):
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from commands(command.get_command(context, name), (*path, name))
    else:
        yield " ".join(path), command


def test_every_setting_is_documented_with_its_description():
    text = read("settings.md")
    missing = [
        name
        for name, field in Settings.model_fields.items()
        if f"| `{name}` |" not in text or field.description not in text
    ]
    assert missing == []
    assert set(re.findall(r"^\| `([a-z_]+)` \|", text, re.MULTILINE)) == set(Settings.model_fields)


def test_every_command_and_option_is_documented():
    text = read("commands.md")
    for path, command in commands(cli):
        row = next((line for line in text.splitlines() if line.startswith(f"| `pod_app {path}")), "")
        assert row, path
        options = {name for one in command.params if isinstance(one, click.Option) for name in one.opts}
        assert {name for name in options - EVERYWHERE if name not in row} == set(), path
        assert set(re.findall(r"--[a-z-]+", row.split("|  ")[0].partition("` |")[0])) <= options, path
    known = [path for path, _ in commands(cli)]
    for typed in re.findall(r"^\| `pod_app ([a-z ]+)", text, re.MULTILINE):
        assert any(f"{typed.strip()} ".startswith(f"{path} ") for path in known), typed


def test_every_check_of_the_verifier_is_documented_in_its_order():
    assert re.findall(r"^\| `([a-z-]+)` \|", read("commands.md"), re.MULTILINE) == list(CHECKS)


def test_every_route_is_documented_and_its_first_segment_reserved(installation):
    application = installation.client._transport.app
    text = read("routes.md")
    for rule in application.flask.url_map.iter_rules():
        assert f"| `{rule.rule}` |" in text, rule.rule
        first = rule.rule.split("/")[1]
        assert not first or first in RESERVED_NAMES


def names(requirements: list) -> set[str]:
    return {re.split(r"[\[<>=]", one)[0].lower() for one in requirements if isinstance(one, str)}


def test_every_dependency_has_its_reason():
    text = read("dependencies.md")
    run, checks = text.split("## For tests")
    groups, extras = PROJECT["dependency-groups"], PROJECT["project"]["optional-dependencies"]
    for section, wanted in (
        (run, names(PROJECT["project"]["dependencies"]).union(*map(names, extras.values()))),
        (checks, set().union(*(names(group) for group in groups.values()))),
    ):
        cells = re.findall(r"^\| ([a-z0-9, -]+) \|", section, re.MULTILINE)
        listed = {name.strip() for cell in cells for name in cell.split(",")} - {"package"}
        assert listed == wanted


def test_every_role_is_a_labelled_concept_and_none_is_left_over():
    graph = list(ox.parse(path=assets.folder("vocab") / "roles.ttl", format=ox.RdfFormat.TURTLE))
    label = ox.NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel")
    labels = {
        (quad.subject.value.rpartition("#")[2], quad.object.language) for quad in graph if quad.predicate == label
    }
    assert labels == {(f"role-{role}", language) for role in ROLES for language in ("fr", "en")}


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda path: path.name)
def test_a_decision_is_short_and_whole(path):
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 60
    for part in ("**Context.**", "**Decision.**", "**Consequences.**"):
        assert part in text


def test_architecture_fits_two_pages_and_names_every_folder():
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    assert len(text.splitlines()) <= 130
    for folder in (ROOT / "pod_app").glob("*/__init__.py"):
        assert f"{folder.parent.name}/" in text


def test_every_relative_link_of_the_readme_leads_somewhere():
    for target in re.findall(r"\]\(((?!http)[^)#]+)\)", (ROOT / "README.md").read_text("utf-8")):
        assert (ROOT / target).exists(), target

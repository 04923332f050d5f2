"""S1: no module but those named here may open a connection to the network, and the lint rule that says so works."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
RUFF = Path(sys.executable).with_name("ruff")
DOORS = {"storage/web_client.py", "storage/sparql_client.py", "storage/pinned_network.py", "web/serving/server.py"}
OPENING = [
    "import requests",
    "import httpx",
    "from httpx import Client",
    "import httpx as harmless",
    "import urllib.request",
    "from urllib import request",
    "from urllib.request import urlopen",
    "import urllib3",
    "import http.client",
    "from http.client import HTTPConnection",
    "import aiohttp",
    "import socket\n\nsocket.create_connection(('127.0.0.1', 9))",
    "from socket import create_connection",
    "import SPARQLWrapper",
    "from SPARQLWrapper import SPARQLWrapper",
]
needs_ruff = pytest.mark.skipif(not RUFF.exists(), reason="ruff is not installed")


def lint(folder, source):
    """The codes that ruff reports for `source` at a path like those of the package."""
    path = folder / "pod_app" / "badges" / "fetching.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'"""A module."""\n\n{source}\n')
    shutil.copy(ROOT / "pyproject.toml", folder)
    command = [RUFF, "check", "--no-cache", "--select", "TID251", "--output-format", "concise", path]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


@needs_ruff
@pytest.mark.parametrize("source", OPENING)
def test_the_lint_rule_reports_every_other_way_to_the_network(tmp_path, source):
    assert "TID251" in lint(tmp_path, source)


@needs_ruff
def test_the_lint_rule_leaves_harmless_imports_alone(tmp_path):
    assert "TID251" not in lint(tmp_path, "import socket\nimport urllib.parse\nimport http\n")


@needs_ruff
def test_the_package_passes_the_lint_rule():
    command = [RUFF, "check", "--no-cache", "--select", "TID251", ROOT / "pod_app"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_only_the_doors_are_excepted_from_the_rule():
    package = ROOT / "pod_app"
    excepted = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if re.search(r"noqa.*TID251|ruff: *noqa|noqa *$", path.read_text("utf-8"), re.MULTILINE)
    }
    assert excepted <= DOORS
    assert "storage/web_client.py" in excepted

"""S44: what is installed is what was locked, and pages load nothing from anywhere else."""

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from relying_party import sign_in

REPOSITORY = Path(__file__).resolve().parents[2]
PYTHON_LOCKS = ["requirements.lock", *(f"tests/interop/{name}.lock" for name in ("solid-file", "openbadgeslib"))]
NODE_LOCKS = ["tests/interop/package-lock.json", "bench/css/package-lock.json"]
PAGES = [
    "/",
    "/me/sign-in",
    "/me/new",
    "/me/recover",
    "/verify",
    "/collective",
    "/vocab",
    "/me",
    "/me/account",
    "/me/leave",
]
LOADED = re.compile(
    r"""<(?:script|img|iframe|source|audio|video|object|embed)\b[^>]*?\s(?:src|data)\s*=\s*["']([^"']+)"""
)
LINKED = re.compile(r"""<link\b[^>]*?\brel\s*=\s*["'](?:stylesheet|icon|preload|modulepreload)["'][^>]*>""")
ELSEWHERE = re.compile(r"""@import|(?:url|import|fetch)\s*\(?\s*["'`]?(?:https?:)?//""")
INLINE = re.compile(r"<(script|style)\b(?![^>]*\bsrc=)[^>]*>|\s(?:on\w+|style)\s*=\s*[\"']", re.IGNORECASE)


@pytest.mark.parametrize("lock", PYTHON_LOCKS)
def test_s44_every_python_package_is_locked_with_its_hashes(lock):
    text = (REPOSITORY / lock).read_text("utf-8")
    blocks = [block for block in re.split(r"\n(?=\S)", text) if block.strip() and not block.startswith("#")]
    assert len(blocks) > 3
    for block in blocks:
        assert re.match(r"[A-Za-z0-9][\w.-]*(\[[^\]]*\])?==", block), block
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block
        assert "://" not in block.partition("# via")[0], block


@pytest.mark.parametrize("lock", NODE_LOCKS)
def test_s44_every_node_package_is_locked_with_its_hash(lock):
    packages = json.loads((REPOSITORY / lock).read_text("utf-8"))["packages"]
    for path, about in packages.items():
        if path and not about.get("link"):
            assert about.get("integrity", "").startswith("sha512-"), path


def test_s44_installing_asks_for_the_hashes_and_runs_no_scripts_of_packages():
    makefile = (REPOSITORY / "Makefile").read_text("utf-8")
    assert "--require-hashes --requirement requirements.lock" in makefile
    installer = (REPOSITORY / "tests/interop/install.py").read_text("utf-8")
    assert "--require-hashes" in installer
    assert "--ignore-scripts" in installer


@pytest.mark.parametrize("path", PAGES)
def test_s44_a_page_loads_nothing_from_elsewhere_and_nothing_inline(installation, path):
    """With the network off a page is as whole as with it: everything stands on this host, and the policy says so."""
    installation.person("alice", "une petite phrase")
    sign_in(installation, "alice", "une petite phrase")
    answer = installation.client.get(path)
    assert answer.status_code == 200, path
    for address in [*LOADED.findall(answer.text), *map(_href, LINKED.findall(answer.text))]:
        assert address.startswith(("/", "data:image/")), address
        assert not address.startswith("//"), address
    assert not INLINE.search(answer.text), INLINE.search(answer.text)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def _href(link):
    return re.search(r"""href\s*=\s*["']([^"']+)""", link)[1]


def test_s44_style_sheet_and_scripts_load_nothing_from_elsewhere_either():
    for path in (REPOSITORY / "pod_app/web/static").rglob("*"):
        if path.suffix in {".css", ".js"}:
            assert not ELSEWHERE.search(path.read_text("utf-8")), path


def test_s44_the_bill_of_materials_holds_every_locked_package(tmp_path):
    target = tmp_path / "bill.json"
    command = [sys.executable, REPOSITORY / ".ci" / "bill_of_materials.py", target]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    bill = json.loads(target.read_text("utf-8"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    names = {one["purl"] for one in bill["components"]}
    assert len(names) == len(bill["components"])
    locked = re.findall(r"^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", _lock(), re.MULTILINE)
    assert {f"pkg:pypi/{name.lower()}@{version}" for name, version in locked} <= names
    assert all(one["hashes"] and all(re.fullmatch(r"[0-9a-f]{40,128}", h["content"]) for h in one["hashes"])
               for one in bill["components"])  # fmt: skip
    flask = next(one for one in bill["components"] if one["name"] == "flask")
    assert flask["licenses"]
    assert all(one.get("scope") == "excluded" for one in bill["components"] if one["purl"].startswith("pkg:npm/"))


def _lock():
    return (REPOSITORY / "requirements.lock").read_text("utf-8")


def test_the_bill_is_a_program_of_its_own():
    assert runpy.run_path(str(REPOSITORY / ".ci" / "bill_of_materials.py"))["NODE"] == tuple(NODE_LOCKS)

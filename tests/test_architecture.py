"""The house stays as it was drawn: imports point downward, modules stay small, the «only ones» stay alone."""

import ast
import re
import shutil
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from pod_app import errors
from pod_app.web.problems import STATUS

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "pod_app"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "migrations/versions" not in path.as_posix())
TESTS = sorted(path for path in (ROOT / "tests").rglob("*.py") if not {".venv", "node_modules"} & set(path.parts))
LONGEST = 400


def check_imports(folder: Path) -> subprocess.CompletedProcess:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([program, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)


def test_each_folder_imports_only_what_is_below_it():
    done = check_imports(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("storage/blobs.py", "import pod_app.pods.access"),
        ("standards/wac.py", "import pod_app.storage.database"),
        ("standards/did.py", "import httpx"),
        ("pods/access.py", "from pod_app.badges.signing import issuing"),
        ("badges/signing/status.py", "from pod_app.web import app"),
        ("web/identity/entrance.py", "from pod_app.web.badges import qr"),
        ("badges/forge/achievements.py", "import pod_app.badges.bag.backpack"),
        ("badges/giving/awards.py", "import pod_app.badges.hosts.hosting"),
    ],
)
def test_a_forbidden_import_is_noticed(tmp_path, module, forbidden):
    shutil.copytree(PACKAGE, tmp_path / "pod_app", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    path = tmp_path / "pod_app" / module
    path.write_text(f"{path.read_text('utf-8')}\n{forbidden}\n", "utf-8")
    done = check_imports(tmp_path)
    assert done.returncode != 0
    assert "BROKEN" in done.stdout


def test_every_folder_has_its_place_in_the_column():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    placed = {name for layer in contracts[0]["layers"] for name in re.findall(r"pod_app\.(\w+)", layer)}
    found = {path.stem for path in PACKAGE.glob("*.py")} | {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert found - placed - {"__init__", "__main__"} == set()


def test_no_module_of_the_program_or_of_its_tests_passes_400_lines():
    assert {
        str(path.relative_to(ROOT)) for path in MODULES + TESTS if len(path.read_text("utf-8").splitlines()) > LONGEST
    } == set()


def test_half_of_all_functions_are_under_ten_lines():
    lengths = [
        node.end_lineno - node.lineno + 1
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert statistics.median(lengths) < 10


def test_no_module_is_a_drawer():
    assert {path.name for path in MODULES} & {"utils.py", "helpers.py", "misc.py"} == set()


def test_nothing_is_kept_between_installations():
    """No module-level lists, dicts or sets that could be changed: three installations share these modules."""
    kept = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in MODULES
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List | ast.Dict | ast.Set)
        if not any(isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets)
    ]
    assert kept == []


def test_only_one_table_knows_status_codes_of_errors():
    naming = [path.name for path in MODULES if "errors.Unauthenticated: 401" in path.read_text("utf-8")]
    assert naming == ["problems.py"]
    assert not re.search(r"\b[45]\d\d\b", (PACKAGE / "errors.py").read_text("utf-8"))


def test_every_error_has_a_status():
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.PodAppError)}
    assert kinds - set(STATUS) - {errors.PodAppError} == set()


def test_decisions_about_access_are_taken_in_one_place():
    """`wac.granted` is asked by `pods/access.py` alone."""
    asking = [
        path.relative_to(PACKAGE).as_posix()
        for path in MODULES
        if re.search(r"\bwac\.granted\(", path.read_text("utf-8"))
    ]
    assert asking == ["pods/access.py"]


def test_no_query_is_written_in_python():
    words = re.compile(r'"""?\s*(PREFIX|SELECT \?|CONSTRUCT|ASK \{)')
    assert [path.name for path in MODULES if words.search(path.read_text("utf-8"))] == []


def test_no_test_runs_a_loop_in_its_own_thread():
    """Playwright leaves a loop running in the main thread, and tests run in random order."""
    running = [path.name for path in TESTS if "asyncio.run" + "(" in path.read_text("utf-8")]
    assert running == ["loops.py"]

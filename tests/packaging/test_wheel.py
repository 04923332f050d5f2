"""What ships: the wheel, installed with plain pip into an environment of its own, makes a first pod there."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*command: object, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("POD_APP_", "PYTHON"))}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory) -> Path:
    """A new environment with the wheel by plain pip; its dependencies are those of this one, so no index is asked."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    run(
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        "--disable-pip-version-check",
        wheel,
        cwd=folder,
    )
    packages = run(python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])", cwd=folder).stdout.strip()
    # A plain line in a .pth file adds a folder; the .pth files in it, such as the editable pod_app's, are not read.
    Path(packages, "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", "utf-8")
    return folder


def test_the_wheel_holds_everything_the_program_reads(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for part in (
        "pod_app/vocab/roles.ttl",
        "pod_app/shapes/README.md",
        "pod_app/queries/README.md",
        "pod_app/web/templates/base.html",
        "pod_app/web/static/app.css",
        "pod_app/translations/fr/messages.po",
        "pod_app/standards/contexts/index.json",
        "pod_app/pods/templates/card.person.ttl",
        "pod_app/storage/migrations/versions/0001_ground_floor.py",
        "pod_app/py.typed",
    ):
        assert part in names
    shipped = {str(path.relative_to(ROOT)) for path in (ROOT / "pod_app").rglob("*") if path.is_file()}
    assert {name for name in shipped if "__pycache__" not in name} - names == set()
    assert not {name for name in names if name.startswith(("tests/", "docs/"))}


def test_the_installed_program_makes_a_first_pod(environment, tmp_path):
    program, python = environment / "bin" / "pod_app", environment / "bin" / "python"
    where = run(python, "-c", "import pod_app; print(pod_app.__file__)", cwd=tmp_path).stdout
    assert str(environment) in where
    assert run(program, "--version", cwd=tmp_path).stdout.startswith("pod_app, version ")
    made = run(
        program, "account", "create", "alice", "--no-password", cwd=tmp_path, POD_APP_DATA=str(tmp_path / "data")
    )
    assert "http://localhost:8000/alice/profile/card#me" in made.stdout
    assert run(program, "doctor", cwd=tmp_path, POD_APP_DATA=str(tmp_path / "data")).stdout.count("ok ") == 7

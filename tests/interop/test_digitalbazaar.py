"""Our badges before a verifier that we did not write: @digitalbazaar/vc with eddsa-rdfc-2022.

It is given the bytes of the badge and whatever the running program serves over HTTP, nothing else.
"""

import json
import subprocess
from pathlib import Path

import httpx
import live_server
import pytest

from pod_app.standards import jsonld

FOLDER = Path(__file__).resolve().parent
CONTEXTS = Path(jsonld.__file__).resolve().parent / "contexts"
pytestmark = pytest.mark.interop


class Garden:
    """A running program with a garden that issues; commands are typed beside it."""

    def __init__(self, folder: Path, base: str, node: Path) -> None:
        self.folder = folder
        self.base = base
        self.node = node

    def type(self, *arguments: str) -> str:
        done = live_server.run(self.folder, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def issue(self) -> tuple[str, Path]:
        """The IRI of a new badge, and a file with the bytes that the program serves for it."""
        webid = f"{self.base}bob/profile/card#me"
        mould = f"{self.base}potager/achievements/bienvenu-e"
        iri = self.type("badge", "issue", "--as", "potager", "--achievement", mould, "--to", webid)
        self.show(iri)
        served = httpx.get(iri, headers={"Accept": "application/vc"})
        assert served.status_code == 200
        assert served.headers["content-type"] == "application/vc"
        path = self.folder.parent / f"{iri.rpartition('/')[2]}.json"
        path.write_bytes(served.content)
        return iri, path

    def show(self, iri: str) -> None:
        """Bob lets everybody see his copy, in his notebook; the record follows."""
        with httpx.Client(base_url=self.base, follow_redirects=True) as browser:
            browser.post("/me/sign-in", data={"name": "bob", "password": "a long enough password"})
            page = browser.get("/me").text
            token = page.partition('name="csrf" value="')[2].partition('"')[0]
            badge = iri.rpartition("/")[2]
            answer = browser.post("/me/audience", data={"csrf": token, "id": badge, "audience": "everyone"})
            assert answer.status_code == 200

    def verify(self, path: Path) -> dict:
        command = [self.node, FOLDER / "verify.mjs", path, self.base, CONTEXTS]
        done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def verify_ourselves(self, path: Path) -> int:
        return live_server.run(self.folder, "badge", "verify", str(path)).returncode


@pytest.fixture(scope="module")
def garden(tmp_path_factory, node):
    folder = tmp_path_factory.mktemp("garden") / "data"
    with live_server.serving(folder) as base:
        garden = Garden(folder, base, node)
        made = live_server.run(folder, "account", "create", "bob", "--password-stdin", stdin="a long enough password\n")
        assert made.returncode == 0, made.stderr
        garden.type("pod", "create", "potager", "--kind", "garden", "--owner", f"{base}bob/profile/card#me")
        garden.type(
            "achievement", "create", "--as", "potager", "--name", "Bienvenu·e",
            "--description", "Accueille les personnes qui arrivent.", "--criteria", "Avoir **accueilli**.",
        )  # fmt: skip
        yield garden


def test_a_badge_verifies_there_and_here_and_fails_in_both_after_one_changed_byte(garden):
    _, path = garden.issue()
    assert garden.verify(path) == {"verified": True, "revoked": False, "errors": []}
    assert garden.verify_ourselves(path) == 0
    genuine = path.read_bytes()
    place = genuine.index(b"Accueille") + 3
    path.write_bytes(genuine[:place] + bytes([genuine[place] ^ 1]) + genuine[place + 1 :])
    answer = garden.verify(path)
    assert answer["verified"] is False
    assert "Error: Invalid signature." in answer["errors"]
    assert garden.verify_ourselves(path) == 1


def test_a_revoked_badge_fails_there_and_here(garden):
    iri, path = garden.issue()
    garden.type("badge", "revoke", iri, "--reason", "Donné par erreur")
    answer = garden.verify(path)
    assert answer["revoked"] is True
    assert answer["verified"] is False
    assert garden.verify_ourselves(path) == 1


def test_a_badge_survives_a_new_key_and_fails_once_its_own_is_revoked(garden):
    _, path = garden.issue()
    garden.type("keys", "rotate", "potager")
    assert garden.verify(path)["verified"] is True
    assert garden.verify_ourselves(path) == 0
    _, later = garden.issue()
    garden.type("keys", "rotate", "potager", "--revoke")
    assert garden.verify(later)["verified"] is False
    assert garden.verify_ourselves(later) == 1
    assert garden.verify(path)["verified"] is True


def test_a_badge_baked_into_a_picture_comes_out_with_the_same_signature(garden):
    iri, path = garden.issue()
    picture = garden.folder.parent / "badge.png"
    picture.write_bytes(httpx.get(iri, headers={"Accept": "image/png"}).content)
    taken_out = garden.folder.parent / "taken-out.json"
    taken_out.write_text(garden.type("badge", "unbake", str(picture)), "utf-8")
    assert json.loads(taken_out.read_bytes()) == json.loads(path.read_bytes())
    assert garden.verify(taken_out)["verified"] is True

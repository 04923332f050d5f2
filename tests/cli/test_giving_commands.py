"""The forge from a terminal: badges made and changed, given to people and lists, links, renewal; on a folder alone."""

import json
from pathlib import Path

import live_server
import pytest
from PIL import Image

from pod_app.services import assemble
from pod_app.settings import load

BASE = "https://garden.example/"
MOULD = f"{BASE}potager/achievements/compost"


class Folder:
    """An installation without a server, and somebody at its terminal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        services = assemble(load({"data": folder, "base_url": BASE}, environ={})[0])
        alice = services.accounts.create("alice", None, title="Alice")[1]
        for name in ("bob", "carole", "dora"):
            services.accounts.create(name, None, title=name.title())
        services.catalogue.create("potager", "garden", title="Potager", owners=[alice.webid])
        services.close()
        self.done(
            "achievement", "create", "--as", "potager", "--name", "Compost", "--description", "Fait du sol.",
            "--criteria", "Trois tas.",
        )  # fmt: skip

    def type(self, *arguments, stdin=""):
        return live_server.run(self.folder, *map(str, arguments), stdin=stdin)

    def done(self, *arguments, stdin=""):
        answer = self.type(*arguments, stdin=stdin)
        assert (answer.returncode, answer.stderr) == (0, ""), answer.stderr
        return answer.stdout.strip()

    def given(self):
        return [json.loads(line) for line in self.done("badge", "given", "--as", "potager", "--json").splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return Folder(tmp_path_factory.mktemp("alone") / "data")


def award(*more):
    return ("badge", "award", "--as", "potager", "--achievement", MOULD, *more)


def test_a_badge_is_changed_retired_and_listed(folder, tmp_path):
    picture = tmp_path / "photo.jpg"
    Image.new("RGB", (800, 600), (20, 90, 60)).save(picture)
    made = folder.done(
        "achievement", "create", "--as", "potager", "--name", "Haie", "--description", "d", "--criteria", "c",
        "--skill", "listening", "--image", picture, "--alt", "Une haie", "--reserved",
    )  # fmt: skip
    assert folder.done("achievement", "edit", made, "--name", "Haie vive", "--shared") == f"{made} version 2"
    listed = folder.done("achievement", "list", "--as", "potager")
    assert f"{made}  v2  Haie vive" in listed
    folder.done("achievement", "retire", made)
    assert f"{made}  v2  Haie vive  retired" in folder.done("achievement", "list", "--as", "potager")
    folder.done("achievement", "retire", made, "--undo")
    assert folder.type("achievement", "edit", made, "--image", picture).returncode == 2
    unknown = folder.type(
        "achievement", "create", "--as", "potager", "--name", "x", "--description", "d", "--criteria", "c",
        "--skill", "dancing",
    )  # fmt: skip
    assert (unknown.returncode, "no skill named dancing" in unknown.stderr) == (2, True)


def test_people_are_named_on_the_line_and_a_list_goes_on_where_it_stopped(folder, tmp_path):
    iri = folder.done(
        *award("--to", "bob", "--note", "Merci", "--evidence", "https://a.example/x", "--until", "2099-01-01")
    )
    assert iri.startswith(f"{BASE}potager/issued/")
    row = next(row for row in folder.given() if row["badge"] == iri)
    assert (row["state"], row["to"], row["until"]) == (
        "pending", f"{BASE}bob/profile/card#me", "2099-01-01T23:59:59Z",
    )  # fmt: skip
    file = tmp_path / "liste.csv"
    file.write_text("qui;phrase\ndora;Bravo\nnobody;x\nnew@example.org;Bienvenue\n", "utf-8")
    looked = folder.type(*award("--csv", file, "--dry-run"))
    assert (looked.returncode, looked.stdout) == (1, "")
    assert f"{file}:3: nobody: Nobody here has a notebook" in looked.stderr
    before = len(folder.given())
    given = folder.type(*award("--csv", file))
    assert given.returncode == 1
    lines = given.stdout.splitlines()
    assert lines[0] == "2 of 2 given"
    assert lines[1].startswith(f"{BASE}claim/")
    assert lines[1].endswith("new@example.org")
    assert folder.type(*award("--csv", "-"), stdin=file.read_text("utf-8")).stdout.splitlines()[0] == "2 of 2 given"
    assert len(folder.given()) == before + 1


def test_links_are_made_and_a_badge_is_renewed(folder):
    links = folder.done("badge", "links", "--as", "potager", "--achievement", MOULD, "--number", "3", "--json")
    assert len({json.loads(line)["link"] for line in links.splitlines()}) == 3
    iri = folder.done(*award("--to", "carole"))
    folder.done("badge", "renew", iri, "--until", "2098-05-01")
    assert next(row for row in folder.given() if row["badge"] == iri)["until"] == "2098-05-01T23:59:59Z"
    folder.done("badge", "revoke", iri, "--reason", "Erreur.")
    assert next(row for row in folder.given() if row["badge"] == iri)["state"] == "withdrawn"


@pytest.mark.parametrize(
    "more",
    [
        ("--to", "nobody"), ("--to", "x@example.org"), (), ("--to", "bob", "--csv", "x"), ("--csv", "/none.csv"),
        ("--to", "bob", "--until", "2001-01-01"), ("--to", "bob", "--evidence", "nowhere"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_sentence_and_code_two(folder, more):
    answer = folder.type(*award(*more))
    assert answer.returncode == 2
    assert answer.stderr
    assert "Traceback" not in answer.stderr

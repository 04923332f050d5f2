"""The bag from a terminal: what the pages of the bag do, as commands (issue 6, part 5; product.md flow 1)."""

import json
import zipfile

import live_server
import pytest
from bag_keepers import Garden

from pod_app.badges.verifier import tokens
from pod_app.standards import baking
from pod_app.standards.wac import ANONYMOUS


@pytest.fixture
def town(make_installation):
    return Garden(make_installation())


def everybody_sees(town, badge):
    held = town.here.services.backpack.held(ANONYMOUS, town.alice)
    return badge in {one.address.iri(town.here.base) for one in held}


def test_badges_are_found_by_words_audience_and_state(terminal, town):
    bread = town.given("Pain")
    wall = town.given("Mur", until=town.soon())
    terminal.done(town.here, "bag", "show-to", wall, "everyone")
    asked = ("bag", "list", "--as", "alice")
    rows = terminal.rows(town.here, *asked)
    assert {(row["badge"], row["name"], row["audience"]) for row in rows} == {
        (bread, "Pain", "me"), (wall, "Mur", "everyone"),
    }  # fmt: skip
    assert {row["issuer"] for row in rows} == {"Potager"}
    assert {row["state"][0] for row in rows} == {"yours"}
    for more, wanted in (
        (("--words", "pain"), [bread]), (("--words", "mur potager"), [wall]), (("--words", "nothing"), []),
        (("--audience", "everyone"), [wall]), (("--audience", "me"), [bread]), (("--state", "not-yours"), []),
    ):  # fmt: skip
        assert [row["badge"] for row in terminal.rows(town.here, *asked, *more)] == wanted, more
    town.here.clock.forward(days=3)
    assert [row["state"] for row in terminal.rows(town.here, *asked, "--state", "expired")] == [["expired"]]
    assert f"{bread}  Pain  Potager" in terminal.done(town.here, *asked)


def test_who_sees_a_badge_is_chosen_and_chosen_again(terminal, town):
    badge = town.given()
    terminal.done(town.here, "bag", "show-to", badge, "everyone")
    assert everybody_sees(town, badge)
    terminal.done(town.here, "bag", "show-to", badge, "garden:potager")
    assert not everybody_sees(town, badge)
    assert terminal.rows(town.here, "bag", "show", badge)[0]["audience"] == "garden"
    terminal.done(town.here, "bag", "show-to", badge, "me")
    assert "not a member" in terminal.refused(town.here, "bag", "show-to", badge, "garden:elsewhere")
    assert "garden:NAME" in terminal.refused(town.here, "bag", "show-to", badge, "garden:")
    assert "garden:NAME" in terminal.refused(town.here, "bag", "show-to", badge, "my friends")
    assert "bag list" in terminal.refused(town.here, "bag", "show-to", "https://other.example/x", "me")
    assert "There is nothing" in terminal.refused(town.here, "bag", "show-to", f"{town.alice.iri}badges/none", "me")


def test_one_badge_is_told_with_what_was_checked(terminal, town):
    badge = town.given("Pain", until=town.soon())
    told = terminal.rows(town.here, "bag", "show", badge)[0]
    assert (told["name"], told["issuer"], told["to"], told["standing"]) == ("Pain", "Potager", "Alice", "valid")
    assert told["until"].startswith("2026-03-13")
    assert "pass proof" in told["checks"]
    assert "image/png" in told["forms"]
    assert "standing     valid" in terminal.done(town.here, "bag", "show", badge)


def test_a_badge_is_taken_out_of_the_bag(terminal, town):
    badge = town.given()
    terminal.done(town.here, "bag", "remove", badge)
    assert terminal.rows(town.here, "bag", "list", "--as", "alice") == []
    terminal.refused(town.here, "bag", "remove", badge)


def test_its_hosts_are_asked_again(terminal, town):
    badge = town.given()
    assert "pass     proof" in terminal.done(town.here, "bag", "verify", badge)
    town.withdraw(badge)
    answer = terminal.type(town.here, "bag", "verify", badge)
    assert (answer.code, "fail     status" in answer.out) == (1, True)


def test_what_was_given_waits_for_an_answer_which_is_given_once(terminal, town):
    kept, declined, public = (town.award(name) for name in ("Pain", "Mur", "Eau"))
    assert terminal.rows(town.here, "bag", "received", "--as", "alice") == []
    town.here.clock.forward(seconds=20)
    waiting = terminal.rows(town.here, "bag", "received", "--as", "alice")
    assert {(row["badge"], row["issuer"], row["note"]) for row in waiting} == {
        (one, "Potager", "Merci !") for one in (kept, declined, public)
    }
    where = terminal.done(town.here, "bag", "keep", kept, "--as", "alice")
    assert where.startswith(f"{town.alice.iri}badges/")
    assert not everybody_sees(town, where)
    terminal.done(town.here, "bag", "decline", declined, "--as", "alice")
    garden = terminal.done(town.here, "bag", "keep", public, "--as", "alice", "--audience", "garden:potager")
    assert terminal.rows(town.here, "bag", "show", garden)[0]["audience"] == "garden"
    assert terminal.rows(town.here, "bag", "received", "--as", "alice") == []
    assert {row["badge"] for row in terminal.rows(town.here, "bag", "list", "--as", "alice")} == {where, garden}
    assert "answered" in terminal.refused(town.here, "bag", "keep", declined, "--as", "alice")
    assert "bag received" in terminal.refused(town.here, "bag", "decline", "nowhere", "--as", "alice")


def test_an_answer_with_an_impossible_audience_leaves_the_badge_waiting(terminal, town):
    badge = town.award()
    town.here.clock.forward(seconds=20)
    terminal.refused(town.here, "bag", "keep", badge, "--as", "alice", "--audience", "garden:nowhere")
    assert len(terminal.rows(town.here, "bag", "received", "--as", "alice")) == 1
    terminal.refused(town.here, "bag", "keep", badge, "--as", "bob")


def test_a_badge_leaves_in_each_form(terminal, town, tmp_path):
    badge = town.given()
    kept = town.bytes_of(badge)

    def written(form):
        file = tmp_path / f"badge.{form}"
        terminal.done(town.here, "bag", "export", badge, "--form", form, "--out", file)
        return file.read_bytes()

    assert {form: written(form) for form in ("kept", "json", "jsonld")} == dict.fromkeys(
        ("kept", "json", "jsonld"), kept
    )
    assert tokens.read(written("jwt").decode().strip()).credential["id"] == json.loads(kept)["id"]
    assert [baking.unbake(written(form)).encode() for form in ("png", "svg")] == [kept, kept]
    assert written("pdf").startswith(b"%PDF-")
    for form in ("ttl", "nt"):
        assert town.alice.webid.encode() in written(form), form


def test_a_badge_is_written_to_standard_output_and_other_forms_are_refused(terminal, town, tmp_path):
    badge = town.given()
    assert json.loads(terminal.done(town.here, "bag", "export", badge, "--out", "-")) == json.loads(
        town.bytes_of(badge)
    )
    lost = ("bag", "export", badge, "--out", tmp_path / "no" / "folder")
    assert "cannot be written" in terminal.refused(town.here, *lost)
    achievement = town.achievement()
    terminal.refused(town.here, "bag", "export", achievement, "--out", tmp_path / "x")


def test_the_twin_of_version_two_and_linkedin_are_for_public_badges(terminal, town, tmp_path):
    badge, picture = town.given(), tmp_path / "two.png"
    for command in (("host", badge), ("linkedin", badge), ("export", badge, "--form", "png-2", "--out", picture)):
        assert "not public" in terminal.refused(town.here, "bag", *command)
    assert not picture.exists()
    terminal.done(town.here, "bag", "show-to", badge, "everyone")
    twin = terminal.done(town.here, "bag", "host", badge)
    assert terminal.done(town.here, "bag", "host", badge) == twin
    assert town.here.client.get(twin).json()["type"] == "Assertion"
    assert terminal.rows(town.here, "bag", "show", badge)[0]["hosted"] == twin
    terminal.done(town.here, "bag", "export", badge, "--form", "png-2", "--out", picture)
    assert twin.encode() in picture.read_bytes()
    link = terminal.done(town.here, "bag", "linkedin", badge)
    assert link.startswith("https://www.linkedin.com/profile/add?startTask=CERTIFICATION_NAME&name=Pain")
    assert "issueYear=2026" in link


def test_the_whole_bag_leaves_as_an_archive_once(terminal, town, tmp_path):
    first, file = town.given("Pain"), tmp_path / "bag.zip"
    town.given("Mur")
    said = terminal.done(town.here, "bag", "archive", file, "--as", "alice")
    assert said == f"{file}: 2 badges of {town.alice.iri}"
    with zipfile.ZipFile(file) as archive:
        assert town.bytes_of(first) in [archive.read(name) for name in archive.namelist()]
    assert "exists already" in terminal.refused(town.here, "bag", "archive", file, "--as", "alice")


def test_what_could_not_be_imported_is_listed_tried_again_and_forgotten(terminal, town, tmp_path):
    file = tmp_path / "pain.json"
    file.write_bytes(town.bytes_of(town.given()).replace(b"Dix", b"Dux"))
    mine = ("--as", "bob")
    assert terminal.type(town.here, "badge", "import", file, "--into", "bob").code == 2
    listed = terminal.rows(town.here, "bag", "imports", "list", *mine)
    assert [(row["name"], row["failed"], row["badges"]) for row in listed] == [("pain.json", 1, 1)]
    name = listed[0]["import"]
    shown = terminal.type(town.here, "bag", "imports", "show", name, *mine, "--json")
    assert shown.code == 1
    assert (shown.rows[0]["state"], shown.rows[0]["step"]) == ("failed", "proof")
    again = terminal.type(town.here, "bag", "imports", "retry", name, *mine)
    assert (again.code, again.out, again.err.startswith("proof: ")) == (1, "", True)
    terminal.done(town.here, "bag", "imports", "forget", name, *mine)
    assert terminal.rows(town.here, "bag", "imports", "list", *mine) == []
    for command in ("show", "retry", "forget"):
        terminal.refused(town.here, "bag", "imports", command, name, *mine)
    terminal.refused(town.here, "bag", "imports", "show", "../profile", *mine)


def test_a_host_that_answers_later_lets_an_import_succeed(terminal, town, tmp_path, monkeypatch):
    packed = tmp_path / "two.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("pain.json", town.bytes_of(town.given("Pain")))
        archive.writestr("mur.json", b"{}")
    answer = terminal.type(town.here, "badge", "import", packed, "--into", "alice")
    assert (answer.code, len(answer.out.splitlines())) == (1, 1)
    name = terminal.rows(town.here, "bag", "imports", "list", "--as", "alice")[0]["import"]
    shown = terminal.type(town.here, "bag", "imports", "show", name, "--as", "alice", "--json").rows
    assert [row["state"] for row in shown] == ["failed", "kept"] or [row["state"] for row in shown] == [
        "kept",
        "failed",
    ]
    again = terminal.type(town.here, "bag", "imports", "retry", name, "--as", "alice")
    assert (again.code, "mur.json: " in again.err) == (1, True)


def test_nobody_of_that_name_is_one_sentence_and_code_two(terminal, town):
    for command in (("list",), ("received",), ("archive", "x.zip"), ("imports", "list"), ("claim", "abcd")):
        assert terminal.refused(town.here, "bag", *command, "--as", "nobody")


def test_the_same_commands_are_typed_on_a_folder(tmp_path):
    folder = tmp_path / "data"
    account = ("account", "create", "alice", "--no-password", "--base-url", "https://garden.example/")
    assert live_server.run(folder, *account).returncode == 0
    answer = live_server.run(folder, "bag", "archive", str(tmp_path / "bag.zip"), "--as", "alice")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout == f"{tmp_path / 'bag.zip'}: 0 badges of https://garden.example/alice/\n"
    refused = live_server.run(folder, "bag", "show", "https://other.example/x")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.count("\n") == 1

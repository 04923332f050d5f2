"""The forge from a terminal: pictures of the studio, skills of other lists, near duplicates (issue 6, part 1)."""

import json

import pytest
from bag_keepers import Garden


@pytest.fixture
def town(make_installation):
    return Garden(make_installation())


def create(*more, name="Haie"):
    return (
        "achievement", "create", "--as", "potager", "--name", name, "--description", "d", "--criteria", "c", *more,
    )  # fmt: skip


def document(town, iri):
    return json.loads(town.bytes_of(iri))


def test_the_studio_is_listed_and_draws(terminal, town, tmp_path):
    said = terminal.done(town.here, "achievement", "studio")
    assert "colours: relating, collective" in said
    assert "shapes: presence, gift" in said
    assert "sprout" in said
    file = tmp_path / "look.svg"
    terminal.done(town.here, "achievement", "studio", "--look", "living_passing", "--icon", "sprout", "--out", file)
    assert file.read_text("utf-8").startswith("<svg")
    assert "go together" in terminal.refused(town.here, "achievement", "studio", "--look", "living_gift")
    terminal.refused(town.here, "achievement", "studio", "--look", "none_gift", "--out", tmp_path / "x.svg")


def test_a_look_gives_picture_words_and_kind(terminal, town):
    made = document(town, terminal.done(town.here, *create("--look", "living_passing")))
    assert made["image"]["id"].endswith("/studio-living_passing_sprout.png")
    assert made["image"]["caption"]
    assert made["achievementType"] == "Award"
    spoken = terminal.done(town.here, *create("--look", "living_gift", "--alt", "Une feuille", name="Feuille"))
    assert document(town, spoken)["image"]["caption"] == "Une feuille"
    terminal.done(town.here, "achievement", "edit", spoken, "--look", "welcome_skill")
    assert document(town, spoken)["image"]["id"].endswith("/studio-welcome_skill_sprout.png")
    assert "does not offer" in terminal.refused(town.here, *create("--look", "green_round", name="Non"))
    assert "--image, or" in terminal.refused(town.here, *create("--look", "living_gift", "--image", "x.png"))


def test_skills_of_other_lists_are_aligned_beside_those_of_the_vocabulary(terminal, town):
    esco = "http://data.europa.eu/esco/skill/1 listen actively"
    made = document(town, terminal.done(town.here, *create("--skill", "listening", "--target", esco)))
    aligned = {one["targetUrl"]: one for one in made["alignment"]}
    assert len(aligned) == 2
    assert aligned["http://data.europa.eu/esco/skill/1"]["targetName"] == "listen actively"
    assert aligned["http://data.europa.eu/esco/skill/1"]["targetFramework"] == "ESCO"
    assert "one a line" in terminal.refused(town.here, *create("--target", "no address", name="Autre"))


def test_a_near_duplicate_is_named_and_only_made_when_it_is_meant(terminal, town):
    first = terminal.done(town.here, *create())
    stopped = terminal.type(town.here, *create("--unless-alike", name="haie"))
    assert (stopped.code, stopped.out, first in stopped.err) == (1, "", True)
    warned = terminal.type(town.here, *create())
    assert (warned.code, warned.out != first, first in warned.err) == (0, True, True)
    assert terminal.done(town.here, *create("--unless-alike", name="Mare"))
    twin = terminal.done(town.here, *create("--language", "en", "--twin-of", first, name="Hedge"))
    assert document(town, twin)["related"]


def test_achievements_are_listed_in_json(terminal, town):
    made = terminal.done(town.here, *create("--reserved"))
    terminal.done(town.here, "achievement", "retire", made)
    assert terminal.rows(town.here, "achievement", "list", "--as", "potager") == [
        {"achievement": made, "version": 1, "name": "Haie", "state": ["retired", "reserved"]}
    ]
    assert f"{made}  v1  Haie  retired  reserved" in terminal.done(town.here, "achievement", "list", "--as", "potager")

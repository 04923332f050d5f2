"""Rules from a terminal: set, shown, checked for one person in words and JSON, taken where the giver said so before."""

import json

import pytest
from villages import BASE, MOULD

SHAPE = """@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
<#r> a sh:NodeShape ; sh:targetClass foaf:Person ; sh:property [ sh:path foaf:name ; sh:minCount 1 ; %s ] ."""
MET = SHAPE % "sh:nodeKind sh:Literal"
UNMET = SHAPE % 'sh:pattern "^X" ; sh:message "Il manque un X."@fr, "An X is missing."@en'


@pytest.fixture
def put(village, tmp_path):
    """Gives the badge a rule that is read from a file."""

    def put(shape, *more):
        file = tmp_path / "rule.ttl"
        file.write_text(shape, "utf-8")
        village.done("rule", "set", MOULD, "--file", file, "--sentence", "Avoir un nom.", *more)

    return put


def public_rules(village):
    """How the folder of rules that came from files answers to anybody."""
    return village.here.client.get(f"{BASE}potager/public/rules/").status_code


def test_the_rules_that_ship_are_listed_and_each_is_printed(village):
    rows = {row["name"]: row for row in village.rows("rule", "list")}
    assert len(rows) == 6
    assert rows["three-transmissions"]["parameter"] == "skill"
    assert rows["welcomer"]["title"] == {"fr": "Bienvenu·e", "en": "Welcomer"}
    assert "three-transmissions  --skill SKILL  Pass one skill on" in village.done("rule", "list")
    assert village.done("rule", "show", "welcomer").startswith("To have welcomed three times")
    assert "sh:targetClass foaf:Person" in village.done("rule", "show", "welcomer", "--turtle")


def test_an_achievement_gets_a_rule_that_ships_and_loses_it(village):
    nothing = village.type("rule", "show", MOULD)
    assert (nothing.code, nothing.out, nothing.err) == (1, "", "")
    assert village.type("rule", "show", MOULD, "--turtle").code == 1
    village.done("rule", "set", MOULD, "--rule", "three-transmissions", "--skill", "listening")
    rule = village.json("rule", "show", MOULD)["rule"]
    assert rule.pop("sentence").startswith("Passer un savoir trois fois")  # in the language of the garden
    assert rule == {
        "shape": f"{BASE}shapes/rules/three-transmissions?skill=listening", "automatic": False,
    }  # fmt: skip
    assert "skill-listening" in village.done("rule", "show", MOULD, "--turtle")
    village.done("rule", "set", MOULD, "--rule", "welcomer", "--sentence", "Accueillir.", "--automatic")
    assert village.done("rule", "show", MOULD).splitlines() == [
        "Accueillir.", f"{BASE}shapes/rules/welcomer", "given as soon as it is met",
    ]  # fmt: skip
    village.done("rule", "remove", MOULD)
    answer = village.type("rule", "show", MOULD, "--json")
    assert (answer.code, json.loads(answer.out)) == (1, {"achievement": MOULD, "rule": None})


def test_a_file_is_put_where_everybody_reads_it(village, put):
    put(UNMET)
    shape = village.json("rule", "show", MOULD)["rule"]["shape"]
    assert shape.startswith(f"{BASE}potager/public/rules/compost-")
    assert village.type("rule", "show", MOULD, "--turtle").out == UNMET.strip()
    put(MET)
    assert village.json("rule", "show", MOULD)["rule"]["shape"] != shape
    village.done("rule", "set", MOULD, "--shape", shape, "--sentence", "Avoir un X.")
    assert village.type("rule", "show", MOULD, "--turtle").out == UNMET.strip()


def test_somebody_is_told_how_far_they_are_by_words_and_by_the_exit_code(village, put):
    put(UNMET)
    answer = village.type("rule", "check", MOULD, "--as", "bob")
    assert (answer.code, answer.out.splitlines()) == (1, ["Compost: Avoir un nom.", "not yet", "- An X is missing."])
    answer = village.type("rule", "check", MOULD, "--as", "bob", "--json")
    assert (answer.code, json.loads(answer.out)) == (1, {
        "achievement": MOULD, "name": "Compost", "sentence": "Avoir un nom.", "met": False, "automatic": False,
        "missing": [{"fr": "Il manque un X.", "en": "An X is missing."}],
    })  # fmt: skip
    put(MET)
    lines = village.done("rule", "check", MOULD, "--as", "bob").splitlines()
    assert lines[:2] == ["Compost: Avoir un nom.", "met"]
    assert lines[2].startswith(f"Next: pod_app request ask --as bob --achievement {MOULD} --rule-met")


def test_without_an_achievement_each_rule_of_ones_gardens_is_looked_up(village, put):
    put(UNMET)
    other = village.achievement("Semis", "communs")
    village.achievement("Haie", "communs")  # asks nothing
    village.done("rule", "set", other, "--rule", "welcomer")
    told = {
        row["achievement"]: (row["met"], len(row["missing"])) for row in village.rows("rule", "check", "--as", "carole")
    }
    assert told == {MOULD: (False, 1), other: (False, 2)}
    assert village.done("rule", "check", "--as", "bob").splitlines() == [f"not yet  2  {other}  Semis"]


def test_a_badge_is_taken_once_where_the_giver_said_so_and_the_rule_is_met(village, put):
    put(UNMET, "--automatic")
    answer = village.type("rule", "take", MOULD, "--as", "bob")
    assert (answer.code, answer.out.splitlines()[1:]) == (1, ["not yet", "- An X is missing."])
    put(MET)
    assert "proposed" in village.refused("rule", "take", MOULD, "--as", "bob")
    put(MET, "--automatic")
    assert village.done("rule", "check", MOULD, "--as", "bob").endswith(f"Next: pod_app rule take {MOULD} --as bob")
    badge = village.done("rule", "take", MOULD, "--as", "bob")
    assert [row["badge"] for row in village.rows("badge", "given", "--as", "potager")] == [badge]
    assert "already" in village.refused("rule", "take", MOULD, "--as", "bob")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("set", MOULD, "--rule", "none"), "none"),
        (("set", MOULD, "--rule", "three-transmissions"), "one skill"),
        (("set", MOULD, "--rule", "three-transmissions", "--skill", "dancing"), "dancing"),
        (("set", MOULD, "--rule", "welcomer", "--sentence", " "), "sentence"),
        (("set", MOULD, "--shape", "https://elsewhere.example/r", "--sentence", "Oui."), "elsewhere"),
        (("set", f"{BASE}potager/achievements/none", "--rule", "welcomer"), "none"),
        (("set", "https://elsewhere.example/a", "--rule", "welcomer"), "elsewhere"),
        (("remove", f"{BASE}potager/achievements/none"), "none"),
        (("show", f"{BASE}potager/achievements/none"), "none"),
        (("show", "nothing"), "nothing"),
        (("check", MOULD, "--as", "bob"), "no rule"),
        (("check", MOULD, "--as", "potager"), "for people"),
        (("take", MOULD, "--as", "bob"), "no rule"),
    ],
)
def test_what_cannot_be_done_with_a_rule_is_one_sentence(village, arguments, word):
    assert word in village.refused("rule", *arguments)
    assert village.type("rule", "show", MOULD).code == 1


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"<#r> a <", "cannot be read"),
        (b"<#r> a <#x> .", "target"),
        ((SHAPE % 'sh:sparql [ sh:select "x" ]').encode(), "beyond SHACL Core"),
        (b"\xff\xfe", "UTF-8"),
        (b"#" * 65_537, "larger than"),
    ],
)
def test_a_file_that_is_no_rule_is_refused_and_put_nowhere(village, tmp_path, data, word):
    file = tmp_path / "rule.ttl"
    file.write_bytes(data)
    assert word in village.refused("rule", "set", MOULD, "--file", file, "--sentence", "Oui.")
    assert village.type("rule", "show", MOULD).code == 1
    assert public_rules(village) == 404


def test_a_rule_without_its_sentence_or_its_badge_puts_nothing_into_the_pod(village, tmp_path):
    file = tmp_path / "rule.ttl"
    file.write_text(MET, "utf-8")
    assert "sentence" in village.refused("rule", "set", MOULD, "--file", file, "--sentence", " ")
    assert "none" in village.refused("rule", "set", f"{MOULD}-none", "--file", file, "--sentence", "Oui.")
    assert public_rules(village) == 404
    village.done("rule", "set", MOULD, "--file", file, "--sentence", "Avoir un nom.")
    assert public_rules(village) == 200


@pytest.mark.parametrize(
    "more",
    [(), ("--rule", "welcomer", "--shape", "x"), ("--rule", "welcomer", "--skill", "listening"), ("--shape", "x")],
)
def test_how_a_rule_is_set_is_said_once(village, more):
    answer = village.type("rule", "set", MOULD, *more)
    assert (answer.code, "Usage" in answer.err) == (2, True)

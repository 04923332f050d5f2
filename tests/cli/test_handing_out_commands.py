"""Handing out, claiming, and what is done to a badge afterwards, from a terminal (issue 6, part 2)."""

import json

import pytest
from bag_keepers import Garden


@pytest.fixture
def town(make_installation):
    return Garden(make_installation())


def given(terminal, town):
    rows = [
        json.loads(line)
        for line in terminal.done(town.here, "badge", "given", "--as", "potager", "--json").splitlines()
    ]
    return {row["badge"]: row["state"] for row in rows}


def opened(terminal, town, *more):
    command = ("handout", "open", "--as", "potager", "--achievement", town.achievement(), *more)
    return terminal.rows(town.here, *command)[0]


def test_a_room_is_opened_a_badge_is_claimed_once_and_the_room_is_closed(terminal, town, tmp_path):
    room = opened(terminal, town, "--hours", "3", "--note", "Belle soirée")
    assert (room["kind"], room["state"], room["taken"]) == ("room", "open", 0)
    assert room["until"] == "2026-03-12T12:00:00Z"
    looked = terminal.done(town.here, "bag", "claim", room["code"])
    assert "issuer       Potager" in looked
    assert "note         Belle soirée" in looked
    kept = terminal.done(town.here, "bag", "claim", room["code"], "--as", "bob", "--audience", "everyone")
    assert terminal.rows(town.here, "bag", "show", kept)[0]["audience"] == "everyone"
    assert "already" in terminal.refused(town.here, "bag", "claim", room["code"], "--as", "bob")
    picture = tmp_path / "qr.svg"
    name = ("handout", "qr", room["handout"], "--as", "potager")
    address = terminal.done(town.here, *name, "--out", picture)
    assert address.startswith(f"{town.here.base}claim/")
    assert b"<svg" in picture.read_bytes()
    assert terminal.done(town.here, "bag", "claim", address, "--as", "alice").startswith(f"{town.alice.iri}badges/")
    assert terminal.rows(town.here, "handout", "show", room["handout"], "--as", "potager")[0]["taken"] == 2
    terminal.done(town.here, "handout", "close", room["handout"], "--as", "potager")
    assert terminal.rows(town.here, "handout", "list", "--as", "potager")[0]["state"] == "over"
    assert "not handed out" in terminal.refused(town.here, *name)
    assert "no longer" in terminal.refused(town.here, "bag", "claim", room["code"])


def test_codes_are_shown_to_one_person_after_the_other(terminal, town):
    shown = opened(terminal, town, "--one-by-one")
    name = ("handout", "qr", shown["handout"], "--as", "potager")
    assert shown["kind"] == "turns"
    first = terminal.done(town.here, *name)
    assert first == f"{town.here.base}claim/{shown['code']}"
    assert "issuer       Potager" in terminal.done(town.here, "bag", "claim", first)
    assert terminal.done(town.here, *name) == first
    terminal.done(town.here, "bag", "claim", first, "--as", "bob")
    second = terminal.done(town.here, *name)
    assert second != first
    assert "already" in terminal.refused(town.here, "bag", "claim", second, "--as", "bob")
    assert terminal.done(town.here, *name) == second
    terminal.refused(town.here, "bag", "claim", first, "--as", "alice")
    third = terminal.done(town.here, "handout", "next", shown["handout"], "--as", "potager")
    assert third not in {first, second}
    terminal.refused(town.here, "bag", "claim", second, "--as", "alice")
    terminal.done(town.here, "bag", "claim", third, "--as", "alice")
    told = terminal.rows(town.here, "handout", "show", shown["handout"], "--as", "potager")
    assert [row["taken"] for row in told] == [2]
    room = opened(terminal, town)
    assert "one after the other" in terminal.refused(town.here, "handout", "next", room["handout"], "--as", "potager")


def test_an_address_in_a_qr_is_over_after_two_minutes(terminal, town):
    room = opened(terminal, town)
    address = terminal.done(town.here, "handout", "qr", room["handout"], "--as", "potager")
    town.here.clock.forward(minutes=3)
    assert "over" in terminal.refused(town.here, "bag", "claim", address, "--as", "bob")


def test_single_use_codes_are_shown_until_they_are_used(terminal, town):
    made = (
        "badge",
        "links",
        "--as",
        "potager",
        "--achievement",
        town.achievement(),
        "--number",
        "2",
        "--note",
        "Bravo",
    )
    links = [row["link"] for row in terminal.rows(town.here, *made)]
    name = terminal.rows(town.here, "handout", "list", "--as", "potager")[0]["handout"]
    assert [row["link"] for row in terminal.rows(town.here, "handout", "show", name, "--as", "potager")[1:]] == links
    first = terminal.done(town.here, "handout", "qr", name, "--as", "potager", "--number", "1")
    assert first == links[0]
    kept = terminal.done(town.here, "bag", "claim", first, "--as", "bob")
    assert json.loads(town.bytes_of(kept, town.bob))["credentialSubject"]["narrative"] == "Bravo"
    assert len(terminal.rows(town.here, "handout", "show", name, "--as", "potager")) == 2
    assert "handout show" in terminal.refused(town.here, "handout", "qr", name, "--as", "potager", "--number", "1")
    assert "has been used" in terminal.refused(town.here, "bag", "claim", first, "--as", "alice")


def test_what_cannot_be_handed_out_is_one_sentence_and_code_two(terminal, town):
    badge = town.achievement()
    terminal.refused(town.here, "handout", "open", "--as", "potager", "--achievement", f"{badge}-none")
    terminal.refused(town.here, "handout", "open", "--as", "potager", "--achievement", badge, "--hours", "0")
    terminal.refused(town.here, "handout", "open", "--as", "nobody", "--achievement", badge)
    for command in ("show", "qr", "close"):
        assert "handed out" in terminal.refused(town.here, "handout", command, "none", "--as", "potager")
    assert "no such code" in terminal.refused(town.here, "bag", "claim", "abcdef", "--as", "bob")
    room = opened(terminal, town)
    terminal.refused(town.here, "bag", "claim", room["code"], "--as", "bob", "--audience", "garden:potager")
    assert terminal.rows(town.here, "handout", "show", room["handout"], "--as", "potager")[0]["taken"] == 0


def test_an_award_is_undone_within_seconds_and_not_later(terminal, town):
    undone, late = town.award("Pain", town.bob), town.award("Mur", town.bob)
    terminal.done(town.here, "badge", "undo", undone)
    assert given(terminal, town) == {late: "pending"}
    town.here.clock.forward(seconds=20)
    assert "too late" in terminal.refused(town.here, "badge", "undo", late)
    assert "was not issued" in terminal.refused(town.here, "badge", "undo", "https://other.example/x/issued/y")
    terminal.refused(town.here, "badge", "undo", undone)


def test_somebody_is_reminded_once(terminal, town):
    badge = town.award("Pain", town.bob)
    assert "nobody to remind" in terminal.refused(town.here, "badge", "remind", badge)
    town.here.clock.forward(seconds=20)
    terminal.done(town.here, "badge", "remind", badge)
    assert "already" in terminal.refused(town.here, "badge", "remind", badge)


def test_a_badge_that_was_withdrawn_is_given_anew(terminal, town):
    badge = town.award("Pain", town.bob)
    assert "still stands" in terminal.refused(town.here, "badge", "reissue", badge)
    terminal.done(town.here, "badge", "revoke", badge, "--reason", "Une erreur.")
    anew = terminal.done(town.here, "badge", "reissue", badge)
    assert given(terminal, town) == {badge: "withdrawn", anew: "pending"}


def test_the_same_list_again_gives_what_was_refused(terminal, town, tmp_path):
    badge, file = town.achievement(), tmp_path / "list.csv"
    file.write_text("qui\nbob\n", "utf-8")
    command = ("badge", "award", "--as", "potager", "--achievement", badge, "--csv", file)
    lists, owner = town.here.services.giving.lists, town.agent
    name = lists.begin(owner, town.pod, badge, lists.look("qui\nbob\n", town.here.clock()))
    town.here.services.achievements.retire(owner, town.pod, badge)
    town.settle()
    assert len(lists.progress(owner, town.pod, name).refused) == 1
    town.here.services.achievements.retire(owner, town.pod, badge, retired=False)
    assert terminal.done(town.here, *command) == "1 of 1 given"

"""Asking, answering and deciding from a terminal: what the pages can do, the commands can (product.md, flow 3)."""

import json

import httpx
import live_server
import pytest
from fixtures_recognition import photo
from villages import BASE, MOULD

SENTENCE = "J'ai monté trois tas avec Carole."
KARIM = "karim@example.org"


def ask(village, *more, achievement=MOULD):
    """The request of Bob's, and the links that were printed with it."""
    arguments = ("request", "ask", "--as", "bob", "--achievement", achievement, "--sentence", SENTENCE, *more)
    request, *people = village.done(*arguments).splitlines()
    return request, [cell for line in people for cell in line.split("  ") if cell.startswith(f"{BASE}me/answer/")]


def kinds(village, name):
    return [(row["kind"], row["request"], row["state"]) for row in village.rows("request", "list", "--as", name)]


def test_a_request_goes_from_asking_to_the_badge_with_its_words_inside(village, tmp_path):
    trace = tmp_path / "photo.png"
    trace.write_bytes(photo())
    request, links = ask(village, "--file", trace, "--to", "carole", "--to", KARIM)
    (link,) = links  # Carole finds it in her notebook
    people = village.json("request", "show", request)["people"]
    assert [(one["who"], one["state"], one["link"]) for one in people] == [
        ("Carole", "waiting", None), (KARIM, "waiting", link),
    ]  # fmt: skip
    assert kinds(village, "bob") == [("mine", request, "open")]
    assert kinds(village, "carole") == [("asked", request, "open")]
    assert kinds(village, "alice") == kinds(village, "potager") == [("waiting", request, "open")]
    assert kinds(village, "dora") == kinds(village, "communs") == []

    village.done("request", "answer", link, "yes", "--name", "Karim", "--words", "Oui, trois tas.")
    village.done(
        "request", "answer", request, "yes", "--as", "carole", "--member-of", "potager", "--words", "J'y étais."
    )
    assert kinds(village, "carole") == []
    seen = village.json("request", "show", request, "--as", "potager")
    assert {(one["name"], one["state"], one.get("garden")) for one in seen["words"]} == {
        ("Carole", "holds", "Le Potager"), ("Karim", "unsigned", None),
    }  # fmt: skip
    assert (seen["waiting"], seen["other"], seen["rule"]) == (0, 0, None)

    badge = village.done("request", "award", request)
    assert badge.startswith(f"{BASE}potager/issued/")
    shown = village.json("request", "show", request)
    assert (shown["state"], shown["badge"], shown["decided_by"]) == (
        "awarded", badge, f"{BASE}alice/profile/card#me",
    )  # fmt: skip
    look = village.json("endorse", "show", badge)
    assert look["regard"] == "garden"
    assert {one["text"] for one in look["words"]} == {"J'y étais.", "Oui, trois tas."}
    assert kinds(village, "alice") == []


def test_a_link_alone_is_made_for_whoever_gets_it_and_looking_uses_nothing_up(village, tmp_path):
    trace = tmp_path / "photo.png"
    trace.write_bytes(photo())
    request, (link,) = ask(village, "--file", trace)
    for _ in range(2):
        seen = village.json("request", "show", link, "--trace", tmp_path / "saved.png")
    assert (seen["by"], seen["sentence"], "people" in seen) == ("Bob", SENTENCE, False)
    assert (tmp_path / "saved.png").read_bytes() == photo()
    village.done("request", "answer", link, "no")
    assert "used" in village.refused("request", "answer", link, "yes")
    reviewed = village.json("request", "show", request, "--as", "potager")
    assert (reviewed["words"], reviewed["other"]) == ([], 1)
    (person,) = village.json("request", "show", request)["people"]
    assert (person["state"], person["link"]) == ("no", None)


def test_people_are_invited_up_to_three_and_each_is_reminded_once(village):
    request, (first,) = ask(village)
    invited = village.json("request", "invite", request, "--to", "Karim")
    assert [(one["number"], one["who"]) for one in invited["people"]] == [(2, "Karim")]
    village.done("request", "invite", request, "--to", "dora")
    village.refused("request", "invite", request)
    assert village.done("request", "remind", request, 1) == first
    assert village.done("request", "remind", request, 3) == ""
    for number in (1, 3):
        assert "reminded once" in village.refused("request", "remind", request, number)
    assert village.type("request", "remind", request, 4).code == 2
    marks = {one["number"]: one["reminded"] for one in village.json("request", "show", request)["people"]}
    assert marks == {1: True, 2: False, 3: True}
    assert "1  waiting  -  " in village.done("request", "show", request)


def test_a_request_is_declined_with_a_word_and_its_links_end(village):
    request, (link,) = ask(village, "--link", "https://a.example/tas")
    assert village.type("request", "decline", request).code == 2
    village.refused("request", "decline", request, "--word", " ")
    village.refused("request", "decline", request, "--word", "Non", "--as", "carole")  # a member without the role
    village.done("request", "decline", request, "--word", "Encore un tas.")
    shown = village.json("request", "show", request)
    assert (shown["state"], shown["reason"], shown["trace"]) == ("declined", "Encore un tas.", "https://a.example/tas")
    village.refused("request", "answer", link, "yes")
    village.refused("request", "award", request, "--word", "Quand même")
    assert "reason       Encore un tas." in village.done("request", "show", request)


def test_a_request_is_taken_back(village):
    request, (link,) = ask(village)
    village.done("request", "withdraw", request)
    assert kinds(village, "bob") == [("mine", request, "withdrawn")]
    for arguments in (("withdraw", request), ("answer", link, "yes"), ("invite", request), ("award", request)):
        village.refused("request", *arguments)
    again, _ = ask(village)
    assert again != request


def test_nobody_decides_about_their_own_request_and_another_issuer_does(village):
    village.done("member", "add", "potager", f"{BASE}carole/profile/card#me", "--role", "issuer")
    words = ("request", "ask", "--as", "alice", "--achievement", MOULD, "--sentence", SENTENCE)
    request = village.done(*words).splitlines()[0]
    assert kinds(village, "alice") == [("mine", request, "open")]
    assert "your own request" in village.refused("request", "award", request)
    assert kinds(village, "carole") == [("waiting", request, "open")]
    village.done("request", "award", request, "--as", "carole")
    assert village.json("request", "show", request)["decided_by"] == f"{BASE}carole/profile/card#me"


def test_where_the_rule_was_not_shown_to_be_met_a_person_says_why_and_it_is_kept(village):
    village.done("rule", "set", MOULD, "--rule", "welcomer")
    words = ("request", "ask", "--as", "bob", "--achievement", MOULD, "--sentence", SENTENCE)
    assert "not met yet" in village.refused(*words, "--rule-met")
    request, _ = ask(village)
    seen = village.json("request", "show", request, "--as", "potager")
    assert (seen["rule"], seen["rule_met"]) == ("Avoir accueilli trois fois, et qu’une personne le confirme.", False)
    assert "Say why" in village.refused("request", "award", request)
    village.done("request", "award", request, "--word", "Il accueille sans le noter.")
    shown = village.json("request", "show", request)
    assert (shown["reason"], shown["decided_by"]) == ("Il accueille sans le noter.", f"{BASE}alice/profile/card#me")
    assert shown["decided"]


def test_that_a_rule_is_met_is_told_when_one_lets_it_be_told(village, tmp_path):
    shape = tmp_path / "rule.ttl"
    shape.write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .\n"
        "<#r> a sh:NodeShape ; sh:targetClass foaf:Person ; sh:property [ sh:path foaf:name ; sh:minCount 1 ] .",
        "utf-8",
    )  # fmt: skip
    village.done("rule", "set", MOULD, "--file", shape, "--sentence", "Avoir un nom.")
    request, _ = ask(village, "--rule-met")
    assert village.json("request", "show", request, "--as", "potager")["rule_met"] is True
    village.done("request", "award", request)


@pytest.mark.parametrize(
    ("more", "word"),
    [
        (("--sentence", " "), "Write a sentence"),
        (("--link", "ftp://x"), "https://"),
        (("--file", "none.png"), "none.png"),
        (("--to", f"{BASE}nobody/profile/card#me"), "nobody"),
        (("--to", "a", "--to", "b", "--to", "c", "--to", "d"), "3 people"),
        (("--to", "bob"), "somebody else"),
        (("--to", "dora", "--to", "dora"), "already"),
        (("--as", "potager"), "for people"),
        (("--as", "none"), "none"),
        (("--achievement", f"{BASE}potager/achievements/none"), "none"),
        (("--achievement", "https://elsewhere.example/a"), "elsewhere.example"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence_and_nothing_is_kept(village, more, word):
    words = ("request", "ask", "--as", "bob", "--achievement", MOULD, "--sentence", SENTENCE)
    assert word in village.refused(*words, *more)
    assert kinds(village, "bob") == []


def test_a_trace_is_a_photo_or_a_link_and_not_both(village, tmp_path):
    (tmp_path / "text.txt").write_text("bonjour")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "long.png").write_bytes(b"\0" * (10 * 2**20 + 1))
    words = ("request", "ask", "--as", "bob", "--achievement", MOULD, "--sentence", SENTENCE)
    for name in ("text.txt", "empty.png", "long.png"):
        assert "Choose another file, or give a link." in village.refused(*words, "--file", tmp_path / name)
    both = village.type(*words, "--file", tmp_path / "text.txt", "--link", "https://a.example/")
    assert (both.code, "Usage" in both.err) == (2, True)
    request, _ = ask(village)
    assert "no trace" in village.refused("request", "show", request, "--trace", tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_strangers_see_and_decide_nothing(village):
    request, (link,) = ask(village)
    village.refused("request", "show", request, "--as", "dora")
    village.refused("request", "award", request, "--as", "dora")
    village.refused("request", "answer", request, "yes", "--as", "dora")  # who was not asked by name
    for nothing in (f"{BASE}bob/requests/none", f"{BASE}bob/requests/", "https://elsewhere.example/r", "bob", MOULD):
        village.refused("request", "show", nothing)
    village.refused("request", "show", f"{BASE}me/answer/none")
    assert village.type("request", "answer", request, "yes").code == 2
    assert village.type("request", "answer", link, "perhaps").code == 2
    assert village.type("request", "answer", link, "yes", "--member-of", "potager").code == 2
    assert village.type("request", "answer", link, "yes", "--as", "carole", "--name", "C").code == 2
    village.refused("request", "answer", link, "yes", "--as", "dora", "--member-of", "potager")
    village.refused("request", "answer", link, "yes", "--as", "bob")
    village.done("request", "answer", link, "unknown", "--as", "dora")


def test_a_link_is_answered_on_the_page_and_the_badge_given_at_the_terminal(village):
    (person,) = village.json("request", "ask", "--as", "bob", "--achievement", MOULD, "--sentence", SENTENCE)["people"]
    page = village.here.client.get(person["link"])
    assert SENTENCE.replace("'", "&#39;") in page.text
    form = {"answer": "yes", "name": "Karim", "words": "Oui."}
    assert village.here.client.post(person["link"], data=form).status_code == 303
    (waiting,) = village.rows("request", "list", "--as", "potager")
    shown = village.json("request", "show", waiting["request"], "--as", "potager")
    assert (waiting["answers"], [(one["name"], one["text"]) for one in shown["words"]]) == (1, [("Karim", "Oui.")])
    badge = village.done("request", "award", waiting["request"])
    assert village.done("badge", "given", "--as", "potager").split("  ")[0] == badge


def test_after_thirty_days_a_link_has_ended_and_whom_it_asked_is_forgotten(village):
    request, (link,) = ask(village, "--to", KARIM)
    village.here.clock.forward(days=30, seconds=1)
    (person,) = village.json("request", "show", request)["people"]
    assert (person["state"], person["link"]) == ("ended", None)
    village.refused("request", "answer", link, "yes")
    village.done("request", "list", "--as", "bob")  # the work that waited is done
    assert village.json("request", "show", request)["people"][0]["who"] is None


def test_a_request_is_asked_and_awarded_beside_a_running_server(tmp_path):
    folder = tmp_path / "data"
    with live_server.serving(folder) as base:

        def done(*arguments):
            answer = live_server.run(folder, *arguments)
            assert (answer.returncode, answer.stderr) == (0, ""), answer.stderr
            return answer.stdout.strip()

        for name in ("alice", "bob"):
            done("account", "create", name, "--no-password")
        done("pod", "create", "potager", "--kind", "garden", "--owner", f"{base}alice/profile/card#me")
        mould = done(
            "achievement", "create", "--as", "potager", "--name", "Compost", "--description", "d", "--criteria", "c"
        )
        told = json.loads(
            done("request", "ask", "--as", "bob", "--achievement", mould, "--sentence", SENTENCE, "--json")
        )
        link = told["people"][0]["link"]
        assert httpx.post(link, data={"answer": "yes", "name": "Karim"}).status_code == 303
        assert done("request", "award", told["request"]).startswith(f"{base}potager/issued/")
        assert httpx.get(link).status_code == 410

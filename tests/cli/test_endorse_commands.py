"""Confirming and certifying from a terminal: signed, listed, taken back, and whose look stands behind a badge."""

import pytest
from villages import BASE, MOULD

from pod_app.badges.verifier import verifying

POTAGER = "did:web:garden.example:potager"


@pytest.fixture
def badge(village):
    """A badge of Bob's that everybody may see."""
    iri = village.done(
        "badge", "issue", "--as", "potager", "--to", f"{BASE}bob/profile/card#me", "--achievement", MOULD
    )
    show(village, iri, "everyone")
    return iri


def show(village, badge, audience):
    village.done("bag", "show-to", f"{BASE}bob/badges/{badge.rpartition('/')[2]}", audience)


def verified(village, word):
    """What a stranger's verifier says about a confirmation that everybody may see."""
    answer = village.here.client.get(word, headers={"Accept": "application/vc"})
    services = village.here.services
    return verifying.verify(answer.content, fetch=services.own_documents, at=services.clock()).verified


def said(village, what):
    shown = village.json("endorse", "show", what)
    return shown.get("regard"), {(one["about"], one["name"], one["state"]) for one in shown["words"]}


def test_a_badge_is_confirmed_listed_and_the_word_is_taken_back(village, badge):
    assert said(village, badge) == ("garden", set())
    word = village.done(
        "endorse", "badge", badge, "--as", "carole", "--words", "J'y étais.", "--member-of", "potager"
    )  # fmt: skip
    assert word.startswith(f"{BASE}carole/endorsements/")
    assert said(village, badge) == ("garden", {("badge", "Carole", "holds")})
    assert "already" in village.refused("endorse", "badge", badge, "--as", "carole")
    (row,) = village.rows("endorse", "list", "--as", "carole")
    assert (row["word"], row["about"], row["text"], row["withdrawn"]) == (word, badge, "J'y étais.", None)
    assert verified(village, word) is True
    assert "badge  holds  Carole  (Le Potager)  J'y étais." in village.done("endorse", "show", badge)

    assert village.type("endorse", "withdraw", word).code == 2
    village.done("endorse", "withdraw", word, "--reason", "Je me suis trompée.")
    assert said(village, badge) == ("garden", {("badge", "Carole", "withdrawn")})
    assert village.rows("endorse", "list", "--as", "carole")[0]["withdrawn"] == "Je me suis trompée."
    assert "withdrawn: Je me suis" in village.done("endorse", "list", "--as", "carole")
    assert verified(village, word) is False


def test_a_community_certifies_a_garden_and_what_it_gives_and_the_look_widens(village, badge):
    assert said(village, badge)[0] == "garden"
    until = ("--reason", "Nous avons relu.", "--until", "2029-01-31")
    village.done("endorse", "achievement", MOULD, "--as", "communs", *until)
    assert said(village, badge) == ("community", {("achievement", "Les Communs", "holds")})
    assert said(village, MOULD) == (None, {("achievement", "Les Communs", "holds")})
    for name in ("potager", POTAGER, f"{BASE}potager/profile/card#us"):
        assert said(village, name) == (None, set())
    word = village.done("endorse", "issuer", "potager", "--as", "communs", *until)
    assert said(village, POTAGER) == said(village, "potager") == (None, {("issuer", "Les Communs", "holds")})
    ends = [row["until"] for row in village.rows("endorse", "list", "--as", "communs")]
    assert ends == ["2029-01-31T23:59:59Z"] * 2
    village.done("endorse", "withdraw", word, "--reason", "À revoir.")
    assert said(village, badge) == ("community", {("achievement", "Les Communs", "holds")})


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("achievement", MOULD, "--reason", "Bien.", "--until", "2001-01-01"), "five years"),
        (("achievement", MOULD, "--reason", "Bien.", "--until", "2099-01-01"), "five years"),
        (("achievement", MOULD, "--reason", " ", "--until", "2029-01-01"), "reason"),
        (("achievement", "potager", "--reason", "Bien.", "--until", "2029-01-01"), "potager"),
        (("achievement", POTAGER, "--reason", "Bien.", "--until", "2029-01-01"), "endorse issuer"),
        (("badge", MOULD), "endorse achievement"),
        (("badge", f"{BASE}potager/issued/none"), ""),
        (("badge", "https://elsewhere.example/b"), "elsewhere"),
        (("issuer", "communs", "--reason", "Bien.", "--until", "2029-01-01"), "their own"),
        (("issuer", "nobody", "--reason", "Bien.", "--until", "2029-01-01"), "nobody"),
        (("withdraw", MOULD, "--reason", "x"), "compost"),
        (("withdraw", "https://elsewhere.example/w", "--reason", "x"), "elsewhere"),
        (("withdraw", f"{BASE}carole/endorsements/none", "--reason", "x"), ""),
        (("show", "nobody"), "nobody"),
        (("show", f"{BASE}bob/profile/card"), "card"),
        (("list", "--as", "nobody"), "nobody"),
    ],
)
def test_what_cannot_be_confirmed_is_one_sentence(village, arguments, word):
    acting = () if arguments[0] in {"withdraw", "show", "list"} else ("--as", "communs")
    assert word in village.refused("endorse", *arguments, *acting)
    assert village.done("endorse", "list", "--as", "communs") == ""


def test_nobody_confirms_what_they_may_not_see_nor_what_is_their_own(village, badge):
    village.refused("endorse", "badge", badge, "--as", "bob")
    village.refused("endorse", "badge", badge, "--as", "dora", "--member-of", "potager")
    show(village, badge, "me")
    village.refused("endorse", "badge", f"{BASE}bob/badges/{badge.rpartition('/')[2]}", "--as", "dora")
    assert said(village, badge) == ("garden", set())

"""Ask for recognition and confirm: links, single answers, one reminder, addresses erased (product.md, flow 3)."""

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from badge_workshop import acting as agent
from fixtures_recognition import photo

from pod_app.badges.recognition.asking import Wish
from pod_app.badges.recognition.requests import Answer
from pod_app.errors import Conflict, Forbidden, Gone, Invalid, NotFound, PodAppError, TooMany
from pod_app.standards.wac import Agent, Mode

PNG = photo()


@pytest.fixture
def parts(forge):
    return forge.services.recognition


@pytest.fixture
def request_(forge, parts):
    name = parts.asking.ask(agent(forge.bob), forge.bob, Wish(forge.achievement, "J'ai appris à Carole à greffer."))
    forge.deliver()
    return name


def row(forge, name):
    return forge.services.recognition.asking.one(agent(forge.bob), forge.bob, name)


def link(forge, name, number=1):
    return row(forge, name)[1][number - 1]


def answer(forge, name, reply, peer=None, number=1, **more):
    forge.services.recognition.answering.answer(link(forge, name, number), reply, peer, **more)


def inbox(forge, pod, name):
    return forge.get(f"{pod.iri}inbox/{name}", pod, "application/ld+json")


def test_asking_signs_a_claim_tells_the_reviewer_and_makes_one_link(forge, request_):
    one, links = row(forge, request_)
    assert (one.state, one.reviewer, len(links)) == ("open", "ecoutants", 1)
    claim = json.loads(forge.stored(one.claim))
    assert claim["issuer"]["id"] == forge.bob.did
    assert claim["credentialSubject"]["id"] == forge.bob.webid
    assert claim["credentialSubject"]["narrative"] == "J'ai appris à Carole à greffer."
    assert forge.verify(forge.stored(one.claim)).verified is True
    told = forge.get(f"{forge.garden.iri}inbox/asked-{request_}", forge.amina, "application/ld+json").json()
    assert (told["type"], told["actor"], told["target"]) == ("Create", forge.bob.webid, forge.garden.webid)
    document = forge.get(f"{forge.bob.iri}requests/{request_}", forge.bob, "text/turtle").text
    assert "jdn:RecognitionRequest" in document
    assert forge.get(f"{forge.bob.iri}requests/{request_}").status_code == 401


def test_a_claim_is_in_ones_own_bag_and_counted_by_nobody(forge, request_):
    (held,) = forge.services.backpack.held(agent(forge.bob), forge.bob)
    assert held.document["id"] == row(forge, request_)[0].claim
    assert held.audience == "me"
    community = forge.services.catalogue.create("communs", "community", title="Communs", owners=[forge.amina.webid])
    forge.services.consents.give(agent(forge.bob), forge.bob, community, "count")
    with forge.services.resources.reading() as conn:
        decide = forge.services.resources.decide_within
        assert decide(conn, Agent(webid=community.webid), forge.bob.address("badges/")).allows(Mode.READ)
        assert not decide(conn, Agent(webid=community.webid), held.address).allows(Mode.READ)
    assert inbox(forge, forge.bob, f"offer-{held.address.name}").status_code == 404  # one's own news is no news


def test_a_request_says_something_once_about_what_somebody_else_gives(forge, parts, request_):
    def ask(sentence="Oui.", achievement=None, by=forge.bob, **more):
        return parts.asking.ask(agent(by), by, Wish(achievement or forge.achievement, sentence, **more))

    with pytest.raises(Conflict):
        ask()
    for sentence in ("", "  ", "x" * 1001):
        with pytest.raises(Invalid):
            ask(sentence, by=forge.carole)
    for trace in (
        {"link": "javascript:alert(1)"},
        {"link": "https://a b"},
        {"file": b"<svg onload=x>"},
        {"file": PNG[:60]},
    ):
        with pytest.raises(Invalid):
            ask(by=forge.carole, **trace)
    with pytest.raises(NotFound):
        ask(achievement=f"{forge.garden.iri}achievements/none", by=forge.carole)
    own = forge.services.achievements.create(agent(forge.bob), forge.bob, name="Moi", description="d", criteria="c")
    with pytest.raises(Invalid):
        ask(achievement=own)
    assert len(parts.asking.of(agent(forge.bob), forge.bob)) == 1
    with pytest.raises(PodAppError):
        parts.asking.of(agent(forge.carole), forge.bob)


def test_twenty_may_wait_and_no_more(forge, parts):
    create = forge.services.achievements.create
    made = [create(agent(forge.amina), forge.garden, name=f"n{n}", description="d", criteria="c") for n in range(21)]
    for iri in made[:20]:
        parts.asking.ask(agent(forge.bob), forge.bob, Wish(iri, "Oui."))
    with pytest.raises(TooMany):
        parts.asking.ask(agent(forge.bob), forge.bob, Wish(made[20], "Oui."))


def test_a_photo_is_kept_in_ones_own_pod_and_seen_by_nobody_else_there(forge, parts):
    name = parts.asking.ask(agent(forge.bob), forge.bob, Wish(forge.achievement, "Voilà.", file=PNG))
    trace = row(forge, name)[0].trace
    assert trace.startswith(f"{forge.bob.iri}requests/")
    assert forge.get(trace).status_code == 401
    assert forge.get(trace, forge.bob, "*/*").content == PNG
    assert parts.answering.trace(row(forge, name)[0]) == (PNG, "image/png")


# -- links ---------------------------------------------------------------------------------------


def test_a_link_cannot_be_guessed_and_every_wrong_one_gets_the_same_words(forge, parts, request_):
    token = parts.requests.token(link(forge, request_))
    assert len(token) == 32
    one, found = parts.answering.by_link(token)
    assert (one.id, found.number) == (request_, 1)
    told = set()
    for wrong in ("", token[:-1], token.swapcase(), "A" * 32):
        with pytest.raises(Gone) as caught:
            parts.answering.by_link(wrong)
        told.add(str(caught.value))
    answer(forge, request_, Answer("unknown"))
    with pytest.raises(Gone) as caught:
        parts.answering.by_link(token)
    assert told == {str(caught.value)}
    assert "bob" not in str(caught.value)


def test_the_database_alone_does_not_open_a_link(forge, parts, request_):
    """Only a hash is stored: a copy of the tables without the root key lets nobody answer."""
    token = parts.requests.token(link(forge, request_))
    file = forge.services.settings.data / "pod_app.sqlite3"
    conn = sqlite3.connect(file)
    dump = "\n".join(conn.iterdump())
    conn.close()
    assert token not in dump


def test_nobody_is_asked_twice_neither_before_nor_after_their_answer(forge, parts, request_):
    def invite(who):
        return parts.asking.invite(agent(forge.bob), forge.bob, request_, who)

    invite("Karim")
    with pytest.raises(Conflict, match="already"):
        invite(" Karim ")
    answer(forge, request_, Answer("yes"), forge.carole)  # by the link that names nobody
    with pytest.raises(Conflict, match="already"):
        invite(forge.carole.webid)
    assert invite("").number == 3


def test_a_request_asks_those_who_were_named_with_it_all_or_none(forge, parts):
    def ask(*people):
        return parts.asking.ask(agent(forge.bob), forge.bob, Wish(forge.achievement, "Oui.", people=people))

    for people, error in ((("a", "b", "c", "d"), TooMany), (("a", "a"), Conflict), (("a", forge.bob.webid), Invalid)):
        with pytest.raises(error):
            ask(*people)
    assert parts.asking.of(agent(forge.bob), forge.bob) == []
    asked = row(forge, ask(forge.carole.webid, "Karim"))[1]
    assert [one.address for one in asked] == [forge.carole.webid, "Karim"]


def test_three_people_at_most(forge, parts, request_):
    for address in ("karim@example.org", ""):
        parts.asking.invite(agent(forge.bob), forge.bob, request_, address)
    with pytest.raises(TooMany):
        parts.asking.invite(agent(forge.bob), forge.bob, request_)
    assert len({parts.requests.token(one) for one in row(forge, request_)[1]}) == 3


def test_nobody_else_invites_or_reads_or_withdraws(forge, parts, request_):
    for act in (
        lambda: parts.asking.invite(agent(forge.carole), forge.bob, request_),
        lambda: parts.asking.one(agent(forge.carole), forge.bob, request_),
        lambda: parts.asking.withdraw(agent(forge.carole), forge.bob, request_),
        lambda: parts.asking.remind(agent(forge.carole), forge.bob, request_, 1),
    ):
        with pytest.raises(Forbidden):
            act()


def test_of_many_answers_at_once_exactly_one_counts(forge, parts, request_):
    found = link(forge, request_)

    def try_it(number):
        try:
            parts.answering.answer(found, Answer("yes", name=f"n{number}"), None)
        except Gone:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(try_it, range(16))) == 1


# -- answers -------------------------------------------------------------------------------------


def test_a_stranger_leaves_a_word_that_is_no_signature(forge, parts, request_):
    answer(forge, request_, Answer("yes", name="Karim", words="J'y étais, en mars."))
    one, links = row(forge, request_)
    assert links[0].answer == Answer("yes", None, "Karim", "J'y étais, en mars.")
    (word,) = parts.answering.testimonies(one.claim)
    assert word.answer.name == "Karim"
    assert parts.confirmations.about("bob", one.claim, "badge") == []
    assert 'as:name "Karim"' in forge.get(f"{forge.bob.iri}requests/{request_}", forge.bob, "text/turtle").text


def test_a_peer_with_a_notebook_signs(forge, parts, request_):
    answer(forge, request_, Answer("yes", name="ignored", words="Oui."), forge.carole, garden=forge.garden)
    one, links = row(forge, request_)
    (word,) = parts.confirmations.about("bob", one.claim, "badge")
    assert word.holds
    assert word.issuer["parentOrg"]["id"] == forge.garden.did
    assert (links[0].answer.by, links[0].answer.name) == (forge.carole.webid, "")
    assert links[0].answer.endorsement == word.document["id"]
    assert parts.answering.testimonies(one.claim) == []
    told = inbox(forge, forge.bob, f"answer-{request_}-1").json()
    assert (told["type"], told["actor"]) == ("Accept", forge.carole.webid)


@pytest.mark.parametrize(("kind", "activity"), [("no", "Reject"), ("unknown", "Ignore")])
def test_no_and_do_not_know_sign_nothing(forge, parts, request_, kind, activity):
    answer(forge, request_, Answer(kind), forge.carole)
    one, links = row(forge, request_)
    assert links[0].answer.kind == kind
    assert parts.confirmations.about("bob", one.claim, "badge") == []
    assert inbox(forge, forge.bob, f"answer-{request_}-1").json()["type"] == activity


def test_the_asker_does_not_answer_and_a_peer_signs_once(forge, parts, request_):
    with pytest.raises(Invalid):
        answer(forge, request_, Answer("yes"), forge.bob)
    parts.asking.invite(agent(forge.bob), forge.bob, request_)
    answer(forge, request_, Answer("yes"), forge.carole)
    with pytest.raises(Conflict):
        answer(forge, request_, Answer("yes"), forge.carole, number=2)
    assert link(forge, request_, 2).answer is None
    for wrong in (Answer("yes", name="x" * 61), Answer("yes", name="a\nb"), Answer("yes", words="x" * 1001)):
        with pytest.raises(Invalid):
            answer(forge, request_, wrong, number=2)


def test_whoever_is_addressed_by_their_notebook_finds_it_there(forge, parts, request_):
    parts.asking.invite(agent(forge.bob), forge.bob, request_, forge.carole.webid)
    assert inbox(forge, forge.carole, f"ask-{request_}-2").json()["type"] == "Create"
    ((one, found),) = parts.answering.asked_of(forge.carole)
    assert (one.id, found.number) == (request_, 2)
    assert parts.answering.asked_of(forge.amina) == []
    parts.answering.answer(found, Answer("yes"), forge.carole)
    assert parts.answering.asked_of(forge.carole) == []


# -- time ----------------------------------------------------------------------------------------


def test_addresses_are_erased_with_the_answer(forge, parts, request_):
    parts.asking.invite(agent(forge.bob), forge.bob, request_, "karim@example.org")
    parts.asking.invite(agent(forge.bob), forge.bob, request_, forge.carole.webid)
    answer(forge, request_, Answer("no"), number=2)
    answer(forge, request_, Answer("yes"), forge.carole, number=3)
    assert [one.address for one in row(forge, request_)[1]] == [None, None, None]


def test_addresses_are_erased_after_thirty_days_by_a_job(forge, parts, request_):
    parts.asking.invite(agent(forge.bob), forge.bob, request_, "karim@example.org")
    forge.installation.clock.forward(days=29, hours=23)
    forge.deliver()
    assert link(forge, request_, 2).address == "karim@example.org"
    forge.installation.clock.forward(hours=2)
    forge.deliver()
    assert link(forge, request_, 2).address is None
    with pytest.raises(Gone):
        parts.answering.by_link(parts.requests.token(link(forge, request_, 2)))
    data = forge.services.settings.data / "pod_app.sqlite3"
    conn = sqlite3.connect(data)
    assert "karim@example.org" not in "\n".join(conn.iterdump())
    conn.close()


def test_closing_a_request_erases_addresses_and_ends_links(forge, parts, request_):
    parts.asking.invite(agent(forge.bob), forge.bob, request_, "karim@example.org")
    token = parts.requests.token(link(forge, request_, 2))
    parts.asking.withdraw(agent(forge.bob), forge.bob, request_)
    assert link(forge, request_, 2).address is None
    with pytest.raises(Gone):
        parts.answering.by_link(token)
    with pytest.raises(Conflict):
        parts.asking.invite(agent(forge.bob), forge.bob, request_)


def test_one_reminder_at_most_by_itself_or_by_hand(forge, parts, request_):
    parts.asking.invite(agent(forge.bob), forge.bob, request_, forge.carole.webid)
    forge.installation.clock.forward(days=6)
    forge.deliver()
    assert inbox(forge, forge.carole, f"remind-{request_}-2").status_code == 404
    forge.installation.clock.forward(days=2)
    forge.deliver()
    assert inbox(forge, forge.carole, f"remind-{request_}-2").status_code == 200
    with pytest.raises(Conflict):
        parts.asking.remind(agent(forge.bob), forge.bob, request_, 2)
    parts.asking.remind(agent(forge.bob), forge.bob, request_, 1)
    with pytest.raises(Conflict):
        parts.asking.remind(agent(forge.bob), forge.bob, request_, 1)
    with pytest.raises(Conflict):
        parts.asking.remind(agent(forge.bob), forge.bob, request_, 9)


def test_nobody_is_reminded_who_has_answered(forge, parts, request_):
    parts.asking.invite(agent(forge.bob), forge.bob, request_, forge.carole.webid)
    answer(forge, request_, Answer("no"), forge.carole, number=2)
    forge.installation.clock.forward(days=8)
    forge.deliver()
    assert inbox(forge, forge.carole, f"remind-{request_}-2").status_code == 404


# -- those who give the badge --------------------------------------------------------------------


def test_the_reviewer_awards_and_the_words_of_peers_are_inside(forge, parts, request_):
    answer(forge, request_, Answer("yes", words="Oui."), forge.carole)
    (waiting,) = parts.answering.waiting(agent(forge.amina), [forge.garden])
    one, links, said = parts.answering.to_review(agent(forge.amina), "bob", waiting.id)
    assert (one.sentence, len(links), len(said)) == ("J'ai appris à Carole à greffer.", 1, 1)
    issued = parts.answering.award(agent(forge.amina), "bob", request_, "Bravo.")
    forge.deliver()
    document = json.loads(issued.document)
    assert document["issuer"]["id"] == forge.garden.did
    assert [one["id"] for one in document["evidence"]] == [one.claim]
    assert [inside["issuer"]["id"] for inside in document["endorsement"]] == [forge.carole.did]
    report = forge.verify(issued.document)
    assert report["endorsements"].outcome == "pass"
    assert report.verified is True
    held = forge.services.backpack.held(agent(forge.bob), forge.bob)
    assert [badge.document["id"] for badge in held] == [issued.iri]  # the claim has become this badge
    one, _ = row(forge, request_)
    assert (one.state, one.badge, one.reason, one.decided_by) == ("awarded", issued.iri, "Bravo.", forge.amina.webid)
    assert parts.answering.waiting(agent(forge.amina), [forge.garden]) == []
    with pytest.raises(Conflict):
        parts.answering.award(agent(forge.amina), "bob", request_)


def test_declining_takes_a_word_and_leaves_what_was_said(forge, parts, request_):
    with pytest.raises(Invalid):
        parts.answering.decline(agent(forge.amina), "bob", request_, " ")
    parts.answering.decline(agent(forge.amina), "bob", request_, "Encore une greffe, et reviens.")
    one, _ = row(forge, request_)
    assert (one.state, one.reason) == ("declined", "Encore une greffe, et reviens.")
    assert len(forge.services.backpack.held(agent(forge.bob), forge.bob)) == 1
    told = inbox(forge, forge.bob, f"declined-{request_}").json()
    assert (told["type"], told["actor"]) == ("Reject", forge.garden.webid)


def test_only_those_who_sign_for_the_garden_decide_and_not_about_themselves(forge, parts, request_):
    for somebody in (forge.carole, forge.bob):
        with pytest.raises(Forbidden):
            parts.answering.award(agent(somebody), "bob", request_)
        assert parts.answering.waiting(agent(somebody), [forge.garden]) == []
    own = parts.asking.ask(agent(forge.amina), forge.amina, Wish(forge.achievement, "Moi aussi."))
    with pytest.raises(Forbidden):
        parts.answering.award(agent(forge.amina), "amina", own)
    assert [one.id for one in parts.answering.waiting(agent(forge.amina), [forge.garden])] == [request_]
    with pytest.raises(Forbidden):
        parts.answering.to_review(Agent(), "bob", request_)


def test_leaving_takes_requests_and_links_along(forge, parts, request_):
    parts.asking.invite(agent(forge.bob), forge.bob, request_, "karim@example.org")
    forge.services.erasing.erase(forge.bob)
    assert parts.answering.waiting(agent(forge.amina), [forge.garden]) == []
    forge.installation.clock.forward(days=31)
    forge.deliver()


def test_a_request_ends_within_its_own_time(forge, parts, request_):
    assert link(forge, request_).ends - link(forge, request_).asked == timedelta(days=30)

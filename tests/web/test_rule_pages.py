"""Rules on pages: the sentence for everybody, how far one is for oneself alone, people decide."""

import re

import pytest
from test_asking_pages import browse, village  # noqa: F401  # fixtures

from pod_app.badges.recognition.asking import Wish
from pod_app.community.transmissions import Transmission
from pod_app.standards.wac import Agent

ACHIEVEMENT = "https://garden.example/jardin/achievements/greffe"
LOOK = f"/me/rule?achievement={ACHIEVEMENT}"
EDIT = f"/me/rules?achievement={ACHIEVEMENT}"


def keep(browser, **form):
    return browser.post("/me/rules", {"csrf": browser.csrf(EDIT), "achievement": ACHIEVEMENT, **form})


@pytest.fixture
def ruled(village, browse):  # noqa: F811
    amina = browse("amina")
    answer = keep(amina, sentence="A first dialogue.", rule="first-dialogue")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/jardin/achievements/greffe")
    return amina


def passed_on(village):  # noqa: F811
    bob, carole = (village.services.catalogue.get(name) for name in ("bob", "carole"))
    thing = Transmission(carole.webid, "listening", village.clock(), event=f"{village.base}jardin/events/1#it")
    village.services.life.transmissions.add(Agent(webid=bob.webid), bob, thing)


def test_everybody_reads_the_sentence_and_programs_the_shape(ruled, browse):  # noqa: F811
    stranger = browse()
    page = stranger.get("/jardin/achievements/greffe", Accept="text/html").text
    assert "A first dialogue." in page
    assert "/me/rule?achievement=" in page
    (shape,) = set(re.findall(r'href="https://garden.example(/shapes/rules/[^"]+)"', page))
    turtle = stranger.get(shape, Accept="text/turtle")
    assert turtle.headers["Content-Type"].startswith("text/turtle")
    assert "sh:message" in turtle.text
    assert stranger.get(shape, Accept="text/html").status_code == 200
    assert stranger.get(shape, Accept="application/n-triples").status_code == 200
    assert stranger.get("/shapes/rules/none").status_code == 404
    assert stranger.get(LOOK).status_code == 303


def test_what_is_missing_is_said_in_words_then_the_badge_is_proposed(village, ruled, browse):  # noqa: F811
    bob = browse("bob")
    page = bob.get(LOOK).text
    assert "After a dialogue, note what you passed on there" in page
    assert "Après un dialogue" in bob.get(LOOK, **{"Accept-Language": "fr"}).text
    passed_on(village)
    page = bob.get(LOOK).text
    assert "Everything is there." in page
    assert "held=1" in page
    refused = bob.post("/me/rule", {"csrf": bob.csrf("/me"), "achievement": ACHIEVEMENT})
    assert refused.status_code == 403  # proposed, not given


def test_the_rule_that_is_said_to_be_met_is_looked_up_again(village, ruled, browse):  # noqa: F811
    bob, where = browse("bob"), f"/me/requests/new?achievement={ACHIEVEMENT}&held=1"
    form = {"csrf": bob.csrf(where), "achievement": ACHIEVEMENT, "sentence": "I did.", "held": "1"}
    headers = {"Origin": "https://garden.example", "Sec-Fetch-Site": "same-origin"}
    answer = bob.client.post("/me/requests/new", data=form, headers=headers)
    name = answer.headers["Location"].rpartition("/")[2]
    page = ruled.get(f"/me/review/bob/{name}").text
    assert "Not shown to be met" in page
    assert "After a dialogue" not in page  # what a notebook lacks is told to nobody else
    where = f"/me/review/bob/{name}"
    assert ruled.post(where, {"csrf": ruled.csrf(where), "decision": "award"}).status_code == 422
    passed_on(village)
    bob.post(f"/me/requests/{name}/withdraw", {"csrf": bob.csrf(f"/me/requests/{name}")})
    answer = bob.client.post("/me/requests/new", data=form, headers=headers)
    where = f"/me/review/bob/{answer.headers['Location'].rpartition('/')[2]}"
    assert "Met, as the notebook says" in ruled.get(where).text
    assert ruled.post(where, {"csrf": ruled.csrf(where), "decision": "award"}).status_code == 303


def test_a_badge_that_its_issuer_lets_the_rule_give_is_taken_in_one_tap(village, ruled, browse):  # noqa: F811
    assert keep(ruled, sentence="A first dialogue.", rule="first-dialogue", automatic="1").status_code == 303
    bob = browse("bob")
    form = {"csrf": bob.csrf("/me"), "achievement": ACHIEVEMENT}
    assert bob.post("/me/rule", form).status_code == 422
    passed_on(village)
    assert "I take it" in bob.get(LOOK).text
    assert "The badge is yours" in bob.post("/me/rule", form).text
    while village.services.run_pending():
        pass
    assert "already" in bob.post("/me/rule", form).text
    assert "Greffe" in bob.get("/me").text


def test_all_rules_of_ones_gardens_at_a_glance(village, ruled, browse):  # noqa: F811
    page = browse("carole").get("/me/rule").text
    assert "Greffe" in page
    assert "1 thing is missing" in page
    assert "No badge with a rule yet" in browse("bob").get("/me/rule").text  # no member of that garden


def test_only_those_who_sign_set_a_rule_and_a_bad_one_comes_back(ruled, browse):  # noqa: F811
    carole = browse("carole")
    assert carole.get(EDIT).status_code == 403
    assert carole.post("/me/rules", {"csrf": carole.csrf("/me"), "achievement": ACHIEVEMENT}).status_code == 403
    assert keep(ruled, sentence="", rule="welcomer").status_code == 422
    wrong = keep(ruled, sentence="Ours.", shape="https://elsewhere.example/rule")
    assert wrong.status_code == 422
    assert "https://elsewhere.example/rule" in wrong.text
    assert keep(ruled, sentence="Three.", rule="three-transmissions").status_code == 422
    assert keep(ruled, sentence="Three.", rule="three-transmissions", skill="listening").status_code == 303
    shown = ruled.get(EDIT).text
    assert 'value="listening" selected' in shown
    assert 'value="Three."' in shown
    assert keep(ruled, rule="").status_code == 303
    assert browse("bob").get(LOOK).status_code == 404


def test_a_wish_remembers_nothing_of_the_rule(village, ruled):  # noqa: F811
    """Results are kept nowhere: only «met», when the person let it be told."""
    bob = village.services.catalogue.get("bob")
    name = village.services.recognition.asking.ask(Agent(webid=bob.webid), bob, Wish(ACHIEVEMENT, "Yes."))
    one, _ = village.services.recognition.asking.one(Agent(webid=bob.webid), bob, name)
    assert one.rule_held is False

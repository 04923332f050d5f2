"""The page of a cascade: names by consent only, small trees kept back, three levels and then on (ADR 30)."""

import httpx
import pytest
from fixtures_community import Community
from sqlalchemy import delete, insert

from pod_app.storage import schema

SEED = 20261126
LISTENING = "collective/commons/cascade/listening"


class Quiet(Community):
    """Nobody does anything until told to."""

    def fill(self, pod):
        del pod


@pytest.fixture
def commons(make_installation):
    made = Quiet(make_installation(), SEED, people=9)
    for pod in made.people:
        made.consent(pod)
    return made


def chain(commons, *steps):
    """(giver, learner, name, earlier) by numbers of people; a day apart."""
    for day, (giver, learner, name, earlier) in enumerate(steps, 1):
        after = ""
        if earlier:
            holder = next(step[0] for step in steps if step[2] == earlier)
            after = f"prov:wasInformedBy <{commons.people[holder].iri}transmissions/{earlier}#it> ;"
        commons.put(
            commons.people[giver], f"transmissions/{name}",
            f"<#it> a jdn:Transmission ; jdn:passeur <{commons.people[giver].webid}> ; "
            f"jdn:receveur <{commons.people[learner].webid}> ; {after} jdn:savoir jdn:skill-listening ; "
            f'vf:hasPointInTime "2026-02-{day:02}T10:00:00Z"^^xsd:dateTime .',
        )  # fmt: skip
    publish(commons)


def publish(commons):
    commons.services.views.catch_up()
    commons.services.views.publish("commons")


def show_name(commons, number, *, given=True):
    row = {"community": "commons", "purpose": "cascade", "pod": commons.people[number].name}
    table = schema.consents
    change = insert(table).values(**row, since=1) if given else delete(table).where(
        *(table.c[name] == value for name, value in row.items()))  # fmt: skip
    commons.services.database.write(lambda conn: conn.execute(change))


def get(commons, path=LISTENING, accept="text/html") -> httpx.Response:
    return commons.installation.client.get(commons.base + path, headers={"Accept-Language": "fr", "Accept": accept})


LONG = ((0, 1, "a", None), (1, 2, "b", "a"), (2, 3, "c", "b"), (3, 4, "d", "c"), (4, 5, "e", "d"), (5, 6, "f", "e"))


def test_three_levels_are_drawn_and_a_link_leads_further_down(commons):
    chain(commons, *LONG)
    page = get(commons).text
    assert "6 personnes l’ont appris" in page
    assert "6 étapes" in page
    assert page.count('class="level') == 4
    assert "3 personnes plus bas" in page
    further = get(commons, f"{LISTENING}?branch=3").text
    assert further.count('class="level') == 4
    assert "en amont" in further


def test_a_name_appears_only_while_its_person_says_so(commons):
    chain(commons, *LONG)
    names = [pod.title for pod in commons.people]
    assert not any(f">{name}<" in get(commons).text for name in names)
    show_name(commons, 1)
    assert f">{names[1]}<" in get(commons).text
    assert f">{names[0]}<" not in get(commons).text
    show_name(commons, 1, given=False)
    assert f">{names[1]}<" not in get(commons).text


def test_a_skill_under_the_threshold_has_no_river_and_says_why(commons):
    chain(commons, (0, 1, "a", None), (1, 2, "b", "a"))
    page = get(commons)
    assert page.status_code == 200
    assert 'class="chart' not in page.text
    assert "au moins 5 personnes" in page.text
    assert get(commons, f"{LISTENING}.json").json()["people"] == []


def test_a_small_tree_beside_large_ones_is_counted_and_not_drawn(commons):
    chain(commons, *LONG, (7, 8, "g", None))
    show_name(commons, 7)
    page = get(commons).text
    assert "1 petite rivière n’est pas dessinée" in page
    assert commons.people[7].title not in page
    told = get(commons, f"{LISTENING}.json").json()
    assert (told["smallTrees"], len(told["people"])) == (1, 7)


def test_a_river_moves_only_when_its_number_is_published_again(commons):
    chain(commons, *LONG)
    before = get(commons, f"{LISTENING}.json").json()
    chain(commons, *LONG, (6, 7, "g", "f"))
    assert get(commons, f"{LISTENING}.json").json()["people"] == before["people"]


def test_who_stops_being_counted_leaves_the_river_at_once(commons):
    chain(commons, *LONG)
    table = schema.consents
    commons.services.database.write(
        lambda conn: conn.execute(delete(table).where(table.c.pod == commons.people[5].name))
    )
    commons.contribute(commons.people[5], 0)
    commons.services.views.catch_up()
    assert len(get(commons, f"{LISTENING}.json").json()["people"]) == 6


def test_json_gives_the_same_people_without_a_word_about_the_unnamed(commons):
    chain(commons, *LONG)
    show_name(commons, 2)
    told = get(commons, accept="application/json").json()
    assert told["numbers"] == {"reach": 6, "depth": 6, "transmissions": 6}
    assert told["coverage"]["ignored"] == 0
    assert [one["name"] for one in told["people"]] == [None, None, commons.people[2].title, None, None, None, None]
    assert [one["webid"] for one in told["people"] if one["name"] is None] == [None] * 6


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("collective/commons/cascade/flying", 404),
        ("collective/nowhere/cascade/listening", 404),
        (f"{LISTENING}.csv", 406),
    ],
)
def test_what_is_not_there_is_said_in_words(commons, path, status):
    chain(commons, *LONG)
    answer = get(commons, path, "application/json")
    assert answer.status_code == status
    assert answer.json()["detail"]


@pytest.mark.parametrize("branch", ["99", "x", "-1"])
def test_a_branch_that_is_not_there_sends_back_to_the_source(commons, branch):
    chain(commons, *LONG)
    answer = get(commons, f"{LISTENING}?branch={branch}")
    assert answer.status_code == 404
    assert "Repars de sa source" in answer.text

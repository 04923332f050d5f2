"""Asking, answering once and deciding once hold on PostgreSQL too."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from badge_workshop import acting as agent

from pod_app.badges.recognition.asking import Wish
from pod_app.badges.recognition.requests import Answer
from pod_app.errors import Conflict, Gone

pytestmark = pytest.mark.postgres


def test_one_answer_and_one_decision_of_many_at_once(make_installation, postgres_server):
    installation = make_installation(database_url=postgres_server.new_database())
    services = installation.services
    amina, bob = installation.person("amina"), installation.person("bob")
    garden = services.catalogue.create("jardin", "garden", title="Le jardin", owners=[amina.webid])
    achievement = services.achievements.create(agent(amina), garden, name="Greffe", description="d", criteria="c")
    parts = services.recognition
    name = parts.asking.ask(agent(bob), bob, Wish(achievement, "Oui."))
    (link,) = parts.asking.one(agent(bob), bob, name)[1]

    def tried(act, refusal):
        try:
            act()
        except refusal:
            return 0
        return 1

    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(
            lambda n: tried(lambda: parts.answering.answer(link, Answer("yes", name=f"n{n}"), None), Gone), range(8)
        )
        assert sum(answers) == 1
        awards = pool.map(lambda _: tried(lambda: parts.answering.award(agent(amina), "bob", name), Conflict), range(8))
        assert sum(awards) == 1
    while services.run_pending():
        pass
    held = services.backpack.held(agent(bob), bob)
    assert [one.document["issuer"]["id"] for one in held] == [garden.did]
    installation.clock.forward(days=31)
    while services.run_pending():
        pass
    assert [one.address for one in parts.asking.one(agent(bob), bob, name)[1]] == [None]

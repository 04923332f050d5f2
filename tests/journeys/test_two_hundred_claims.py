"""Two hundred people take one badge at the same moment, twice each, from a real server: all have one, nobody two."""

import os
import re
import ssl
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from html import unescape

import httpx
import live_server
import pytest

from pod_app.services import assemble
from pod_app.settings import load
from pod_app.standards.wac import Agent
from pod_app.storage.schema_forge import claims, handout_codes

PLAIN = ssl.create_default_context()  # making one for each client would take longer than its request
PEOPLE = 200
FEWER = PEOPLE if os.environ.get("POD_APP_LONG") else 80
"""On PostgreSQL, whose serialisable transactions collide and are tried again: all of them in the long form."""
RACERS = 40


class Hall:
    """A garden that hands out, and a hall full of people who are signed in."""

    def __init__(self, folder, port, database_url, people):
        options = {"data": folder, "base_url": f"http://localhost:{port}/", "demonstration": True}
        self.settings = load(options | {"database_url": database_url}, environ={})[0]
        services = assemble(self.settings)
        founder = services.accounts.create("amina", None, title="Amina")[1]
        self.founder = Agent(webid=founder.webid)
        self.garden = services.catalogue.create("hall", "garden", title="La Halle", owners=[founder.webid])
        achievement = services.achievements.create(
            self.founder, self.garden, name="Premier cercle", description="Y était.", criteria="Être là."
        )
        now, handing = datetime.now(UTC), services.giving.handouts
        room = handing.open_room(
            self.founder, self.garden, achievement, starts=now - timedelta(hours=1), ends=now + timedelta(hours=8)
        )
        self.room = handing.room_code(room)
        sheet = handing.print_codes(self.founder, self.garden, achievement, 1)
        self.single = handing.codes(self.founder, self.garden, sheet.id)[0].code
        self.sessions = {}
        for number in range(people):
            account = services.accounts.create(f"p{number:03}", None)[0]
            self.sessions[account.name] = services.sessions.begin(account)
        services.close()

    def told(self, tables):
        """Rows of some tables, and how many badges each person has, once the server has ended."""
        services = assemble(self.settings)
        with services.resources.reading() as conn:
            rows = [conn.execute(table.select()).all() for table in tables]
        bags = {}
        for name in self.sessions:
            pod = services.catalogue.get(name)
            bags[name] = len(services.backpack.held(Agent(webid=pod.webid), pod))
        services.close()
        return rows, bags


def form_of(client, session, code):
    """Where the form of a code goes, and its token."""
    page = client.get(f"/claim/{code}", headers={"Cookie": f"session={session}"})
    assert page.status_code == 200, page.text[:500]
    action = re.search(r'<form class="card" method="post" action="([^"]+)"', page.text)[1]
    return action, unescape(re.search(r'name="csrf" value="([^"]+)"', page.text)[1])


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_each_person_takes_one_and_replays_are_refused(tmp_path, request, engine):
    url = request.getfixturevalue("postgres_server").new_database() if engine == "postgresql" else ""
    folder, port = tmp_path / "data", live_server.free_port()
    people = FEWER if url else PEOPLE
    hall = Hall(folder, port, url, people)
    (folder / "pod_app.toml").write_text(f'database_url = "{url}"\n' if url else "", "utf-8")
    with (
        live_server.serving(folder, port) as base,
        ExitStack() as pockets,
        ThreadPoolExecutor(people) as crowd,
    ):
        # A telephone each: a pool that threads share closes a connection that another has just been given.
        phones = {
            name: pockets.enter_context(httpx.Client(base_url=base, timeout=300, verify=PLAIN))
            for name in hall.sessions
        }

        def open_form(name, code):
            return form_of(phones[name], hall.sessions[name], code)

        opened = crowd.map(lambda one: open_form(one, hall.room), hall.sessions)
        forms = dict(zip(hall.sessions, opened, strict=True))
        start = threading.Barrier(people)

        def take(name):
            """The same person presses twice, the second time with what they pressed before."""
            action, token = forms[name]
            start.wait()
            return [
                phones[name].post(
                    action, data={"csrf": token, "audience": "me"},
                    headers={"Cookie": f"session={hall.sessions[name]}", "Sec-Fetch-Site": "same-origin"},
                ).status_code
                for _ in range(2)
            ]  # fmt: skip

        answers = Counter(status for pair in crowd.map(take, hall.sessions) for status in pair)
        assert answers == {303: people, 409: people}

        racing = list(hall.sessions)[:RACERS]
        raced = dict(zip(racing, crowd.map(lambda one: open_form(one, hall.single), racing), strict=True))
        together = threading.Barrier(RACERS)

        def race(name):
            action, token = raced[name]
            together.wait()
            return phones[name].post(
                action, data={"csrf": token, "audience": "me"},
                headers={"Cookie": f"session={hall.sessions[name]}", "Sec-Fetch-Site": "same-origin"},
            ).status_code  # fmt: skip

        assert Counter(crowd.map(race, racing)) == {303: 1, 410: RACERS - 1}
    (taken, codes), bags = hall.told([claims, handout_codes])
    assert len(taken) == people + 1
    assert len({row.record for row in taken}) == people + 1
    assert [row.used is not None for row in codes] == [True]
    assert Counter(bags.values()) == {1: people - 1, 2: 1}

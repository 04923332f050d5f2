"""A QR for one person after the other: the first scan makes the code theirs, and the screen shows the next."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from pod_app.badges.giving import claim_codes
from pod_app.badges.giving.awards import Words
from pod_app.errors import Conflict, Forbidden, Gone, Invalid, NotFound
from pod_app.standards.wac import Agent
from pod_app.storage.schema_forge import claims, handout_codes, handouts


def agent(pod):
    return Agent(webid=pod.webid)


def now(forge):
    return forge.installation.clock.now


class Screen:
    """The giver's phone."""

    def __init__(self, forge):
        self.forge, self.giving = forge, forge.services.giving
        self.handout = self.giving.turns.begin(
            agent(forge.amina), forge.garden, forge.achievement, starts=now(forge),
            ends=now(forge) + timedelta(hours=2), words=Words(note="Au cercle de mars."),
        )  # fmt: skip

    def look(self):
        """The number and the letters that stand on the screen now."""
        handout = self.giving.handouts.get(agent(self.forge.amina), self.forge.garden, self.handout.id)
        return handout.shown, self.giving.turns.code(handout)

    def counts(self):
        with self.forge.services.resources.reading() as conn:
            return self.giving.turns.scanned(conn, self.handout), self.giving.handouts.taken(conn, self.handout)

    def skip(self, number, who=None):
        self.giving.turns.skip(agent(who or self.forge.amina), self.forge.garden, self.handout.id, number)

    def take(self, text, pod):
        return self.giving.handouts.take(agent(pod), pod, text)


@pytest.fixture
def screen(forge):
    return Screen(forge)


def test_a_scan_takes_the_code_off_the_screen_and_gives_a_badge_that_verifies(forge, screen):
    number, code = screen.look()
    passed = screen.giving.turns.scan(claim_codes.grouped(code).upper())
    assert screen.look()[0] == number + 1
    assert screen.look()[1] != code
    assert screen.counts() == (1, 0)
    forge.installation.clock.forward(minutes=29)
    copy = screen.take(passed, forge.bob)
    assert screen.counts() == (1, 1)
    badge = json.loads(forge.stored(copy.iri(forge.installation.base)))
    assert badge["credentialSubject"]["narrative"] == "Au cercle de mars."
    assert forge.verify(json.dumps(badge).encode()).verified is True


def test_who_comes_second_hears_to_scan_the_new_one_and_gets_that(forge, screen):
    _, code = screen.look()
    passed = screen.giving.turns.scan(code)
    for second in (screen.giving.turns.scan, lambda text: screen.take(text, forge.carole)):
        with pytest.raises(Gone, match="Somebody has just scanned this code") as told:
            second(code)
        assert "Scan the one that is shown now" in str(told.value.remedy)
    screen.take(screen.giving.turns.scan(screen.look()[1]), forge.carole)
    screen.take(passed, forge.bob)
    assert screen.counts() == (2, 2)


def test_a_pass_is_spent_once_and_is_over_after_half_an_hour(forge, screen):
    passed, late = (screen.giving.turns.scan(screen.look()[1]) for _ in range(2))
    screen.take(passed, forge.bob)
    with pytest.raises(Gone, match="was taken"):
        screen.take(passed, forge.carole)
    with pytest.raises(Conflict):
        screen.take(late, forge.bob)
    forge.installation.clock.forward(minutes=31)
    with pytest.raises(Gone):
        screen.take(late, forge.carole)
    assert screen.counts() == (2, 1)


def test_a_code_opens_nothing_before_it_is_scanned_nor_is_a_later_one_known(forge, screen):
    number, code = screen.look()
    with pytest.raises(Conflict):
        screen.take(code, forge.bob)
    assert screen.look() == (number, code)
    secret = forge.services.giving.turns._secret
    for guess in (claim_codes.single(secret, screen.handout.id, number + 1), "zzzzzzzzzzzz"):
        with pytest.raises(NotFound):
            screen.giving.turns.scan(guess)
    for ahead in (number, number + 1, 2**40):
        with pytest.raises(Gone):
            screen.giving.handouts.find(claim_codes.scanned(secret, screen.handout.id, ahead), now(forge))


@pytest.mark.parametrize("forged", ["{0}.s2.{2}", "{0}.s1.{2}x", "{0}.p1.{2}", "{0}.s.{2}", "{0}.s-1.{2}"])
def test_a_pass_with_another_number_is_not_ours(forge, screen, forged):
    handout, head, mac = screen.giving.turns.scan(screen.look()[1]).split(".")
    with pytest.raises(Gone):
        screen.giving.handouts.find(forged.format(handout, head, mac), now(forge))


def test_the_giver_goes_on_by_hand_and_the_code_passed_over_is_dead(forge, screen):
    number, code = screen.look()
    screen.skip(number)
    screen.skip(number)
    assert screen.look()[0] == number + 1
    with pytest.raises(Gone):
        screen.giving.turns.scan(code)
    screen.take(screen.giving.turns.scan(screen.look()[1]), forge.bob)
    screen.skip(number + 1)
    assert screen.look()[0] == number + 2
    assert screen.counts() == (1, 1)
    with pytest.raises(Forbidden):
        screen.skip(number + 2, who=forge.carole)


def test_the_window_of_time_is_kept_for_codes_and_for_passes(forge, screen):
    forge.installation.clock.forward(minutes=110)
    passed = screen.giving.turns.scan(screen.look()[1])
    number, code = screen.look()
    forge.installation.clock.forward(minutes=10)
    screen.skip(number)
    assert screen.look()[0] == number
    for text in (passed, code):
        with pytest.raises(Gone, match="no longer handed out"):
            screen.take(text, forge.bob)
    with pytest.raises(Gone):
        screen.giving.turns.scan(code)
    with pytest.raises(Invalid):
        screen.giving.turns.begin(
            agent(forge.amina), forge.garden, forge.achievement, starts=now(forge), ends=now(forge)
        )


def test_the_database_keeps_no_code_of_a_screen_that_works(forge, screen):
    passed, code = screen.giving.turns.scan(screen.look()[1]), screen.look()[1]
    with forge.services.resources.reading() as conn:
        rows = json.dumps([list(row) for table in (handouts, handout_codes) for row in conn.execute(table.select())])
    assert code not in rows
    assert passed.rpartition(".")[2] not in rows


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_of_many_phones_that_scan_one_code_at_once_one_gets_it(make_installation, request, engine):
    """Both databases: one pass, one step of the screen, and of many who send one pass one badge."""
    url = request.getfixturevalue("postgres_server").new_database() if engine == "postgresql" else ""
    installation = make_installation(**({"database_url": url} if url else {}))
    services, clock = installation.services, installation.clock
    amina = installation.person("amina")
    people = [installation.person(f"p{number}") for number in range(6)]
    garden = services.catalogue.create("halle", "garden", title="La Halle", owners=[amina.webid])
    achievement = services.achievements.create(agent(amina), garden, name="Cercle", description="d", criteria="c")
    turns, handing = services.giving.turns, services.giving.handouts
    made = turns.begin(agent(amina), garden, achievement, starts=clock.now, ends=clock.now + timedelta(hours=1))
    start = Barrier(len(people))

    def tried(act):
        start.wait()
        try:
            return act()
        except Gone as error:
            return error

    with ThreadPoolExecutor(len(people)) as crowd:
        code = turns.code(made)
        scans = list(crowd.map(lambda _: tried(lambda: turns.scan(code)), people))
        (passed,) = [one for one in scans if isinstance(one, str)]
        refused = [one for one in scans if isinstance(one, Gone)]
        assert {str(one.detail_template) for one in refused} == {
            "Somebody has just scanned this code: each one is for one person."
        }
        assert len(refused) == len(people) - 1
        takes = list(crowd.map(lambda pod: tried(lambda: handing.take(agent(pod), pod, passed)), people))
    assert sum(not isinstance(one, Gone) for one in takes) == 1
    assert handing.get(agent(amina), garden, made.id).shown == 2
    with services.resources.reading() as conn:
        assert len(conn.execute(claims.select()).all()) == 1
        assert [row.number for row in conn.execute(handout_codes.select().order_by(handout_codes.c.number))] == [1, 2]

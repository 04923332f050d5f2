"""Many at once: every line looked at before anything happens, each given once, resumed where it stopped."""

from datetime import UTC, datetime

import pytest

from pod_app.badges.giving.awards import Words
from pod_app.badges.giving.handouts import MOST_CODES
from pod_app.errors import Conflict, Forbidden, Invalid, NotFound, TooLarge
from pod_app.standards.wac import Agent


def acting(pod):
    return Agent(webid=pod.webid)


@pytest.fixture
def lists(forge):
    return forge.services.giving.lists


def look(forge, text):
    return forge.services.giving.lists.look(text, forge.installation.clock.now)


def begin(forge, text, by=None):
    return forge.services.giving.lists.begin(
        acting(by or forge.amina), forge.garden, forge.achievement, look(forge, text)
    )


def progress(forge, name):
    return forge.services.giving.lists.progress(acting(forge.amina), forge.garden, name)


def waiting(forge, pod):
    forge.installation.clock.forward(seconds=20)
    forge.deliver()
    return forge.services.giving.awards.pending(pod, forge.installation.clock.now)


CSV = """qui;phrase;trace;jusqu'au
bob;Merci pour l'atelier;https://example.org/a https://example.org/b;2027-03-12
{carole};;;12/03/2027
dora@example.org;À bientôt;;
"""


def test_a_file_with_headings_is_read_column_by_column(forge):
    bob, carole, dora = look(forge, CSV.format(carole=forge.carole.webid))
    until = datetime(2027, 3, 12, 23, 59, 59, tzinfo=UTC)
    assert (bob.number, bob.recipient, bob.title) == (2, forge.bob.webid, "bob")
    assert bob.words == Words("Merci pour l'atelier", ("https://example.org/a", "https://example.org/b"), until)
    assert (carole.recipient, carole.words.until) == (forge.carole.webid, until)
    assert (dora.recipient, dora.who, dora.words.note) == (None, "dora@example.org", "À bientôt")


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("bob\n\ncarole\n", ["bob", "carole"]),
        ("bob,merci\ncarole,merci\n", ["bob", "carole"]),
        ("Name\tNote\nbob\tx\n", ["bob"]),
        ('"bob";"une ""phrase"" ; longue"\n', ["bob"]),
        ("\ufeffemail,sentence\nx@example.org,merci\n".encode(), ["x@example.org"]),
        ("qui;phrase\nbob;été\n".encode("cp1252"), ["bob"]),
    ],
)
def test_lists_come_as_people_write_them(forge, text, people):
    lines = look(forge, text)
    assert [line.who for line in lines] == people
    assert [line.problem for line in lines] == [None] * len(lines)


@pytest.mark.parametrize(
    ("text", "number", "says"),
    [
        ("bob\nnobody\n", 2, "Nobody here has a notebook"),
        ("bob\nbob\n", 2, "The same person stands in line 1."),
        ("ecoutants\n", 1, "Nobody here has a notebook"),
        ("bob;x;;2020-01-01\n", 1, "expired already"),
        ("bob;x;;soon\n", 1, "soon is not a day"),
        ("bob;x;;31/02/2027\n", 1, "is not a day"),
        (f"bob;{'x' * 1001}\n", 1, "more than 1000 letters"),
        (";merci\n", 1, "Nobody here has a notebook"),
    ],
)
def test_what_is_wrong_is_said_of_its_line_and_nothing_happens(forge, text, number, says):
    wrong = [line for line in look(forge, text) if line.problem is not None]
    assert [line.number for line in wrong] == [number]
    assert says in wrong[0].problem[0].text
    assert forge.deliver() == 0


@pytest.mark.parametrize(
    ("text", "error"), [("", Invalid), ("\n\n", Invalid), ("x\n" * 2002, TooLarge), ("x" * 1_000_001, TooLarge)]
)
def test_a_list_that_is_empty_or_too_long_is_refused_whole(forge, text, error):
    with pytest.raises(error):
        look(forge, text)


def test_each_line_is_given_and_those_without_a_notebook_get_a_code(forge):
    name = begin(forge, CSV.format(carole=forge.carole.webid))
    assert progress(forge, name).waiting == 3
    forge.deliver()
    done = progress(forge, name)
    assert (done.total, done.done, done.waiting, done.refused, done.links) == (3, 3, 0, (), 1)
    assert len(waiting(forge, forge.bob)) == len(waiting(forge, forge.carole)) == 1
    (code,) = forge.services.giving.handouts.codes(acting(forge.amina), forge.garden, name)
    assert (code.number, code.who, code.used) == (4, "dora@example.org", False)


def test_the_same_list_sent_again_gives_nothing_twice(forge):
    name = begin(forge, "bob\ncarole\n")
    forge.deliver()
    assert begin(forge, "bob\ncarole\n") == name
    forge.deliver()
    assert len(waiting(forge, forge.bob)) == 1
    another = begin(forge, "bob\n")
    assert another != name
    forge.deliver()
    assert progress(forge, another).done == 1
    assert len(waiting(forge, forge.bob)) == 1


def test_a_list_gives_again_what_was_withdrawn(forge):
    begin(forge, "bob\n")
    forge.deliver()
    (first,) = waiting(forge, forge.bob)
    forge.services.issuing.revoke(acting(forge.amina), first.record.iri(forge.garden.base_url), "Erreur.")
    begin(forge, "bob\ncarole\n")
    forge.deliver()
    (second,) = waiting(forge, forge.bob)
    assert second.record != first.record


def test_a_worker_that_died_half_way_is_followed_by_one_that_goes_on(forge, lists, monkeypatch):
    """The job is leased again when its lease runs out: lines that were given stay given."""
    name = begin(forge, "bob\ncarole\namina\n")
    whole, given = lists._one, []

    def dying(agent, pod, name, achievement, number):
        if len(given) == 1:
            raise MemoryError
        given.append(number)
        whole(agent, pod, name, achievement, number)

    monkeypatch.setattr(lists, "_one", dying)
    with pytest.raises(MemoryError):
        lists.run({"pod": "ecoutants", "list": name})
    assert progress(forge, name).done == 1
    monkeypatch.undo()
    lists.run({"pod": "ecoutants", "list": name})
    assert progress(forge, name).done == 3
    assert len(waiting(forge, forge.bob)) == 1


def test_a_refused_line_says_why_and_is_tried_again_when_asked(forge, lists):
    name = begin(forge, "bob\ncarole\n")
    forge.services.achievements.retire(acting(forge.amina), forge.garden, forge.achievement)
    forge.deliver()
    stopped = progress(forge, name)
    assert stopped.done == 0
    assert [(number, "no longer given" in reason.text) for number, _who, reason in stopped.refused] == [
        (1, True), (2, True),
    ]  # fmt: skip
    forge.services.achievements.retire(acting(forge.amina), forge.garden, forge.achievement, retired=False)
    lists.resume(acting(forge.amina), forge.garden, name)
    forge.deliver()
    assert (progress(forge, name).done, progress(forge, name).refused) == (2, ())


def test_a_long_list_is_done_in_portions(forge, lists, monkeypatch):
    monkeypatch.setattr("pod_app.badges.giving.award_lists.PORTION", 2)
    name = begin(forge, "\n".join(f"p{number}@example.org" for number in range(5)))
    assert forge.services.run_pending() >= 1
    assert progress(forge, name).done == 2
    forge.deliver()
    assert progress(forge, name).done == 5


def test_only_signers_give_lists_and_see_them(forge, lists):
    with pytest.raises(Forbidden):
        begin(forge, "bob\n", by=forge.carole)
    name = begin(forge, "bob\n")
    for call in (lists.progress, lists.resume):
        with pytest.raises(Forbidden):
            call(acting(forge.carole), forge.garden, name)
    with pytest.raises(NotFound):
        lists.progress(acting(forge.amina), forge.garden, "none")
    forge.services.achievements.retire(acting(forge.amina), forge.garden, forge.achievement)
    with pytest.raises(Conflict):
        begin(forge, "carole\n")


def test_addresses_are_erased_when_their_codes_are_over(forge):
    name = begin(forge, "dora@example.org\n")
    forge.deliver()
    codes = forge.services.giving.handouts.codes
    assert codes(acting(forge.amina), forge.garden, name)[0].who == "dora@example.org"
    forge.installation.clock.forward(days=30)
    forge.deliver()
    assert codes(acting(forge.amina), forge.garden, name)[0].who == ""


def test_more_codes_than_people_are_not_made(forge):
    for number in (0, -1, MOST_CODES + 1):
        with pytest.raises(Invalid):
            forge.services.giving.handouts.print_codes(acting(forge.amina), forge.garden, forge.achievement, number)

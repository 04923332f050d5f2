"""Views with parameters, and views whose file or season is another one: what is shown, and what never is (ADR 0010)."""

from datetime import date

import pytest
from fixtures_community import counted

from pod_app.cli import main
from pod_app.collective import query_files
from pod_app.collective.library import Library
from pod_app.errors import Invalid
from pod_app.settings import DEFAULT_VOCABULARY

SEED = 20261128
DAY = date(2026, 3, 12)
HEADER = "# title@fr: Gestes\n# title@en: Gifts\n# scope: pod\n# audience: community\n"
PREFIXES = (
    "PREFIX vf: <https://w3id.org/valueflows/ont/vf#> PREFIX foaf: <http://xmlns.com/foaf/0.1/>\n"
    "PREFIX jdn: <https://w3id.org/jdn#>\n"
)
SINCE = (
    f"{HEADER}# parameter: ?since string 2025-11 | 2026-01 | 2026-03\n{PREFIXES}"
    "SELECT (COUNT(?it) AS ?gifts) WHERE {\n"
    "?it a vf:EconomicEvent ; vf:hasPointInTime ?at . FILTER(STR(?at) >= ?since) }"
)
SEASON = SINCE.replace("string 2025-11 | 2026-01 | 2026-03", "date season").replace(">= ?since", ">= STR(?since)")
MINUTES = f"{HEADER}{PREFIXES}SELECT (COUNT(?it) AS ?gifts) WHERE {{ ?it vf:hasPointInTime ?at ; a vf:EconomicEvent }}"
CARDS = (
    f"{HEADER.replace('community', 'public')}# parameter: ?garden iri urn:none\n{PREFIXES}"
    "SELECT (COUNT(?it) AS ?gifts) WHERE { ?it a foaf:PersonalProfileDocument ; foaf:primaryTopic ?garden }"
)


@pytest.fixture
def queries(tmp_path, monkeypatch):
    """A folder of views of the test's own."""
    made = tmp_path / "queries"
    made.mkdir()
    monkeypatch.setattr("pod_app.collective.library.folder", lambda name: made)
    (made / "gifts.rq").write_text(SINCE)
    return made


@pytest.fixture
def commons(queries, make_installation):
    made = counted(make_installation(), SEED)
    made.services.views.publish("commons")
    return made


def give(commons, pod, month, name):
    commons.put(
        pod, f"contributions/{name}",
        f'<#it> a vf:EconomicEvent, as:Activity ; vf:action vf:work ; vf:provider <{pod.webid}> ; vf:note "x"@fr ; '
        f"vf:resourceClassifiedAs jdn:kind-care ; vf:inScopeOf <{commons.base}garden-1/profile/card#us> ; "
        f'vf:hasPointInTime "{month}-05T10:00:00Z"^^xsd:dateTime .',
    )  # fmt: skip


def rows(commons, **given):
    return commons.services.views.read("gifts", "commons", given).rows


def settle(commons):
    commons.services.views.catch_up()
    commons.services.views.publish("commons")


def count(commons, since):
    counted = {pod.name for pod in commons.people[:10]}
    return sum(one.pod in counted and one.month >= since for one in commons.given)


def reopen(commons, make_installation):
    """The same folder, opened by a program that has other query files."""
    old = commons.installation
    commons.installation = make_installation(data=old.services.settings.data, clock=old.clock)
    commons.services = commons.installation.services


@pytest.mark.parametrize("since", ["2025-11", "2026-01", "2026-03"])
def test_every_value_of_a_closed_list_is_answered_as_the_default_is(commons, since):
    assert rows(commons, since=since) == ((count(commons, since),),)
    told = commons.services.views.read("gifts", "commons", {"since": since}).to_json()
    assert told["parameters"] == {"since": since}
    assert told["coverage"]["asked"] == told["coverage"]["answered"] == 11


@pytest.mark.parametrize("since", ["2026-02", "2026-03-05T10:00:01Z", ""])
def test_any_other_value_is_refused_with_those_there_are(commons, since):
    with pytest.raises(Invalid) as refused:
        rows(commons, since=since)
    assert "2025-11, 2026-01, 2026-03" in str(refused.value.remedy).format(**refused.value.values)


def test_two_values_are_not_both_shown_while_fewer_people_than_the_threshold_lie_between(commons):
    for number, pod in enumerate(commons.people[:4]):
        give(commons, pod, "2025-12", f"early-{number}")
    commons.services.views.catch_up()
    commons.services.views.publish("commons")
    assert rows(commons) == rows(commons, since="2026-01") == ((count(commons, "2026-01"),),), "four people moved it"
    commons.services.database.write(forget_publication)
    settle(commons)
    assert rows(commons) == ((count(commons, "2026-01") + 4,),)
    assert rows(commons, since="2026-01") == (), "the difference would be four people's"
    give(commons, commons.people[4], "2025-12", "early-4")
    settle(commons)
    commons.services.database.write(forget_publication)
    settle(commons)
    assert rows(commons, since="2026-01") == ((count(commons, "2026-01"),),)


def forget_publication(conn):
    for table in ("view_published", "view_moved"):
        conn.exec_driver_sql(f"DELETE FROM {table}")


def test_when_the_season_turns_old_numbers_stay_until_new_ones_are_published(queries, commons, make_installation):
    (queries / "gifts.rq").write_text(SEASON)
    reopen(commons, make_installation)
    settle(commons)
    spring = commons.services.views.read("gifts", "commons")
    assert spring.parameters == {"since": "2026-03-01"}
    assert spring.rows == ((count(commons, "2026-03"),),)
    commons.installation.clock.forward(days=90)
    waiting = commons.services.views.read("gifts", "commons")
    assert (waiting.parameters, waiting.rows) == (spring.parameters, spring.rows)
    commons.services.views.catch_up()
    summer = commons.services.views.read("gifts", "commons")
    assert summer.parameters == {"since": "2026-06-01"}
    assert summer.rows == ()
    assert rows(commons, since="2026-03-01") == spring.rows
    assert rows(commons, since="season") == summer.rows


def test_a_changed_query_is_computed_step_by_step_while_the_old_numbers_stay(queries, commons, make_installation):
    (queries / "gifts.rq").write_text(MINUTES)
    before = rows(commons)
    reopen(commons, make_installation)
    assert rows(commons) == before
    while commons.services.views.follow():
        assert rows(commons) == before
    assert rows(commons) == before, "new numbers of a view with a threshold wait for the next publication"
    commons.services.views.publish("commons")
    made = commons.services.views.read("gifts", "commons")
    assert made.rows == ((count(commons, "2000"),),)
    assert made.view.text == MINUTES


def test_another_comment_or_title_computes_nothing_anew(queries):
    view = Library(DEFAULT_VOCABULARY).variants(DAY)["gifts"][0]
    (queries / "gifts.rq").write_text(SINCE.replace("Gestes", "Cadeaux").replace("SELECT", "# why\nSELECT"))
    assert Library(DEFAULT_VOCABULARY).variants(DAY)["gifts"][0].id == view.id
    (queries / "gifts.rq").write_text(SINCE.replace(">= ?since", "> ?since"))
    assert Library(DEFAULT_VOCABULARY).variants(DAY)["gifts"][0].id != view.id


def test_a_view_of_public_documents_answers_any_value_on_the_spot(queries, commons, make_installation):
    (queries / "gifts.rq").write_text(CARDS)
    reopen(commons, make_installation)
    settle(commons)
    asked = commons.services.views.read("gifts", "commons", {"garden": commons.people[0].webid})
    assert asked.rows == ((1,),)
    assert (asked.coverage.asked, asked.coverage.answered, asked.coverage.late) == (11, 11, 0)
    assert rows(commons, garden=commons.people[11].webid) == (), "who did not consent is not asked"


def test_values_that_nobody_could_tell_apart_are_refused_in_the_header(queries):
    (queries / "gifts.rq").write_text(SINCE.replace("# parameter", "# people: ?gifts\n# parameter"))
    with pytest.raises(Invalid, match=r"gifts\.rq"):
        Library(DEFAULT_VOCABULARY).variants(DAY)
    (queries / "gifts.rq").write_text(SINCE.replace("| 2026-03", "".join(f" | 2020-{n:02}" for n in range(1, 20))))
    with pytest.raises(Invalid, match="21 combinations"):
        Library(DEFAULT_VOCABULARY).variants(DAY)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-01-31", ("2025-12-01", "2025-09-01")), ("2026-03-01", ("2026-03-01", "2025-12-01")),
        ("2026-11-30", ("2026-09-01", "2026-06-01")), ("2026-12-01", ("2026-12-01", "2026-09-01")),
        ("2000-02-29", ("1999-12-01", "1999-09-01")),
    ],
)  # fmt: skip
def test_seasons_begin_in_march_june_september_and_december(day, expected):
    assert query_files.seasons(date.fromisoformat(day), 2) == expected


BROKEN = {
    "header": (SINCE.replace("# scope: pod", "# scope: planet"), "planet"),
    "construct": (MINUTES.replace("{ ?it", "{ GRAPH ?g { ?it").replace("Event }", "Event } }"), "GRAPH"),
    "language": (MINUTES.replace("SELECT", "SELEKT"), "gifts.rq"),
}


@pytest.mark.parametrize(
    ("asked", "status", "told"),
    [
        (("nowhere", {}), 404, "nowhere"), (("gifts", {"colour": "red"}), 422, "colour"),
        (("gifts", {"since": "2020-01"}), 422, "2026-03"),
    ],
)  # fmt: skip
def test_a_wrong_question_gets_a_sentence_over_http_and_on_the_command_line(commons, capsys, asked, status, told):
    assert_refused(commons, capsys, asked, status, told)


def test_a_value_of_another_type_gets_a_sentence(queries, commons, make_installation, capsys):
    (queries / "gifts.rq").write_text(SEASON)
    reopen(commons, make_installation)
    for value in ("x", "2026-13-01", "1 mars"):
        assert_refused(commons, capsys, ("gifts", {"since": value}), 422, "date")


@pytest.mark.parametrize("how", BROKEN)
def test_a_file_that_cannot_be_used_is_named_with_what_is_wrong(queries, commons, make_installation, capsys, how):
    text, told = BROKEN[how]
    (queries / "gifts.rq").write_text(text)
    reopen(commons, make_installation)
    assert_refused(commons, capsys, ("gifts", {}), 422, told)


def assert_refused(commons, capsys, asked, status, told):
    name, given = asked
    answer = commons.installation.client.get(f"{commons.base}collective/commons/{name}.json", params=given)
    assert answer.status_code == status
    assert told in answer.text
    options = [option for key, value in given.items() for option in ("--param", f"{key}={value}")]
    with pytest.raises(SystemExit) as ended:
        main(["ask", name, "--data", str(commons.services.settings.data), *options])
    assert ended.value.code == 2
    assert told in capsys.readouterr().err

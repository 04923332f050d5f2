"""Badges handed out by code: for a room, by link, on paper; once per person, once per code, nobody named."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from pod_app.badges.giving import claim_codes
from pod_app.badges.giving.awards import Words
from pod_app.errors import Conflict, Forbidden, Gone, Invalid, NotFound
from pod_app.standards.wac import Agent
from pod_app.storage.schema_forge import claims, handout_codes, handouts


def acting(pod):
    return Agent(webid=pod.webid)


@pytest.fixture
def giving(forge):
    return forge.services.giving.handouts


def now(forge):
    return forge.installation.clock.now


@pytest.fixture
def room(forge, giving):
    return giving.open_room(
        acting(forge.amina), forge.garden, forge.achievement, starts=now(forge), ends=now(forge) + timedelta(hours=2),
        words=Words(note="Au cercle de mars."),
    )  # fmt: skip


def take(forge, text, pod=None, audience="me"):
    pod = pod or forge.bob
    return forge.services.giving.handouts.take(acting(pod), pod, text, audience)


def test_a_scan_in_time_gives_a_badge_that_verifies_and_is_seen_as_chosen(forge, giving, room):
    copy = take(forge, giving.rotating(room, now(forge)), audience="everyone")
    found = forge.get(copy.iri(forge.installation.base))
    assert found.status_code == 200
    badge = found.json()
    assert badge["credentialSubject"]["id"] == forge.bob.webid
    assert badge["credentialSubject"]["narrative"] == "Au cercle de mars."
    assert badge["issuer"]["id"] == forge.garden.did
    assert forge.verify(found.content).verified is True


def test_each_person_takes_one_and_hears_that_they_have_it(forge, giving, room):
    token = giving.rotating(room, now(forge))
    take(forge, token)
    with pytest.raises(Conflict):
        take(forge, token)
    with pytest.raises(Conflict):
        take(forge, giving.room_code(room))
    take(forge, token, forge.carole)
    assert giving.has_taken(room, forge.bob.webid) is not None
    with forge.services.resources.reading() as conn:
        assert giving.taken(conn, room) == 2


def test_a_photo_of_the_qr_is_worth_nothing_some_minutes_later(forge, giving, room):
    token = giving.rotating(room, now(forge))
    forge.installation.clock.forward(seconds=claim_codes.WINDOW * (claim_codes.WINDOWS - 1))
    assert giving.find(token, now(forge))
    forge.installation.clock.forward(seconds=claim_codes.WINDOW)
    with pytest.raises(Gone):
        giving.find(token, now(forge))
    with pytest.raises(Gone):
        take(forge, token)


def test_who_scanned_in_time_may_open_a_notebook_first(forge, giving, room):
    token = giving.rotating(room, now(forge))
    carried = giving.admission(giving.find(token, now(forge)), token, now(forge))
    forge.installation.clock.forward(minutes=29)
    assert giving.find(carried, now(forge)).handout == room
    forge.installation.clock.forward(minutes=2)
    with pytest.raises(Gone):
        take(forge, carried)


@pytest.mark.parametrize("spelling", ["{0}", " {0} ", "{1}", "{2} {3}"])
def test_the_code_of_the_room_is_typed_as_people_type(forge, giving, room, spelling):
    code = giving.room_code(room)
    assert len(code) == 6
    take(forge, spelling.format(code, code.upper(), code[:3], code[3:]))


def test_nothing_is_taken_before_the_beginning_or_after_the_end(forge, giving):
    room = giving.open_room(
        acting(forge.amina), forge.garden, forge.achievement, starts=now(forge) + timedelta(hours=1),
        ends=now(forge) + timedelta(hours=2),
    )  # fmt: skip
    code = giving.room_code(room)
    with pytest.raises(Conflict):
        take(forge, code)
    forge.installation.clock.forward(minutes=61)
    take(forge, code)
    forge.installation.clock.forward(minutes=60)
    with pytest.raises(Gone):
        take(forge, code, forge.carole)


def test_closing_ends_it_at_once(forge, giving, room):
    with pytest.raises(Forbidden):
        giving.close(acting(forge.carole), forge.garden, room.id)
    giving.close(acting(forge.amina), forge.garden, room.id)
    with pytest.raises(Gone):
        take(forge, giving.room_code(room))


def test_a_code_on_paper_is_for_one_person_and_thirty_days(forge, giving):
    sheet = giving.print_codes(acting(forge.amina), forge.garden, forge.achievement, 3)
    first, second, third = giving.codes(acting(forge.amina), forge.garden, sheet.id)
    assert len({first.code, second.code, third.code}) == 3
    take(forge, claim_codes.grouped(first.code))
    with pytest.raises(Gone):
        take(forge, first.code, forge.carole)
    with pytest.raises(Conflict):
        take(forge, second.code, forge.bob)
    take(forge, second.code, forge.carole)
    assert [one.used for one in giving.codes(acting(forge.amina), forge.garden, sheet.id)] == [True, True, False]
    forge.installation.clock.forward(days=30)
    with pytest.raises(Gone):
        take(forge, third.code, forge.amina)


@pytest.mark.parametrize("text", ["", "zzzzzz", "zzzzzzzzzzzz", "a.b.c", "....", "<script>", "0" * 5000, "é", "x.w1.y"])
def test_a_made_up_code_opens_nothing(forge, giving, room, text):
    with pytest.raises(NotFound):
        giving.find(text, now(forge))
    with pytest.raises(NotFound):
        take(forge, text)


def test_a_token_of_another_handout_or_with_another_number_is_not_ours(forge, giving, room):
    token = giving.rotating(room, now(forge))
    handout, window, mac = token.split(".")
    later = f"w{int(window[1:], 16) + 1:x}"
    for forged in (f"{handout}.{later}.{mac}", f"{handout[:-1]}z.{window}.{mac}", f"{handout}.p{window[1:]}.{mac}"):
        with pytest.raises(Gone):
            giving.find(forged, now(forge))


def test_only_signers_hand_out_and_see_the_codes(forge, giving, room):
    times = {"starts": now(forge), "ends": now(forge) + timedelta(hours=1)}
    with pytest.raises(Forbidden):
        giving.open_room(acting(forge.carole), forge.garden, forge.achievement, **times)
    with pytest.raises(Forbidden):
        giving.print_codes(acting(forge.carole), forge.garden, forge.achievement, 2)
    for call in (giving.codes, giving.get):
        with pytest.raises(Forbidden):
            call(acting(forge.carole), forge.garden, room.id)
    assert [one.id for one in giving.all(acting(forge.amina), forge.garden)] == [room.id]


@pytest.mark.parametrize("hours", [0, -1, 24 * 40])
def test_a_handout_lasts_for_some_time_and_at_most_a_month(forge, giving, hours):
    with pytest.raises(Invalid):
        giving.open_room(
            acting(forge.amina), forge.garden, forge.achievement, starts=now(forge),
            ends=now(forge) + timedelta(hours=hours),
        )  # fmt: skip


def test_who_may_sign_no_more_hands_out_no_more(forge, giving):
    forge.services.members.put(acting(forge.amina), "ecoutants", forge.carole.webid, ["member", "issuer"])
    sheet = giving.print_codes(acting(forge.carole), forge.garden, forge.achievement, 1)
    code = giving.codes(acting(forge.amina), forge.garden, sheet.id)[0].code
    forge.services.members.put(acting(forge.amina), "ecoutants", forge.carole.webid, ["member"])
    with pytest.raises(Forbidden):
        take(forge, code)
    with forge.services.resources.reading() as conn:
        assert conn.execute(claims.select()).all() == []
        assert conn.execute(handout_codes.select()).one().used is None


def test_the_database_keeps_no_code_that_works(forge, giving, room):
    sheet = giving.print_codes(acting(forge.amina), forge.garden, forge.achievement, 2)
    codes = [one.code for one in giving.codes(acting(forge.amina), forge.garden, sheet.id)]
    with forge.services.resources.reading() as conn:
        rows = json.dumps([list(row) for table in (handouts, handout_codes) for row in conn.execute(table.select())])
    for code in (*codes, giving.room_code(room)):
        assert code not in rows


def test_letters_are_easy_to_tell_apart_and_differ():
    secret, moment = b"s" * 32, datetime(2026, 3, 12, tzinfo=UTC)
    codes = {claim_codes.single(secret, "h", number) for number in range(2000)}
    assert len(codes) == 2000
    assert set("".join(codes)) == set(claim_codes.ALPHABET)
    assert claim_codes.single(b"t" * 32, "h", 1) not in codes
    assert claim_codes.grouped("abcdefghjkmn") == "abcd-efgh-jkmn"
    assert claim_codes.read(b"t" * 32, claim_codes.rotating(secret, "h", moment), moment) is None

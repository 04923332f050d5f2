"""Sign-ins: a random cookie, a hash in the database, an end (trust.md S30)."""

import pytest
from sqlalchemy import select

from pod_app.identity.sessions import form_token
from pod_app.storage import schema


@pytest.fixture
def signed_in(installation):
    account, _ = installation.services.accounts.create("alice", None)
    return installation, account, installation.services.sessions.begin(account)


def test_a_cookie_finds_its_account_and_another_value_finds_nobody(signed_in):
    installation, account, value = signed_in
    sessions = installation.services.sessions
    assert sessions.find(value).account == account
    for other in (None, "", value[:-1], value + "x", value.swapcase(), form_token(value), "x" * 10_000):
        assert sessions.find(other) is None


def test_s30_each_sign_in_is_new_and_ends_alone(signed_in):
    installation, account, first = signed_in
    sessions = installation.services.sessions
    second = sessions.begin(account)
    assert first != second
    assert len(first) >= 43
    sessions.end(first)
    assert sessions.find(first) is None
    assert sessions.find(second).account == account
    sessions.end(first)
    sessions.end(None)


def test_s30_a_sign_in_lies_idle_at_most_thirty_days(signed_in):
    installation, _, value = signed_in
    for _ in range(2):
        installation.clock.forward(days=29)
        assert installation.services.sessions.find(value) is not None
    installation.clock.forward(days=31)
    assert installation.services.sessions.find(value) is None


def test_s30_a_sign_in_ends_after_ninety_days_however_much_it_is_used(signed_in):
    installation, _, value = signed_in
    for _ in range(9):
        installation.clock.forward(days=10)
        assert installation.services.sessions.find(value) is not None
    installation.clock.forward(seconds=1)
    assert installation.services.sessions.find(value) is None


def test_idleness_is_a_setting(make_installation):
    installation = make_installation(session_idle_days=1)
    account, _ = installation.services.accounts.create("alice", None)
    value = installation.services.sessions.begin(account)
    installation.clock.forward(hours=25)
    assert installation.services.sessions.find(value) is None


def test_s30_the_database_alone_opens_no_session(signed_in):
    installation, _, value = signed_in
    with installation.services.resources.reading() as conn:
        row = conn.execute(select(schema.sessions)).one()
    assert value not in str(tuple(row))
    assert installation.services.sessions.find(row.id_hash) is None


def test_s29_the_form_token_belongs_to_one_session_and_is_not_the_cookie(signed_in):
    installation, account, value = signed_in
    other = installation.services.sessions.begin(account)
    tokens = {installation.services.sessions.find(one).form_token for one in (value, other)}
    assert len(tokens) == 2
    assert not tokens & {value, other}

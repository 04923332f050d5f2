"""The provider's keys change without a moment at which one process signs what another does not know (trust.md S41)."""

from datetime import UTC, datetime, timedelta

import pytest
from installations import Clock

from pod_app.storage.database import Database
from pod_app.storage.keys import RootKey
from pod_app.storage.provider_keys import LEAD, LOOK_AGAIN, OVERLAP, ProviderKeys

TOKENS_LIVE = timedelta(hours=1)
ROOT = RootKey(b"r" * 32)
STEP = 7
"""Seconds between two looks; no divisor of what the keys wait for."""


@pytest.fixture
def clock():
    return Clock(datetime(2026, 3, 12, 9, 0, tzinfo=UTC))


@pytest.fixture
def processes(tmp_path, clock):
    """Two that share a database and know the keys each for itself, as two workers do."""
    database = Database("", tmp_path)
    yield [ProviderKeys(database, ROOT, clock) for _ in range(2)]
    database.close()


def named(keys):
    return {key["kid"] for key in keys.published()}


def test_s14_both_begin_with_the_same_two_keys(processes):
    one, other = processes
    assert one.signing("ES256").id == other.signing("ES256").id
    assert len(named(one)) == 2
    assert named(one) == named(other)


@pytest.mark.parametrize("turn", [0, 1])
@pytest.mark.parametrize("second_rotation", [None, 1, 45, 119, 121, 300])
def test_s41_whatever_one_signs_the_other_publishes_at_every_moment(processes, clock, turn, second_rotation):
    rotating = processes[turn]
    signed = []
    for one in processes:
        one.published()
    rotating.rotate()
    for second in range(1, 600, STEP):
        clock.forward(seconds=STEP)
        if second_rotation is not None and second <= second_rotation < second + STEP:
            rotating.rotate()
        signed += [(clock(), one.signing("ES256").id) for one in processes]
        for one in processes:
            assert {key for at, key in signed if clock() < at + TOKENS_LIVE} <= named(one), second
    assert len({key for _, key in signed}) == (2 if second_rotation is None else 3)


def test_s41_a_new_key_signs_once_everybody_has_had_time_to_see_it(processes, clock):
    one, other = processes
    old = one.signing("RS256").id
    new = set(one.rotate())
    assert one.signing("RS256").id == old
    clock.forward(seconds=LOOK_AGAIN.total_seconds() + 1)
    assert new <= named(other)
    assert other.signing("RS256").id == old
    clock.forward(seconds=LEAD.total_seconds())
    assert one.signing("RS256").id in new
    assert other.signing("RS256").id in new


def test_s41_a_replaced_key_is_published_as_long_as_its_tokens_count_and_no_longer(processes, clock):
    one = processes[0]
    old = one.signing("ES256").id
    one.rotate()
    clock.forward(seconds=(LEAD + TOKENS_LIVE).total_seconds())
    assert old in named(one)
    clock.forward(seconds=OVERLAP.total_seconds())
    assert old not in named(one)

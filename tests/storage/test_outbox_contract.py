"""Jobs are leased to one worker at a time and done at least once; changes are followed in order (D12)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from pod_app.storage import outbox, schema

SECOND = timedelta(seconds=1)


@pytest.fixture
def add(database, now):
    def add(kind="mail", **more):
        return database.write(lambda conn: outbox.append(conn, **{"pod": "alice", "kind": kind, "at": now, **more}))

    return add


@pytest.fixture
def lease(database, now):
    def lease(at=None, worker="one", limit=10, seconds=60, kinds=("mail",)):
        moment = at or now
        return database.write(
            lambda conn: outbox.lease(conn, worker=worker, now=moment, limit=limit, seconds=seconds, kinds=kinds)
        )

    return lease


def test_a_job_is_leased_with_everything_it_was_given(add, lease, now):
    seq = add(path="a", version=3, verb="Create", agent="https://a.example/#me", payload={"à": [1, None]})
    (job,) = lease()
    assert job == outbox.Job(
        seq, "alice", "mail", "a", 3, "Create", "https://a.example/#me", {"à": [1, None]}, now, 1, None
    )


def test_a_lease_keeps_others_away_until_it_runs_out(add, lease, now):
    add()
    (first,) = lease(seconds=60)
    assert lease(now + 59 * SECOND, worker="two") == []
    (second,) = lease(now + 60 * SECOND, worker="two")
    assert (second.seq, second.attempts) == (first.seq, 2)


def test_who_lost_the_lease_can_neither_finish_nor_fail_it(database, add, lease, now):
    add()
    (first,) = lease(seconds=1)
    (second,) = lease(now + 2 * SECOND)
    assert database.write(lambda conn: outbox.finish(conn, first, now=now)) is False
    assert database.write(lambda conn: outbox.fail(conn, first, now=now, reason="late")) is False
    assert database.write(lambda conn: outbox.finish(conn, second, now=now)) is True
    assert lease(now + 3600 * SECOND) == []


def test_two_workers_never_hold_one_job_at_once(add, lease):
    for _ in range(40):
        add()
    start, held, guard = threading.Barrier(4), [], threading.Lock()

    def work(number):
        start.wait()
        while jobs := lease(worker=f"worker {number}", limit=3):
            with guard:
                held.extend(job.seq for job in jobs)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert len(held) == len(set(held)) == 40


def test_only_the_kinds_asked_for_are_taken_oldest_first_up_to_the_limit(add, lease):
    numbers = [add(kind) for kind in ("mail", "index", "mail", "webhook", "mail")]
    assert [job.seq for job in lease(limit=2)] == [numbers[0], numbers[2]]
    assert [job.seq for job in lease(kinds=["mail", "webhook"])] == [numbers[3], numbers[4]]
    assert lease(kinds=[]) == []


def test_a_job_for_later_waits(database, add, lease, now):
    add(next_at=now + SECOND)
    assert lease() == []
    with database.read() as conn:
        assert outbox.due_count(conn, now) == 0
        assert outbox.due_count(conn, now + SECOND, ["mail"]) == 1
        assert outbox.oldest_due(conn, now + SECOND) == now + SECOND
        assert outbox.oldest_due(conn, now) is None
    assert len(lease(now + SECOND)) == 1


def test_a_failing_job_comes_back_ever_later_and_is_then_set_aside_with_its_reason(database, add, lease, now):
    seq = add()
    at, waits = now, []
    for attempt in range(1, outbox.ATTEMPTS + 1):
        (job,) = lease(at)
        assert job.attempts == attempt
        assert database.write(lambda conn, job=job, at=at: outbox.fail(conn, job, now=at, reason="no route"))
        with database.read() as conn:
            next_at = schema.moment(conn.scalar(select(schema.outbox.c.next_at)))
        waits.append(next_at - at)
        at = max(next_at, at)
    assert waits[:3] == [outbox.FIRST_DELAY, outbox.FIRST_DELAY * 2, outbox.FIRST_DELAY * 4]
    assert lease(at + timedelta(days=30)) == []
    with database.read() as conn:
        (failed,) = outbox.failed_jobs(conn)
    assert (failed.seq, failed.failed) == (seq, "no route")
    assert database.write(lambda conn: outbox.retry(conn, seq, now=at))
    assert not database.write(lambda conn: outbox.retry(conn, seq, now=at))
    assert [job.attempts for job in lease(at)] == [1]


def test_a_job_that_kills_its_workers_is_set_aside(database, add, lease, now):
    add()
    at = now
    for _ in range(outbox.ATTEMPTS):
        assert len(lease(at, seconds=1)) == 1
        at += 2 * SECOND
    assert lease(at) == []
    with database.read() as conn:
        assert len(outbox.failed_jobs(conn)) == 1
        assert outbox.due_count(conn, at) == 0


def test_one_idempotency_key_makes_one_job_however_often_and_by_whom(database, add, lease):
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: add(idempotency_key="offer /alice/issued/1"), range(24)))
    assert len([number for number in numbers if number is not None]) == 1
    assert len(lease()) == 1
    assert add(idempotency_key="offer /alice/issued/1") is None, "not even after it was leased"


def test_a_row_of_a_change_that_was_undone_is_not_there(database, now):
    def fails(conn):
        outbox.append(conn, pod="alice", kind="mail", at=now)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        database.write(fails)
    with database.read() as conn:
        assert outbox.latest_seq(conn) == 0


def test_changes_are_followed_in_order_and_leased_by_nobody(database, add, lease):
    first, _, third = add(outbox.CHANGE), add("mail"), add(outbox.CHANGE)
    assert lease(kinds=[outbox.CHANGE]) == []
    with database.read() as conn:
        assert [row.seq for row in outbox.since(conn, 0)] == [first, third]
        assert [row.seq for row in outbox.since(conn, first)] == [third]
        assert [row.seq for row in outbox.since(conn, 0, limit=1)] == [first]
        assert outbox.since(conn, third) == []
        assert outbox.latest_seq(conn) == third


def test_who_has_seen_a_number_never_sees_a_smaller_one_appear_later(database, add):
    """D8: a watermark may only stand on `seq` if numbers become visible in their order."""
    stop, seen, faults = threading.Event(), [0], []

    def follow():
        known = set()
        while not stop.is_set():
            with database.read() as conn:
                numbers = {row.seq for row in outbox.since(conn, 0)}
            late = {number for number in numbers - known if number < seen[0]}
            faults.extend(late)
            known, seen[0] = numbers, max(numbers, default=0)

    follower = threading.Thread(target=follow)
    follower.start()
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: add(outbox.CHANGE), range(150)))
    stop.set()
    follower.join()
    assert faults == []

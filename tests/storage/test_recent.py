"""Answers of others, kept for a while."""

from datetime import UTC, datetime, timedelta

from installations import Clock

from pod_app.errors import N_, Unreachable
from pod_app.storage.recent import AT_MOST, Recent

HOUR = timedelta(hours=1)


class Host:
    """Counts how often it is asked; fails while `ill`."""

    def __init__(self):
        self.asked, self.ill = 0, False

    def __call__(self):
        self.asked += 1
        if self.ill:
            raise Unreachable(N_("{url} could not be had."), url="https://x.example/")
        return self.asked


def made():
    clock = Clock(datetime(2026, 3, 12, 9, tzinfo=UTC))
    return Recent(clock), clock, Host()


def test_an_answer_is_kept_for_five_minutes():
    recent, clock, host = made()
    assert [recent.get("a", host) for _ in range(3)] == [1, 1, 1]
    clock.forward(minutes=5)
    assert recent.get("a", host) == 2
    assert recent.get("b", host) == 3


def test_a_failure_is_kept_for_seconds():
    recent, clock, host = made()
    host.ill = True
    assert [recent.get("a", host) for _ in range(3)] == [None] * 3
    assert host.asked == 1
    host.ill = False
    clock.forward(seconds=10)
    assert recent.get("a", host) == 2


def test_afresh_asks_again_unless_that_was_just_done():
    recent, clock, host = made()
    recent.get("a", host)
    assert recent.get("a", host, afresh=True) == 1
    clock.forward(seconds=11)
    assert recent.get("a", host, afresh=True) == 2


def test_what_was_known_at_last_is_told_without_asking():
    recent, clock, host = made()
    assert recent.last("a", HOUR) is None
    recent.get("a", host)
    clock.forward(minutes=60)
    assert recent.last("a", HOUR) == 1
    clock.forward(seconds=1)
    assert recent.last("a", HOUR) is None
    assert host.asked == 1


def test_the_oldest_is_dropped_first():
    recent, _, host = made()
    for number in range(AT_MOST + 1):
        recent.get(str(number), host)
    assert recent.last("0", HOUR) is None
    assert recent.last("1", HOUR) == 2

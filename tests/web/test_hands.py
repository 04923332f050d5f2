"""Threads that work for one event loop."""

import asyncio
import threading

import pytest
from loops import in_a_loop

from pod_app.web.serving.hands import Hands


@pytest.fixture
def hands():
    made = Hands(3, "test")
    yield made
    made.close()


def test_each_of_many_asking_at_once_gets_its_own_result(hands):
    async def ask():
        return await asyncio.wait_for(asyncio.gather(*(hands.run(lambda n=n: n * n) for n in range(2000))), 30)

    assert in_a_loop(ask) == [n * n for n in range(2000)]


def test_one_after_the_other_is_never_forgotten(hands):
    async def ask():
        return [await asyncio.wait_for(hands.run(lambda n=n: n), 30) for n in range(2000)]

    assert in_a_loop(ask) == list(range(2000))


def test_what_is_raised_comes_to_the_one_who_asked_and_the_thread_lives_on(hands):
    async def ask():
        answers = await asyncio.gather(*(hands.run(lambda n=n: 1 // n) for n in (1, 0, 1)), return_exceptions=True)
        return [type(answer) for answer in answers], await hands.run(threading.active_count)

    kinds, _ = in_a_loop(ask)
    assert kinds == [int, ZeroDivisionError, int]


def test_work_that_was_cancelled_before_it_began_is_not_done(hands):
    free, done = threading.Event(), []

    async def ask():
        busy = [hands.run(lambda: free.wait(30)) for _ in range(3)]
        waiting = hands.run(lambda: done.append("cancelled"))
        waiting.cancel()
        free.set()
        await asyncio.gather(*busy)
        await hands.run(lambda: done.append("next"))

    in_a_loop(ask)
    assert done == ["next"]


def test_a_result_that_comes_after_its_loop_was_closed_harms_nobody(hands):
    free, begun, ended = threading.Event(), threading.Event(), threading.Event()

    def slow():
        begun.set()
        free.wait(30)
        ended.set()

    async def leave():
        hands.run(slow)
        assert await asyncio.to_thread(begun.wait, 30)

    in_a_loop(leave)
    free.set()
    assert ended.wait(30)
    in_a_loop(lambda: asyncio.wait_for(_once(hands), 30))


async def _once(hands):
    assert await hands.run(lambda: "still here") == "still here"


def test_the_threads_end_when_they_are_let_go():
    made = Hands(2, "short-lived")
    made.close()
    for thread in made._threads:
        thread.join(30)
        assert not thread.is_alive()

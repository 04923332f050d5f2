"""Threads that work for an event loop and wake it once for all that is ready.

`loop.run_in_executor` makes two futures and a lock for each call and wakes the loop for each result;
measured on a GET under load, that was a fifth of its whole price.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any

Work = Callable[[], Any]


class Arrivals:
    """What comes to one event loop from other threads."""

    def __init__(self) -> None:
        self._ready: deque[tuple[asyncio.Future[Any], Any, BaseException | None]] = deque()
        self._waking = False

    def hand_in(self, result: asyncio.Future[Any], value: Any, error: BaseException | None) -> None:
        """Let `result` be this value or error, from any thread."""
        self._ready.append((result, value, error))
        if self._waking:
            return  # `_deliver` is still to come and begins by lowering the flag, so that it will see this one
        self._waking = True
        try:
            result.get_loop().call_soon_threadsafe(self._deliver)
        except RuntimeError:
            self._waking = False  # the loop has been closed: nobody waits any more

    def expect(self, coming: "Future[Any]") -> asyncio.Future[Any]:
        """Wait on the loop for what another thread will have done; a cancelled wait lets go of it."""
        result = asyncio.get_running_loop().create_future()

        def bring(done: "Future[Any]") -> None:
            error = done.exception()
            self.hand_in(result, None if error else done.result(), error)

        coming.add_done_callback(bring)
        return result

    def _deliver(self) -> None:
        self._waking = False
        while self._ready:
            result, value, error = self._ready.popleft()
            if result.done():
                continue
            if error is None:
                result.set_result(value)
            else:
                result.set_exception(error)


class Hands:
    """A fixed number of threads for one event loop; daemons, so that one that hangs cannot keep the program."""

    def __init__(self, number: int, name: str, arrivals: Arrivals | None = None) -> None:
        self._asked: SimpleQueue[tuple[Work, asyncio.Future[Any]] | None] = SimpleQueue()
        self._arrivals = arrivals or Arrivals()
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}_{index}", daemon=True) for index in range(number)
        ]
        for thread in self._threads:
            thread.start()

    def run(self, work: Work) -> asyncio.Future[Any]:
        """What `work` returns or raises in one of the threads; call it on the loop, always the same one.

        Cancelling prevents work that has not begun, and lets go of one that has.
        """
        result = asyncio.get_running_loop().create_future()
        self._asked.put((work, result))
        return result

    def close(self) -> None:
        """Let the threads end after what they are doing; nothing is waited for."""
        for _ in self._threads:
            self._asked.put(None)

    def _work(self) -> None:
        while (asked := self._asked.get()) is not None:
            work, result = asked
            if result.cancelled():
                continue
            try:
                self._arrivals.hand_in(result, work(), None)
            except BaseException as error:  # noqa: BLE001  # whatever it is belongs to the one who waits
                self._arrivals.hand_in(result, None, error)

"""Running coroutines in tests."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

HANG_GUARD = 180


def in_a_loop(ask: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """What `ask()` gives, in a thread with a loop of its own: Playwright may have left one in the test's own."""

    async def main() -> Any:
        return await ask()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(main())).result(HANG_GUARD)

"""Work that is tried where only what is short may be done: on the event loop (ADR 0025), in a transaction (ADR 0026).

Giving a request to a thread and its answer back costs more than a small document costs to read. So a read is tried
on the loop and a small write in the writer's thread, and whatever would wait for another machine, for the disk's word
or for a long computation says so by `may_take_long` before it begins: then the attempt ends, and the same work is
done in a thread from its start.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Final, TypeVar

T = TypeVar("T")
_TRYING: Final[ContextVar[bool]] = ContextVar("trying", default=False)
MOST_BYTES: Final = 16 * 2**10
"""Of a document that is parsed or written anew in an attempt: about a millisecond."""
MOST_MEMBERS: Final = 100
"""Of a container that is listed in an attempt: about a millisecond."""


class TooLongError(BaseException):
    """Ends an attempt; no handler of ordinary errors may take it for one."""


def attempt(work: Callable[[], T]) -> T:
    """Run `work`; raises `TooLongError` where it says that it may take long. It must be one that can be begun again."""
    before = _TRYING.set(True)
    try:
        return work()
    finally:
        _TRYING.reset(before)


def is_attempt() -> bool:
    """Whether this is work that may be ended and begun again."""
    return _TRYING.get()


def may_take_long() -> None:
    """Say that what follows may wait or compute for more than a moment."""
    if _TRYING.get():
        raise TooLongError

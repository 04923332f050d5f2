"""The header that tells who may do what: https://solidproject.org/TR/wac#wac-allow (WAC §6; solid.md P15, P16)."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from pod_app.standards.wac import Mode, listed

_PARAMETER: Final = re.compile(r'[ \t]*([A-Za-z]+)[ \t]*=[ \t]*"([^"]*)"[ \t]*')
_MODES: Final = {mode.value: mode for mode in Mode}


def write(user_modes: Iterable[Mode], public_modes: Iterable[Mode]) -> str:
    """Write the header's value: both groups always, the public's modes also in the user's."""
    public = frozenset(public_modes)
    return f'user="{listed(public.union(user_modes))}",public="{listed(public)}"'


def read(header: str) -> Mapping[str, frozenset[Mode]]:
    """The modes of each group that another server names; other modes than ours are passed over.

    A value that is not of the header's form says nothing at all, as the specification asks of clients.
    """
    found: dict[str, frozenset[Mode]] = {}
    for part in filter(str.strip, header.split(",")):
        parameter = _PARAMETER.fullmatch(part)
        if parameter is None:
            return {}
        group = parameter[1].lower()
        named = (_MODES.get(mode) for mode in parameter[2].lower().split())
        found[group] = found.get(group, frozenset()) | {mode for mode in named if mode is not None}
    return found


def lets_everybody_read(header: str) -> bool:
    """Whether another server says that everybody may read; what it does not say is no."""
    return Mode.READ in read(header).get("public", ())

"""Durations as XML Schema writes them (https://www.w3.org/TR/xmlschema11-2/#duration): `PT10S`, `P1DT12H`.

Years and months have no fixed length; they count as 365 and 30 days, which is exact enough for «not more often than».
"""

import re
from datetime import timedelta
from typing import Final

from pod_app.errors import N_, Invalid

_DURATION: Final = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d{1,6})?)S)?)?",
    re.IGNORECASE | re.ASCII,
)
_LONGEST_TEXT: Final = 40
_DAYS: Final = {"years": 365, "months": 30}


def parse(text: str) -> timedelta:
    """The length of a duration, never negative; lower-case letters are read too. Raises `Invalid`."""
    match = _DURATION.fullmatch(text) if len(text) <= _LONGEST_TEXT else None
    parts = {unit: float(value) for unit, value in match.groupdict().items() if value} if match else {}
    if not parts or text[-1] in "Tt":
        raise _refused(text)
    days = sum(parts.pop(unit, 0) * length for unit, length in _DAYS.items())
    try:
        return timedelta(days=days) + timedelta(**parts)
    except OverflowError as error:
        raise _refused(text) from error


def text(duration: timedelta) -> str:
    """A duration as XML Schema writes it, in seconds: `PT90S`, `PT0.25S`."""
    seconds = f"{duration.total_seconds():.6f}".rstrip("0").rstrip(".")
    return f"PT{seconds}S"


def _refused(given: str) -> Invalid:
    return Invalid(
        N_("{text} is no duration."), N_("Write one such as PT10S or P1DT12H."), text=ascii(given[:40])[1:-1]
    )

"""Which of the available media types an `Accept` header asks for (RFC 9110 §12.5.1; K4 of the Solid checklist)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pod_app.errors import N_, NotAcceptable

_NAME: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
_PARAMETER: Final = re.compile(rf"\s*;\s*(?:({_NAME})\s*=\s*({_NAME}|{_QUOTED}))?")
_TYPE: Final = re.compile(rf"\s*({_NAME})/({_NAME})")
_ELEMENT: Final = re.compile(rf'(?:{_QUOTED}|[^",])++')
_WEIGHT: Final = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One element of `Accept`; `*` stands for anything, `weight` is the q-value."""

    main: str
    sub: str
    parameters: Mapping[str, str]
    weight: float


def choose(accept_header: str | None, available: Sequence[str]) -> str | None:
    """Pick the type that the client weighs highest, nothing when it takes none of them.

    Of equal weights the first of `available` wins, which the server lists in its own order of
    preference; so HTML, when it comes last there, has to be preferred outright (E10). No header, or
    one in which nothing can be read, takes everything.
    """
    if accept_header in available:
        return accept_header
    ranges = list(media_ranges(accept_header or ""))
    if not ranges:
        return available[0] if available else None
    weights = [_weight(ranges, *_split(media_type)) for media_type in available]
    best = max(weights, default=0.0)
    return available[weights.index(best)] if best > 0 else None


def agree(accept_header: str | None, available: Sequence[str], path: str) -> str:
    """`choose`; raises `NotAcceptable`, which tells what can be had at `path` (K4)."""
    chosen = choose(accept_header, available)
    if chosen is None:
        raise NotAcceptable(
            N_("{path} cannot be had in that form."), N_("Ask for one of: {available}."),
            path=path, available=", ".join(available),
        )  # fmt: skip
    return chosen


def media_ranges(accept_header: str) -> Iterator[MediaRange]:
    """Read the elements of an `Accept` header; what cannot be read is left out."""
    for element in _ELEMENT.findall(accept_header):
        main, sub, parameters = _split(element)
        weight = parameters.pop("q", "1")
        if main and (main != "*" or sub == "*") and _WEIGHT.fullmatch(weight):
            yield MediaRange(main, sub, parameters, float(weight))


def _split(text: str) -> tuple[str, str, dict[str, str]]:
    """Take a media type apart, in lower case; the name is empty when it is none."""
    match = _TYPE.match(text)
    if match is None:
        return "", "", {}
    parameters: dict[str, str] = {}
    position = match.end()
    while found := _PARAMETER.match(text, position):
        position = found.end()
        if found[1]:
            parameters.setdefault(found[1].lower(), _unquoted(found[2]))
    if text[position:].strip():
        return "", "", {}
    return match[1].lower(), match[2].lower(), parameters


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def _weight(ranges: Sequence[MediaRange], main: str, sub: str, parameters: Mapping[str, str]) -> float:
    """Weight by the most specific range that covers a type; of two equal ranges the larger weight."""
    return max(
        ((_specificity(one), one.weight) for one in ranges if _covers(one, main, sub, parameters)), default=(0, 0.0)
    )[1]


def _specificity(one: MediaRange) -> int:
    if one.main == "*":
        return 0
    return 1 if one.sub == "*" else 2 + len(one.parameters)


def _covers(one: MediaRange, main: str, sub: str, parameters: Mapping[str, str]) -> bool:
    if one.main not in {"*", main} or one.sub not in {"*", sub}:
        return False
    return all(_has(parameters, name, value) for name, value in one.parameters.items())


def _has(parameters: Mapping[str, str], name: str, value: str) -> bool:
    """Everything textual is UTF-8 here, and a `profile` is a hint that JSON-LD lets servers ignore."""
    if name in parameters:
        return parameters[name].lower() == value.lower()
    return name == "profile" or (name == "charset" and value.lower() in {"utf-8", "utf8"})

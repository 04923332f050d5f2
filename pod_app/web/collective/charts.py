"""Charts as SVG drawn on the server: labelled axes, units in words, and never without a table beside them.

All have the width of a phone: nothing is cut off or too small to read there, and two stand side by side elsewhere.

Pure functions from numbers to Markup. Colours come from the style sheet by class, so that themes and dark
screens hold; every series also has its own pattern of dashes or its own label, never colour alone.
"""

from collections.abc import Callable, Mapping, Sequence
from math import ceil, log10
from textwrap import wrap
from typing import Final

from markupsafe import Markup

Numbers = Callable[[int], str]
WIDTH: Final = 400
_ROW: Final = 48
_SERIES: Final = 9
_HEIGHT: Final = 230
_FOOT: Final = 34
_EDGE: Final = 36
_LETTERS: Final = 46
_RIGHT: Final = 8
_LABELS: Final = 5
_HALF_A_LABEL: Final = 30
_ACROSS: Final = 3
_BESIDE: Final = 16


def bars(title: str, unit: str, rows: Sequence[tuple[str, int]], number: Numbers = str) -> Markup:
    """Horizontal bars, each under its name and with its value at the end."""
    most = max((value for _, value in rows), default=0)
    drawn = [
        Markup(
            '<text x="0" y="{y}" class="name">{name}</text>'
            '<rect x="0" y="{top}" width="{width}" height="16" rx="6" class="s1"/>'
            '<text x="{end}" y="{beside}" class="value">{value}</text>'
        ).format(
            y=_ROW * place + 16,
            name=_short(name),
            top=_ROW * place + 23,
            width=_scaled(value, most, WIDTH - 84),
            end=_scaled(value, most, WIDTH - 84) + 8,
            beside=_ROW * place + 36,
            value=number(value),
        )
        for place, (name, value) in enumerate(rows)
    ]
    height = _ROW * len(rows) + 24
    axis = Markup('<text x="0" y="{y}" class="axis">{unit}</text>').format(y=height - 6, unit=unit)
    return _svg(title, height, [*drawn, axis])


def columns(
    title: str, unit: str, places: Sequence[str], series: Mapping[str, Sequence[int]], number: Numbers = str
) -> Markup:
    """Stacked columns over time; each series is a layer, in order, with its own class."""
    totals = [sum(values[place] for values in series.values()) for place in range(len(places))]
    top = _nice(max(totals, default=0))
    step = (WIDTH - _EDGE - _RIGHT) / max(len(places), 1)
    drawn = [_grid(top, number)]
    for place in range(len(places)):
        base = float(_HEIGHT)
        for layer, values in enumerate(series.values()):
            size = _scaled(values[place], top, _HEIGHT - 20)
            base -= size
            drawn.append(
                Markup('<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" class="s{n}"/>').format(
                    x=_EDGE + step * place + step * 0.1, y=base, w=step * 0.8, h=size, n=layer % _SERIES + 1
                )
            )
    drawn += [_under(places, step), _unit(unit)]
    return _svg(title, _HEIGHT + _FOOT, drawn)


def line(title: str, unit: str, places: Sequence[str], values: Sequence[int], number: Numbers = str) -> Markup:
    """One line with a filled ground below it and a point at each value."""
    top = _nice(max(values, default=0))
    step = (WIDTH - _EDGE - _RIGHT) / max(len(places), 1)
    points = [(_EDGE + step * (n + 0.5), _HEIGHT - _scaled(value, top, _HEIGHT - 20)) for n, value in enumerate(values)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    drawn = [_grid(top, number)]
    if points:
        drawn.append(
            Markup('<polygon points="{a:.1f},{base} {path} {z:.1f},{base}" class="ground"/>').format(
                a=points[0][0], z=points[-1][0], base=_HEIGHT, path=path
            )
        )
        drawn.append(Markup('<polyline points="{}" class="stroke"/>').format(path))
        drawn += [Markup('<circle cx="{:.1f}" cy="{:.1f}" r="4" class="dot"/>').format(x, y) for x, y in points]
    drawn += [_under(places, step), _unit(unit)]
    return _svg(title, _HEIGHT + _FOOT, drawn)


def circles(title: str, unit: str, rows: Sequence[tuple[str, int]], number: Numbers = str) -> Markup:
    """Circles whose area is the value, in rows like beds of a garden; name and value stand below each."""
    most = max((value for _, value in rows), default=0)
    wide, tall = WIDTH // _ACROSS, 156
    drawn = []
    for place, (name, value) in enumerate(rows):
        x, y = wide * (place % _ACROSS) + wide // 2, tall * (place // _ACROSS) + 52
        radius = max(4.0, 44 * (value / most) ** 0.5) if most else 4.0
        drawn += [
            Markup('<circle cx="{x}" cy="{y}" r="{r:.1f}" class="s{n}"/>').format(
                x=x, y=y, r=radius, n=place // _ACROSS % _SERIES + 1
            ),
            _below(name, number(value), x, y + 62),
        ]
    height = tall * ceil(len(rows) / _ACROSS) + _FOOT
    axis = Markup('<text x="8" y="{y}" class="axis">{unit}</text>').format(y=height - 14, unit=unit)
    return _svg(title, height, [*drawn, axis])


def legend(names: Sequence[str]) -> list[tuple[int, str]]:
    """Number of the class and name of each series, for the list beside the chart."""
    return [(place % _SERIES + 1, name) for place, name in enumerate(names)]


def _svg(title: str, height: int, parts: Sequence[Markup]) -> Markup:
    return Markup('<svg class="chart" viewBox="0 0 {w} {h}" role="img" aria-label="{title}">{parts}</svg>').format(
        w=WIDTH, h=height, title=title, parts=Markup("").join(parts)
    )


def _grid(top: int, number: Numbers) -> Markup:
    lines = []
    for quarter in range(5):
        y = _HEIGHT - (_HEIGHT - 20) * quarter / 4
        lines.append(
            Markup('<line x1="{l}" x2="{r}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>').format(l=_EDGE, r=WIDTH, y=y)
        )
        if top * quarter % 4 == 0:
            lines.append(
                Markup('<text x="{x}" y="{y:.1f}" class="axis" text-anchor="end">{n}</text>').format(
                    x=_EDGE - 8, y=y + 5, n=number(top * quarter // 4)
                )
            )
    return Markup("").join(lines)


def _under(places: Sequence[str], step: float) -> Markup:
    every = max(1, ceil(len(places) / _LABELS))
    return Markup("").join(
        Markup('<text x="{x:.1f}" y="{y}" class="axis" text-anchor="middle">{name}</text>').format(
            x=min(_EDGE + step * (place + 0.5), WIDTH - _HALF_A_LABEL), y=_HEIGHT + 22, name=name
        )
        for place, name in enumerate(places)
        if place % every == 0
    )


def _unit(unit: str) -> Markup:
    return Markup('<text x="{x}" y="14" class="axis">{unit}</text>').format(x=_EDGE, unit=unit)


def _nice(most: int) -> int:
    """The next round number above, so that quarters of the axis are readable."""
    if most <= 0:
        return 4
    power = 10 ** int(log10(most))
    return int(next(step * power for step in (1, 2, 4, 6, 8, 10) if step * power >= most)) if power > 1 else _ones(most)


def _ones(most: int) -> int:
    return 4 if most <= 4 else 8 if most <= 8 else 12  # noqa: PLR2004  # multiples of four


def _scaled(value: int, most: int, room: float) -> float:
    return round(room * value / most, 1) if most > 0 and value > 0 else 0.0


def _below(name: str, value: str, x: int, y: int) -> Markup:
    """A name on one line or two, what does not fit being cut, and its value under it."""
    first, *rest = wrap(name, _BESIDE, break_long_words=False) or [""]
    names = [_short(one, _BESIDE + 2) for one in ([first, " ".join(rest)] if rest else [first])]
    lines = [*((one, "name") for one in names), (value, "value")]
    return Markup("").join(
        Markup('<text x="{x}" y="{y}" class="{kind}" text-anchor="middle">{line}</text>').format(
            x=x, y=y + 18 * at, kind=kind, line=line
        )
        for at, (line, kind) in enumerate(lines)
    )


def _short(text: str, letters: int = _LETTERS) -> str:
    return text if len(text) <= letters else f"{text[: letters - 1]}…"

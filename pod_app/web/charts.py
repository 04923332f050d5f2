"""Charts as SVG drawn on the server: labelled axes, units in words, and never without a table beside them.

Pure functions from numbers to Markup. Colours come from the style sheet by class, so that themes and dark
screens hold; every series also has its own pattern of dashes or its own label, never colour alone.
"""

from collections.abc import Callable, Mapping, Sequence
from math import ceil, log10
from typing import Final

from markupsafe import Markup

Numbers = Callable[[int], str]
WIDTH: Final = 720
_NARROW: Final = 400
_ROW: Final = 48
_SERIES: Final = 9
_HEIGHT: Final = 300
_FOOT: Final = 46
_EDGE: Final = 56
_LETTERS: Final = 46
_RIGHT: Final = 24


def bars(title: str, unit: str, rows: Sequence[tuple[str, int]], number: Numbers = str) -> Markup:
    """Horizontal bars, each under its name and with its value at the end, narrow enough to be read on a phone."""
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
            width=_scaled(value, most, _NARROW - 84),
            end=_scaled(value, most, _NARROW - 84) + 8,
            beside=_ROW * place + 36,
            value=number(value),
        )
        for place, (name, value) in enumerate(rows)
    ]
    height = _ROW * len(rows) + 24
    axis = Markup('<text x="0" y="{y}" class="axis">{unit}</text>').format(y=height - 6, unit=unit)
    return _svg(title, height, [*drawn, axis], _NARROW)


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
    wide, tall, across = 144, 150, 5
    drawn = [
        Markup(
            '<circle cx="{x}" cy="{y}" r="{r:.1f}" class="s{n}"/>'
            '<text x="{x}" y="{below}" class="name" text-anchor="middle">{name}</text>'
            '<text x="{x}" y="{under}" class="value" text-anchor="middle">{value}</text>'
        ).format(
            x=wide * (place % across) + wide // 2,
            y=tall * (place // across) + 52,
            r=max(4.0, 44 * (value / most) ** 0.5) if most else 4.0,
            n=place // across % _SERIES + 1,
            below=tall * (place // across) + 116,
            name=_short(name, 18),
            under=tall * (place // across) + 136,
            value=number(value),
        )
        for place, (name, value) in enumerate(rows)
    ]
    height = tall * ceil(len(rows) / across) + _FOOT
    axis = Markup('<text x="8" y="{y}" class="axis">{unit}</text>').format(y=height - 14, unit=unit)
    return _svg(title, height, [*drawn, axis])


def legend(names: Sequence[str]) -> list[tuple[int, str]]:
    """Number of the class and name of each series, for the list beside the chart."""
    return [(place % _SERIES + 1, name) for place, name in enumerate(names)]


def _svg(title: str, height: int, parts: Sequence[Markup], width: int = WIDTH) -> Markup:
    return Markup(
        '<svg class="chart{kind}" viewBox="0 0 {w} {h}" role="img" aria-label="{title}">{parts}</svg>'
    ).format(kind=" narrow" if width < WIDTH else "", w=width, h=height, title=title, parts=Markup("").join(parts))


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
    every = max(1, ceil(len(places) / 9))
    return Markup("").join(
        Markup('<text x="{x:.1f}" y="{y}" class="axis" text-anchor="middle">{name}</text>').format(
            x=_EDGE + step * (place + 0.5), y=_HEIGHT + 22, name=name
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


def _short(text: str, letters: int = _LETTERS) -> str:
    return text if len(text) <= letters else f"{text[: letters - 1]}…"

"""Charts drawn on the server: every value has its text or its place, and what people write never becomes markup."""

from xml.etree import ElementTree as ET

import pytest

from pod_app.web.collective import charts
from pod_app.web.collective.view_words import _without_gaps

SVG = "{http://www.w3.org/2000/svg}"
ROWS = [
    ("Jardin <b>&</b> Cie", 12),
    ("Un très long nom de jardin qui ne tient pas sur une ligne", 3),
    ("Vide", 0),
]


def parsed(markup):
    return ET.fromstring(str(markup).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))  # our own text


def texts(root):
    return ["".join(one.itertext()) for one in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("draw", [charts.bars, charts.circles])
def test_every_row_has_its_name_its_value_and_the_unit(draw):
    root = parsed(draw("Titre", "minutes", ROWS))
    written = texts(root)
    assert {"12", "3", "0", "minutes"} <= set(written)
    assert "Jardin <b>&</b> Cie"[:10] in " ".join(written)
    assert root.get("aria-label") == "Titre"


def test_columns_are_stacked_up_to_a_readable_axis():
    root = parsed(charts.columns("Titre", "dons", ["a", "b"], {"soin": [3, 0], "temps": [4, 9]}))
    heights = [float(one.get("height")) for one in root.iter(f"{SVG}rect")]
    assert heights[1] / heights[0] == pytest.approx(4 / 3, rel=0.01)
    assert heights[2] == 0
    assert {"0", "a", "b", "dons"} <= set(texts(root))


def test_a_line_has_a_point_for_every_value():
    root = parsed(charts.line("Titre", "mercis", ["a", "b", "c"], [0, 5, 2]))
    assert len(list(root.iter(f"{SVG}circle"))) == 3


@pytest.mark.parametrize("draw", [charts.bars, charts.circles])
def test_nothing_to_draw_is_an_empty_picture_not_a_failure(draw):
    assert list(parsed(draw("Titre", "minutes", [])).iter(f"{SVG}rect")) == []
    assert parsed(charts.columns("Titre", "x", [], {})) is not None
    assert parsed(charts.line("Titre", "x", [], [])) is not None


def test_a_name_of_two_words_stands_on_two_lines_above_its_value():
    root = parsed(charts.circles("Titre", "badges", [("communication non violente", 7)]))
    written = {"".join(one.itertext()): float(one.get("y")) for one in root.iter(f"{SVG}text")}
    assert written["communication"] < written["non violente"] < written["7"]


def test_every_label_over_time_ends_inside_the_picture():
    places = [f"mai 20{year}" for year in range(10, 41)]
    root = parsed(charts.line("Titre", "mercis", places, [1] * len(places)))
    middles = [float(one.get("x")) for one in root.iter(f"{SVG}text") if "".join(one.itertext()) in places]
    assert 1 < len(middles) <= 5
    assert max(middles) <= charts.WIDTH - 28


def test_a_month_without_a_number_keeps_its_place():
    assert _without_gaps(["2025-11", "2026-02"]) == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert _without_gaps(["2024", "2026"]) == ["2024", "2026"]
    assert _without_gaps([]) == []

"""Choosing a representation (solid.md K4, E10; RFC 9110 §12.5.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pod_app.standards.negotiation import choose

TURTLE, JSON_LD, HTML = "text/turtle", "application/ld+json", "text/html"
AVAILABLE = (TURTLE, JSON_LD, HTML)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, TURTLE),
        ("", TURTLE),
        ("*/*", TURTLE),
        (TURTLE, TURTLE),
        ("TEXT/Turtle", TURTLE),
        (JSON_LD, JSON_LD),
        ("text/*", TURTLE),
        ("application/*", JSON_LD),
        (HTML, HTML),
        ("text/html, */*", TURTLE),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", HTML),
        ("application/ld+json;q=0.5, text/turtle;q=0.4", JSON_LD),
        ("application/ld+json ; q=0.5 ,text/turtle; Q=0.6", TURTLE),
        ("text/turtle;q=0, */*", JSON_LD),
        ("text/turtle;q=0.0, application/ld+json;q=0.000, */*;q=0.1", HTML),
        ("text/*;q=0.9, text/turtle;q=0.1, application/ld+json;q=0.5", HTML),
        ("*/*;q=0", None),
        ("text/turtle;q=0", None),
        ("image/png", None),
        ("image/png, text/turtle;q=0.001", TURTLE),
        ("text/turtle;charset=utf-8", TURTLE),
        ("text/turtle;charset=latin-1", None),
        ("text/html;level=1", None),
        ("text/html;level=1, text/html;q=0.1, text/turtle;q=0.05", HTML),
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams"', JSON_LD),
        ('x/y;z=",text/html;q=1", application/ld+json;q=0.1', JSON_LD),
        ("text/turtle;q=2, application/ld+json;q=0.1", JSON_LD),
        ("text/turtle;q=x, application/ld+json", JSON_LD),
        ("*/turtle", TURTLE),
        (";;,,;", TURTLE),
        ("text", TURTLE),
        (",".join(f"x/y{number}" for number in range(500)) + ",application/ld+json", JSON_LD),
    ],
)
def test_k4_the_client_gets_what_it_weighs_highest(accept, chosen):
    assert choose(accept, AVAILABLE) == chosen


def test_of_equal_weights_the_servers_first_wins():
    assert choose("text/html, application/ld+json", AVAILABLE) == JSON_LD
    assert choose("text/html, application/ld+json", (HTML, JSON_LD)) == HTML


def test_parameters_of_an_available_type_must_be_asked_for_exactly():
    available = ('application/json;version="2"', "application/json")
    assert choose("application/json;version=1", available) is None
    assert choose("application/json;version=2, application/json;q=0.5", available) == available[0]


def test_nothing_available_is_nothing_chosen():
    assert choose("*/*", ()) is None
    assert choose(None, ()) is None


@given(st.text(max_size=200))
def test_no_header_breaks_the_choice(header):
    assert choose(header, AVAILABLE) in (*AVAILABLE, None)


def test_a_long_header_full_of_openings_is_read_in_linear_time():
    assert choose('"' * 20_000 + 'a/b;c="\\' * 5_000, AVAILABLE) in (*AVAILABLE, None)

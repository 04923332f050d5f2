"""Entity tags, conditions and ranges (solid.md B9, H1 to H5; RFC 9110 §13, §14)."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pod_app.errors import PreconditionFailed, RangeUnsatisfiable, Unreadable
from pod_app.standards.preconditions import ByteRange, Conditions, State, apply_range, etag, not_modified, range_of

MODIFIED = datetime(2026, 5, 4, 10, 20, 30, 900_000, tzinfo=UTC)
SAME = "Mon, 04 May 2026 10:20:30 GMT"
EARLIER = "Mon, 04 May 2026 10:20:29 GMT"
LATER = "Mon, 04 May 2026 10:20:31 GMT"
STATE = State("ab12.7", MODIFIED)
TURTLE, JSON_LD = etag("ab12.7", "text/turtle"), etag("ab12.7", "application/ld+json")
STALE = etag("ab12.6", "text/turtle")


def test_b9_a_tag_is_strong_and_differs_by_state_media_type_and_language():
    tags = {TURTLE, JSON_LD, STALE, etag("ab12.7", "text/html", "fr"), etag("ab12.7", "text/html", "en")}
    assert len(tags) == 5
    assert all(tag[0] == tag[-1] == '"' and tag.count('"') == 2 for tag in tags)
    assert etag("x", "Text/Turtle") == etag("x", "text/turtle")


@pytest.mark.parametrize(
    ("headers", "state", "goes_on"),
    [
        ({}, STATE, True),
        ({}, None, True),
        ({"If-None-Match": "*"}, STATE, False),
        ({"If-None-Match": "*"}, None, True),
        ({"If-None-Match": TURTLE}, STATE, False),
        ({"If-None-Match": f"W/{TURTLE}"}, STATE, False),
        ({"If-None-Match": JSON_LD}, STATE, False),
        ({"If-None-Match": STALE}, STATE, True),
        ({"If-None-Match": f"{STALE}, {TURTLE}"}, STATE, False),
        ({"If-None-Match": TURTLE}, None, True),
        ({"If-Match": "*"}, STATE, True),
        ({"If-Match": "*"}, None, False),
        ({"If-Match": TURTLE}, STATE, True),
        ({"If-Match": JSON_LD}, STATE, True),
        ({"If-Match": f"W/{TURTLE}"}, STATE, False),
        ({"If-Match": STALE}, STATE, False),
        ({"If-Match": TURTLE}, None, False),
        ({"If-Match": f'"x" ,\t{STALE},{JSON_LD}'}, STATE, True),
        ({"If-Match": TURTLE.strip('"')}, STATE, True),
        ({"If-Match": '"a,b", "cd"'}, STATE, False),
        ({"If-Match": '""'}, STATE, False),
        ({"If-Unmodified-Since": SAME}, STATE, True),
        ({"If-Unmodified-Since": LATER}, STATE, True),
        ({"If-Unmodified-Since": EARLIER}, STATE, False),
        ({"If-Unmodified-Since": EARLIER}, None, True),
        ({"If-Unmodified-Since": "yesterday"}, STATE, True),
        ({"If-Match": TURTLE, "If-Unmodified-Since": EARLIER}, STATE, True),
        ({"If-Match": STALE, "If-Unmodified-Since": LATER}, STATE, False),
        ({"If-Match": TURTLE, "If-None-Match": "*"}, STATE, False),
        ({"If-Modified-Since": LATER}, STATE, True),
    ],
)
def test_h1_to_h4_a_write_goes_on_only_in_the_state_it_names(headers, state, goes_on):
    conditions = Conditions.of(headers)
    if goes_on:
        conditions.check_write(state)
    else:
        with pytest.raises(PreconditionFailed):
            conditions.check_write(state)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, False),
        ({"If-None-Match": TURTLE}, True),
        ({"If-None-Match": f"W/{TURTLE}"}, True),
        ({"If-None-Match": JSON_LD}, False),
        ({"If-None-Match": STALE}, False),
        ({"If-None-Match": "*"}, True),
        ({"If-Modified-Since": SAME}, True),
        ({"If-Modified-Since": LATER}, True),
        ({"If-Modified-Since": EARLIER}, False),
        ({"If-Modified-Since": "Monday, 04-May-26 10:20:30 GMT"}, True),
        ({"If-Modified-Since": "Mon May  4 10:20:30 2026"}, True),
        ({"If-Modified-Since": "no date"}, False),
        ({"If-Modified-Since": "Mon, 99 May 2026 10:20:30 GMT"}, False),
        ({"If-Modified-Since": LATER, "If-None-Match": STALE}, False),
        ({"If-Modified-Since": EARLIER, "If-None-Match": TURTLE}, True),
        ({"If-Match": JSON_LD}, False),
        ({"If-Unmodified-Since": LATER}, False),
    ],
)
def test_h2_h3_a_read_needs_no_content_when_the_client_has_it(headers, expected):
    assert not_modified(headers, TURTLE, MODIFIED) is expected


@pytest.mark.parametrize("headers", [{"If-Match": STALE}, {"If-Unmodified-Since": EARLIER}])
def test_a_read_of_another_state_than_named_fails(headers):
    with pytest.raises(PreconditionFailed):
        not_modified(headers, TURTLE, MODIFIED)


@pytest.mark.parametrize("value", ["", " ", ",", '"open', '"a" "b"', "W/", '"a", *', '"a" x'])
@pytest.mark.parametrize("name", ["If-Match", "If-None-Match"])
def test_a_condition_that_cannot_be_read_is_never_ignored(name, value):
    with pytest.raises(Unreadable):
        Conditions.of({name: value})


def test_dates_compare_as_moments_whatever_the_zone_of_the_clock():
    elsewhere = MODIFIED.astimezone(timezone(timedelta(hours=9)))
    assert not_modified({"If-Modified-Since": SAME}, TURTLE, elsewhere)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", (0, 0)),
        ("bytes=0-", (0, 9)),
        ("bytes=2-4", (2, 4)),
        ("bytes=9-", (9, 9)),
        ("bytes=5-500", (5, 9)),
        ("bytes=-1", (9, 9)),
        ("bytes=-10", (0, 9)),
        ("bytes=-999999", (0, 9)),
        ("Bytes = 1 - 2", (1, 2)),
        ("bytes=4-2", None),
        ("bytes=-", None),
        ("bytes=", None),
        ("bytes=a-b", None),
        ("bytes=1-2,4-5", None),
        ("items=0-1", None),
        ("bytes=0-" + "9" * 30, None),
        ("", None),
    ],
)
def test_h5_a_single_range_is_found_and_everything_else_is_answered_whole(header, expected):
    found = range_of({"Range": header}, TURTLE, MODIFIED, 10)
    assert found == (ByteRange(*expected, 10) if expected else None)


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=10-", 10), ("bytes=10-12", 10), ("bytes=-0", 10), ("bytes=0-0", 0), ("bytes=-5", 0)]
)
def test_h5_a_range_outside_the_body_says_how_long_it_is(header, size):
    with pytest.raises(RangeUnsatisfiable) as caught:
        range_of({"Range": header}, TURTLE, MODIFIED, size)
    assert caught.value.size == size


@pytest.mark.parametrize(
    ("if_range", "partial"),
    [
        (TURTLE, True),
        (JSON_LD, False),
        (STALE, False),
        (f"W/{TURTLE}", False),
        (SAME, True),
        (LATER, False),
        (EARLIER, False),
        ("?", False),
    ],
)
def test_h5_if_range_asks_for_the_whole_when_the_body_has_changed(if_range, partial):
    found = range_of({"Range": "bytes=1-2", "If-Range": if_range}, TURTLE, MODIFIED, 10)
    assert (found is not None) is partial


def test_h5_a_partial_answer_names_what_it_is_part_of():
    assert ByteRange(1, 2, 10).content_range == "bytes 1-2/10"


class Answer:
    def __init__(self, body):
        self.status_code = 200
        self.headers = {}
        self.body = body

    def get_data(self):
        return self.body

    def set_data(self, value):
        self.body = value


def test_h5_an_answer_is_cut_to_the_part_asked_for():
    whole = apply_range({}, Answer(b"0123456789"), TURTLE, MODIFIED)
    assert (whole.status_code, whole.body, whole.headers) == (200, b"0123456789", {"Accept-Ranges": "bytes"})
    part = apply_range({"Range": "bytes=-3"}, Answer(b"0123456789"), TURTLE, MODIFIED)
    assert (part.status_code, part.body, part.headers["Content-Range"]) == (206, b"789", "bytes 7-9/10")


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_no_header_breaks_the_evaluation(tags, date, part):
    headers = {"If-Match": tags, "If-None-Match": tags, "If-Modified-Since": date, "If-Unmodified-Since": date}
    with suppress(PreconditionFailed, Unreadable):
        Conditions.of(headers).check_write(STATE)
    with suppress(PreconditionFailed, Unreadable):
        not_modified(headers, TURTLE, MODIFIED)
    for header in (part, f"bytes={part}"):
        with suppress(RangeUnsatisfiable):
            range_of({"Range": header, "If-Range": date}, TURTLE, MODIFIED, 10)

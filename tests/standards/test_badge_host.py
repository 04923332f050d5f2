"""Pages and descriptions of other hosts of badges, whatever they hold."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pod_app.errors import PodAppError
from pod_app.standards import badge_api, badge_host

API = "https://badges.example/ims/ob/v3p0"
VALUES = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False, allow_infinity=False) | some.text(),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = some.dictionaries(some.text(), VALUES, max_size=4)


@given(
    badges=some.lists(OBJECTS, max_size=5), tokens=some.lists(some.text("abc.-_", min_size=1), max_size=3),
    around=OBJECTS, indent=some.none() | some.integers(0, 3), ascii_only=some.booleans(),
)  # fmt: skip
def test_every_badge_of_a_page_comes_out_as_it_stands_there(badges, tokens, around, indent, ascii_only):
    page = {**around, "credential": badges, "compactJwsString": tokens}
    page.pop("compactJwsStrings", None)
    text = json.dumps(page, indent=indent, ensure_ascii=ascii_only)
    found = badge_host.badges_in(text.encode("utf-8", "surrogatepass"))
    values = [json.loads(one) for one in found if one.startswith(b"{")]
    assert values == badges
    assert [one.decode() for one in found if not one.startswith(b"{")] == tokens
    assert all(one.decode("utf-8", "surrogatepass") in text for one in found if one.startswith(b"{"))


@given(some.binary(max_size=200) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_whatever_is_no_page_is_told_in_our_own_words(body):
    try:
        found = badge_host.badges_in(body)
    except PodAppError:
        return
    assert all(isinstance(one, bytes) for one in found)


def test_a_token_of_broken_letters_is_a_token_that_will_not_verify():
    assert badge_host.badges_in(b'{"compactJwsString": ["\\ud800.a.b"]}') == [b"?.a.b"]


@given(OBJECTS)
def test_whatever_describes_no_host_is_told_in_our_own_words(document):
    for one in (document, {"components": {"securitySchemes": {badge_api.SCHEME: document}}}):
        with pytest.raises(PodAppError):
            badge_host.host(one, API)


@given(some.text(max_size=60))
def test_whatever_is_typed_is_an_address_or_a_sentence(text):
    with suppress(PodAppError):
        assert badge_host.api_of(text).endswith(f"/{badge_api.PATH}")


@given(total=some.integers(0, 400), limit=some.integers(1, 60), offset=some.integers(0, 500))
def test_pages_lead_through_everything_once(total, limit, offset):
    links = badge_api.links(API, limit=limit, offset=offset, total=total)
    assert 'rel="first"' in links
    assert 'rel="last"' in links
    following = badge_api.next_page(links, API)
    assert (following is not None) == (offset + limit < total)
    if following:
        assert following == f"{API}?limit={limit}&offset={offset + limit}"


@pytest.mark.parametrize(
    "header",
    [None, "", "garbage", '<https://evil.example/x>; rel="next"', '<//badges.example/x>; rel="next"',
     '<https://badges.example/x>; rel="prev"'],
)  # fmt: skip
def test_a_next_page_elsewhere_is_none(header):
    assert badge_api.next_page(header, API) is None

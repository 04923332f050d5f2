"""The WAC-Allow header, written and read (WAC §6)."""

from itertools import chain, combinations

import pytest

from pod_app.standards import wac_allow
from pod_app.standards.wac import Mode

READ, WRITE, APPEND, CONTROL = Mode.READ, Mode.WRITE, Mode.APPEND, Mode.CONTROL
SETS = [frozenset(some) for some in chain.from_iterable(combinations(Mode, size) for size in range(len(Mode) + 1))]


@pytest.mark.parametrize(
    ("user", "public", "expected"),
    [
        (set(), set(), 'user="",public=""'),
        ({READ}, set(), 'user="read",public=""'),
        ({CONTROL, READ}, set(), 'user="read control",public=""'),
        ({APPEND, READ}, {READ}, 'user="read append",public="read"'),
        ({WRITE, APPEND, READ}, set(), 'user="read write append",public=""'),
        (set(), {READ}, 'user="read",public="read"'),
        (set(Mode), set(), 'user="read write append control",public=""'),
    ],
)
def test_p15_p16_wac_allow_says_exactly_the_modes_and_includes_the_publics(user, public, expected):
    assert wac_allow.write(user, public) == expected


@pytest.mark.parametrize("public", SETS)
def test_what_we_write_is_read_back(public):
    for user in SETS:
        assert wac_allow.read(wac_allow.write(user, public)) == {"user": user | public, "public": public}


@pytest.mark.parametrize(
    ("header", "public"),
    [
        ('user="read write append control",public="read"', {READ}),
        ('user="read write", public="read append"', {READ, APPEND}),
        ('public = "read"', {READ}),
        ('\tpublic\t=\t"  read   write "  ', {READ, WRITE}),
        ('Public="Read"', {READ}),
        ('public=""', set()),
        ('public="read",', {READ}),
        (', ,public="read"', {READ}),
        ('public="read teleport"', {READ}),
        ('everybody="write",public="read"', {READ}),
        ('public="read",public="append"', {READ, APPEND}),
    ],
)
def test_modes_of_everybody_are_read_with_any_white_space_and_unknown_words_passed_over(header, public):
    assert wac_allow.read(header)["public"] == public


@pytest.mark.parametrize(
    "header",
    [
        "",
        'user="read write"',
        'notpublic="read"',
        'my-public="read"',
        "public=read",
        "public='read'",
        'public="read',
        'public="read"; user="read"',
        'public="read" user="read"',
        'public:"read"',
        'public="read",user',
        'public="read,append"',
    ],
)
def test_a_header_of_another_form_says_nothing_about_everybody(header):
    assert "public" not in wac_allow.read(header)
    assert not wac_allow.lets_everybody_read(header)


def test_only_reading_lets_everybody_read():
    assert wac_allow.lets_everybody_read('user="",public="append read"')
    assert not wac_allow.lets_everybody_read('user="read",public="append write"')

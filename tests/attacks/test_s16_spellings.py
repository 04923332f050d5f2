"""S16: no spelling of an address gets past the decision about its canonical form (unit level)."""

import re
from contextlib import suppress
from urllib.parse import quote, unquote_to_bytes

from hypothesis import example, given
from hypothesis import strategies as st

from pod_app.errors import Unreadable
from pod_app.standards.addresses import Address, is_application, parse_target

LEGAL = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-F]{2})+", re.ASCII)

names = st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12).filter(
    lambda name: name not in {".", ".."} and not set(name) & {"/", "\\"}
)
plain_names = names.filter(lambda name: not name.endswith((".acl", ".meta")))
targets = st.builds(
    lambda parts, slash: "/alice/" + "/".join(quote(part, safe="") for part in parts) + slash,
    st.lists(plain_names, min_size=1, max_size=4),
    st.sampled_from(["", "/"]),
)
PIECES = """/ // a b A . .. %2e %2E %2f %5C \\ %00 % %2 %c3%a9 %c0%af ; ? # %25 %20 + %2b .acl .meta %EF%BC%8F e%CC%81 http://x
 @ : & \xff"""
hostile = st.lists(st.sampled_from([*PIECES.split(), " ", "\r\n", "\t"]), max_size=12).map("".join)


def respell(data, target):
    """Another spelling of the same target: random escapes of random characters, in random case."""
    spelled = []
    for byte in unquote_keeping_slashes(target):
        if byte == "/" or (
            byte.isascii() and re.fullmatch(r"[A-Za-z0-9\-._~!$&'()*+,;=:@]", byte) and data.draw(st.booleans())
        ):
            spelled.append(byte)
        else:
            escape = quote(byte, safe="") if quote(byte, safe="") != byte else f"%{ord(byte):02X}"
            spelled.append(escape.lower() if data.draw(st.booleans()) else escape)
    return "".join(spelled)


def unquote_keeping_slashes(target):
    return "/".join(unquote_to_bytes(part).decode() for part in target.split("/"))


@given(targets, st.data())
def test_s16_every_spelling_of_an_address_is_the_same_address(target, data):
    canonical = parse_target(target)
    spelling = respell(data, target)
    assert parse_target(spelling) == canonical
    assert parse_target(f"{spelling}?{data.draw(st.text(alphabet='a/.%?=', max_size=9))}") == canonical
    assert parse_target(f"http://localhost{spelling}") == canonical


@given(hostile)
@example("/alice/a//b")
@example("/alice/..;/b")
def test_s16_any_target_is_refused_or_has_one_canonical_form(raw):
    for spelling in (raw, f"/alice/{raw}", f"/{raw}"):
        try:
            address = parse_target(spelling)
        except Unreadable:
            continue
        if is_application(spelling):
            continue
        assert parse_target(address.target) == address
        segments = address.target.removesuffix("/").split("/")[1:]
        assert all(LEGAL.fullmatch(segment) for segment in segments)
        decoded = [unquote_to_bytes(segment).decode() for segment in segments]
        assert not {".", "..", ""} & set(decoded)
        assert not any(set(name) & {"/", "\\", "\x00"} for name in decoded)


@given(st.text(max_size=60))
def test_s16_no_text_breaks_the_splitter(raw):
    for spelling in (raw, f"/{raw}"):
        is_application(spelling)
        with suppress(Unreadable):
            assert isinstance(parse_target(spelling), Address)


@given(targets, targets)
def test_s16_two_addresses_are_equal_exactly_when_their_decoded_names_are(one, other):
    same = unquote_keeping_slashes(one) == unquote_keeping_slashes(other)
    assert (parse_target(one) == parse_target(other)) == same


@given(targets)
def test_s17_the_rules_of_an_address_are_found_by_its_own_name_only(target):
    address = parse_target(target)
    assert address.acl.subject == address
    assert address.meta.subject == address
    assert address.acl != address.twin.acl

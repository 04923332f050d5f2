"""Link headers of other servers (RFC 8288)."""

import pytest

from pod_app.standards.links import by_relation, has_policies

BASE = "https://pods.example/alice/notes"


@pytest.mark.parametrize(
    ("header", "relation", "targets"),
    [
        ('<notes.acl>; rel="acl"', "acl", ("https://pods.example/alice/notes.acl",)),
        ("<notes.acl>; rel=acl", "acl", ("https://pods.example/alice/notes.acl",)),
        ('<.acl>; rel="acl", <.meta>; rel="describedby"', "describedby", ("https://pods.example/alice/.meta",)),
        ('<a>; rel="x acl y"', "acl", ("https://pods.example/alice/a",)),
        ('<a>; title="x; rel=\\"no\\", <b>"; rel="acl"', "acl", ("https://pods.example/alice/a",)),
        ('<a>; rel="type", <b>; rel="type"', "type", ("https://pods.example/alice/a", "https://pods.example/alice/b")),
        ('<a?b=1,2>; rel="acl"', "acl", ("https://pods.example/alice/a?b=1,2",)),
        ('<a>; REL="acl"', "acl", ("https://pods.example/alice/a",)),
        ('<a>; rel="first"; rel="acl"', "acl", ()),  # only the first counts
        ('<a>; rel="acl"; anchor="#other"', "acl", ()),
        ("<a>", "acl", ()),
        ('a; rel="acl"', "acl", ()),
        ("", "acl", ()),
        ('<a; rel="acl"', "acl", ()),
        ('<>; rel="acl"', "acl", (BASE,)),
    ],
)
def test_relations_and_their_targets(header, relation, targets):
    assert by_relation(header, BASE)[relation] == targets


@pytest.mark.parametrize(
    ("types", "policies"),
    [
        (("http://www.w3.org/ns/ldp#Resource",), False),
        (("http://www.w3.org/ns/ldp#Resource", "http://www.w3.org/ns/solid/acp#AccessControlResource"), True),
        ((), False),
    ],
)
def test_policies_are_told_from_rules_by_the_type(types, policies):
    header = ", ".join(f'<{one}>; rel="type"' for one in types)
    assert has_policies(by_relation(header, BASE)) == policies

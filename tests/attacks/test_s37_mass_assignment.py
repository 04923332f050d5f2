"""S37: nobody writes what the server keeps, by whatever field, header or statement they add."""

import itertools

import pytest
from fixtures_pods import TEXT, settled

from pod_app.standards import rdf
from pod_app.storage import resources as rows

BOX = "/alice/private/"
HERE = "https://garden.example/alice/private/"
LDP, STAT, DC = "http://www.w3.org/ns/ldp#", "http://www.w3.org/ns/posix/stat#", "http://purl.org/dc/terms/"
BASIC = f'<{LDP}BasicContainer>; rel="type"'
MANAGED = [
    f"<> <{LDP}contains> <{HERE}ghost> .",
    f"<> <{LDP}contains> <https://elsewhere.example/x> .",
    f"<{HERE}t.txt> <{LDP}contains> <> .",
    f"_:b <{LDP}contains> <x> .",
    f"<> <{DC}modified> '1999-01-01T00:00:00Z' .",
    f"<t.txt> <{DC}modified> '1999-01-01T00:00:00Z' .",
    f"<t.txt> <{STAT}size> 1 .",
    f"<t.txt> <{STAT}mtime> 1 .",
    "<t.txt> a <http://www.w3.org/ns/iana/media-types/text/html#Resource> .",
]
EXTRA = {
    "X_Created": "1999-01-01", "X_Owner": "https://evil.example/#me", "X_Version": "99",
    "X_Pod_App_Agent": "urn:pod_app:program",
    "Last_Modified": "Fri, 01 Jan 1999 00:00:00 GMT", "ETag": '"mine"', "WAC_Allow": 'user="control"', "From": "root@x",
    "Content_Location": "/bob/private/x", "Location": "/bob/private/x", "Remote_User": "alice",
    "Date": "Fri, 01 Jan 1999 00:00:00 GMT", "X_HTTP_Method_Override": "DELETE", "X_Quota": "0",
    "Link": f'<{HERE}.acl>; rel="acl", <https://evil.example/#me>; rel="http://www.w3.org/ns/solid/terms#owner"',
}  # fmt: skip


@pytest.fixture
def village(installation):
    return settled(installation)


def state(installation):
    """Everything the tables say about what stands in Alice's private container, but for its date."""
    with installation.services.resources.reading() as conn:
        members = rows.children(conn, "alice", "private/")
    return [(one.path, one.media_type, one.size, one.sha256) for one in members]


def in_syntax(body, media_type):
    return rdf.serialize(rdf.parse(body.encode(), rdf.TURTLE, HERE), media_type)


@pytest.mark.parametrize("media_type", [rdf.TURTLE, rdf.JSON_LD, rdf.N_TRIPLES, rdf.RDF_XML])
def test_s37_server_managed_statements_about_a_container_are_refused_in_every_syntax(village, media_type):
    alice, bob, _ = village
    alice.grant(BOX, (bob.webid, "Read Write"))
    before, listing = state(alice.installation), alice.get(BOX).content
    for person, body in itertools.product((alice, bob), MANAGED):
        sent = in_syntax(body, media_type)
        assert person.put(BOX, sent, media_type).status_code == 409
        assert person("POST", BOX, sent, media_type, Link=BASIC, Slug="ghost").status_code == 409
        assert person.put(f"{BOX}ghost/", sent, media_type).status_code == 409
    assert state(alice.installation) == before
    assert alice.get(BOX).content == listing
    assert alice.get(f"{BOX}ghost/").status_code == 404


@pytest.mark.parametrize(("name", "value"), EXTRA.items())
def test_s37_no_header_sets_what_the_server_keeps(village, name, value):
    alice, bob, _ = village
    made = alice.put(f"{BOX}new", b"<> <urn:p> 1.", **{name: value})
    assert (made.status_code, made.headers["Location"]) == (201, f"{HERE}new")
    answer = alice.get(f"{BOX}new")
    assert answer.headers["Last-Modified"] == "Thu, 12 Mar 2026 09:00:00 GMT"
    assert answer.headers["ETag"] not in {'"mine"', value}
    assert "evil.example" not in str(answer.headers)
    assert bob.get(f"{BOX}new").status_code == 403
    with alice.installation.services.resources.reading() as conn:
        assert rows.owners(conn, "alice") == {alice.webid}
        stored = rows.get(conn, "alice", "private/new")
    assert (stored.version, stored.created) == (1, alice.installation.clock.now)
    assert alice.get(f"{BOX}new").status_code == 200


def test_s37_a_description_gives_nothing_to_its_subject(village):
    alice, bob, stranger = village
    body = (
        f"<> <http://www.w3.org/ns/solid/terms#owner> <{bob.webid}>. <t.txt> <{STAT}size> 99999 ; <{DC}modified> 'x' . "
        f"<t.txt> <http://www.w3.org/ns/auth/acl#accessControl> <https://evil.example/acl> . "
        f"<#r> a <http://www.w3.org/ns/auth/acl#Authorization>; <http://www.w3.org/ns/auth/acl#agent> <{bob.webid}>; "
        f"<http://www.w3.org/ns/auth/acl#accessTo> <t.txt>; <http://www.w3.org/ns/auth/acl#mode> "
        "<http://www.w3.org/ns/auth/acl#Read> ."
    )
    before = alice.get(TEXT)
    assert alice.put(f"{TEXT}.meta", body.encode()).status_code == 201
    after = alice.get(TEXT)
    assert (after.headers["Content-Length"], after.headers["Link"]) == (
        before.headers["Content-Length"],
        before.headers["Link"],
    )
    assert (bob.get(TEXT).status_code, stranger.get(TEXT).status_code) == (403, 401)


FIELDS = ("account", "pod", "owner", "webid", "role", "admin", "id", "expires", "__class__", "next", "csrf", "name")


@pytest.mark.parametrize("target", ["/me/sign-in", "/me/audience", "/me/sign-out"])
def test_s37_forms_take_their_own_fields_and_no_more(installation, target):
    """A hostile field neither signs anybody in nor changes whose things are shown, and is never a fault of ours."""
    settled(installation)
    installation.person("dora", "correct horse battery")
    rule = next(one for one in installation.client._transport.app.flask.url_map.iter_rules() if one.rule == target)
    for count, value in itertools.product((1, len(FIELDS)), ("alice", "https://garden.example/alice/profile/card#me")):
        data = dict.fromkeys(FIELDS[:count], value)
        answer = installation.client.post(rule.rule, data=data, headers={"Accept-Language": "en"})
        assert answer.status_code in {200, 302, 303, 400, 401, 403, 409, 422, 429}, answer.text
        assert "Set-Cookie" not in answer.headers or "session=;" in answer.headers["Set-Cookie"]

"""S29: every door that changes something is tried from another site, without a token and by mere reading.

The routes are read from the application, so that one that comes later is tried as well.
"""

import re

import pytest
from relying_party import sign_in
from sqlalchemy import select

from pod_app.storage import schema
from pod_app.web.identity.oidc import OPEN_PATHS

PASSWORD = "une petite phrase"
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://garden.example.evil.example"},
    {"Origin": "null"},
]
OWN = {"Sec-Fetch-Site": "same-origin", "Origin": "https://garden.example"}
SAFE = {"GET", "HEAD", "OPTIONS"}
FOR_STRANGERS = {
    "/me/sign-in", "/me/new", "/me/recover", "/verify", "/me/passkeys/ask", "/me/passkeys/sign-in",
    "/me/elsewhere", "/me/persona", "/me/as",
}  # fmt: skip
"""Forms that nobody needs to be signed in for: no other site may send them, and they bring no token."""


@pytest.fixture
def house(installation):
    installation.alice = installation.person("alice", PASSWORD)
    sign_in(installation, "alice", PASSWORD)
    installation.client.get("/oidc/jwks")  # keys are made at first use
    page = installation.client.get("/me/leave").text
    installation.token = re.search(r'name="csrf" value="([^"]+)"', page)[1]
    return installation


def doors(house):
    """Method and path of each route that does more than answer."""
    application = house.client._transport.app
    for rule in application.flask.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", "1", rule.rule)
        yield from ((method, path) for method in sorted(rule.methods - SAFE))


def state(house):
    """Everything in the database, but for when a sign-in was last seen."""
    with house.services.database.read() as conn:
        return {
            table.name: sorted(
                repr(tuple(value for column, value in row._mapping.items() if column != "seen"))
                for row in conn.execute(select(table))
            )
            for table in schema.metadata.sorted_tables
        }


def form(house, **more):
    fields = {
        "csrf": house.token, "name": "alice", "password": PASSWORD, "id": "1", "audience": "everyone", "answer": "yes",
        "new": "une autre phrase", "client": "x", "pod": "alice", "first_name": "Mallory", "title": "x", "text": "x",
    } | more  # fmt: skip
    return {name: value for name, value in fields.items() if value is not None}


def test_there_are_many_doors_and_each_kind_is_among_them(house):
    found = {path for _, path in doors(house)}
    assert len(found) >= 30
    assert {"/me/sign-in", "/me/leave", "/me/export", "/oidc/token"} <= found


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_s29_no_other_site_changes_anything_not_even_with_the_token(house, headers):
    before = state(house)
    for method, path in doors(house):
        if path.startswith(OPEN_PATHS):
            continue
        answer = house.client.request(method, path, data=form(house), headers=headers)
        assert answer.status_code == 403, (method, path, answer.status_code)
        assert "session" not in answer.headers.get("Set-Cookie", ""), path
    assert state(house) == before


@pytest.mark.parametrize("media_type", ["text/plain", "application/json", "multipart/form-data; boundary=x"])
def test_s29_no_form_in_other_clothes_does_either(house, media_type):
    """`text/plain` JSON needs no preflight: an old trick."""
    before = state(house)
    body = b'{"csrf": "x", "name": "alice", "key": {}, "x": "="}'
    for method, path in doors(house):
        if path.startswith(OPEN_PATHS):
            continue
        sent = FOREIGN[0] | {"Content-Type": media_type}
        assert house.client.request(method, path, content=body, headers=sent).status_code == 403, path
    assert state(house) == before


@pytest.mark.parametrize("token", [None, "", "0" * 64])
def test_s29_without_the_sessions_token_nothing_is_changed(house, token):
    before = state(house)
    for method, path in doors(house):
        if path.startswith(OPEN_PATHS) or path in FOR_STRANGERS:
            continue
        answer = house.client.request(method, path, data=form(house, csrf=token), headers=OWN)
        assert 400 <= answer.status_code < 500, (method, path, answer.status_code)
    assert state(house) == before


def test_s29_what_applications_use_looks_at_no_cookie(house):
    """The same answer with a session and without: a browser's cookie is no proof there."""
    for method, path in doors(house):
        if not path.startswith(OPEN_PATHS):
            continue
        mine = house.client.request(method, path, data=form(house), headers=FOREIGN[0])
        kept = dict(house.client.cookies)
        house.client.cookies.clear()
        nobodys = house.client.request(method, path, data=form(house), headers=FOREIGN[0])
        house.client.cookies.update(kept)
        assert (mine.status_code, mine.text) == (nobodys.status_code, nobodys.text), path


def test_s29_reading_any_address_changes_nothing(house):
    """Also those of doors that change: no GET does what a POST does."""
    before = state(house)
    application = house.client._transport.app
    for rule in application.flask.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", "1", rule.rule)
        answer = house.client.get(path, params=form(house), headers=FOREIGN[0])
        assert answer.status_code < 500, (path, answer.text)
    house.client.get("/me", headers=OWN)
    after = state(house)
    assert {name for name in before if before[name] != after[name]} <= {"sign_ins_elsewhere"}
    assert house.client.get("/me").status_code == 200

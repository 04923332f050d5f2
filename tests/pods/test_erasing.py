"""Leaving for good: gone from every store, and gone again after a backup comes back (trust.md S45)."""

import secrets

import pytest
from fixtures_community import Community
from relying_party import Application, sign_in
from sqlalchemy import select

from pod_app.collective.totalling import totals
from pod_app.errors import Conflict
from pod_app.standards.wac import Agent
from pod_app.storage import backup, schema
from pod_app.storage.keys import RootKey

PASSWORD = "une petite phrase"
ROOT = "ab" * 32


@pytest.fixture
def garden(make_installation):
    made = make_installation(root_key=ROOT)
    made.alice = made.person("alice", PASSWORD, title="Alice")
    made.bob = made.person("bob", PASSWORD)
    return made


def put(garden, pod, path, data, media_type="text/plain"):
    headers = garden.headers(pod) | {"Content-Type": media_type}
    answer = garden.client.put(f"/{pod.name}/{path}", content=data, headers=headers)
    assert answer.status_code in {201, 204}, answer.text


def everywhere(garden):
    return b"".join(path.read_bytes() for path in garden.services.settings.data.rglob("*") if path.is_file())


def test_s45_forty_planted_words_are_found_in_no_file_any_more(garden):
    tokens = [secrets.token_hex(12) for _ in range(40)]
    for number, token in enumerate(tokens[:20]):
        put(garden, garden.alice, f"private/note-{number}", token)
        put(garden, garden.alice, f"private/note-{number}", f"changed {token}")
    for number, token in enumerate(tokens[20:30]):
        put(garden, garden.alice, f"private/big-{number}", token * 8000, "application/octet-stream")
    for number, token in enumerate(tokens[30:]):
        turtle = f'<#{token}> <http://schema.org/name> "{token}" .'
        put(garden, garden.alice, f"public/{token}-{number}", turtle, "text/turtle")
    assert all(token.encode() in everywhere(garden) for token in tokens[:20])
    garden.services.erasing.erase(garden.alice)
    garden.services.views.catch_up()
    left = everywhere(garden)
    assert [token for token in tokens if token.encode() in left] == []


def test_s45_account_sessions_keys_and_grants_are_gone(garden):
    app = Application(garden)
    told = app.sign_in("alice", PASSWORD)
    garden.services.erasing.erase(garden.alice)
    assert garden.client.get("/me").status_code == 303
    answer = garden.client.post("/me/sign-in", data={"name": "alice", "password": PASSWORD})
    assert answer.status_code == 401
    form = {"grant_type": "refresh_token", "client_id": app.id, "refresh_token": told["refresh_token"]}
    assert app.token(form).json()["error"] == "invalid_grant"
    with garden.services.database.read() as conn:
        for table in (schema.keys, schema.consents, schema.resources, schema.pod_owners, schema.account_pods):
            assert conn.execute(select(table).where(table.c.pod == "alice")).first() is None, table.name
        assert conn.scalars(select(schema.accounts.c.name)).all() == ["bob"]


def test_nothing_answers_at_its_addresses_and_nobody_gets_the_name(garden):
    garden.services.erasing.erase(garden.alice)
    for path in ("profile/card", "did.json", "private/", ""):
        assert garden.client.get(f"/alice/{path}").status_code in {401, 404}
    with pytest.raises(Conflict):
        garden.person("alice")
    assert garden.services.accounts.free_name("Alice") == "alice-2"


def test_the_other_pods_are_untouched(garden):
    put(garden, garden.bob, "private/note", "mine")
    put(garden, garden.bob, "private/big", "x" * 100_000)
    put(garden, garden.alice, "private/big", "x" * 100_000)
    garden.services.erasing.erase(garden.alice)
    headers = garden.headers(garden.bob)
    assert garden.client.get("/bob/private/note", headers=headers).text == "mine"
    assert garden.client.get("/bob/private/big", headers=headers).text == "x" * 100_000, "the same blob"


def test_the_collective_counts_them_no_more(make_installation):
    commons = Community(make_installation(), 7)
    for pod in commons.people:
        commons.consent(pod)
    views = commons.services.views
    views.catch_up()
    leaving = commons.people[3]
    before = sum(one.pod != leaving.name for one in commons.given)
    commons.services.erasing.erase(leaving)
    views.catch_up()
    assert total(commons) == before


def total(commons):
    view = commons.services.views.choose("contributions-by-kind")
    with commons.services.database.read() as conn:
        return sum(one.numbers["contributions"] for one in totals(conn, commons.community.name, view))


def test_memberships_end_and_the_last_one_must_hand_over(garden):
    services = garden.services
    shared = services.catalogue.create("potager", "garden", title="Potager", owners=[garden.bob.webid])
    services.members.put(Agent(webid=garden.bob.webid), shared.name, garden.alice.webid)
    services.erasing.erase(garden.alice)
    assert [one.webid for one in services.members.all("potager")] == [garden.bob.webid]
    with pytest.raises(Conflict, match="last member"):
        services.erasing.erase(garden.bob)
    with pytest.raises(Conflict, match="shared"):
        services.erasing.erase(shared)


def test_s45_a_restored_backup_does_not_bring_them_back(garden, make_installation, tmp_path):
    source = tmp_path / "kept.zip"
    backup.write(garden.services.database, garden.services.blobs, source, garden.clock())
    garden.services.erasing.erase(garden.alice)
    ledger = (garden.services.settings.data / "erasures.jsonl").read_bytes()
    other = make_installation(root_key=ROOT)
    services = other.services
    (services.settings.data / "erasures.jsonl").write_bytes(ledger)
    backup.restore(services.database, services.blobs, RootKey(bytes.fromhex(ROOT)), source)
    assert services.catalogue.find("alice") is not None
    assert services.erasing.apply_ledger() == ["alice"]
    assert services.catalogue.find("alice") is None
    assert services.catalogue.find("bob") is not None
    assert services.erasing.apply_ledger() == []


def test_leaving_on_the_pages_takes_two_screens_the_name_and_the_password(garden):
    sign_in(garden, "alice", PASSWORD)
    page = garden.client.get("/me/leave")
    csrf = page.text.partition('name="csrf" value="')[2].partition('"')[0]
    kept = garden.client.post("/me/export", data={"csrf": csrf})
    assert kept.headers["Content-Type"] == "application/zip"
    assert kept.content.startswith(b"PK")
    form = {"csrf": csrf, "name": "alice", "password": PASSWORD}
    for wrong in ({"name": "alix"}, {"password": "wrong"}, {"csrf": "x"}):
        assert garden.client.post("/me/leave", data=form | wrong).status_code in {401, 403, 422}
    assert garden.services.catalogue.find("alice") is not None
    answer = garden.client.post("/me/leave", data=form)
    assert answer.headers["Location"] == "/me/left"
    assert garden.services.catalogue.find("alice") is None
    assert garden.client.get("/me/left").status_code == 200


def test_s30_without_a_password_only_a_fresh_sign_in_erases(garden):
    """Whoever opens with a passkey: a session that was left open on a shared device is not enough."""
    account = garden.services.accounts.create("carole", None)[0]
    name = "__Host-session"
    garden.client.cookies.set(name, garden.services.sessions.begin(account), domain="garden.example", path="/")
    page = garden.client.get("/me/leave").text
    form = {"csrf": page.partition('name="csrf" value="')[2].partition('"')[0], "name": "carole"}
    garden.clock.forward(minutes=11)
    assert garden.client.post("/me/leave", data=form).status_code == 401
    assert garden.services.catalogue.find("carole") is not None
    garden.client.cookies.clear()
    garden.client.cookies.set(name, garden.services.sessions.begin(account), domain="garden.example", path="/")
    page = garden.client.get("/me/leave").text
    form["csrf"] = page.partition('name="csrf" value="')[2].partition('"')[0]
    assert garden.client.post("/me/leave", data=form).headers["Location"] == "/me/left"
    assert garden.services.catalogue.find("carole") is None

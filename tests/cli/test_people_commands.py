"""Accounts, pods and members from a terminal, beside a server that runs on the same folder."""

import json

import live_server
from fixtures_town import PASSWORD, refused

from pod_app import __version__


def test_the_version_is_printed(town):
    assert town.done("--version") == f"pod_app, version {__version__}"


def test_an_account_made_beside_the_server_acts_over_http_at_once(town):
    made = json.loads(town.done("account", "create", "carole", "--client-credentials", "--json"))
    assert set(made) == {"webid", "storage", "issuer", "client_id", "client_secret", "token"}
    assert made["webid"] == town.webid("carole")
    assert made["storage"] == f"{town.base}carole/"
    headers = {"Authorization": f"Bearer {made['token']}", "Content-Type": "text/plain"}
    target = f"{made['storage']}private/note"
    assert live_server.put(target, headers=headers, content=b"a note").status_code == 201
    assert live_server.get(target, headers=headers).content == b"a note"
    assert live_server.get(target).status_code == 401
    again = refused(town.type("account", "create", "carole", "--no-password"), "carole", "taken")
    assert "Traceback" not in again


def test_a_password_from_standard_input_opens_the_notebook(town):
    form = {"name": "alice", "password": PASSWORD}
    assert live_server.post(f"{town.base}me/sign-in", data=form).status_code == 303
    assert live_server.post(f"{town.base}me/sign-in", data=form | {"password": "another one"}).status_code == 401
    assert town.type("account", "create", "dora", stdin=f"{PASSWORD}\n").returncode == 2
    refused(town.type("account", "create", "dora", "--password-stdin", stdin="short\n"), "8")
    assert live_server.get(f"{town.base}dora/profile/card").status_code in {401, 404}


def test_a_pod_made_beside_the_server_answers_and_a_garden_needs_somebody(town):
    printed = town.done("pod", "create", "moulin", "--kind", "garden", "--owner", town.webid("alice"))
    assert f"{town.base}moulin/profile/card#us" in printed
    assert "did:web:localhost%3A" in printed
    assert live_server.get(f"{town.base}moulin/did.json").json()["id"] in printed
    refused(town.type("pod", "create", "desert", "--kind", "garden"), "--owner")
    refused(town.type("pod", "create", "me", "--kind", "person"), "me")
    listed = [line.split() for line in town.done("pod", "list").splitlines()]
    assert ["moulin", "garden", f"{town.base}moulin/profile/card#us"] in listed
    assert not any(line[0] in {"desert", "me"} for line in listed)


def test_members_come_change_and_go(town):
    town.done("member", "add", "potager", town.webid("bob"), "--role", "member", "--role", "welcomer")
    assert f"{town.webid('bob')}  member, welcomer" in town.done("member", "list", "potager")
    town.done("member", "remove", "potager", town.webid("bob"))
    assert town.webid("bob") not in town.done("member", "list", "potager")
    refused(town.type("member", "remove", "potager", town.webid("bob")))
    refused(town.type("member", "add", "bob", town.webid("alice")), "bob")
    refused(town.type("member", "add", "potager", "not a webid"))

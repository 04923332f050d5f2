"""What a script proves with its token, and all that proves nothing (solid.md R10)."""

import base64

import pytest
from sqlalchemy import select

from pod_app.errors import Unauthenticated
from pod_app.standards.wac import ANONYMOUS
from pod_app.storage import schema


@pytest.fixture
def issued(installation):
    account, pod = installation.services.accounts.create("alice", None)
    return installation.services.credentials, installation.services.credentials.issue(account.id, pod.webid)


def test_a_token_proves_the_webid_it_was_made_for(issued):
    credentials, made = issued
    agent = credentials.agent(f"Bearer {made.token}", "https://app.example")
    assert (agent.webid, agent.client, agent.origin) == (made.webid, made.client_id, "https://app.example")
    assert credentials.agent(f"bearer   {made.token} ").webid == made.webid


def test_no_header_is_a_stranger(issued):
    assert issued[0].agent(None) == ANONYMOUS
    assert issued[0].agent(None, "https://app.example").webid is None


def test_r10_a_header_that_proves_nothing_is_refused(issued):
    credentials, made = issued
    basic = base64.b64encode(f"{made.client_id}:{made.client_secret}".encode()).decode()
    wrong = [
        "", "Bearer", "Bearer ", "Bearer .", f"Bearer {made.client_id}", f"Bearer {made.client_id}.",
        f"Bearer .{made.client_secret}", f"Bearer {made.token}x", f"Bearer {made.token[:-1]}", f"Basic {basic}",
        f"DPoP {made.token}", made.token, f"Bearer {made.client_id}.{made.client_id}", "Bearer é.é",
        f"Bearer {made.token}, Bearer {made.token}", f"Bearer {made.token.upper()}", "Bearer ' OR 1=1 --.x",
    ]  # fmt: skip
    for header in wrong:
        with pytest.raises(Unauthenticated):
            credentials.agent(header)


def test_secrets_are_shown_once_and_kept_as_hashes(installation, issued):
    _, made = issued
    with installation.services.resources.reading() as conn:
        kept = conn.execute(select(schema.client_credentials)).one()
    assert made.client_secret not in str(tuple(kept))
    assert len(made.client_secret) >= 43


def test_each_credential_stands_alone(installation, issued):
    credentials, first = issued
    account = installation.services.accounts.of_pod("alice")
    second = credentials.issue(account.id, first.webid)
    with pytest.raises(Unauthenticated):
        credentials.agent(f"Bearer {first.client_id}.{second.client_secret}")
    assert credentials.agent(f"Bearer {second.token}").webid == first.webid

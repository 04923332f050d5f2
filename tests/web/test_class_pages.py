"""Kinds of badges of another forge come in through a page, as drafts that the forge shows."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from test_me import PASSWORD, Browser

OB3 = {
    "id": "https://autre.example/9", "type": ["Achievement"], "name": "Tailler", "description": "Taille bien.",
    "criteria": {"narrative": "Trois hivers."},
}  # fmt: skip


@pytest.fixture
def alice(installation):
    installation.person("alice", PASSWORD, title="Alice")
    installation.person("bob", PASSWORD, title="Bob")
    browser = Browser(installation)
    browser.sign_in()
    yield browser
    browser.client.close()


def send(alice, file=None, pod="alice", **form):
    return alice.client.post(
        "/me/forge/import", data={"csrf": alice.csrf(), "pod": pod, **form},
        files={"file": ("x.json", file)} if file is not None else None,
        headers={"Origin": alice.base.rstrip("/"), "Sec-Fetch-Site": "same-origin"},
    )  # fmt: skip


def test_a_catalogue_becomes_drafts_that_wait_in_the_forge(alice):
    assert "Bring in from another forge" in alice.get("/me/forge").text
    page = send(alice, json.dumps([OB3]).encode())
    assert page.status_code == 200
    assert "1 draft was made." in page.text
    forge = alice.get("/me/forge").text
    assert "Tailler" in forge
    assert "No longer given" in forge
    assert "1 was here already." in send(alice, json.dumps(OB3).encode()).text


@pytest.mark.parametrize(("file", "form", "status"), [
    (b"{}", {}, 422), (b"\xff", {}, 400), (None, {}, 422), (None, {"url": "https://gone.example/"}, 502),
    (json.dumps(OB3).encode(), {"pod": "bob"}, 403),
])  # fmt: skip
def test_what_cannot_be_taken_is_said(alice, file, form, status):
    answer = send(alice, file, **form)
    assert answer.status_code == status
    assert "Tailler" not in alice.get("/me/forge").text


def test_without_a_session_one_signs_in_first(installation):
    stranger = Browser(installation)
    assert stranger.get("/me/forge/import?pod=alice").headers["Location"].startswith("/me/sign-in?next=")
    assert stranger.post("/me/forge/import", {"csrf": "x"}).status_code == 401
    stranger.client.close()

"""Signing in with the libraries that Solid applications use: @inrupt/solid-client-authn for Node and for browsers."""

import functools
import http.server
import json
import os
import subprocess
from pathlib import Path

import live_server
import pytest
from live_server import HANG_GUARD

FOLDER = Path(__file__).resolve().parent
PASSWORD = "une petite phrase"
PAGE = (
    '<!doctype html><meta charset="utf-8"><title>Carnet de voyage</title><button id="enter">Entrer</button>'
    '<p id="said"></p><script type="module" src="app.js"></script>'
)
pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def garden(tmp_path_factory):
    """A running program with Alice's account, and her client credentials."""
    folder = tmp_path_factory.mktemp("garden") / "data"
    port = live_server.free_port()
    made = live_server.run(
        folder, "account", "create", "alice", "--password-stdin", "--client-credentials", "--json",
        "--base-url", f"http://localhost:{port}/", stdin=PASSWORD,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    with live_server.serving(folder, port):
        yield json.loads(made.stdout)


def test_a_script_signs_in_with_client_credentials(garden, node):
    arguments = (garden["issuer"], garden["client_id"], garden["client_secret"], f"{garden['storage']}private/")
    command = [node, FOLDER / "sign_in.mjs", *arguments]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=HANG_GUARD, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["signedIn"], said["webId"]) == (True, garden["webid"])
    assert (said["put"], said["got"], said["stranger"]) == (201, 200, 401)
    assert "Bonjour" in said["body"]


@pytest.fixture
def application(tmp_path, node):
    """A Solid application on an origin of its own: its code bundled by esbuild, served by Python."""
    bundler = FOLDER / "node_modules" / ".bin" / "esbuild"
    command = [bundler, "browser_app.mjs", "--bundle", "--format=esm", f"--outfile={tmp_path / 'app.js'}"]
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(command, cwd=FOLDER, env=environment, capture_output=True, timeout=HANG_GUARD, check=True)
    (tmp_path / "index.html").write_text(PAGE)
    with live_server.answering(functools.partial(_Quiet, directory=tmp_path)) as port:
        yield f"http://localhost:{port}/"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Nothing: the test says what went wrong."""


@pytest.mark.browser
def test_an_application_in_a_browser_signs_somebody_in_and_writes(garden, application, browser):
    page = browser.new_context(locale="fr-FR").new_page()
    page.goto(f"{application}?issuer={garden['issuer']}")
    page.get_by_text("nobody").wait_for()
    page.get_by_role("button", name="Entrer").click()
    page.get_by_label("Nom du carnet").fill("alice")
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Me connecter", exact=True).click()
    page.get_by_role("heading", name="Laisser entrer Carnet de voyage dans ton carnet").wait_for()
    assert page.get_by_text("localhost").first.is_visible()
    page.get_by_role("button", name="Oui, la laisser entrer").click()
    page.get_by_text("webId").wait_for()
    said = json.loads(page.locator("#said").inner_text())
    assert said == {"webId": garden["webid"], "put": 201, "got": 200}

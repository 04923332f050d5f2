"""S42: what proves who somebody is appears neither in a log, at whatever level, nor in the answer to an error."""

import json
import logging
import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

import live_server
import pytest
from subscribers import Served

from pod_app.cli.logs import JsonLines, Redaction, TextLines
from pod_app.errors import N_, Unavailable
from pod_app.web.serving.watching import REQUEST

TESTS = Path(__file__).resolve().parents[1]
PASSWORD, BEARER, PROOF, COOKIE, CODE, HOOK = PLANTED = tuple(
    f"planted-{what}-71c2e9" for what in ("password", "bearer", "proof", "cookie", "code", "webhook")
)
"""Six secrets; the two that are tokens also come as such, below."""
TOKEN = "eyJhbGciOiJFUzI1NiJ9.eyJwbGFudGVkIjoidG9rZW4ifQ.cGxhbnRlZC1zaWduYXR1cmU"
HIDDEN = (*PLANTED, TOKEN, TOKEN.split(".")[2])
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


class Watched(Served):
    """A server with defects that logs everything as JSON."""

    bodies: tuple = ()

    def try_all(self, ending):
        """The secrets, everywhere they belong; with the ending «-defect» our own code fails on some of them."""
        asked = urlencode(
            {"code": CODE, "token": BEARER, "id_token_hint": TOKEN, "state": COOKIE, "access_token": PROOF}
        )
        basic = {"grant_type": "client_credentials", "client_id": "a", "client_secret": PASSWORD}
        coded = {"grant_type": "authorization_code", "code": CODE}
        sign_in = {"name": "alice", "password": PASSWORD}
        tries = [
            ("GET", f"/alice/private/x?{asked}", None, JSON, {"Authorization": f"Bearer {BEARER}{ending}"}),
            ("GET", "/alice/private/x", None, JSON, {"Authorization": f"DPoP {TOKEN}{ending}", "DPoP": PROOF}),
            ("PUT", "/alice/private/y", HOOK, "text/turtle", {"Authorization": f"DPoP {PROOF}{ending}", "DPoP": TOKEN}),
            ("GET", f"/me?{asked}", None, JSON, {"Cookie": f"session={COOKIE}{ending}"}),
            ("POST", "/me/sign-in", urlencode(sign_in), FORM, {"Origin": self.origin}),
            ("POST", "/oidc/token", urlencode(coded), FORM, {"DPoP": PROOF}),
            ("POST", "/oidc/token", urlencode(basic), FORM, {}),
            ("GET", f"/oidc/logout?{asked}", None, JSON, {}),
            ("GET", f"/oidc/authorize?{asked}", None, JSON, {"Cookie": f"session={COOKIE}{ending}"}),
            ("POST", "/subscriptions/WebhookChannel2023", f'{{"sendTo": "{HOOK}"', "application/ld+json", {}),
            ("GET", f"/subscriptions/streams/alice/none/{HOOK}", None, JSON, {}),
        ]  # fmt: skip
        answers = [self.send(method, target, body, kind, **more) for method, target, body, kind, more in tries]
        self.bodies += tuple(body.decode("utf-8", "replace") for status, _, body in answers if status >= 400)
        return [status for status, _, _ in answers]

    @property
    def origin(self):
        return self.base.rstrip("/")

    def wait_for(self, text):
        until = time.monotonic() + live_server.HANG_GUARD
        while text not in self.log.read_text("utf-8"):
            assert time.monotonic() < until, self.log.read_text("utf-8")
            time.sleep(0.05)


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """After everything has been tried, and the server has ended: its log is complete."""
    folder, port, nobody = tmp_path_factory.mktemp("watched") / "data", live_server.free_port(), live_server.free_port()
    log = folder.parent / "log"
    options = {
        "LOG_FORMAT": "json", "LOG_LEVEL": "debug", "EGRESS_ALLOW_HTTP": "1", "EGRESS_ALLOW_PRIVATE": "1",
        "EGRESS_PORTS": str(nobody),
    }  # fmt: skip
    environment = {
        **live_server.environment(folder), **{f"POD_APP_{name}": value for name, value in options.items()},
        "PYTHONPATH": os.pathsep.join(sys.path),
    }  # fmt: skip
    command = [sys.executable, str(TESTS / "serve_with_defects.py"), "serve", "--port", str(port)]
    with log.open("wb") as output:
        child = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            live_server._wait(child, port, log)
            made = Watched(f"http://localhost:{port}/", folder)
            made.log = log
            made.person("alice")
            made.subscribe("WebhookChannel2023", "/alice/public/", sendTo=f"http://127.0.0.1:{nobody}/{HOOK}?{HOOK}")
            made.put("/alice/public/news")
            made.statuses, made.defects = made.try_all(""), made.try_all("-defect")
            made.wait_for("could not be had")
        finally:
            child.terminate()
            child.wait(live_server.HANG_GUARD)
    return made


def lines(watched):
    return [json.loads(line) for line in watched.log.read_text("utf-8").splitlines() if line.startswith("{")]


def test_s42_no_planted_secret_is_in_the_log(watched):
    text = watched.log.read_text("utf-8")
    assert {secret for secret in HIDDEN if secret in text} == set()
    assert {token for token in watched.tokens.values() if token in text} == set()


def test_s42_no_planted_secret_and_no_trace_is_in_the_answer_to_an_error(watched):
    assert len(watched.bodies) > 10
    everything = "\n".join(watched.bodies)
    assert {secret for secret in HIDDEN if secret in everything} == set()
    assert "Traceback" not in everything
    assert "pod_app/" not in everything


def test_s42_what_was_tried_did_reach_the_log(watched):
    """Else silence would pass: requests, the webhook that nobody took, and the defects with where they came from."""
    found = lines(watched)
    paths = [line["path"] for line in found if line["logger"] == "pod_app.requests"]
    assert {"/alice/private/x", "/me", "/me/sign-in", "/oidc/token", "/subscriptions/streams/alice/none/***"} <= set(
        paths
    )
    assert any(line["level"] == "debug" and "could not be had" in line["message"] for line in found)
    assert 500 not in watched.statuses
    failed = [line for line in found if "trace" in line]
    assert len(failed) >= watched.defects.count(500) >= 4
    assert {line["error"] for line in failed} == {"RuntimeError < ValueError"}
    assert all(any("serve_with_defects.py" in place for place in line["trace"]) for line in failed)
    answered = {line["request"]: line["status"] for line in found if line["logger"] == "pod_app.requests"}
    assert {answered[line["request"]] for line in failed} == {500}


def test_s42_every_line_is_an_object(watched):
    rest = [line for line in watched.log.read_text("utf-8").splitlines() if not line.startswith("{")]
    assert all(line.startswith("Serving ") for line in rest), rest
    for line in lines(watched):
        assert {"time", "level", "logger", "message"} <= set(line)


SAID = [
    "authorization: Bearer {0}",
    "Proxy-Authorization: Basic {0}",
    "headers {{'authorization': 'DPoP {0}', 'dpop': '{0}', 'cookie': 'a=1; session={0}'}}",
    "headers [(b'authorization', b'Bearer {0}'), (b'set-cookie', b'__Host-session={0}; Path=/')]",
    '{{"Set-Cookie": "session={0}; HttpOnly", "x": 1}}',
    "Cookie: theme=dark; session={0}",
    "sent Bearer {0} to somebody",
    "GET /oidc/callback?code={0}&state={0} failed",
    "http://garden.example/me?token={0}&id_token_hint={0}",
    "https://garden.example/x?access_token={0}#top",
    "https://user:{0}@garden.example/x",
    "https://hooks.example/services/T0/{0} did not answer",
    "wss://garden.example/subscriptions/streams/alice/7/{0}",
    "'/subscriptions/streams/alice/7/{0}' was opened",
    "password={0}&name=alice",
    "{{'password': '{0}', 'client_secret': '{0}', 'refresh_token': '{0}'}}",
    '{{"code_verifier": "{0}", "body": "name=a {0}"}}',
    "the token eyJhbGciOiJFUzI1NiJ9.{0}.{0} has ended",
]


def record(message, *values, error=None):
    raised = (type(error), error, error.__traceback__) if error is not None else None
    return logging.LogRecord("pod_app.x", logging.ERROR, __file__, 1, message, values, raised)


@pytest.mark.parametrize("lines_of", [TextLines, JsonLines])
@pytest.mark.parametrize("said", SAID)
def test_s42_a_secret_is_known_by_its_form(said, lines_of):
    formatter = lines_of(Redaction("https://garden.example/"))
    secret = "Zm9yLXlvdXItZXllcy1vbmx5"
    for written in (formatter.format(record(said.format(secret))), formatter.format(record("%s", said.format(secret)))):
        assert secret not in written
        assert "***" in written


@pytest.mark.parametrize("lines_of", [TextLines, JsonLines])
def test_s42_the_words_of_a_foreign_exception_stay_out_and_ours_are_told(lines_of):
    formatter = lines_of(Redaction("https://garden.example/"))

    def fail():
        try:
            {}[PASSWORD]
        except KeyError as error:
            raise Unavailable(N_("{url} is silent."), url=f"https://hooks.example/{HOOK}") from error

    with pytest.raises(Unavailable) as caught:
        fail()
    written = formatter.format(record("failed", error=caught.value))
    assert "Unavailable: https://hooks.example/***" in written
    assert "KeyError" in written
    assert Path(__file__).name in written
    assert PASSWORD not in written
    assert HOOK not in written


def test_a_line_for_people_says_what_happened_and_in_which_request():
    token = REQUEST.set("0123")
    try:
        written = TextLines(Redaction("https://garden.example/")).format(
            record("job %s (%s) failed: exit code: 3 at https://garden.example/alice/public/a", 7, "offer")
        )
    finally:
        REQUEST.reset(token)
    assert "ERROR pod_app.x job 7 (offer) failed" in written
    assert "https://garden.example/alice/public/a" in written
    assert written.endswith("request=0123")

"""A Community Solid Server on loopback that can be killed and begun again, with an account and a pod by its API."""

import json
import signal
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import live_server

EMAIL, PASSWORD = "lea@example.org", "une longue phrase"
GUARD = live_server.HANG_GUARD


class CommunitySolidServer:
    """`base` ends in a slash; the pod is `lea`."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.port = live_server.free_port()
        self.base = f"http://localhost:{self.port}/"
        self.root, self.webid = f"{self.base}lea/", f"{self.base}lea/profile/card#me"
        self.process = None
        folder.mkdir()

    def start(self):
        options = ("-c", "@css:config/file.json", "-f", self.folder, "-p", self.port, "-b", self.base, "-l", "warn")
        with self.folder.with_suffix(".log").open("ab") as log:
            self.process = subprocess.Popen([*map(str, self.program), *map(str, options)], stdout=log, stderr=log)
        deadline = time.monotonic() + GUARD
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.folder.with_suffix(".log").read_text()
            try:
                urllib.request.urlopen(f"{self.base}.well-known/openid-configuration", timeout=5).close()
            except (OSError, urllib.error.HTTPError):
                time.sleep(0.1)
            else:
                return
        raise TimeoutError(self.folder.with_suffix(".log").read_text())

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(GUARD)

    def make_account(self):
        made = self._api(f"{self.base}.account/account/", {})
        self._token = made["authorization"]
        controls = self._api(f"{self.base}.account/")["controls"]
        self._api(controls["password"]["create"], {"email": EMAIL, "password": PASSWORD})
        assert self._api(controls["account"]["pod"], {"name": "lea"})["webId"] == self.webid

    def _api(self, url, body=None):
        named = {"Accept": "application/json"} | ({} if body is None else {"Content-Type": "application/json"})
        if getattr(self, "_token", None):
            named["Authorization"] = f"CSS-Account-Token {self._token}"
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(url, data, named), timeout=GUARD) as answer:
            return json.load(answer)


@contextmanager
def serving(program, folder):
    """A server with its account and pod, gone at the end."""
    server = CommunitySolidServer(program, folder)
    server.start()
    try:
        server.make_account()
        yield server
    finally:
        server.kill()

"""Served folders for tests of notifications: one by the command line, and one by each engine."""

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import live_server
import pytest
from subscribers import Receiver, Served

ENGINES = ["granian", "uvicorn"]
HOOKS = 6
HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Alice and Bob on a server as people start it, which may call the receivers of webhooks in `hooks`.

    They listen from the start: a port that was only looked up could be taken by the time it is needed.
    """
    folder = tmp_path_factory.mktemp("notified") / "data"
    folder.mkdir()
    hooks = [Receiver() for _ in range(HOOKS)]
    ports = [hook.port for hook in hooks]
    allowed = ["egress_allow_http = true", "egress_allow_private = true", f"egress_ports = {ports}"]
    (folder / "pod_app.toml").write_text("\n".join(allowed))
    try:
        with live_server.serving(folder) as base:
            made = Served(base, folder)
            made.hooks = hooks.copy()
            for name in ("alice", "bob"):
                made.person(name)
            yield made
    finally:
        for hook in hooks:
            hook.close()


@pytest.fixture(scope="module", params=ENGINES)
def engine(request, tmp_path_factory):
    """Alice on a server of each engine."""
    with serving_by(request.param, tmp_path_factory.mktemp("engine") / "data") as made:
        yield made


@contextmanager
def serving_by(name, folder, **more):
    """A folder with Alice, served by one of the engines in a process of its own."""
    port = live_server.free_port()
    command = [sys.executable, str(HERE / "serve_with.py"), name, str(folder), str(port)]
    log = folder.parent / "log"
    environment = {**live_server.environment(folder), **more}
    with log.open("wb") as output:
        child = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            live_server._wait(child, port, log)
            made = Served(f"http://localhost:{port}/", folder)
            made.process, made.log = child, log
            made.person("alice")
            yield made
        finally:
            child.terminate()
            child.wait(live_server.HANG_GUARD)

"""S13: one proof counts once in all processes together, over real sockets and whichever process is asked."""

import json
import ssl
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier
from types import SimpleNamespace

import httpx
import live_server
import pytest
from relying_party import Keyring
from subscribers import wait_until

AT_ONCE = 50
PLAIN = ssl.create_default_context()  # making one for each client would take longer than its request
GUARD = live_server.HANG_GUARD


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Two workers on one port, and Alice's credentials for scripts."""
    folder, port = tmp_path_factory.mktemp("two") / "data", live_server.free_port()
    made = live_server.run(
        folder, "account", "create", "alice", "--password-stdin", "--client-credentials", "--json",
        "--base-url", f"http://localhost:{port}/", stdin="une petite phrase",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    with live_server.serving(folder, port, "serve", "--workers", "2"):
        _until_both_answer(port)
        yield json.loads(made.stdout)


def _until_both_answer(port):
    """The socket is there before the workers are: `healthz` answers once one of them took it."""
    assert httpx.get(f"http://localhost:{port}/healthz", timeout=GUARD).status_code == 200


@pytest.fixture
def ring():
    return Keyring(SimpleNamespace(clock=lambda: datetime.now(UTC)))


@pytest.fixture
def token(served, ring):
    url = f"{served['issuer']}oidc/token"
    given = httpx.post(
        url, data={"grant_type": "client_credentials"}, auth=(served["client_id"], served["client_secret"]),
        headers={"DPoP": ring.proof("POST", url)}, timeout=GUARD,
    )  # fmt: skip
    assert given.status_code == 200, given.text
    return given.json()["access_token"]


def workers():
    """Processor time of each child of our own server's processes, by process id."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            command = stat.with_name("cmdline").read_bytes().split(b"\0")
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found[int(stat.parent.name)] = (command, int(fields[1]), int(fields[11]) + int(fields[12]))
    return found


def at_once(url, headers):
    """The statuses of fifty requests, each on a connection of its own, let go together."""
    barrier = Barrier(AT_ONCE)

    def ask(_number):
        with httpx.Client(timeout=GUARD, verify=PLAIN) as client:
            barrier.wait(GUARD)
            return client.get(url, headers=headers).status_code

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(ask, range(AT_ONCE)))


def test_s13_of_fifty_at_once_with_one_jti_exactly_one_succeeds_over_two_processes(served, ring, token):
    url = f"{served['storage']}settings/prefs"
    for _ in range(4):
        found = at_once(url, ring.headers("GET", url, token))
        assert (found.count(200), found.count(401)) == (1, AT_ONCE - 1)


def test_s13_fifty_proofs_of_their_own_all_succeed(served, ring, token):
    """Otherwise the test above would prove nothing."""
    url = f"{served['storage']}settings/prefs"
    sent = [ring.headers("GET", url, token) for _ in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        found = list(
            threads.map(lambda headers: httpx.get(url, headers=headers, timeout=GUARD, verify=PLAIN).status_code, sent)
        )
    assert found == [200] * AT_ONCE


def test_s13_a_proof_that_one_process_took_is_refused_by_the_other(served, ring, token):
    """New connections reach both processes soon: whoever answers, it is never taken again."""
    url = f"{served['storage']}settings/prefs"
    headers = ring.headers("GET", url, token)
    assert httpx.get(url, headers=headers, timeout=GUARD, verify=PLAIN).status_code == 200
    assert {httpx.get(url, headers=headers, timeout=GUARD, verify=PLAIN).status_code for _ in range(20)} == {401}


def test_s13_both_processes_did_answer(served, ring, token):
    url, before = f"{served['storage']}settings/prefs", workers()
    port = str(httpx.URL(served["issuer"]).port).encode()
    parents = [pid for pid, (command, _, _) in before.items() if b"serve" in command and port in command]

    def both_worked():
        at_once(url, ring.headers("GET", url, token))
        worked = [
            pid for pid, (_, parent, spent) in workers().items()
            if parent in parents and spent > before.get(pid, (None, None, 0))[2]
        ]  # fmt: skip
        return len(worked) >= 2

    wait_until(both_worked)

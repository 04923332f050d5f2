"""S16: no spelling of an address, sent byte by byte to the real server, reaches what it should not."""

import csv
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fixtures_server import Served, status
from live_server import free_port

from pod_app.pods.access import PROGRAM
from pod_app.services import assemble
from pod_app.settings import load

TABLE = Path(__file__).resolve().parents[1] / "data/addresses/hostile.csv"
SECRET = b"the key lies under the third flowerpot"


def expanded(text):
    text = re.sub(r"\{([^{}]+)\*(\d+)\}", lambda found: found[1] * int(found[2]), text)
    return re.sub(r"\\(x[0-9a-f]{2}|[rnt\\])", lambda found: found[0].encode().decode("unicode_escape"), text)


def rows():
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield expanded(row["spelling"]).encode("latin-1"), row["expected"], row["why"]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Alice's secret, and the token that opens it."""
    folder, port = tmp_path_factory.mktemp("pods"), free_port()
    settings, _ = load({"data": folder, "base_url": f"http://localhost:{port}/"}, environ={})
    services = assemble(settings, lambda: datetime.now(UTC))
    account, pod = services.accounts.create("alice", None)
    token = services.credentials.issue(account.id, pod.webid).token
    address = pod.address("private/secret")
    body = services.resources.prepare(address, SECRET, "text/plain")
    services.resources.write(PROGRAM, lambda writing: writing.put(address, body))
    services.close()
    running = Served(folder, port)
    running.owner = f"Authorization: Bearer {token}"
    yield running
    assert running.stop() == 0


def refused(answer, target):
    """A client's error; the root without its slash is told its name, whether or not there is such a pod."""
    return 400 <= status(answer) < 500 or (target.partition(b"?")[0] == b"/alice" and status(answer) == 308)


def test_s16_the_table_covers_a_hundred_spellings():
    assert len(list(rows())) > 100
    assert {expected for _, expected, _ in rows()} == {"same", "other", "refused", "application"}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_s16_a_stranger_never_gets_the_secret_whatever_the_spelling(served, method):
    for target, expected, why in rows():
        answer = served.send(method, target)
        assert SECRET not in answer, why
        if expected != "application":
            assert refused(answer, target), (target, why, answer[:200])


def test_s16_a_stranger_never_changes_anything_whatever_the_spelling(served):
    for method in ("PUT", "DELETE", "POST", "PATCH"):
        for target, _, why in rows():
            answer = served.send(method, target, "Content-Type: text/plain", body=b"x" if method != "DELETE" else b"")
            assert refused(answer, target), (method, target, why, answer[:200])
    assert served.send("GET", b"/alice/private/secret", served.owner).endswith(SECRET)


def test_s16_the_owner_reads_it_by_its_own_spellings_only(served):
    for target, expected, why in rows():
        if b"#" in target or not target.startswith(b"/"):
            continue  # the engine cuts off fragments, schemes and hosts before anything of ours sees them
        answer = served.send("GET", target, served.owner)
        if expected == "same" and status(answer) != 308:
            assert status(answer) == 200, (target, why)
            assert answer.endswith(SECRET) == (target != b"/alice/"), (target, why)
        else:
            assert SECRET not in answer, (target, why)
        if expected == "refused":
            assert status(answer) in {400, 414, 431}, (target, why, answer[:200])
        if expected == "other":
            # 301 leads who may read from the twin with a slash to the one that stands (C2), and says nothing more.
            assert status(answer) in {400, 404, 308, 301}, (target, why, answer[:200])


@pytest.mark.parametrize(
    "head",
    [
        "GET /alice/private/secret HTTP/1.1\r\nHost: localhost\r\nX-Original-URL: /alice/public/\r\n",
        "GET /alice/public/ HTTP/1.1\r\nHost: localhost\r\nX-Rewrite-URL: /alice/private/secret\r\n",
        "GET http://alice:x@localhost/alice/private/secret HTTP/1.1\r\nHost: localhost\r\n",
        "GET http://localhost/alice/private/secret HTTP/1.1\r\nHost: elsewhere.example\r\n",
        "GET localhost/alice/private/secret HTTP/1.1\r\nHost: localhost\r\n",
        "GET * HTTP/1.1\r\nHost: localhost\r\n",
        "GET /alice/private/secret\r\n",
        "GET /alice/private/secret HTTP/0.9\r\n",
        "GET /alice/private/secret HTTP/1.0\r\n",
        "GET\t/alice/private/secret\tHTTP/1.1\r\nHost: localhost\r\n",
        "GET /alice/private/secret HTTP/1.1\r\nHost: a\r\nHost: b\r\n",
        "get /alice/private/secret HTTP/1.1\r\nHost: localhost\r\n",
        "GET /alice/private/secret HTTP/1.1\r\nHost: localhost\r\nX-HTTP-Method-Override: PUT\r\n",
        "POST /alice/public/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nX-HTTP-Method: GET\r\n",
        "GET /alice/private/secret HTTP/1.1\r\nHost: localhost\r\nCookie: session=x; __Host-session=x\r\n",
        "GET /alice/private/secret HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \xe9.\xe9\r\n",
        "GET /alice/private/secret HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-User: alice\r\nRemote-User: alice\r\n",
    ],
)
def test_s16_other_tricks_of_the_request_line_and_its_headers_reach_nothing(served, head):
    answer = served.exchange(f"{head}Connection: close\r\n\r\n".encode("latin-1"))
    assert SECRET not in answer
    if status(answer) == 200:
        assert "/alice/public/ HTTP" in head
    assert status(answer) < 500 or status(answer) == 501


def test_s33_two_lengths_never_hide_a_second_request(served):
    smuggled = f"GET /alice/private/secret HTTP/1.1\r\nHost: localhost\r\n{served.owner}\r\n\r\n"
    for lengths in (
        f"Content-Length: 0\r\nContent-Length: {len(smuggled)}",
        f"Content-Length: {len(smuggled)}\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: xchunked\r\nContent-Length: 0",
        "Content-Length: +0",
        "Content-Length: 0x0",
    ):
        head = f"GET /alice/public/ HTTP/1.1\r\nHost: localhost\r\n{lengths}\r\nConnection: close\r\n\r\n"
        assert SECRET not in served.exchange((head + smuggled).encode()), lengths

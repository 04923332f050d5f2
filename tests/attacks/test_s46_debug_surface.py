"""S46: the public port has neither figures nor a debugger; figures have their own address, health tells one word."""

import re
import socket
import threading
import time
from functools import partial
from urllib.parse import urlsplit

import httpx
import live_server
import pytest

from pod_app.cli import metrics
from pod_app.errors import Forbidden, Unavailable
from pod_app.settings import Settings, load
from pod_app.web.serving.watching import BOUNDS, Counts

send = partial(httpx.request, timeout=live_server.HANG_GUARD)
PERSON = "alice-whom-no-figure-knows"
DEBUG = ("/metrics", "/debug", "/console", "/admin", "/?__debugger__=yes&cmd=resource&f=style.css", "/server-status")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Two workers, one of which does the jobs, and their figures beside them."""
    folder, door = tmp_path_factory.mktemp("figures") / "data", live_server.free_port()
    folder.mkdir()
    (folder / "pod_app.toml").write_text(f'metrics_address = "127.0.0.1:{door}"\n')
    port = live_server.free_port()
    made = live_server.run(
        folder, "account", "create", PERSON, "--client-credentials", "--base-url", f"http://localhost:{port}/"
    )
    assert made.returncode == 0, made.stderr
    with live_server.serving(folder, port, "serve", "--workers", "2") as base:
        yield base, f"http://127.0.0.1:{door}", folder
    assert not list((folder / "metrics").iterdir())


def figures(door):
    """Values by series."""
    lines = send("GET", f"{door}/metrics").text.splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def wait_for(condition):
    until = time.monotonic() + live_server.HANG_GUARD
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.mark.parametrize("target", DEBUG)
def test_s46_the_public_port_has_no_figures_and_no_debugger(served, target):
    answer = send("GET", served[0].rstrip("/") + target, follow_redirects=True)
    # The answer to an unknown place is the one that a private pod would give.
    assert answer.status_code in {401, 404} or (answer.status_code == 200 and target.startswith("/?"))
    for sign in ("pod_app_", "Werkzeug", "EVALEX", "Traceback"):
        assert sign not in answer.text


def test_s46_no_route_of_the_application_is_for_operators(installation):
    application = installation.client._transport.app
    assert not application.flask.debug
    assert not application.flask.testing
    routes = [rule.rule for rule in application.flask.url_map.iter_rules()]
    assert [route for route in routes if re.search("metric|debug|console|admin|status$", route)] == []


def test_s46_figures_are_summed_over_the_workers_and_know_no_person(served):
    base, door, _ = served
    before = 40
    for _ in range(before):
        assert send("GET", f"{base}{PERSON}/profile/card").status_code == 200
    assert send("BREW", f"{base}{PERSON}/", headers={"X-Me": PERSON}).status_code == 501
    assert send("GET", f"{base}{PERSON}/nowhere?x={PERSON}").status_code in {401, 404}
    wait_for(lambda: int(figures(door).get('pod_app_requests_total{method="GET",class="2xx"}', 0)) >= before)
    wait_for(lambda: figures(door).get("pod_app_workers") == "2")
    wait_for(lambda: figures(door).get('pod_app_requests_total{method="other",class="5xx"}') == "1")
    found = figures(door)
    assert found["pod_app_pods"] == "1"
    assert int(found["pod_app_resources"]) > 5
    assert found["pod_app_outbox_failed"] == "0"
    assert "pod_app_view_lag_changes" in found
    assert "pod_app_outbox_lag_seconds" in found
    assert found['pod_app_open_streams{kind="websocket"}'] == "0"
    assert len([name for name in found if name.startswith("pod_app_resident_bytes")]) == 2
    total = sum(int(value) for name, value in found.items() if name.startswith("pod_app_requests_total"))
    assert int(found["pod_app_request_seconds_count"]) == total
    text = send("GET", f"{door}/metrics").text
    assert PERSON not in text
    assert "BREW" not in text


def test_s46_the_door_of_the_figures_has_nothing_else(served):
    base, door, _ = served
    for target in ("/", f"/{PERSON}/profile/card", "/me", "/healthz"):
        assert send("GET", door + target).status_code == 404
    assert send("POST", f"{door}/metrics").status_code == 501
    assert urlsplit(door).port != urlsplit(base).port


def test_s46_health_is_one_word(served):
    answer = send("GET", f"{served[0]}healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def settings(folder, **more):
    return load({"data": folder, **more}, environ={})[0]


@pytest.mark.parametrize("address", ["0.0.0.0:0", "192.0.2.7:9100", "[::]:9100"])
def test_s46_an_address_that_others_reach_must_be_meant(tmp_path, address):
    address = address.replace(":0", f":{live_server.free_port()}") if address.endswith(":0") else address
    with pytest.raises(Forbidden):
        metrics.Exporter(settings(tmp_path, metrics_address=address))


def test_s46_such_an_address_can_be_meant(tmp_path):
    port = live_server.free_port()
    exporter = metrics.Exporter(settings(tmp_path, metrics_address=f"0.0.0.0:{port}", metrics_public=True))
    try:
        assert "pod_app_workers 0" in send("GET", f"http://127.0.0.1:{port}/metrics").text
    finally:
        exporter.close()


def test_an_address_that_is_taken_is_said(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(Unavailable) as caught:
        metrics.Exporter(settings(tmp_path, metrics_address=f"127.0.0.1:{taken.getsockname()[1]}"))
    assert "127.0.0.1" in caught.value.detail


@pytest.mark.parametrize("wrong", ["9100", ":9100", "localhost", "localhost:http", "localhost:0", "localhost:65536"])
def test_an_address_without_host_or_port_is_no_setting(wrong):
    with pytest.raises(ValueError, match="HOST:PORT"):
        Settings(metrics_address=wrong)


def report(folder, number, **more):
    """What one worker, which may have ended, wrote down."""
    counts = Counts()
    counts.note("GET", 200, 0.004)
    counts.note("GET", 200, BOUNDS[-1] + 1)
    counts.note("GET", 200, None)
    counts.streams["websocket"] += number
    reporter = metrics.Reporter(folder, number, counts, more.get("figures"))
    reporter.start()
    wait_for(reporter._path.exists)
    return reporter


def test_counters_never_fall_when_a_worker_is_replaced_and_gauges_do(tmp_path):
    exporter_folder = metrics.folder_of(settings(tmp_path), 1)
    reporters = [report(exporter_folder, number) for number in (1, 2)]

    def text():
        found = [metrics.json.loads(path.read_text("utf-8")) for path in exporter_folder.glob("*.json")]
        lines = metrics.exposition(found).splitlines()
        return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))

    assert text()['pod_app_open_streams{kind="websocket"}'] == "3"
    reporters[0].stop()
    found = text()
    assert found['pod_app_requests_total{method="GET",class="2xx"}'] == "6"
    assert found['pod_app_request_seconds_bucket{le="0.005"}'] == "2"
    assert found['pod_app_request_seconds_bucket{le="10.0"}'] == "2"
    assert found['pod_app_request_seconds_bucket{le="+Inf"}'] == found["pod_app_request_seconds_count"] == "4"
    assert found['pod_app_open_streams{kind="websocket"}'] == "2"
    assert found["pod_app_workers"] == "1"
    reporters[1].stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "metrics"]


@pytest.fixture
def full(make_installation):
    """An installation that wants more room to stay free than any disk has."""
    return make_installation(keep_free=2**62)


def test_s46_health_says_disk_when_there_is_no_room_left(full):
    answer = full.client.get("/healthz")
    assert (answer.status_code, answer.text) == (503, "disk\n")


def test_s46_health_says_database_when_it_cannot_be_written(installation, monkeypatch):
    monkeypatch.setattr(installation.services.database, "write", refuse)
    answer = installation.client.get("/healthz")
    assert (answer.status_code, answer.text) == (503, "database\n")
    assert "127.0.0.1" not in answer.text


def refuse(_change):
    raise Unavailable("The database at 127.0.0.1 with password x is read-only.")

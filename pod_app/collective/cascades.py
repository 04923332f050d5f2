"""The cascades of every skill: who passed it on to whom, in one breadth-first pass over what pods keep (ADR 0016).

Both come from the same pass: the numbers of a view whose header says `computed-by: cascade`, equal to what its SPARQL
says, and the rivers that are drawn beside them. A loop across pods is cut at its youngest transmission (contracts.md
§5): there, and only there, the query's own path says more.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pod_app.collective import plans
from pod_app.collective.plans import Plan
from pod_app.collective.running import Total
from pod_app.standards.namespaces import PROV, VF

VIEW: Final = "learning-cascade"
COMPUTED_BY: Final = "cascade"
COLUMNS: Final = ("skill", "reach", "depth", "transmissions")
_EARLIER: Final = PROV["wasInformedBy"].value
_AT: Final = VF["hasPointInTime"].value


@dataclass(frozen=True, slots=True)
class Passing:
    """A transmission; `giver`, `learners` are WebIDs, `skills`, `earlier` IRIs, `at` may be empty.

    `pod` names the pod that keeps it; several, with spaces between, where more than one says something about it. The
    shape of transmissions asks for one skill, one learner and at most one earlier transmission; pods elsewhere may
    keep another.
    """

    iri: str
    pod: str
    giver: str
    learners: tuple[str, ...]
    skills: tuple[str, ...]
    at: str = ""
    earlier: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """Somebody whom a skill reached; `parent` is the place of who it came from, -1 for a source of the river.

    `pod` names the pod that tells it; several, with spaces between, where more than one says something about it.
    """

    person: str
    parent: int
    pod: str


@dataclass(frozen=True, slots=True)
class River:
    """The trees of one skill: every node stands after its parent; `ignored` counts the links that were cut."""

    nodes: tuple[Node, ...]
    ignored: int
    since: str = ""

    def children(self) -> dict[int, list[int]]:
        """Places of those whom each node passed the skill on to; under -1 the sources."""
        found: dict[int, list[int]] = defaultdict(list)
        for place, node in enumerate(self.nodes):
            found[node.parent].append(place)
        return found

    def people_below(self) -> list[set[str]]:
        """For each node the people of its tree from there on, itself included."""
        below = [{node.person} for node in self.nodes]
        for place in range(len(self.nodes) - 1, -1, -1):
            parent = self.nodes[place].parent
            if parent >= 0:
                below[parent] |= below[place]
        return below

    def among(self, pods: Iterable[str]) -> "River":
        """What is left when only these pods are counted; below who is gone the river waits for its next publication."""
        kept = set(pods)
        places: dict[int, int] = {}
        nodes: list[Node] = []
        for place, node in enumerate(self.nodes):
            if kept.issuperset(node.pod.split()) and (node.parent < 0 or node.parent in places):
                places[place] = len(nodes)
                nodes.append(Node(node.person, places.get(node.parent, -1), node.pod))
        return River(tuple(nodes), self.ignored, self.since)


@dataclass(frozen=True, slots=True)
class Cascade:
    """The pass: every transmission stands after those of `above` that it names and hangs below; none is in a loop.

    `cut` counts the links of each that were left out of `above` to cut loops.
    """

    passings: Mapping[str, Passing]
    above: Mapping[str, list[str]]
    cut: Mapping[str, int] = field(default_factory=Counter)

    def lengths(self) -> dict[str, int]:
        """How long the chain that ends with each transmission is: itself, and all of its skill that it came from."""
        found: dict[str, int] = {}
        for iri, one in self.passings.items():
            above = self.above[iri]
            if len(above) == len(one.skills) == 1 and self.passings[above[0]].skills == one.skills:
                found[iri] = found[above[0]] + 1
            else:
                found[iri] = 1 + sum(
                    len(set(one.skills).intersection(self.passings[up].skills)) for up in self._upstream(iri)
                )
        return found

    def river(self, skill: str) -> River:
        """The trees of one skill's transmissions.

        A transmission hangs below the latest of those it names; a source is a person whose first passing-on names
        none that is known.
        """
        return _drawn(self, [one for one in self.passings.values() if skill in one.skills])

    def rivers(self) -> dict[str, River]:
        """The rivers of every skill, by the key of its cell."""
        of_skill = self._by_skill()
        return {_key(skill): _drawn(self, passings) for skill, passings in of_skill.items()}

    def totals(self, people: str) -> list[Total]:
        """One cell for each skill that somebody learned; `people` names the column that counts people."""
        lengths = self.lengths()
        found = []
        for skill, passings in self._by_skill().items():
            learned = [one for one in passings if one.learners]
            if learned:
                numbers = {
                    "reach": len({learner for one in learned for learner in one.learners}),
                    "depth": max(lengths[one.iri] for one in learned),
                    "transmissions": len(learned),
                }
                found.append(Total(_key(skill), {"rows": 1, **numbers}, {}, numbers.get(people, 0)))
        return found

    def _by_skill(self) -> dict[str, list[Passing]]:
        found: dict[str, list[Passing]] = defaultdict(list)
        for one in self.passings.values():
            for skill in one.skills:
                found[skill].append(one)
        return found

    def _upstream(self, iri: str) -> Iterable[str]:
        found: dict[str, None] = {}
        waiting = deque(self.above[iri])
        while waiting:
            here = waiting.popleft()
            if here not in found:
                found[here] = None
                waiting.extend(self.above[here])
        return found


def read(texts: Mapping[str, str], plan: Plan) -> Cascade:
    """The pass over the edges that pods keep for a view, by pod."""
    return cascade(_passings(texts, _namespace(plan)))


def cascade(passings: Iterable[Passing]) -> Cascade:
    """The pass over transmissions, from those that name none that is known."""
    known = {one.iri: one for one in sorted(passings, key=_age)}
    above = {one.iri: list(dict.fromkeys(iri for iri in one.earlier if iri in known)) for one in known.values()}
    below: dict[str, list[str]] = defaultdict(list)
    for iri, named in above.items():
        for earlier in named:
            below[earlier].append(iri)
    open_links = {iri: len(named) for iri, named in above.items()}
    ready = deque(iri for iri, links in open_links.items() if not links)
    left = dict(known)
    passed: dict[str, Passing] = {}
    cut: Counter[str] = Counter()
    while left:
        if ready:
            here = ready.popleft()
            passed[here] = left.pop(here)
            followers = below[here]
        else:
            here, earlier = _youngest_of_a_loop(left, above)
            above[here].remove(earlier)
            below[earlier].remove(here)
            cut[here] += 1
            followers = [here]
        for one in followers:
            open_links[one] -= 1
            if not open_links[one]:
                ready.append(one)
    return Cascade(passed, above, cut)


def fits(plan: Plan) -> bool:
    """Whether a view asks for what the pass counts, from what the pass reads."""
    named = {_EARLIER, _AT, *(f"{_namespace(plan)}{name}" for name in ("savoir", "passeur", "receveur"))}
    return plan.columns == COLUMNS and plan.keys == COLUMNS[:1] and plan.predicates == named


# -- steps ---------------------------------------------------------------------------------------


def _passings(texts: Mapping[str, str], namespace: str) -> Iterator[Passing]:
    """Lines are cut at their spaces, not parsed again: they are kept as `unions.edges` and `wire` write them."""
    said: dict[str, dict[str, list[str]]] = {
        f"<{predicate}>": defaultdict(list)
        for predicate in (*(f"{namespace}{name}" for name in ("savoir", "receveur", "passeur")), _AT, _EARLIER)
    }
    skills, learners, givers, days, earlier = said.values()
    pods: dict[str, dict[str, None]] = defaultdict(dict)
    for pod, text in texts.items():
        for line in text.split("\n"):
            subject, predicate, rest = line.split(" ", 2)
            said[predicate][subject].append(rest[:-2])
            pods[subject][pod] = None
    for iri in dict.fromkeys((*skills, *earlier)):  # much else has a day
        told_by = " ".join(pods[iri])
        yield Passing(
            _name(iri), told_by, min(_names(givers, iri), default=told_by), _names(learners, iri), _names(skills, iri),
            min(map(_lexical, days.get(iri, ())), default=""), _names(earlier, iri),
        )  # fmt: skip


def _names(said: Mapping[str, list[str]], iri: str) -> tuple[str, ...]:
    return tuple(sorted({_name(term) for term in said.get(iri, ())}))


def _name(term: str) -> str:
    """What no other term is called: the address of an IRI, N-Triples with its quotes for a literal."""
    return term[1:-1] if term.startswith("<") else term


def _lexical(term: str) -> str:
    return term[1:].rpartition('"')[0]


def _key(skill: str) -> str:
    return plans.key([skill if skill.startswith('"') else f"<{skill}>"])


def _age(one: Passing) -> tuple[str, str]:
    return one.at, one.iri


def _youngest_of_a_loop(left: Mapping[str, Passing], above: Mapping[str, list[str]]) -> tuple[str, str]:
    """A transmission and the one it names, of some loop among those that are left: each of them names another."""
    way: dict[str, str] = {}
    here = next(iter(left))
    while here not in way:
        way[here] = max((iri for iri in above[here] if iri in left), key=lambda iri: _age(left[iri]))
        here = way[here]
    loop = list(way)[list(way).index(here) :]
    youngest = max(loop, key=lambda iri: _age(left[iri]))
    return youngest, way[youngest]


def _drawn(cascade: Cascade, passings: Iterable[Passing]) -> River:
    drawn = {one.iri: one for one in sorted(passings, key=_age) if one.learners}
    below: dict[str, list[Passing]] = defaultdict(list)
    for one in drawn.values():
        named = [iri for iri in cascade.above[one.iri] if iri in drawn]
        below[max(named, key=lambda iri: _age(drawn[iri]), default="")].append(one)
    nodes: list[Node] = []
    sources: dict[str, int] = {}
    waiting: deque[tuple[Passing, int]] = deque()
    for one in below.pop("", []):
        if one.giver not in sources:
            sources[one.giver] = len(nodes)
            nodes.append(Node(one.giver, -1, one.pod))
        waiting.append((one, sources[one.giver]))
    while waiting:
        one, parent = waiting.popleft()
        nodes.append(Node(one.learners[0], parent, one.pod))
        waiting.extend((next_one, len(nodes) - 1) for next_one in below.get(one.iri, ()))
    since = min((one.at for one in drawn.values() if one.at), default="")
    return River(tuple(nodes), sum(cascade.cut[iri] for iri in drawn), since[:4])


def _namespace(plan: Plan) -> str:
    """The predicates that the view names are in the installation's own vocabulary; empty where it names none."""
    return next((one.removesuffix("savoir") for one in plan.predicates if one.endswith("savoir")), "")

"""Cascades: trees of transmissions, made by hand and compared with what one would draw on paper (ADR 30).

Their numbers are what the view's own SPARQL says on whatever pods keep, loops excepted (contracts.md §5).
"""

import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pod_app.collective import cascades, library, query_files, unions
from pod_app.collective.cascades import Passing, River, cascade, read
from pod_app.errors import Invalid
from pod_app.settings import DEFAULT_VOCABULARY

JDN = "https://w3id.org/jdn#"
VF, PROV = "https://w3id.org/valueflows/ont/vf#", "http://www.w3.org/ns/prov#"
FOLDER = Path(__file__).resolve().parents[2] / "queries"
VIEW = library.prepare(query_files.load(FOLDER, DEFAULT_VOCABULARY, DEFAULT_VOCABULARY)[cascades.VIEW])


def passing(iri, giver, learner, *earlier, at=""):
    day = at or f"2026-01-{ord(iri[-1]) % 28 + 1:02}"
    return Passing(iri, f"pod-{giver}", giver, (learner,), ("listening",), day, earlier)


def river(passings):
    return cascade(passings).river("listening")


def drawn(made: River):
    """Every node as «parent>person», for reading."""
    return [
        f"{made.nodes[node.parent].person}>{node.person}" if node.parent >= 0 else node.person for node in made.nodes
    ]


def test_a_forest_has_one_source_for_each_person_who_began():
    made = river([passing("t1", "ana", "bo"), passing("t2", "bo", "cy", "t1"), passing("t3", "dan", "eve"),
                  passing("t4", "ana", "fay")])  # fmt: skip
    assert sorted(drawn(made)) == ["ana", "ana>bo", "ana>fay", "bo>cy", "dan", "dan>eve"]
    assert [len(people) for people in made.people_below()][:1] == [4]


def test_somebody_with_several_teachers_goes_on_below_the_latest():
    made = river([
        passing("t1", "ana", "cy", at="2026-01-01"), passing("t2", "bo", "cy", at="2026-02-01"),
        passing("t3", "cy", "dan", "t1", "t2", at="2026-03-01"),
    ])  # fmt: skip
    place = drawn(made).index("cy>dan")
    teacher = made.nodes[made.nodes[place].parent]
    assert made.nodes[teacher.parent].person == "bo"


def test_a_loop_across_pods_is_cut_at_its_youngest_transmission_and_counted():
    made = river([
        passing("t1", "ana", "bo", "t3", at="2026-01-01"), passing("t2", "bo", "cy", "t1", at="2026-02-01"),
        passing("t3", "cy", "ana", "t2", at="2026-03-01"),
    ])  # fmt: skip
    assert made.ignored == 1
    assert drawn(made)[:2] == ["cy", "cy>ana"]
    assert len(made.nodes) == 4


def test_a_transmission_that_names_itself_or_an_unknown_one_begins_a_river():
    made = river([passing("t1", "ana", "bo", "t1"), passing("t2", "cy", "dan", "gone")])
    assert sorted(drawn(made)) == ["ana", "ana>bo", "cy", "cy>dan"]
    assert made.ignored == 1


def test_every_transmission_is_drawn_once_whatever_the_links():
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    names = [f"t{number}" for number in range(300)]
    many = [
        passing(name, f"g{chance.randrange(40)}", f"l{chance.randrange(40)}",
                *chance.sample(names, chance.randint(0, 2)), at=f"2026-01-{chance.randint(1, 28):02}")
        for name in names
    ]  # fmt: skip
    made = river(many)
    assert sum(node.parent >= 0 for node in made.nodes) == len(many)
    assert all(node.parent < place for place, node in enumerate(made.nodes))


def test_who_is_no_longer_counted_leaves_and_what_hangs_below_waits():
    made = river([passing("t1", "ana", "bo"), passing("t2", "bo", "cy", "t1"), passing("t3", "ana", "dan")])
    assert drawn(made.among({"pod-ana"})) == ["ana", "ana>bo", "ana>dan"]
    assert drawn(made.among({"pod-bo"})) == []


def test_a_long_chain_is_read_without_recursion():
    chain = [passing(f"t{n}", f"p{n}", f"p{n + 1}", f"t{n - 1}", at=f"{n:06}") for n in range(5000)]
    assert len(river(chain).nodes) == 5001


def test_edges_are_read_from_what_the_pods_keep():
    text = "\n".join([
        f"<urn:t> <{JDN}savoir> <{JDN}skill-listening> .", f"<urn:t> <{JDN}passeur> <urn:ana> .",
        f"<urn:t> <{JDN}receveur> <urn:bo> .", f"<urn:t> <{PROV}wasInformedBy> <urn:s> .",
        f'<urn:t> <{VF}hasPointInTime> "2026-01-02" .', f"<urn:half> <{JDN}savoir> <{JDN}skill-listening> .",
    ])  # fmt: skip
    made = read({"pod": text}, VIEW.plan)
    listening = f"{JDN}skill-listening"
    assert made.passings["urn:t"] == Passing(
        "urn:t", "pod", "urn:ana", ("urn:bo",), (listening,), "2026-01-02", ("urn:s",)
    )
    assert [node.person for node in made.river(listening).nodes] == ["urn:ana", "urn:bo"]
    assert [(one.numbers["reach"], one.numbers["transmissions"]) for one in made.totals("reach")] == [(1, 1)]


def test_a_transmission_that_two_pods_tell_of_is_drawn_only_while_both_count():
    def told(person):
        return f"<urn:t> <{JDN}savoir> <urn:skill> .\n<urn:t> <{JDN}receveur> <urn:{person}> ."

    made = read({"ana": told("bo"), "cy": told("dan")}, VIEW.plan)
    assert made.totals("reach") == unions.by_query(VIEW.file, VIEW.plan, {}, [told("bo"), told("dan")])
    drawn_once = made.river("urn:skill")
    assert len(drawn_once.nodes) == 2
    assert drawn_once.among({"ana", "cy"}) == drawn_once
    assert drawn_once.among({"ana"}).nodes == drawn_once.among({"cy"}).nodes == ()


# -- numbers: the same as the query --------------------------------------------------------------


def by_key(totals):
    return {one.key: one for one in totals}


def both(texts):
    by_pass = unions.totals(VIEW.file, VIEW.plan, {}, texts)
    return by_key(by_pass), by_key(unions.by_query(VIEW.file, VIEW.plan, {}, texts.values()))


def test_the_view_is_computed_by_the_pass():
    assert VIEW.file.computed_by == cascades.COMPUTED_BY


def kept_by_shape(chance, number):
    """What keeps the transmission shape: one skill, one learner, at most one earlier transmission, also of others."""
    lines = [
        f"<urn:t{number}> <{JDN}savoir> <urn:skill{chance.randrange(3)}> .",
        f"<urn:t{number}> <{JDN}receveur> <urn:p{chance.randrange(9)}> .",
        f"<urn:t{number}> <{JDN}passeur> <urn:p{chance.randrange(9)}> .",
        f'<urn:t{number}> <{VF}hasPointInTime> "2026-01-{chance.randint(1, 28):02}T00:00:00Z" .',
    ]
    if number and chance.random() < 0.8:
        lines.append(f"<urn:t{number}> <{PROV}wasInformedBy> <urn:t{chance.randrange(number)}> .")
    return lines


def kept_by_anybody(chance, number):
    """What a pod elsewhere could say: any number of each, literals in the place of people, no skill at all."""
    lines = []
    for predicate, terms in (
        (f"{JDN}savoir", ["<urn:skill0>", "<urn:skill1>", '"urn:skill1"']),
        (f"{JDN}receveur", ["<urn:p0>", "<urn:p1>", "<urn:p2>", '"urn:p1"']),
        (f"{JDN}passeur", ["<urn:p0>", "<urn:p1>"]),
        (f"{VF}hasPointInTime", ['"2026-01-02T00:00:00Z"', '"2026-01-03T00:00:00Z"']),
        (f"{PROV}wasInformedBy", ['"nobody"', "<urn:gone>", *(f"<urn:t{n}>" for n in range(number))]),
    ):
        some = chance.sample(terms, chance.randint(0, min(3, len(terms))))
        lines.extend(f"<urn:t{number}> <{predicate}> {term} ." for term in some)
    return lines


@pytest.mark.parametrize("kept", [kept_by_shape, kept_by_anybody])
@given(size=st.integers(0, 25), seed=st.integers(0, 2**32))
@settings(deadline=None, max_examples=60, print_blob=True)
def test_one_pass_counts_what_the_query_counts_where_there_is_no_loop(kept, size, seed):
    print("seed", seed)
    chance = random.Random(seed)
    pods = {f"pod{number}": [] for number in range(4)}
    for number in range(size):
        for line in kept(chance, number):
            pods[f"pod{chance.randrange(4)}" if kept is kept_by_anybody else f"pod{number % 4}"].append(line)
    by_pass, by_query = both({pod: "\n".join(lines) for pod, lines in pods.items() if lines})
    assert by_pass == by_query


def test_a_loop_counts_as_if_its_youngest_transmission_named_none():
    lines = [
        line
        for number in range(4)
        for line in (
            f"<urn:t{number}> <{JDN}savoir> <urn:skill> .", f"<urn:t{number}> <{JDN}receveur> <urn:p{number}> .",
            f'<urn:t{number}> <{VF}hasPointInTime> "2026-01-0{number + 1}" .',
        )
    ]  # fmt: skip
    chain = [f"<urn:t{number}> <{PROV}wasInformedBy> <urn:t{number - 1}> ." for number in (1, 2)]
    back, youngest = (f"<urn:t{a}> <{PROV}wasInformedBy> <urn:t{b}> ." for a, b in ((0, 3), (3, 2)))
    looping, _ = both({"pod": "\n".join([*lines, *chain, back, youngest])})
    _, cut = both({"pod": "\n".join([*lines, *chain, back])})
    assert looping == cut
    assert read({"pod": "\n".join([*lines, *chain, back, youngest])}, VIEW.plan).river("urn:skill").ignored == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("?reach", "?touched"),
        ("jdn:receveur", "jdn:eleve"),
        ("# chart: tree", "# chart: tree\n# parameter: ?any iri urn:a"),
        ("# chart: tree", "# chart: tree\n# computed-by: magic"),
    ],
)
def test_only_what_the_pass_counts_can_be_computed_by_it(old, new):
    text = VIEW.file.text.replace("# computed-by: cascade\n", "" if "magic" in new else "# computed-by: cascade\n")
    with pytest.raises(Invalid) as refused:
        library.prepare(query_files.read("example", text.replace(old, new)))
    assert "computed-by" in str(refused.value)


def test_without_the_header_the_query_is_run():
    file = replace(VIEW.file, computed_by="")
    link = f"<urn:t> <{PROV}wasInformedBy> <urn:t> ."
    text = f"<urn:t> <{JDN}savoir> <urn:skill> .\n<urn:t> <{JDN}receveur> <urn:p> .\n{link}"
    assert [one.numbers["depth"] for one in unions.totals(file, VIEW.plan, {}, {"pod": text})] == [2]
    assert [one.numbers["depth"] for one in unions.totals(VIEW.file, VIEW.plan, {}, {"pod": text})] == [1]

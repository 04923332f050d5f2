"""Cascades: trees of transmissions, made by hand and compared with what one would draw on paper (ADR 30)."""

import random

from pod_app.collective.cascades import Passing, River, read, river

JDN = "https://w3id.org/jdn#"


def passing(iri, giver, learner, *earlier, at=""):
    return Passing(iri, f"pod-{giver}", giver, learner, at or f"2026-01-{ord(iri[-1]) % 28 + 1:02}", earlier)


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
    vf, prov = "https://w3id.org/valueflows/ont/vf#", "http://www.w3.org/ns/prov#"
    text = "\n".join([
        f"<urn:t> <{JDN}savoir> <{JDN}skill-listening> .", f"<urn:t> <{JDN}passeur> <urn:ana> .",
        f"<urn:t> <{JDN}receveur> <urn:bo> .", f"<urn:t> <{prov}wasInformedBy> <urn:s> .",
        f'<urn:t> <{vf}hasPointInTime> "2026-01-02" .', f"<urn:half> <{JDN}savoir> <{JDN}skill-listening> .",
    ])  # fmt: skip
    assert read({"pod": text}, JDN) == {
        f"{JDN}skill-listening": [Passing("urn:t", "pod", "urn:ana", "urn:bo", "2026-01-02", ("urn:s",))]
    }

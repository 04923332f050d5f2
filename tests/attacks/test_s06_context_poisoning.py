"""S6: a badge whose words are bent without breaking its proof must not verify.

Each mutation is what somebody could do to a badge signed by another: the guard, the proof or both
refuse it. Every mutation that leaves the canonical triples as they were must be caught by the guard.
"""

import json
from contextlib import suppress
from copy import deepcopy
from pathlib import Path

import pytest

from pod_app.errors import PodAppError
from pod_app.standards import data_integrity, jsonld

VECTOR = Path(__file__).resolve().parents[1] / "data" / "badges" / "vectors" / "1edtech-ob3-linked-data-proof"
PUBLIC = bytes.fromhex(json.loads((VECTOR / "keyPair.json").read_text(encoding="utf-8"))["publicKeyHex"])
CREDENTIALS = "https://www.w3.org/2018/credentials#"
EVIL = "https://evil.example/issuer"


def signed():
    return json.loads((VECTOR / "signed.json").read_text(encoding="utf-8"))


def verifies(document):
    """The order of a verifier: guard first, then the proof."""
    try:
        jsonld.guard(document)
        return data_integrity.check(document, document["proof"], PUBLIC)
    except PodAppError:
        return False


def redefined(document, definitions):
    document["@context"].append(definitions)
    return document


def with_vocab(document):
    """Everything undefined gets a meaning, so nothing would be «dropped»."""
    document["credentialSubject"]["achievement"]["level"] = "master"
    return redefined(document, {"@vocab": "https://evil.example/"})


def renamed(document):
    """`issuer` is signed under another word, while the word that people read is free."""
    real = document["issuer"]
    document["organiser"], document["issuer"] = real, {"id": EVIL, "type": ["Profile"], "name": "Evil"}
    return redefined(
        document, {"organiser": {"@id": f"{CREDENTIALS}issuer", "@type": "@id"}, "issuer": {"@id": f"{EVIL}#none"}}
    )


def nulled(document):
    """A term mapped to nothing: the text shown is not signed."""
    document["credentialSubject"]["achievement"]["level"] = "master"
    return redefined(document, {"level": None})


def nested(document):
    """The redefinition hides in the object where it acts."""
    document["credentialSubject"]["@context"] = {"@protected": True, "achievement": f"{CREDENTIALS}evidence"}
    return document


def undefined(document):
    """A word of nobody's context, shown by careless displayers, signed by nobody."""
    document["credentialSubject"]["score"] = "100 %"
    return document


def full_name(document):
    """The issuer in full beside the issuer in short: two readers, two issuers."""
    document[f"{CREDENTIALS}issuer"] = document["issuer"]
    document["issuer"] = {"id": EVIL, "type": ["Profile"], "name": "Evil"}
    return document


def keyword_twin(document):
    document["@id"] = document["id"]
    document["id"] = "https://evil.example/credentials/1"
    return document


def graph(document):
    """The signed badge rides inside, another one is read outside."""
    inner = {name: value for name, value in document.items() if name not in {"@context", "proof"}}
    return {**document, "@graph": [inner], "name": "Master of everything"}


def reordered(document):
    document["@context"].reverse()
    return document


def older_context(document):
    document["@context"][1] = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json"
    document["name"] = "Master of everything"
    return document


def examples_context(document):
    """An official context that only exists to define every word."""
    document["@context"].append("https://www.w3.org/ns/credentials/undefined-terms/v2")
    document["credentialSubject"]["score"] = "100 %"
    return document


def relative_type(document):
    """Dropped by one engine, so the proof still holds for it."""
    document["type"].append("DoctoralDegree")
    return document


def relative_id(document):
    document["evidence"] = [{"id": "proof-of-mastery", "type": ["Evidence"]}]
    return document


def aliased_container(document):
    document["credentialSubject"]["achievement"]["@nest"] = {"name": "Master of everything"}
    return document


def imported(document):
    return redefined(document, {"@import": "https://www.w3.org/ns/credentials/v2", "issuer": f"{CREDENTIALS}holder"})


MUTATIONS = [
    with_vocab,
    renamed,
    nulled,
    nested,
    undefined,
    full_name,
    keyword_twin,
    graph,
    reordered,
    older_context,
    examples_context,
    relative_type,
    relative_id,
    aliased_container,
    imported,
]


def test_the_honest_badge_verifies():
    assert verifies(signed())


@pytest.mark.parametrize("mutate", MUTATIONS)
def test_no_mutated_badge_verifies(mutate):
    assert not verifies(mutate(signed()))


@pytest.mark.parametrize("mutate", [undefined, relative_type])
def test_the_guard_is_what_stops_a_badge_whose_proof_still_holds(mutate):
    document = mutate(signed())
    assert data_integrity.check(document, document["proof"], PUBLIC)
    assert not verifies(document)


def test_accepted_badges_have_one_canonical_form_in_both_engines():
    """All but the complete example, which repeats one proof in several endorsements (a fault of pyoxigraph)."""
    folder = Path(__file__).resolve().parents[1] / "data" / "badges" / "samples"
    same, different = set(), set()
    for path in [*folder.glob("ob3-*/simple*.json"), *folder.glob("ob3-spec-examples/*.json")]:
        document = json.loads(path.read_text(encoding="utf-8"))
        document.pop("proof", None)
        with suppress(PodAppError):
            jsonld.guard(document)
            equal = data_integrity.canonical(document) == data_integrity.canonical_second(document)
            (same if equal else different).add(path.stem)
    assert len(same) >= 20
    assert different == {"fullOpenBadge"}


def _leaves(value, path=()):
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, (*path, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _leaves(item, (*path, number))
    else:
        yield path


def test_every_single_value_of_a_badge_is_under_the_proof():
    document = signed()
    for path in list(_leaves({name: value for name, value in document.items() if name != "proof"})):
        changed = deepcopy(document)
        holder = changed
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = holder[path[-1]] + "x"
        assert not verifies(changed), path

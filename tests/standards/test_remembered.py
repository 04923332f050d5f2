"""Verdicts that are remembered are those of the same bytes, and only good ones."""

import json

import pytest
from fixtures_badges import GARDEN, MALLORY, badge

from pod_app.errors import Invalid
from pod_app.standards import data_integrity, expansion, jsonld
from pod_app.standards.remembered import Remembered, digest


def test_what_differs_in_anything_has_another_name():
    values = [1, 1.0, True, "1", None, [], {}, [[]], {"a": 1}, {"a": True}, {"b": 1}, [1], "", "\ud800", "é", "e\u0301"]
    names = [digest(value) for value in values]
    assert len(set(names)) == len(values) - 0
    assert digest([1], [2]) != digest([1, 2]) != digest([[1], [2]])
    assert digest({"a": 1, "b": 2}) is not None


def test_what_json_cannot_carry_has_no_name():
    assert digest(float("nan")) is None
    assert digest(object()) is None
    deep = []
    for _ in range(100_000):
        deep = [deep]
    assert digest(deep) is None


def test_memory_is_bounded_and_the_latest_stay():
    kept = Remembered(3)
    for number in range(5):
        kept.keep(bytes([number]), number)
        kept.get(bytes([2]))
    assert [kept.get(bytes([number])) for number in range(5)] == [None, None, 2, 3, 4]
    kept.keep(None, 7)
    assert kept.get(None) is None


def test_a_proof_that_holds_is_not_taken_for_another_one():
    document = GARDEN.sign(badge())
    [proof] = document["proof"]
    for _ in range(2):
        assert data_integrity.check(document, proof, GARDEN.public)
        assert not data_integrity.check(document, proof, MALLORY.public)
        assert not data_integrity.check(document | {"name": "Other"}, proof, GARDEN.public)
        assert not data_integrity.check(document, proof | {"created": "2026-05-02T12:00:01Z"}, GARDEN.public)


def test_a_document_that_was_guarded_is_not_taken_for_another_one():
    document = badge()
    for _ in range(2):
        jsonld.guard(document)
        with pytest.raises(Invalid):
            jsonld.guard(document | {"undefinedWord": "x"})
        with pytest.raises(Invalid):
            jsonld.guard("not an object")


def test_contexts_that_are_known_by_their_object_give_what_they_gave_at_first():
    documents = [badge(id=f"https://pods.example/garden/issued/{number}") for number in range(3)]
    first = [json.dumps(expansion.expand(one)) for one in documents]
    assert [json.dumps(expansion.expand(one)) for one in documents] == first
    for _ in range(300):  # objects of other documents come and go; ids of dead ones are given again
        inline = {"@context": {"name": f"https://vocab.example/{_}"}, "name": "x"}
        assert expansion.expand(inline) == [{f"https://vocab.example/{_}": [{"@value": "x"}]}]

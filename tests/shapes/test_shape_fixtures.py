"""Every example of every shape gets the verdict that its first line promises, from two independent engines."""

import pytest
from fixtures_shapes import EXAMPLES, SHAPES, all_examples, compiled, examples, quads_of, quick, reference


def ids(example):
    return f"{example.shape}-{example.name}"


@pytest.fixture(scope="module")
def rules():
    return {shape: compiled(quads_of(shape)) for shape in SHAPES}


def test_there_is_a_shape_for_each_kind_of_document():
    assert set(SHAPES) == {
        "achievement", "badge", "consent", "contribution", "endorsement", "event", "garden", "membership",
        "need", "offer", "profile", "reciprocity", "thanks", "transmission",
    }  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_has_an_example_that_passes_and_three_that_do_not(shape):
    found = examples(shape)
    assert sum(not one.expected for one in found) >= 1
    assert sum(any(severity == "Violation" for severity, _ in one.expected) for one in found) >= 3
    for one in found:
        kind = "invalid" if any(severity == "Violation" for severity, _ in one.expected) else "hint"
        assert one.name.startswith(kind if one.expected else "valid"), one.name


def test_no_example_belongs_to_a_shape_that_is_not_there():
    assert {path.name for path in EXAMPLES.iterdir() if path.is_dir()} == set(SHAPES)


@pytest.mark.parametrize("example", all_examples(), ids=ids)
def test_both_engines_say_what_is_expected_and_name_the_path(example, rules):
    ours = quick(rules[example.shape], example.text)
    assert {(severity, path) for severity, path, _ in ours} == example.expected
    assert reference(example.shape, example.text) == ours

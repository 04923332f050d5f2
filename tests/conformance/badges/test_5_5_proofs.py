"""Kinds of proof that are not read leave the answer open; they are never taken for a forgery (§5.5)."""

import pytest
from fixtures_badges import GARDEN, badge, check


@pytest.mark.parametrize("suite", ["ecdsa-sd-2023", "bbs-2023", "ecdsa-rdfc-2019"])
def test_5_5_4_another_kind_of_proof_is_unknown_and_not_false(suite):
    document = GARDEN.sign(badge())
    [proof] = document["proof"]
    report = check(document | {"proof": [proof | {"cryptosuite": suite}]})
    assert report["proof"].outcome == "unknown"
    assert report.verified is None


def test_5_5_4_beside_a_proof_that_is_read_it_does_not_matter():
    document = GARDEN.sign(badge())
    [proof] = document["proof"]
    report = check(document | {"proof": [proof | {"cryptosuite": "ecdsa-sd-2023"}, proof]})
    assert report["proof"].outcome == "pass"

"""A newer copy that the issuer keeps is asked for once, after the signature (open-badges.md §5.6)."""

import json
from datetime import timedelta

import pytest
from fixtures_badges import ALICE, AT, GARDEN, MALLORY, badge, network

from pod_app.badges.verifier.verifying import documents, verify
from pod_app.errors import Unreachable

PLACE = "https://pods.example/garden/renew/1"


def with_service(place=PLACE, kind="1EdTechCredentialRefresh", **more):
    unsigned = badge(**more) | {"refreshService": {"id": place, "type": kind}}
    contexts = [*unsigned["@context"], "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"]
    return unsigned | {"@context": contexts}


OLD = GARDEN.sign(with_service(valid_until=AT - timedelta(days=1)))
NEWER = GARDEN.sign(with_service(valid_from=AT - timedelta(days=2), valid_until=AT + timedelta(days=30)))


class Net:
    """The usual documents and one more, and what was asked for."""

    def __init__(self, body=None):
        world = {url: json.dumps(found).encode() for url, found in network().items()}
        self.fetch = documents(world | ({PLACE: body} if body is not None else {}))
        self.asked = []

    def __call__(self, url, accept):
        self.asked.append(url)
        return self.fetch(url, accept)


def judged(document, answer=None, recipient=None):
    net = Net(answer if answer is None or isinstance(answer, bytes) else json.dumps(answer).encode())
    return verify(json.dumps(document).encode(), fetch=net, at=AT, recipient=recipient), net


def test_box_5_6_4_the_newer_copy_is_what_is_judged():
    report, net = judged(OLD, NEWER, ALICE)
    assert report.verified is True, report.to_json()
    assert report["refresh"].outcome == "pass"
    assert report.shown == NEWER
    assert json.loads(report.text) == OLD
    assert net.asked.count(PLACE) == 1


def test_a_newer_copy_that_leads_on_to_itself_is_asked_for_once():
    report, net = judged(OLD, NEWER)
    assert NEWER["refreshService"]["id"] == PLACE
    assert net.asked.count(PLACE) == 1
    assert report["refresh"].outcome == "pass"


def test_what_is_no_newer_is_told_and_the_copy_at_hand_is_judged():
    report, _ = judged(NEWER, OLD)
    assert report["refresh"].outcome == "pass"
    assert report.renewed is None
    assert report.verified is True


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"<html>",
        b"",
        {},
        {"id": OLD["id"]},
        MALLORY.sign(with_service(valid_from=AT - timedelta(days=2)) | {"issuer": MALLORY.profile}),
        MALLORY.sign(with_service(valid_from=AT - timedelta(days=2))),
        GARDEN.sign(with_service(id="https://pods.example/garden/issued/2", valid_from=AT - timedelta(days=2))),
        NEWER | {"name": "Changed since"},
        {name: value for name, value in NEWER.items() if name != "proof"},
        {"credential": NEWER},
    ],
)
def test_box_5_6_4_whatever_else_comes_back_leaves_the_copy_at_hand(answer):
    report, _ = judged(OLD, answer)
    assert report["refresh"].outcome == "not-run"
    assert report.renewed is None
    assert report["valid-until"].outcome == "fail"
    assert report.verified is False


def test_a_file_that_nobody_signed_sends_us_nowhere():
    report, net = judged({**OLD, "name": "Changed"}, NEWER)
    assert PLACE not in net.asked
    assert report["refresh"].outcome == "not-run"
    assert report.verified is False


@pytest.mark.parametrize("place", ["file:///etc/passwd", "javascript:1", "", "urn:x"])
def test_only_addresses_of_the_web_are_asked(place):
    report, net = judged(GARDEN.sign(with_service(place=place or "urn:none")), None)
    assert set(net.asked) <= set(network())
    assert report["refresh"].outcome == "not-run"


def test_another_kind_of_renewal_is_not_tried():
    unsigned = badge() | {"refreshService": {"id": PLACE, "type": "1EdTechCredentialRefresh"}}
    changed = dict(unsigned, refreshService={"id": PLACE, "type": "Other"})
    report, net = judged(changed, NEWER)
    assert PLACE not in net.asked
    assert report["refresh"].outcome == "not-run"


def test_a_place_that_does_not_answer_changes_no_verdict():
    def dead(url, accept):
        if url == PLACE:
            raise Unreachable("no")
        return Net()(url, accept)

    report = verify(json.dumps(NEWER).encode(), fetch=dead, at=AT)
    assert report.verified is True

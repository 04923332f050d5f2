"""Pods elsewhere in the collective views: consent, reading by entity tags as the community's agent, honest coverage."""

import pytest
from rose import award, contribute, deliver, enter, settle
from solid_elsewhere import WEBID
from sqlalchemy import select

from pod_app.standards.wac import Agent
from pod_app.storage.schema_elsewhere import documents_elsewhere

VIEW = "contributions-by-kind"


@pytest.fixture
def rose(make_installation):
    made = settle(make_installation)
    made.community = made.services.catalogue.create(
        "jardiniers", "community", title="Jardiniers", owners=[made.ana.webid]
    )
    return made


def consent(rose, *, given=True):
    change = rose.services.consents.give if given else rose.services.consents.withdraw
    change(Agent(webid=WEBID), rose.pod, rose.community, "count")


def read(rose):
    found = rose.services.federation.reading_elsewhere.read_due()
    rose.services.views.catch_up()
    return found


def cells(rose, view=VIEW):
    """Every running total of a view, before any threshold."""
    from pod_app.collective import totalling  # noqa: PLC0415  # only here

    views = rose.services.views
    default = views.library.variants(rose.clock().date())[view][0]
    with rose.services.database.read() as conn:
        return {total.key: dict(total.numbers) for total in totalling.totals(conn, rose.community.name, default)}


def coverage(rose, view=VIEW):
    """Of everybody but the community itself, which is always asked and answers."""
    told = rose.services.views.read(view, rose.community.name, {}).coverage
    return {"asked": told.asked - 1, "answered": told.answered - 1, "refused": told.refused, "late": told.late}


def through(rose):
    """Contributions there, and the consent that lets the community read them."""
    contribute(rose)
    contribute(rose)
    consent(rose)
    while deliver(rose):
        pass


def test_what_is_in_a_pod_elsewhere_is_counted_once_its_owner_consents(rose):
    through(rose)
    assert cells(rose) == {}
    assert read(rose) == 1
    assert [numbers["rows"] for numbers in cells(rose).values()] == [2]
    assert coverage(rose) == {"asked": 1, "answered": 1, "refused": 0, "late": 0}


def test_consent_opens_the_containers_there_to_the_community_alone(rose):
    through(rose)
    for name in ("contributions", "badges", "thanks", "needs", "offers", "transmissions"):
        rules = rose.server.files[f"/rose/{name}/.acl"][1].decode()
        assert rose.community.webid in rules
        assert "agentClass" not in rules
    assert any(path.startswith("/rose/consents/") for path in rose.server.files)


def test_without_consent_nothing_is_read(rose):
    contribute(rose)
    deliver(rose)
    assert read(rose) == 0
    assert coverage(rose)["asked"] == 0


def test_a_badge_there_counts_like_one_here(rose):
    award(rose)
    through(rose)
    read(rose)
    assert [numbers["badges"] for numbers in cells(rose, "badges-total").values()] == [1]


def test_a_second_look_sends_entity_tags_and_changes_nothing(rose):
    through(rose)
    read(rose)
    before = kept(rose)
    rose.clock.forward(minutes=1)
    rose.server.asked.clear()
    assert read(rose) == 1
    assert kept(rose) == before
    asked = [path for method, path in rose.server.asked if path.startswith("/rose/contributions/")]
    assert len(asked) == 3, "the container and two documents, once each"


def kept(rose):
    with rose.services.database.read() as conn:
        return sorted(map(tuple, conn.execute(select(documents_elsewhere))))


def test_a_large_pod_is_asked_less_often(rose):
    through(rose)
    for number in range(100):
        rose.server.files[f"/rose/needs/n{number}"] = ("text/turtle", b"<#it> a <http://example.org/Nothing> .")
    read(rose)
    rose.clock.forward(minutes=3)
    assert read(rose) == 0
    rose.clock.forward(minutes=1)
    assert read(rose) == 1


def test_what_is_changed_or_deleted_there_moves_the_totals(rose):
    through(rose)
    read(rose)
    [one, other] = sorted(path for path in rose.server.files if path.startswith("/rose/contributions/")
                          and not path.endswith((".acl", "/")))  # fmt: skip
    del rose.server.files[one]
    rose.clock.forward(minutes=1)
    read(rose)
    assert [numbers["rows"] for numbers in cells(rose).values()] == [1]
    media_type, body = rose.server.files[other]
    rose.server.files[other] = (media_type, body.replace(b"kind-care", b"kind-welcome"))
    rose.clock.forward(minutes=1)
    read(rose)
    assert [key for key in cells(rose) if "welcome" in key]


def test_s8_a_server_that_is_down_counts_as_late_with_what_it_said_last(rose):
    through(rose)
    read(rose)
    before = cells(rose)
    rose.server.down = True
    rose.clock.forward(minutes=1)
    read(rose)
    assert cells(rose) == before
    assert coverage(rose) == {"asked": 1, "answered": 0, "refused": 0, "late": 1}
    rose.clock.forward(days=8)
    read(rose)
    assert cells(rose) == {}
    assert coverage(rose)["late"] == 1
    rose.server.down = False
    rose.clock.forward(hours=2)
    read(rose)
    assert cells(rose) == before
    assert coverage(rose)["answered"] == 1


def test_a_server_that_is_back_gets_at_once_what_waits_for_it(rose):
    through(rose)
    read(rose)
    rose.server.down = True
    contribute(rose)
    for _ in range(9):
        deliver(rose)
        rose.clock.forward(minutes=30)
    read(rose)
    deliver(rose)
    rose.server.down = False
    assert deliver(rose) == 0
    rose.clock.forward(minutes=2)
    assert read(rose) == 1
    assert deliver(rose) == 1


def test_a_server_that_was_never_reached_is_asked_and_late(rose):
    consent(rose)
    rose.server.down = True
    deliver(rose)
    read(rose)
    assert coverage(rose) == {"asked": 1, "answered": 0, "refused": 0, "late": 1}


def test_a_pod_that_lets_the_community_in_no_more_refuses_and_is_not_counted(rose):
    through(rose)
    read(rose)
    for path in list(rose.server.files):
        if path.endswith(".acl"):
            media_type, body = rose.server.files[path]
            rose.server.files[path] = (media_type, body.replace(rose.community.webid.encode(), b"urn:nobody"))
    rose.clock.forward(minutes=1)
    read(rose)
    assert cells(rose) == {}
    assert coverage(rose) == {"asked": 1, "answered": 0, "refused": 1, "late": 0}


def test_withdrawing_forgets_what_was_read_and_closes_the_pod(rose):
    through(rose)
    read(rose)
    consent(rose, given=False)
    rose.services.views.catch_up()
    assert cells(rose) == {}
    assert kept(rose) == []
    assert coverage(rose)["asked"] == 0
    while deliver(rose):
        pass
    assert rose.community.webid not in rose.server.files["/rose/contributions/.acl"][1].decode()


def test_a_thing_that_is_not_to_be_counted_is_not_open_to_the_community(rose):
    consent(rose)
    contribute(rose, counted=False)
    contribute(rose)
    while deliver(rose):
        pass
    read(rose)
    assert [numbers["rows"] for numbers in cells(rose).values()] == [1]


def test_later_consent_leaves_out_what_was_marked_before(rose):
    contribute(rose, counted=False)
    deliver(rose)
    consent(rose)
    while deliver(rose):
        pass
    read(rose)
    assert cells(rose) == {}


def test_a_document_that_breaks_its_shape_or_cannot_be_read_counts_nothing(rose):
    through(rose)
    rose.server.files["/rose/contributions/zero"] = ("text/turtle", b"<#it> a <http://example.org/Nothing> .")
    rose.server.files["/rose/contributions/bad"] = ("text/turtle", b"<#it a")
    rose.server.files["/rose/contributions/picture"] = ("image/png", b"\x89PNG")
    read(rose)
    assert [numbers["rows"] for numbers in cells(rose).values()] == [2]


def test_computing_everything_anew_needs_no_request(rose):
    through(rose)
    read(rose)
    before = cells(rose)
    rose.server.down = True
    rose.services.views.rebuild()
    assert cells(rose) == before


def test_a_person_whose_pod_is_read_from_here_is_not_asked_in_bulk_as_well(rose):
    rose.services.members.put(Agent(webid=rose.ana.webid), rose.community.name, WEBID, ["member"])
    through(rose)
    read(rose)
    assert rose.services.federation.asking.ask() == 0
    assert coverage(rose) == {"asked": 1, "answered": 1, "refused": 0, "late": 0}


def test_erasing_leaves_nothing_and_the_person_may_come_back(rose):
    through(rose)
    read(rose)
    rose.services.erasing.erase(rose.pod)
    rose.services.views.catch_up()
    assert kept(rose) == []
    assert cells(rose) == {}
    rose.client.cookies.clear()
    enter(rose)
    assert rose.services.catalogue.of_webid(WEBID) is not None

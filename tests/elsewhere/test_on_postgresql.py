"""The whole way on PostgreSQL: in, a badge and a contribution there, counted, withdrawn, erased."""

import pytest
from rose import award, contribute, deliver, settle, waiting
from solid_elsewhere import WEBID

from pod_app.standards.wac import Agent

pytestmark = pytest.mark.postgres


def test_the_whole_way(make_installation, postgres_server):
    rose = settle(make_installation, database_url=postgres_server.new_database())
    community = rose.services.catalogue.create("jardiniers", "community", title="J", owners=[rose.ana.webid])
    rose.server.down = True
    _, path = award(rose)
    contribute(rose)
    assert deliver(rose) == 2
    assert len(waiting(rose)) == 2
    rose.server.down = False
    rose.clock.forward(minutes=5)
    rose.services.consents.give(Agent(webid=WEBID), rose.pod, community, "count")
    while deliver(rose):
        pass
    assert path in rose.server.files
    assert rose.services.federation.reading_elsewhere.read_due() == 1
    assert rose.services.federation.reading_elsewhere.read_due() == 0
    rose.services.views.catch_up()
    assert coverage(rose) == (2, 2)
    rose.clock.forward(minutes=20)
    assert rose.services.elsewhere.tokens.current(rose.pod.name).access in rose.server.access
    rose.services.consents.withdraw(Agent(webid=WEBID), rose.pod, community, "count")
    rose.services.views.catch_up()
    assert coverage(rose) == (1, 1)
    rose.services.erasing.erase(rose.pod)
    assert rose.services.catalogue.of_webid(WEBID) is None


def coverage(rose):
    told = rose.services.views.read("contributions-by-kind", "jardiniers", {}).coverage
    return told.asked, told.answered

"""The public page of a garden and the list of gardens: what cards say, and published numbers only."""

import json
import re
from datetime import UTC, datetime

import pytest
from fixtures_community import Community

from pod_app.community.events import Event
from pod_app.community.gardens import Description
from pod_app.pods.things import Sharing
from pod_app.standards.wac import Agent

SEED = 20261126
DAY = datetime(2026, 1, 5, 10, tzinfo=UTC)


@pytest.fixture
def commons(make_installation):
    made = Community(make_installation(), SEED)
    for number, place in ((1, "Redon"), (2, "")):
        founder = made.people[number]
        pod = made.services.catalogue.create(
            f"garden-{number}", "garden", title=f"Mare {number}", owners=[founder.webid]
        )
        said = Description("local", "Prendre soin de la mare </script>.", DAY, 12, place, [made.community.webid])
        made.services.life.gardens.describe(Agent(webid=founder.webid), pod, said)
        for name, audience in (("Fauche", "everyone"), ("Secret", "garden")):
            made.services.life.events.add(
                Agent(webid=founder.webid), pod, Event(name, DAY, DAY, place, "compost"),
                Sharing(audience=audience, garden=pod.webid),
            )  # fmt: skip
    for pod in made.people[:10]:
        made.consent(pod)
    made.services.views.catch_up()
    return made


def get(commons, path, language="fr"):
    headers = {"Accept": "text/html", "Accept-Language": language}
    return commons.installation.client.get(commons.base + path, headers=headers).text.replace("&#39;", "'")


def test_a_stranger_reads_what_a_garden_is_for_where_and_since_when(commons):
    page = get(commons, "garden-1/profile/card")
    for said in ("Mare 1", "Prendre soin de la mare", "Redon", "lundi 5 janvier 2026", "12 places", "jardin local"):
        assert said in page
    assert "Fauche" in page
    assert "Secret" not in page
    assert "Commons" in page


def test_numbers_of_a_garden_appear_once_they_are_published(commons):
    assert "Ce qui y a poussé" not in get(commons, "garden-1/profile/card")
    commons.services.views.publish("commons")
    told = {row[0]: row for row in commons.services.views.read("hours-by-garden", "commons").rows}
    for number in (1, 2):
        webid = f"<{commons.base}garden-{number}/profile/card#us>"
        assert ("Ce qui y a poussé" in get(commons, f"garden-{number}/profile/card")) == (webid in told)
    assert told


def test_search_engines_find_an_organisation_that_cannot_break_out_of_its_place(commons):
    page = get(commons, "garden-1/profile/card")
    [text] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    told = json.loads(text)
    assert (told["@type"], told["name"], told["address"]["addressLocality"]) == ("Organization", "Mare 1", "Redon")
    assert told["description"].endswith("</script>.")
    assert 'property="og:title"' in page


@pytest.mark.parametrize(("language", "nowhere"), [("fr", "en ligne ou itinérant"), ("en", "online or on the move")])
def test_gardens_are_listed_commune_by_commune(commons, language, nowhere):
    page = get(commons, "collective/commons/gardens", language)
    assert page.index("Redon") < page.index("Mare 1") < page.index(nowhere) < page.index("Mare 2")


def test_a_community_without_gardens_says_so(commons):
    commons.services.catalogue.create("second", "community", title="Second", owners=[commons.people[0].webid])
    assert "Pas encore de jardin" in get(commons, "collective/second/gardens")


def test_the_capital_says_since_when_and_leads_to_the_gardens(commons):
    page = get(commons, "collective/commons")
    assert "Depuis 2026" in page
    assert 'href="/collective/commons/gardens"' in page

"""Rose, whose pod is at verger.example: signed in here, with a garden whose founder gives her badges."""

import re
from datetime import UTC, datetime

from solid_elsewhere import HOST, WEBID, SolidElsewhere

from pod_app.community.contributions import Contribution
from pod_app.pods import tray
from pod_app.pods.things import Sharing
from pod_app.standards.wac import Agent

ENGLISH = {"Accept-Language": "en"}


def settle(make_installation, **options):
    mounts = {}
    made = make_installation("https://ici.example/", mounts=mounts, **options)
    made.server = SolidElsewhere(made.clock)
    mounts[HOST] = made.server
    enter(made)
    made.pod = made.services.catalogue.of_webid(WEBID)
    made.ana = made.person("ana", "une petite phrase", "Ana")
    made.garden = made.services.catalogue.create("potager", "garden", title="Le Potager", owners=[made.ana.webid])
    return made


def enter(made):
    page = made.client.post("/me/elsewhere", data={"address": WEBID})
    [url] = re.findall(r'<a class="button[^"]*" href="(https://[^"]+)"', page.text)
    back = made.client.get(f"/me/elsewhere/back?{made.server.approve(url.replace('&amp;', '&'))}")
    assert back.status_code == 303, back.text


def award(rose):
    agent = Agent(webid=rose.ana.webid)
    achievement = rose.services.achievements.create(
        agent, rose.garden, name="Gardienne", description="Veille sur la mare.", criteria="Une saison."
    )
    issued = rose.services.issuing.issue(agent, rose.garden, achievement, WEBID)
    assert rose.services.run_pending() == 1
    return issued, f"/rose/badges/{issued.iri.rpartition('/')[2]}"


def deliver(rose):
    return rose.services.elsewhere.delivering.deliver_due()


def waiting(rose):
    with rose.services.database.read() as conn:
        return tray.waiting(conn, rose.pod.name)


def page(rose, path="/me/tray"):
    text = rose.client.get(path, headers=ENGLISH).text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def contribute(rose, **sharing):
    thing = Contribution(garden=rose.garden.webid, kind="care", at=datetime(2026, 3, 1, tzinfo=UTC), note="La mare")
    return rose.services.life.contributions.add(Agent(webid=WEBID), rose.pod, thing, Sharing(**sharing))

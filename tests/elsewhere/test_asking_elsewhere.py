"""Somebody whose pod is elsewhere asks here: what is open stands here, badge and outcome go there by the tray."""

import json
import re
from html import unescape

import pytest
from fixtures_recognition import photo
from rose import ENGLISH, deliver, settle, waiting
from rose import page as html_of
from solid_elsewhere import HOST, WEBID

from pod_app.badges.recognition.asking import Wish
from pod_app.badges.recognition.requests import Answer
from pod_app.badges.recognition.rules import Rule
from pod_app.errors import Forbidden, Unsupported
from pod_app.standards import addresses, rdf
from pod_app.standards.wac import Agent

NOTE = "Your notebook is at verger.example. A request stands here"
FORM = {"sentence": "J'ai veillé sur la mare.", "link": ""}


@pytest.fixture
def rose(make_installation):
    made = settle(make_installation)
    made.achievement = made.services.achievements.create(
        Agent(webid=made.ana.webid), made.garden, name="Gardienne", description="Veille.", criteria="Une saison."
    )
    return made


def page(rose, path="/me/tray"):
    return unescape(html_of(rose, path))


def work(rose):
    while rose.services.run_pending():
        pass


def post(rose, path, form, **files):
    token = re.search(r'name="csrf" value="([^"]+)"', rose.client.get("/me").text)[1]
    origin = {"Origin": rose.base.rstrip("/"), "Sec-Fetch-Site": "same-origin", **ENGLISH}
    return rose.client.post(path, data={"csrf": token, **form}, headers=origin, **files)


def ask(rose, **more):
    answer = post(rose, "/me/requests/new", FORM | {"achievement": rose.achievement} | more,
                  files={"file": ("mare.png", photo(), "image/png")})  # fmt: skip
    assert answer.status_code == 303, answer.text
    work(rose)
    return answer.headers["Location"].rpartition("/")[2]


def request_of(rose, name):
    return rose.services.recognition.asking.one(Agent(webid=WEBID), rose.pod, name)


def test_the_pages_say_what_stands_here_and_what_goes_there(rose):
    assert NOTE in page(rose, "/me/requests")
    assert NOTE in page(rose, f"/me/requests/new?achievement={rose.achievement}")
    assert "Asking and confirming" in page(rose, "/me")
    ana = rose.services.accounts.of_pod("ana")
    rose.client.cookies.clear()
    rose.client.cookies.set("__Host-session", rose.services.sessions.begin(ana))
    assert "A request stands here" not in page(rose, "/me/requests")


def test_the_badge_and_what_became_of_the_request_arrive_in_the_pod_elsewhere(rose):
    name = ask(rose)
    one, [link] = request_of(rose, name)
    assert waiting(rose) == [], "nothing that will change is sent"
    assert NOTE in page(rose, f"/me/requests/{name}")
    picture = rose.client.get(f"/me/requests/{name}/trace")
    assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/png")

    answering = rose.services.recognition.answering
    answering.answer(link, Answer("yes", words="Je l'ai vue."), rose.services.catalogue.get("ana"))
    issued = answering.award(Agent(webid=rose.ana.webid), rose.pod.name, name)
    work(rose)
    assert {item.path.partition("/")[0] for item in waiting(rose)} == {"badges", "requests"}
    assert "What became of a request" in page(rose)
    deliver(rose)
    assert waiting(rose) == []
    badge = rose.server.files[f"/rose/badges/{issued.iri.rpartition('/')[2]}"]
    assert badge == (rdf.VC, issued.document)
    assert [one["issuer"]["id"] for one in json.loads(issued.document)["endorsement"]] == [rose.ana.did]
    media_type, outcome = rose.server.files[f"/rose/requests/{name}"]
    said = {(quad.subject.value, str(quad.object)) for quad in rdf.parse(outcome, media_type, HOST)}
    assert (f"{HOST}/rose/requests/{name}#it", f"<{issued.iri}>") in said
    assert f"/rose/badges/{one.claim.rpartition('/')[2]}" not in rose.server.files, "a claim makes room for the badge"
    rules = rose.server.files["/rose/requests/.acl"][1].decode()
    assert WEBID in rules
    assert "agentClass" not in rules
    shown = rose.client.get(f"/me/requests/{name}", headers=ENGLISH).text
    there = re.search(r'href="(/me/open\?iri=[^"]+)"', shown)[1]
    assert "Gardienne" in rose.client.get(there.replace("&amp;", "&"), headers=ENGLISH).text


@pytest.mark.parametrize("end", ["declined", "withdrawn"])
def test_a_request_that_ends_otherwise_goes_there_once_too(rose, end):
    name = ask(rose)
    if end == "declined":
        rose.services.recognition.answering.decline(Agent(webid=rose.ana.webid), rose.pod.name, name, "Pas encore.")
    else:
        assert post(rose, f"/me/requests/{name}/withdraw", {}).status_code == 303
    deliver(rose)
    assert f"/rose/requests/{name}" in rose.server.files
    assert not [path for path in rose.server.files if path.startswith("/rose/badges/") and not path.endswith(".acl")]
    assert request_of(rose, name)[0].state == end


def test_nobody_else_reads_or_makes_requests_in_that_name(rose):
    name = ask(rose)
    asking = rose.services.recognition.asking
    for call in (lambda: asking.of(Agent(webid=rose.ana.webid), rose.pod),
                 lambda: asking.one(Agent(webid=rose.ana.webid), rose.pod, name),
                 lambda: asking.withdraw(Agent(webid=rose.ana.webid), rose.pod, name)):  # fmt: skip
        with pytest.raises(Forbidden):
            call()
    address = addresses.of_iri(f"{rose.base}{rose.pod.name}/requests/{name}", rose.base)
    assert rose.client.get(address.target).status_code == 401


def test_whoever_is_asked_answers_from_their_stand_in_here(rose):
    services = rose.services
    mine = services.recognition.asking
    ana = services.catalogue.get("ana")
    other = services.catalogue.create("mare", "garden", title="La Mare", owners=[WEBID])
    achievement = services.achievements.create(Agent(webid=WEBID), other, name="Source", description="d", criteria="c")
    name = mine.ask(Agent(webid=ana.webid), ana, Wish(achievement, "J'ai creusé."))
    link = mine.invite(Agent(webid=ana.webid), ana, name, WEBID)
    assert "J'ai creusé." in page(rose, "/me/requests")
    form = {"pod": "ana", "id": name, "number": str(link.number), "reply": "yes", "words": "J'y étais."}
    answer = post(rose, "/me/asked", form | {"answer": "yes", "kind": "yes"})
    assert answer.status_code == 303, answer.text
    claim = mine.one(Agent(webid=ana.webid), ana, name)[0].claim
    (said,) = services.recognition.confirmations.about("ana", claim, "badge")
    assert (said.holds, said.by.webid) == (True, WEBID)


def test_rules_and_collections_say_plainly_that_they_cannot(rose):
    recognition = rose.services.recognition
    shape = recognition.rules.shipped()[0].iri
    recognition.rules.put(Agent(webid=rose.ana.webid), rose.garden, rose.achievement, Rule("Une saison.", shape, False))
    for path in (f"/me/rule?achievement={rose.achievement}", "/me/rule"):
        told = page(rose, path)
        assert "Your notebook is at verger.example, where rules cannot look yet" in told
        assert "missing" not in told
    with pytest.raises(Unsupported, match="people decide"):
        recognition.rules.check(Agent(webid=WEBID), rose.pod, rose.achievement)
    assert post(rose, "/me/rule", {"achievement": rose.achievement}).status_code == 400
    assert ask(rose, held="1")
    assert "collections cannot be kept yet" in page(rose, "/me/collections")
    told = post(rose, "/me/collections", {"title": "Été", "audience": "everyone"})
    assert "collections cannot be kept yet" in told.text
    assert waiting(rose) == []

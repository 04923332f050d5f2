"""Recognising on the pages: one person in three taps, a list line by line, the answer, and what was given."""

import io
import json
from urllib.parse import quote

import pytest
from visitors import PASSWORD, Visitor, links, told

from pod_app.standards.wac import Agent


class Garden:
    """Amina signs for the garden; Bob and Carole are members, Dora is not."""

    def __init__(self, installation):
        self.installation, self.services = installation, installation.services
        people = {
            name: installation.person(name, PASSWORD, title=name.title()) for name in ("amina", "bob", "carole", "dora")
        }
        self.amina, self.bob = people["amina"], people["bob"]
        me = Agent(webid=self.amina.webid)
        self.pod = self.services.catalogue.create(
            "ecoutants", "garden", title="Jardin des Écoutants", owners=[self.amina.webid]
        )
        for name in ("bob", "carole"):
            self.services.members.put(me, "ecoutants", people[name].webid)
        self.achievement = self.services.achievements.create(
            me, self.pod, name="Passeuse", description="A transmis.", criteria="Raconte."
        )
        self.page = f"/me/award?pod=ecoutants&achievement={quote(self.achievement, safe='')}"
        self.form = {"pod": "ecoutants", "achievement": self.achievement}
        self._visitors = []

    def visitor(self, name="", language="en"):
        self._visitors.append(Visitor(self.installation, name, language))
        return self._visitors[-1]

    def later(self, seconds=20):
        self.installation.clock.forward(seconds=seconds)
        while self.services.run_pending():
            pass

    def given(self):
        return self.services.giving.records.given(Agent(webid=self.amina.webid), self.pod)

    def close(self):
        for visitor in self._visitors:
            visitor.close()


@pytest.fixture
def garden(installation):
    made = Garden(installation)
    yield made
    made.close()


def give(garden, visitor, status=303, **more):
    return visitor.post("/me/award", garden.form | more, page=garden.page, status=status)


def test_a_face_and_a_tap_recognise_somebody_and_ten_seconds_take_it_back(garden):
    amina = garden.visitor("amina")
    page = amina.get(garden.page).text
    assert f'value="{garden.bob.webid}"' in page
    assert "Dora" not in page
    done = amina.follow(give(garden, amina, face=garden.bob.webid, note="Merci !"))
    assert "They decide whether to keep it" in told(done.text)
    undo = done.text.partition('action="/me/award/undo')[2].partition('"')[0].replace("&amp;", "&")
    amina.post(f"/me/award/undo{undo}", page="/me/forge")
    garden.later()
    assert "Nothing waits for you" in told(garden.visitor("bob").get("/me/received").text)
    assert garden.given() == []


@pytest.mark.parametrize("who", ["bob", "Bob", " BOB ", "dora", "{webid}"])
def test_a_name_a_notebook_or_an_address_is_understood(garden, who):
    amina = garden.visitor("amina")
    give(garden, amina, who=who.format(webid=garden.bob.webid))
    subject = garden.given()[0].document["credentialSubject"]["id"]
    assert subject.endswith(("bob/profile/card#me", "dora/profile/card#me"))


@pytest.mark.parametrize(
    ("more", "status", "says"),
    [
        ({}, 422, "Choose a face, or write a name"),
        ({"who": "Dora la vraie"}, 404, "Nobody of your gardens is called"),
        ({"who": "bob", "note": "x" * 1001}, 422, "more than 1000 letters"),
        ({"who": "bob", "evidence": "no link"}, 422, "is not a web address"),
        ({"who": "bob", "years": "99"}, 422, "not given for that long"),
    ],
)
def test_what_is_wrong_is_said_and_the_sentence_is_kept(garden, more, status, says):
    amina = garden.visitor("amina")
    answer = give(garden, amina, status=status, **({"note": "Merci"} | more))
    assert says in told(answer.text)
    assert more.get("note", "Merci") in answer.text
    assert garden.given() == []


def test_the_recipient_sees_a_warm_card_and_keeps_it_for_everybody(garden):
    give(
        garden,
        garden.visitor("amina"),
        who="bob",
        note="Pour l’atelier.",
        evidence="https://a.example/photo",
        years="1",
    )
    garden.later()
    bob = garden.visitor("bob")
    assert "1 badge waits for your answer" in told(bob.get("/me").text)
    page = bob.get("/me/received")
    assert "Pour l’atelier." in page.text
    assert "Jardin des Écoutants" in page.text
    record = garden.given()[0].record
    form = {"record": record.iri(garden.pod.base_url), "audience": "everyone", "do": "keep"}
    assert bob.post("/me/received", form, page="/me/received").headers["Location"] == "/me"
    public = garden.installation.client.get(f"/bob/badges/{record.name}", headers={"Accept": "application/vc"})
    badge = public.json()
    assert badge["evidence"][0]["id"] == "https://a.example/photo"
    assert badge["validUntil"].startswith("2027-03-12")
    bob.post("/me/received", form, page="/me", status=409)


def test_declining_leaves_nothing_and_its_giver_sees_it(garden):
    amina, bob = garden.visitor("amina"), garden.visitor("bob")
    give(garden, amina, who="bob")
    garden.later()
    form = {"record": garden.given()[0].record.iri(garden.pod.base_url), "do": "decline"}
    bob.post("/me/received", form, page="/me/received")
    assert "Nothing has been planted yet" in told(bob.get("/me").text)
    assert "Declined" in told(amina.get("/me/given?pod=ecoutants").text)
    for bad in ("https://elsewhere.example/issued/1", "", f"{garden.pod.iri}profile/card"):
        bob.post("/me/received", {"record": bad, "do": "keep"}, page="/me", status=404)


CSV = "qui;phrase\nbob;Merci\nnobody;x\nnew@example.org;Bienvenue\nbob;encore\n"


def test_a_file_is_looked_through_before_it_is_given_and_goes_on_by_itself(garden):
    amina = garden.visitor("amina")
    page = f"/me/award/list?pod=ecoutants&achievement={quote(garden.achievement, safe='')}"
    file = {"file": ("liste.csv", io.BytesIO(CSV.encode()), "text/csv")}
    look = amina.post("/me/award/list", garden.form | {"do": "look"}, page=page, files=file, status=200)
    words = told(look.text)
    assert "2 people" in words
    assert "2 lines cannot be given" in words
    assert "Nobody here has a notebook named «nobody»" in words
    assert "The same person stands in line 2" in words
    assert garden.given() == []
    begun = amina.post("/me/award/list", garden.form | {"do": "give", "text": CSV}, page=page)
    assert "0 of 2" in told(amina.follow(begun).text)
    garden.later()
    finished = amina.follow(begun)
    assert "2 of 2" in told(finished.text)
    assert links(finished.text, "/me/distribute?pod=ecoutants&handout=")
    garden.later()
    assert "Merci" in garden.visitor("bob").get("/me/received").text
    again = amina.post("/me/award/list", garden.form | {"do": "give", "text": CSV}, page=page)
    assert again.headers["Location"] == begun.headers["Location"]
    amina.post("/me/award/list", garden.form | {"do": "look", "text": ""}, page=page, status=422)


def test_refused_lines_are_listed_with_their_reason_and_tried_again(garden):
    amina, me = garden.visitor("amina"), Agent(webid=garden.amina.webid)
    page = f"/me/award/list?pod=ecoutants&achievement={quote(garden.achievement, safe='')}"
    begun = amina.post("/me/award/list", garden.form | {"do": "give", "text": "bob\n"}, page=page)
    garden.services.achievements.retire(me, garden.pod, garden.achievement)
    garden.later()
    stopped = amina.follow(begun)
    assert "1 was not given" in told(stopped.text)
    assert "is no longer given" in told(stopped.text)
    garden.services.achievements.retire(me, garden.pod, garden.achievement, retired=False)
    name = begun.headers["Location"].rpartition("list=")[2]
    amina.post("/me/award/list", {"pod": "ecoutants", "list": name, "do": "again"}, page="/me/forge")
    garden.later()
    assert "1 of 1" in told(amina.follow(begun).text)


def test_what_was_given_is_reminded_renewed_withdrawn_and_given_anew(garden):
    amina = garden.visitor("amina")
    give(garden, amina, who="bob")
    garden.later()
    page, form = "/me/given?pod=ecoutants", {"pod": "ecoutants", "record": garden.given()[0].record.name}
    assert "Remind once" in told(amina.get(page).text)
    amina.post("/me/given", form | {"do": "remind"}, page=page)
    assert "Remind once" not in told(amina.get(page).text)
    amina.post("/me/given", form | {"do": "remind"}, page=page, status=409)
    amina.post("/me/given", form | {"do": "renew", "years": "2"}, page=page)
    assert "until" in told(amina.get(page).text)
    amina.post("/me/given", form | {"do": "withdraw", "reason": " "}, page=page, status=422)
    amina.post("/me/given", form | {"do": "withdraw", "reason": "Nom mal écrit."}, page=page)
    assert "Nom mal écrit." in told(amina.get(page).text)
    amina.post("/me/given", form | {"do": "anew"}, page=page)
    assert len(garden.given()) == 2
    amina.post("/me/given", form | {"do": "dance"}, page=page, status=422)
    badges = [json.loads(json.dumps(one.document)) for one in garden.given()]
    assert {badge["credentialSubject"]["id"] for badge in badges} == {garden.bob.webid}


def test_only_signers_see_and_do_these_things(garden):
    bob, stranger = garden.visitor("bob"), garden.visitor()
    for path in (garden.page, "/me/award/list?pod=ecoutants", "/me/given?pod=ecoutants"):
        bob.get(path, status=403)
        assert stranger.get(path, status=303).headers["Location"].startswith("/me/sign-in?next=/me/")
    for path in ("/me/award", "/me/award/list", "/me/given"):
        bob.post(path, garden.form | {"who": "carole", "do": "give", "text": "carole"}, page="/me", status=403)
        stranger.post(path, garden.form, status=401)
    assert stranger.get("/me/received", status=303)
    stranger.post("/me/received", {}, status=401)
    assert garden.given() == []

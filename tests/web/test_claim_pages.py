"""Badges by code on the pages: the room's QR, the typed code, the sheet, and a notebook opened on the way."""

import csv
import io
import re
from urllib.parse import quote

import pytest
from visitors import PASSWORD, Visitor, told

from pod_app.badges.giving import claim_codes
from pod_app.standards.wac import Agent


class Room:
    """Amina hands out a badge of the garden."""

    def __init__(self, installation):
        self.installation, self.services = installation, installation.services
        pod = installation.person("amina", PASSWORD, title="Amina")
        installation.person("bob", PASSWORD, title="Bob")
        self.agent = Agent(webid=pod.webid)
        self.garden = self.services.catalogue.create(
            "ecoutants", "garden", title="Jardin des Écoutants", owners=[pod.webid]
        )
        self.achievement = self.services.achievements.create(
            self.agent, self.garden, name="Premier cercle", description="Y était.", criteria="Être là."
        )
        self.new = f"/me/distribute/new?pod=ecoutants&achievement={quote(self.achievement, safe='')}"
        self.form = {"pod": "ecoutants", "achievement": self.achievement}
        self._visitors = []
        self.amina = self.visitor("amina")

    def visitor(self, name="", language="en"):
        self._visitors.append(Visitor(self.installation, name, language))
        return self._visitors[-1]

    def open(self, **more):
        """Where the room's page is."""
        answer = self.amina.post("/me/distribute/new", self.form | {"do": "room"} | more, page=self.new)
        return answer.headers["Location"]

    def handout(self):
        return self.services.giving.handouts.all(self.agent, self.garden)[0]

    def scan(self):
        """The path that the QR shows now."""
        token = self.services.giving.handouts.rotating(self.handout(), self.installation.clock.now)
        return f"/claim/{token}"

    def bag(self, name):
        pod = self.services.catalogue.get(name)
        return [one.document["name"] for one in self.services.backpack.held(Agent(webid=pod.webid), pod)]

    def close(self):
        for visitor in self._visitors:
            visitor.close()


@pytest.fixture
def room(installation):
    made = Room(installation)
    yield made
    made.close()


def action(page):
    return re.search(r'<form class="card" method="post" action="([^"]+)"', page)[1]


JOIN = {"first_name": "Dora", "password": PASSWORD, "audience": "me"}


def test_the_page_of_the_room_shows_a_qr_that_changes_and_a_code_to_type(room):
    there = room.open(hours="1")
    page = room.amina.get(there).text
    assert room.services.giving.handouts.room_code(room.handout()) in page
    picture = re.search(r'src="(/me/distribute/qr[^"]+)"', page)[1].replace("&amp;", "&")
    first = room.amina.get(picture)
    assert first.headers["Content-Type"] == "image/svg+xml"
    room.installation.clock.forward(seconds=claim_codes.WINDOW)
    assert room.amina.get(picture).content != first.content
    assert "0 people have taken it" in told(page)
    room.visitor("bob").get(there, status=403)
    room.visitor("bob").get(picture, status=403)
    room.visitor().get(there, status=303)


def test_a_stranger_scans_and_takes_it_with_a_first_name_and_a_password(room):
    room.open()
    dora = room.visitor()
    page = dora.get(room.scan()).text
    assert "Jardin des Écoutants" in page
    assert "No e-mail is needed" in told(page)
    assert len(re.findall(r"<input (?!type=\"(?:hidden|radio))", page)) == 2
    done = dora.post(action(page), JOIN, status=200)
    assert "stands in your notebook" in told(done.text)
    assert 'class="phrase"' in done.text
    assert room.bag("dora") == ["Premier cercle"]
    assert "Premier cercle" in dora.get("/me").text
    assert "1 person has taken it" in told(
        room.amina.get(f"/me/distribute?pod=ecoutants&handout={room.handout().id}").text
    )


def test_who_has_a_notebook_takes_it_in_one_tap_and_only_once(room):
    room.open()
    bob = room.visitor("bob")
    page = bob.get(room.scan()).text
    assert "notebook of Bob" in told(page)
    form = {"csrf": re.search(r'name="csrf" value="([^"]+)"', page)[1], "audience": "everyone"}
    assert bob.post(action(page), form).headers["Location"] == "/me"
    assert bob.post(action(page), form, status=409)
    assert "You have this badge already" in told(bob.get(room.scan()).text)
    assert room.bag("bob") == ["Premier cercle"]
    bob.post(action(page), {"audience": "me"}, status=403)


def test_the_way_through_signing_in_leads_back_to_the_badge(room):
    room.open()
    stranger = room.visitor()
    page = stranger.get(room.scan()).text
    sign_in = re.search(r'href="(/me/sign-in\?next=[^"]+)"', page)[1]
    there = re.search(r'name="next" value="([^"]+)"', stranger.get(sign_in).text)[1]
    answer = stranger.post("/me/sign-in", {"name": "bob", "password": PASSWORD, "next": there})
    assert answer.headers["Location"] == there
    room.installation.clock.forward(minutes=10)
    page = stranger.get(there).text
    stranger.post(action(page), {"csrf": re.search(r'name="csrf" value="([^"]+)"', page)[1]})
    assert room.bag("bob") == ["Premier cercle"]


@pytest.mark.parametrize(
    ("more", "status"), [({"first_name": ""}, 422), ({"password": "short"}, 422), ({"first_name": "x" * 61}, 422)]
)
def test_what_is_missing_is_said_and_no_notebook_is_opened(room, more, status):
    room.open()
    dora = room.visitor()
    answer = dora.post(action(dora.get(room.scan()).text), JOIN | more, status=status)
    assert 'role="alert"' in answer.text
    assert room.services.catalogue.find("dora") is None


def test_a_photo_of_the_qr_opens_nothing_later_and_says_so(room):
    room.open()
    old = room.scan()
    room.installation.clock.forward(minutes=3)
    stranger = room.visitor()
    assert "This code is over" in told(stranger.get(old, status=410).text)
    stranger.post(old, JOIN, status=410)
    assert room.services.catalogue.find("dora") is None


def test_the_code_of_the_room_is_typed_and_guessing_is_slowed_down(room):
    room.open()
    code = room.services.giving.handouts.room_code(room.handout())
    stranger = room.visitor()
    assert stranger.get(f"/claim?code={code.upper()}", status=303).headers["Location"] == f"/claim/{code.upper()}"
    assert "Premier cercle" in stranger.get(f"/claim/{code.upper()}").text
    assert "There is no such code" in told(stranger.get("/claim/zzzzzz", status=404).text)
    for _ in range(99):
        stranger.get("/claim/zzzzzz", status=404)
    stranger.get("/claim/zzzzzz", status=429)
    assert stranger.get(f"/claim/{code}").status_code == 200


def test_the_page_names_nobody_but_the_issuer(room):
    room.open()
    for name in ("bob", "amina"):
        one = room.visitor(name)
        page = one.get(room.scan()).text
        one.post(action(page), {"csrf": re.search(r'name="csrf" value="([^"]+)"', page)[1]})
    page = told(room.visitor().get(room.scan()).text)
    assert "Bob" not in page
    assert "Amina" not in page


def test_a_sheet_is_printed_and_each_code_works_once(room):
    answer = room.amina.post("/me/distribute/new", room.form | {"do": "codes", "number": "3"}, page=room.new)
    page = room.amina.follow(answer).text
    codes = re.findall(r"<code>([a-z0-9-]{14})</code>", page)
    assert len(codes) == 3
    picture = re.search(r'src="(/me/distribute/code[^"]+)"', page)[1].replace("&amp;", "&")
    assert room.amina.get(picture).headers["Content-Type"] == "image/svg+xml"
    dora = room.visitor()
    dora.post(action(dora.get(f"/claim/{codes[0]}").text), JOIN, status=200)
    assert "This code has been used" in told(room.visitor().get(f"/claim/{codes[0]}", status=410).text)
    assert codes[0] not in room.amina.follow(answer).text
    for number in ("", "0", "1001", "x", "-1"):
        room.amina.post("/me/distribute/new", room.form | {"do": "codes", "number": number}, page=room.new, status=422)


def test_a_cohort_of_a_file_becomes_links_that_spreadsheets_open_safely(room):
    text = "\n".join(["=cmd@example.org", *(f"learner{number}@example.org" for number in range(30))])
    page = f"/me/award/list?pod=ecoutants&achievement={quote(room.achievement, safe='')}"
    begun = room.amina.post("/me/award/list", room.form | {"do": "give", "text": text}, page=page)
    while room.services.run_pending():
        pass
    name = begun.headers["Location"].rpartition("list=")[2]
    answer = room.amina.get(f"/me/distribute/links.csv?pod=ecoutants&handout={name}")
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert rows[0] == ["qui", "lien"]
    assert len(rows) == 32
    assert rows[1][0] == "'=cmd@example.org"
    link = rows[2][1]
    assert link.startswith(f"{room.installation.base}claim/")
    dora = room.visitor()
    dora.post(action(dora.get(link).text), JOIN, status=200)
    assert room.bag("dora") == ["Premier cercle"]
    again = list(csv.reader(io.StringIO(room.amina.get(f"/me/distribute/links.csv?pod=ecoutants&handout={name}").text)))
    assert len(again) == 31


def test_stopping_ends_the_room_and_the_sheet(room):
    there = room.open()
    code = room.services.giving.handouts.room_code(room.handout())
    form = {"pod": "ecoutants", "handout": room.handout().id}
    room.visitor("bob").post("/me/distribute/close", form, page="/me", status=403)
    room.amina.post("/me/distribute/close", form, page=there)
    assert "no longer handed out" in told(room.visitor().get(f"/claim/{code}", status=410).text)
    assert "no longer handed out" in told(room.amina.get(there).text)
    assert "A QR for a room" in told(room.amina.get("/me/distribute?pod=ecoutants").text)
    room.amina.post("/me/distribute/new", room.form | {"do": "room", "hours": "9999"}, page=room.new, status=422)


def test_where_notebooks_are_opened_by_their_keepers_strangers_hear_it(make_installation):
    room = Room(make_installation(open_registration=False))
    room.open()
    stranger = room.visitor()
    answer = stranger.post(action(stranger.get(room.scan()).text), JOIN, status=403)
    assert "opened by the people who look after this garden" in told(answer.text)
    room.close()


def shown(room, there):
    """What the screen shows: the path in its QR, by the letters beside it, and the piece that is put in anew."""
    piece = room.amina.get(re.search(r'data-watch="([^"]+)"', room.amina.get(there).text)[1].replace("&amp;", "&")).text
    letters = re.search(r"<code>([a-z0-9-]{14})</code>", piece)[1]
    return f"/claim/{letters.replace('-', '')}", piece


def test_a_screen_shows_each_code_to_one_person_and_goes_on_when_it_was_scanned(room):
    there = room.open(do="turns", hours="1")
    first, piece = shown(room, there)
    picture = re.search(r'src="(/me/distribute/code[^"]+)"', piece)[1].replace("&amp;", "&")
    assert room.amina.get(picture).headers["Content-Type"] == "image/svg+xml"
    assert "0 scanned · 0 people have taken it" in piece
    assert '<noscript><meta http-equiv="refresh" content="4">' in room.amina.get(there).text
    dora = room.visitor()
    passed = dora.get(first, status=303).headers["Location"]
    second, piece = shown(room, there)
    assert second != first
    assert "1 scanned · 0 people have taken it" in piece
    page = dora.get(passed).text
    assert dora.get(passed).text == page, "a page may be loaded again, by whoever scanned"
    dora.post(action(page), JOIN, status=200)
    assert room.bag("dora") == ["Premier cercle"]
    assert "1 scanned · 1 person has taken it" in shown(room, there)[1]
    assert "The badge of this code was taken" in told(room.visitor().get(passed, status=410).text)


def test_the_second_phone_on_one_code_is_told_to_scan_the_new_one_before_a_notebook_is_opened(room):
    there = room.open(do="turns")
    first, _ = shown(room, there)
    room.visitor().get(first, status=303)
    late = room.visitor()
    for answer in (late.get(first, status=410), late.post(first, JOIN, status=410)):
        assert "Somebody has just scanned this code: each one is for one person." in told(answer.text)
        assert "Scan the one that is shown now." in told(answer.text)
    assert room.services.catalogue.find("dora") is None
    page = late.follow(late.get(shown(room, there)[0], status=303)).text
    late.post(action(page), JOIN, status=200)


def test_looking_ahead_and_having_the_badge_spend_no_code(room):
    there = room.open(do="turns")
    bob = room.visitor("bob")
    page = bob.follow(bob.get(shown(room, there)[0], status=303)).text
    bob.post(action(page), {"csrf": re.search(r'name="csrf" value="([^"]+)"', page)[1]})
    code, _ = shown(room, there)
    assert "You have this badge already" in told(bob.get(code).text)
    assert room.visitor().client.head(code).status_code == 200
    for header in ("Sec-Purpose", "Purpose"):
        answer = room.visitor().client.get(code, headers={header: "prefetch"})
        assert answer.status_code == 403
    assert shown(room, there)[0] == code
    sent = room.visitor().post(code, JOIN)
    assert sent.headers["Location"].startswith("/claim/"), "a form sent to the code itself is a scan, and no more"


def test_the_next_code_comes_by_a_button_too_and_only_for_those_who_give(room):
    there = room.open(do="turns")
    code, piece = shown(room, there)
    number = re.search(r'name="number" value="([^"]+)" form="next"', piece)[1]
    form = {"pod": "ecoutants", "handout": room.handout().id, "number": number}
    assert room.amina.post("/me/distribute/next", form, page=there).headers["Location"] == there
    assert shown(room, there)[0] != code
    room.visitor().get(code, status=410)
    for number in ("", "-1", "x", "9" * 40, "٣"):
        room.amina.post("/me/distribute/next", form | {"number": number}, page=there)
    assert room.handout().shown == 2
    room.amina.post("/me/distribute/next", form | {"handout": "other"}, page=there, status=404)
    room.visitor("bob").post("/me/distribute/next", form, page="/me", status=403)
    watch = f"/me/distribute/screen?pod=ecoutants&handout={room.handout().id}"
    room.visitor("bob").get(watch, status=403)
    room.visitor().get(watch, status=401)
    assert "A QR for one after the other" in told(room.amina.get("/me/distribute?pod=ecoutants").text)
    room.amina.post("/me/distribute/close", form, page=there)
    room.amina.get(watch, status=410)
    assert "no longer handed out" in told(room.amina.get(there).text)
    assert "no longer handed out" in told(
        room.visitor().get(f"/claim/{room.services.giving.turns.code(room.handout())}", status=410).text
    )

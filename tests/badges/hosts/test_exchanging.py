"""Badges between two whole installations: each is a host of badges for the other (open-badges.md §5.9)."""

import html
import json
import re
from urllib.parse import urlsplit

import pytest
from three_hosts import World

from pod_app.badges.hosts import exchanging
from pod_app.errors import Invalid, Unauthenticated
from pod_app.standards import badge_host
from pod_app.standards.wac import Agent

PASSWORD = "un jardin au bout du chemin"
API = "https://bouleau.example/ims/ob/v3p0"


def acting(pod):
    return Agent(webid=pod.webid)


class Bob:
    """Lives here, and has a notebook there as well; there is also a garden that gives him badges."""

    def __init__(self, world):
        self.world, self.here, self.there = world, world[0], world[1]
        self.mine = self.here.person("bob", PASSWORD, title="Bob")
        self.yours = self.there.person("robert", PASSWORD, title="Robert")
        garden = self.there.services.catalogue.create("moulin", "garden", owners=[self.yours.webid])
        bread = self.there.services.achievements.create(
            acting(self.yours), garden, name="Pain", description="Fait du pain.", criteria="Dix fournées."
        )
        self.issue = lambda to: self.there.services.issuing.issue(acting(self.yours), garden, bread, to)
        for one, name in ((self.here, "bob"), (self.there, "robert")):
            answer = one.client.post("/me/sign-in", data={"name": name, "password": PASSWORD})
            assert answer.status_code == 303

    def page(self):
        return self.here.client.get("/me/hosts").text

    def token(self, page):
        return page.partition('name="csrf" value="')[2].partition('"')[0]

    def post(self, path, **form):
        answer = self.here.client.post(path, data={"csrf": self.token(self.page()), **form})
        self.world.settle()
        return answer

    def connect(self, *, answer="yes"):
        assert self.post("/me/hosts", address="bouleau.example").status_code == 303
        go = html.unescape(re.search(r'href="(https://bouleau\.example/oidc/authorize[^"]+)"', self.page())[1])
        consent = self.there.client.get(go)
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', consent.text))
        fields = {name: html.unescape(value) for name, value in fields.items()} | {"answer": answer}
        back = self.there.client.post("/oidc/authorize", data=fields).headers["Location"]
        parts = urlsplit(back)
        done = self.here.client.get(f"{parts.path}?{parts.query}")
        self.world.settle()
        return done

    def held(self):
        return self.here.services.backpack.held(acting(self.mine), self.mine)

    def held_there(self):
        return self.there.services.backpack.held(acting(self.yours), self.yours)


@pytest.fixture
def bob(make_installation):
    return Bob(World(make_installation))


def test_box_5_9_7_badges_that_are_there_come_here_once_connected(bob):
    sent = [bob.issue(bob.yours.webid) for _ in range(23)]
    bob.world.settle()
    assert bob.connect().status_code == 303
    kept = {one.document["id"] for one in bob.held()}
    assert kept == {one.iri for one in sent}
    copy = bob.held()[0]
    original = next(one.document for one in sent if one.iri == copy.document["id"])
    stored = bob.here.services.resources.read(acting(bob.mine), copy.address).stored
    assert bob.here.services.resources.data(stored) == original.strip()
    assert copy.audience == "me"
    assert "23 nouveaux ici" in bob.page()
    bob.post("/me/hosts/fetch", api=API)
    assert "0 nouveaux ici, 23 connus" in bob.page()


def test_box_5_9_7_only_the_badges_that_were_ticked_go_there(bob):
    bob.connect()
    for number in range(2):
        bob.here.services.importing.keep(acting(bob.mine), bob.mine, bob.issue(bob.mine.webid).document)
        bob.here.clock.forward(minutes=number)
    names = [one.address.name for one in bob.held()]
    assert bob.post("/me/hosts/send", api=API, badge=names[0]).status_code == 303
    assert len(bob.held_there()) == 1
    assert bob.held_there()[0].document == bob.held()[0].document
    assert "1 nouveaux là-bas" in bob.page()
    bob.post("/me/hosts/send", api=API, badge=names)
    assert len(bob.held_there()) == 2
    assert "1 nouveaux là-bas, 1 connus" in bob.page()


def test_a_list_that_leads_on_without_end_comes_to_an_end(bob, monkeypatch):
    monkeypatch.setattr(exchanging, "MOST_PAGES", 3)
    seen = []

    def endless(header, url):
        seen.append(url)
        return f"{API}/credentials?limit=20&offset={len(seen)}"

    monkeypatch.setattr(exchanging.badge_api, "next_page", endless)
    bob.connect()
    assert len(seen) == 3
    assert "Cela continue" not in bob.page()


def test_what_does_not_hold_is_not_kept_and_the_reason_is_told(bob):
    issued = bob.issue(bob.yours.webid)
    bob.world.settle()
    bob.there.services.issuing.revoke(acting(bob.yours), issued.iri, "Donné par erreur.")
    bob.connect()
    assert bob.held() == []
    page = bob.page()
    assert "1 qui ne tiennent pas" in page
    assert "Le badge a été retiré par qui l’a émis." in page


def test_tokens_are_renewed_and_what_is_taken_back_there_ends_here(bob):
    bob.connect()
    bob.issue(bob.yours.webid)
    bob.here.clock.forward(hours=2)
    bob.world.settle()
    for one, name in ((bob.here, "bob"), (bob.there, "robert")):
        one.client.post("/me/sign-in", data={"name": name, "password": PASSWORD})
    bob.post("/me/hosts/fetch", api=API)
    assert len(bob.held()) == 1
    account = bob.there.client.get("/me/account").text
    client = re.search(r'name="client" value="([^"]+)"', account)[1]
    bob.there.client.post("/me/account/applications/end", data={"csrf": bob.token(account), "client": client})
    bob.post("/me/hosts/fetch", api=API)
    assert "Ils ne nous laissent plus entrer" in bob.page()
    assert bob.post("/me/hosts/fetch", api=API).status_code == 422
    bob.connect()
    assert "Relié" in bob.page()


def test_forgetting_a_place_ends_what_it_allowed(bob):
    bob.connect()
    assert "pod_app" in bob.there.client.get("/me/account").text
    bob.post("/me/hosts/end", api=API)
    assert "bouleau.example" not in bob.page()
    assert 'name="client"' not in bob.there.client.get("/me/account").text


def test_who_says_no_over_there_has_shared_nothing(bob):
    assert bob.connect(answer="no").status_code == 401
    assert "bouleau.example" not in bob.page()


def test_an_answer_that_nobody_here_asked_for_connects_nobody(bob):
    bob.post("/me/hosts", address="https://bouleau.example/")
    hosts = bob.here.services.between.hosts
    with pytest.raises(Unauthenticated):
        hosts.finish("bob", {"code": "x", "state": "forged"})
    with pytest.raises(Unauthenticated):
        hosts.finish("bob", {"code": "x"})
    bob.here.clock.forward(hours=1)
    assert "trop ancienne" in bob.page() or "ancienne" in bob.page()
    assert bob.here.client.get("/me/hosts/back?code=x&state=forged").status_code == 401


def test_nothing_of_the_tokens_can_be_read_on_disk(bob):
    bob.connect()
    [kept] = [one for _, one in bob.here.services.between.hosts._rows("bob", "open")]
    for file in bob.here.services.settings.data.rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            assert kept["access"].encode() not in data
            assert kept["refresh"].encode() not in data


@pytest.mark.parametrize(
    "address", ["", "not an address", "ftp://bouleau.example/", "https://user@bouleau.example/", "https://[bad", "x y"]
)
def test_an_address_that_is_none_is_told_on_the_page(bob, address):
    answer = bob.here.client.post("/me/hosts", data={"csrf": bob.token(bob.page()), "address": address})
    assert answer.status_code == 200
    assert 'aria-invalid="true"' in answer.text


def test_places_that_are_no_hosts_or_ours_are_told_on_the_page(bob):
    for address in (bob.here.base, "https://nobody.example/", "https://bouleau.example/robert/"):
        answer = bob.here.client.post("/me/hosts", data={"csrf": bob.token(bob.page()), "address": address})
        assert 'aria-invalid="true"' in answer.text


@pytest.mark.parametrize(
    ("typed", "api"),
    [
        ("badges.example", "https://badges.example/ims/ob/v3p0"),
        ("https://Badges.Example/", "https://badges.example/ims/ob/v3p0"),
        ("https://badges.example/host/", "https://badges.example/host/ims/ob/v3p0"),
        ("https://badges.example/ims/ob/v3p0/discovery", "https://badges.example/ims/ob/v3p0"),
    ],
)
def test_the_api_is_found_by_what_people_type(typed, api):
    assert badge_host.api_of(typed) == api


def test_badges_of_a_page_come_out_with_their_very_bytes_whatever_surrounds_them():
    one = '{ "@context" : ["a", "b"], "name":"}],\\"x\\"", "n": 1.50, "é": [1,2,{"a":null}] }'
    page = f' {{"x": {{"credential": [3]}}, "credential" : [ {one} ,{one}], "compactJwsStrings": ["a.b.c"], "y": 7}} '
    assert badge_host.badges_in(page.encode()) == [one.encode(), one.encode(), b"a.b.c"]
    assert badge_host.badges_in(b'{"credential":[],"compactJwsString":["a.b.c" , 7, {}]}') == [b"a.b.c"]
    assert badge_host.badges_in(b"{}") == []


@pytest.mark.parametrize("missing", ["x-imssf-registrationUrl", "authorizationUrl", "tokenUrl", "scopes"])
def test_a_description_without_what_is_needed_is_no_host(bob, missing):
    told = bob.there.client.get("/ims/ob/v3p0/discovery").text
    document = json.loads(told.replace(f'"{missing}"', '"other"'))
    with pytest.raises(Invalid):
        badge_host.host(document, API)
    assert badge_host.host(json.loads(told), API).revocation == "https://bouleau.example/oidc/revoke"


def test_a_host_cannot_send_us_to_addresses_that_no_request_may_go_to(bob, monkeypatch):
    known = badge_host.host

    def lying(document, api):
        made = known(document, api)
        return type(made)(**{name: getattr(made, name) for name in made.__slots__} | {"token": "https://127.0.0.1/"})

    monkeypatch.setattr(badge_host, "host", lying)
    answer = bob.here.client.post("/me/hosts", data={"csrf": bob.token(bob.page()), "address": "bouleau.example"})
    assert 'aria-invalid="true"' in answer.text

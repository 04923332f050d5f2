"""My badges: found, shown to whom one chooses, brought in from elsewhere and taken along."""

import io
import json
import re
import sys
import zipfile
from pathlib import Path

import httpx
import pytest

from pod_app.standards import baking
from pod_app.standards.wac import Agent
from pod_app.storage.web_client import RawTargetTransport
from pod_app.web.app import create

sys.path.insert(0, str(Path(__file__).parent))
from test_me import PASSWORD, Browser

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="4"/></svg>'


class Town:
    """Alice at her notebook, and a garden elsewhere that gives her badges."""

    def __init__(self, here, elsewhere):
        self.here, self.elsewhere = here, elsewhere
        self.alice = here.person("alice", PASSWORD, title="Alice")
        self.nina = elsewhere.person("nina")
        self.agent = Agent(webid=self.nina.webid)
        self.browser = Browser(here)
        self.browser.sign_in()

    def achievement(self, name="Pain"):
        return self.elsewhere.services.achievements.create(
            self.agent, self.nina, name=name, description="Fait du pain.", criteria="Dix fournées."
        )

    def badge(self, name="Pain", to=None):
        issuing = self.elsewhere.services.issuing
        return issuing.issue(self.agent, self.nina, self.achievement(name), to or self.alice.webid).document

    def send(self, *files, url=""):
        token = self.browser.csrf("/me/badges/import")
        return self.browser.client.post(
            "/me/badges/import", data={"csrf": token, "url": url},
            files=[("file", (name, data)) for name, data in files] or None,
            headers={"Origin": self.here.base.rstrip("/"), "Sec-Fetch-Site": "same-origin"},
        )  # fmt: skip

    def held(self):
        return self.here.services.backpack.held(Agent(webid=self.alice.webid), self.alice)

    def work(self):
        while self.here.services.run_pending():
            pass


@pytest.fixture
def town(make_installation):
    mounts = {}
    elsewhere = make_installation("https://elsewhere.example/")
    mounts["https://elsewhere.example"] = RawTargetTransport(create(elsewhere.services))
    made = Town(make_installation(mounts=mounts, clock=elsewhere.clock), elsewhere)
    yield made
    made.browser.client.close()


def test_a_baked_badge_from_elsewhere_is_brought_in_and_shown(town):
    baked = baking.bake(SVG, town.badge().decode())
    answer = town.send(("pain.svg", baked))
    assert answer.status_code == 303
    page = town.browser.get(answer.headers["Location"])
    assert page.status_code == 200
    assert "Pain" in page.text
    assert "This badge is authentic" in page.text
    assert "Ask its issuer again" in page.text
    assert 'src="data:image/svg+xml;base64,' in page.text
    source = re.search(r'<img src="([^"]+\.svg)"', page.text)[1]
    picture = town.browser.get(source.replace("&amp;", "&"))
    assert picture.content == baked
    assert picture.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert source in town.browser.get("/me/badges").text
    town.browser.post(
        "/me/audience", {"csrf": town.browser.csrf(), "id": town.held()[0].address.name, "audience": "everyone"}
    )
    card = town.here.client.get(f"{town.alice.iri}profile/card", headers={"Accept": "text/html"}).text
    assert f"{town.held()[0].address.target}.svg" in card


def test_a_forged_badge_is_kept_with_the_step_that_failed_and_can_be_tried_again(town):
    forged = town.badge().replace(b"Fait du pain.", b"Fait du bon pain.")
    answer = town.send(("pain.json", forged))
    page = town.browser.get(answer.headers["Location"])
    assert "The step «The signature fits: nothing was changed» failed." in page.text
    assert "pain.json" in page.text
    assert town.held() == []
    name = answer.headers["Location"].rpartition("/")[2]
    kept = town.here.client.get(
        f"{town.alice.iri}private/imports/{name}", headers=town.here.headers(town.alice)
    ).content
    assert kept == forged
    again = town.browser.post(f"/me/badges/imports/{name}/retry", {"csrf": town.browser.csrf("/me")})
    assert again.headers["Location"] == f"/me/badges/imports/{name}"
    gone = town.browser.post(f"/me/badges/imports/{name}/forget", {"csrf": town.browser.csrf("/me")})
    assert gone.status_code == 303
    assert town.browser.get(f"/me/badges/imports/{name}").status_code == 404


def test_several_files_and_archives_are_reported_one_by_one(town):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a/pain.json", town.badge("Pain"))
        archive.writestr("a/mur.json", town.badge("Mur"))
        archive.writestr("a/note.txt", "bonjour")
        archive.writestr("a/.DS_Store", "x")
        archive.writestr("photo.jpg", "x")
    answer = town.send(("mes-badges.zip", packed.getvalue()))
    where = answer.headers["Location"]
    assert "3 badges are still being looked at" in town.browser.get(where).text
    town.work()
    page = town.browser.get(where).text
    assert "2 of 3 in my bag" in page
    assert "note.txt" in page
    assert {one.document["name"] for one in town.held()} == {"Pain", "Mur"}
    both = town.send(("eau.json", town.badge("Eau")), ("eau.json", town.badge("Feu")))
    town.work()
    assert "2 of 2 in my bag" in town.browser.get(both.headers["Location"]).text


def test_an_import_that_was_cut_off_goes_on_where_it_stood(town, monkeypatch):
    monkeypatch.setattr("pod_app.badges.bag.imports._SECONDS", -1.0)
    answer = town.send(*[(f"{number}.json", town.badge(f"Badge {number}")) for number in range(4)])
    town.here.services.run_pending()
    assert "1 of 4 in my bag" in town.browser.get(answer.headers["Location"]).text
    town.work()
    assert len(town.held()) == 4


def test_a_badge_is_brought_in_by_its_address(town):
    issued = town.elsewhere.services.issuing.issue(town.agent, town.nina, town.achievement(), town.alice.webid)
    assert "could not be had" in town.browser.get(town.send(url=issued.iri).headers["Location"]).text
    with town.elsewhere.services.resources.trying(town.agent):
        pass
    record = issued.iri.removeprefix("https://elsewhere.example/nina/")
    town.elsewhere.services.backpack._resources.write(
        town.agent,
        lambda writing: town.elsewhere.services.backpack._audiences.show(
            writing, town.nina.address(record), "everyone"
        ),
    )
    answer = town.send(url=issued.iri)
    assert answer.headers["Location"].startswith("/me/open?iri=")
    assert len(town.held()) == 1


@pytest.mark.parametrize("sent", [("x.zip", b"PK\x03\x04broken"), None])
def test_what_cannot_be_opened_is_said_on_the_form(town, sent):
    answer = town.send(sent) if sent else town.send()
    assert answer.status_code == 200
    assert 'class="wrong"' in answer.text


def test_badges_are_found_by_words_by_audience_and_by_state(town):
    town.send(*[(f"{name}.json", town.badge(name)) for name in ("Pain", "Mur", "Eau")],
              ("autre.json", town.badge("Autre", "https://elsewhere.example/nina/profile/card#me")))  # fmt: skip
    town.work()

    def found(**asked):
        page = town.browser.client.get("/me/badges", params=asked).text
        return {name for name in ("Pain", "Mur", "Eau", "Autre") if f">{name}</a>" in page}

    assert found() == {"Pain", "Mur", "Eau", "Autre"}
    assert found(q="pain") == {"Pain", "Mur", "Eau", "Autre"}  # the description of all of them
    assert found(q="MUR nina") == {"Mur"}
    assert found(state="not-yours") == {"Autre"}
    assert found(state="yours") == {"Pain", "Mur", "Eau"}
    assert found(audience="everyone") == set()
    assert found(state="expired") == set()
    assert found(page="99", q="mur") == {"Mur"}


def test_a_badge_is_shown_to_the_members_of_a_garden_alone(town):
    services = town.here.services
    zoe, max_ = town.here.person("zoe"), town.here.person("max")
    garden = services.catalogue.create("noue", "garden", title="La Noue", owners=[zoe.webid])
    services.members.put(Agent(webid=zoe.webid), garden.name, town.alice.webid)
    services.members.put(Agent(webid=zoe.webid), garden.name, max_.webid)
    town.send(("pain.json", town.badge()))
    held = town.held()[0]
    page = town.browser.get("/me/badges").text
    assert "My garden" in page
    form = {"csrf": town.browser.csrf("/me"), "id": held.address.name, "audience": "garden:noue"}
    assert town.browser.post("/me/audience", form | {"back": "/me/badges?q=pain"}).headers["Location"] == (
        "/me/badges?q=pain"
    )
    iri = held.address.iri(town.here.base)
    assert town.here.client.get(iri, headers=town.here.headers(max_)).status_code == 200
    assert town.here.client.get(iri, headers=town.here.headers(town.here.person("eve"))).status_code == 403
    assert town.here.client.get(iri).status_code == 401
    assert town.held()[0].audience == "garden"
    assert town.browser.post("/me/audience", form | {"audience": "garden:other"}).status_code == 422
    for evil in ("https://evil.example/", "//evil.example", "/me\\@evil.example"):
        assert town.browser.post("/me/audience", form | {"back": evil}).headers["Location"] == "/me"


def test_the_whole_bag_is_a_zip_that_another_bag_takes(town):
    document = town.badge()
    town.send(("pain.svg", baking.bake(SVG, document.decode())), ("mur.json", town.badge("Mur")))
    town.work()
    answer = town.browser.post("/me/badges/export", {"csrf": town.browser.csrf("/me")})
    assert answer.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = archive.namelist()
        exact = next(name for name in names if re.match(r"Pain-\w+\.json", name))
        assert archive.read(exact) == document
        assert sum(name.endswith(".svg") for name in names) == 1
    bob = town.here.person("bob")
    services = town.here.services
    report = services.imports.take(Agent(webid=bob.webid), bob, [("bag.zip", answer.content)])
    services.imports.go_on(Agent(webid=bob.webid), bob, report)
    assert report.is_done
    assert len(services.backpack.held(Agent(webid=bob.webid), bob)) == 2


def test_a_badge_leaves_as_json_png_svg_and_on_paper(town):
    document = town.badge()
    where = town.send(("pain.json", document)).headers["Location"]
    iri = httpx.QueryParams(where.partition("?")[2])["iri"]

    def taken(suffix):
        return town.browser.client.get("/me/open", params={"iri": f"{iri}{suffix}"}).content

    assert taken(".json") == document
    for suffix in (".png", ".svg"):
        assert baking.unbake(taken(suffix)) == document.decode()
    sheet = taken(".pdf")
    assert sheet.startswith(b"%PDF-")
    assert iri.encode() in sheet
    town.browser.post("/me/badges/remove", {"csrf": town.browser.csrf(where), "id": iri.rpartition("/")[2]})
    assert town.held() == []


def test_without_a_session_there_is_nothing(town):
    stranger = Browser(town.here)
    for path in ("/me/badges", "/me/badges/import", "/me/badges/imports/abc"):
        assert stranger.get(path).headers["Location"].startswith("/me/sign-in?next=/me/badges")
    for path in ("import", "export", "verify", "remove", "imports/abc/retry", "imports/abc/forget"):
        assert stranger.post(f"/me/badges/{path}", {"csrf": "x"}).status_code == 401
    stranger.client.close()


def test_reports_of_others_and_strange_names_are_not_found(town):
    for name in ("abc", "..%2fcard", "a.report", "é"):
        assert town.browser.get(f"/me/badges/imports/{name}").status_code == 404
    assert json.dumps(town.held(), default=str)

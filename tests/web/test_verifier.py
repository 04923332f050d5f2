"""The page and the endpoint on which anybody has a badge checked (open-badges.md §5.8)."""

import html
import json
import re

import pytest
from three_hosts import World

from pod_app.badges.verifier.verifying import CHECKS
from pod_app.identity import limits
from pod_app.standards.wac import Agent

JSON = {"Accept": "application/json"}


def acting(pod):
    return Agent(webid=pod.webid)


class Village:
    """A garden of one host gives Bob a badge; somebody checks it at another host, which knows neither."""

    def __init__(self, world):
        self.world, self.home, self.stranger = world, world[0], world[1]
        self.nina, self.bob = self.home.person("nina"), self.home.person("bob", title="Bob")
        self.garden = self.home.services.catalogue.create(
            "moulin", "garden", title="Le Moulin", owners=[self.nina.webid]
        )
        self.bread = self.home.services.achievements.create(
            acting(self.nina), self.garden, name="Pain", description="Fait du pain.", criteria="Dix **fournées**.",
            alignments=[{"type": ["Alignment"], "targetName": "boulanger", "targetUrl": "http://data.europa.eu/esco/o/1"}],
        )  # fmt: skip

    def issue(self, to=None, **more):
        return self.home.services.issuing.issue(
            acting(self.nina), self.garden, self.bread, to or self.bob.webid, **more
        )

    def check(self, body=None, headers=None, **form):
        if body is not None:
            return self.stranger.client.post("/verify", content=body, headers=JSON | (headers or {}))
        return self.stranger.client.post("/verify", data=form, headers=headers or {"Accept": "text/html"})


@pytest.fixture
def village(make_installation):
    return Village(World(make_installation))


def text_of(answer):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def test_box_5_8_1_everything_that_must_be_shown_is_shown(village):
    issued = village.issue(evidence=["https://forum.example/t/12"])
    shown = text_of(village.check(text=issued.document.decode()))
    for one in ("Pain", "Fait du pain.", "Le Moulin", "Dix fournées", "forum.example/t/12", "boulanger", "mars 2026"):
        assert one in shown, one
    assert "Ce badge est authentique" in shown
    assert '<span class="medal' in village.check(text=issued.document.decode()).text


def test_box_5_8_1_expired_and_withdrawn_are_shown(village):
    issued = village.issue()
    village.home.services.issuing.revoke(acting(village.nina), issued.iri, "Donné par erreur.")
    shown = text_of(village.check(text=issued.document.decode()))
    assert "Retiré" in shown
    assert "Ce badge n’est pas valable" in shown
    expiring = village.issue(valid_until=village.home.clock().replace(hour=10))
    village.home.clock.forward(days=1)
    assert "Expiré" in text_of(village.check(text=expiring.document.decode()))


def test_box_5_8_1_whether_it_is_about_somebody_is_shown(village):
    document = village.issue().document.decode()
    assert "Il parle bien de la personne nommée" in text_of(village.check(text=document, recipient=village.bob.webid))
    answer = village.check(text=document, recipient=village.nina.webid)
    assert "Il ne parle pas de la personne nommée" in text_of(answer)
    by_mail = village.issue("awa@example.org").document.decode()
    assert "Il parle bien" in text_of(village.check(text=by_mail, recipient="Awa@example.org"))


def test_an_issuer_who_cannot_be_reached_is_never_valid(village):
    document = village.issue().document
    dark = village.world[2]
    for origin in list(village.world.hosts[2][1]):
        del village.world.hosts[2][1][origin]
    told = dark.client.post("/verify", content=document, headers=JSON | {"Content-Type": "application/vc"}).json()
    assert told["verified"] is None
    page = dark.client.post("/verify", data={"text": document.decode()}, headers={"Accept": "text/html"})
    assert "Impossible à vérifier" in text_of(page)
    assert "authentique" not in text_of(page)


def test_what_this_host_issued_itself_is_checked_without_the_network(village):
    document = village.issue().document
    before = len(village.world.asked[village.home.base])
    answer = village.home.client.post("/verify", content=document, headers=JSON | {"Content-Type": "application/vc"})
    assert answer.json()["verified"] is True
    assert len(village.world.asked[village.home.base]) == before


@pytest.mark.parametrize(
    "kind", ["application/vc", "application/json", "application/ld+json", "text/plain", "application/vc+ld+json"]
)
def test_a_badge_may_be_the_body_itself(village, kind):
    told = village.check(village.issue().document, {"Content-Type": kind}).json()
    assert told["verified"] is True
    assert [check["name"] for check in told["checks"]] == list(CHECKS)
    assert all(check["detail"] for check in told["checks"] if check["outcome"] != "pass")


def test_a_token_and_a_picture_may_be_the_body_too(village):
    iri = village.issue().iri
    village.world.settle()
    services = village.home.services
    address = village.bob.address(f"badges/{iri.rpartition('/')[2]}")
    token = services.exporting.token(acting(village.bob), address)
    assert village.check(token, {"Content-Type": "text/plain"}).json()["verified"] is True
    spoilt = token[:-8] + b"AAAAAAAA"
    assert village.check(spoilt, {"Content-Type": "text/plain"}).json()["verified"] is False
    services.backpack.show_to(acting(village.bob), address, "everyone")
    for form, kind in ((".png", "image/png"), (".svg", "image/svg+xml")):
        picture = village.home.client.get(f"{address.iri(village.home.base)}{form}").content
        assert village.check(picture, {"Content-Type": kind}).json()["verified"] is True


def test_programs_read_english_unless_they_ask_for_another_language(village):
    document = village.issue().document
    english = village.check(document, {"Content-Type": "application/vc"}).json()
    french = village.check(document, {"Content-Type": "application/vc", "Accept-Language": "fr"}).json()
    details = [{one["name"]: one["detail"] for one in told["checks"]} for told in (english, french)]
    assert details[0]["valid-from"].startswith("Valid from")
    assert details[0]["valid-from"] != details[1]["valid-from"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe\x00", b"[]", b"null", b"hello", b'{"a":' * 3000, b"x" * 200_000]
)
def test_whatever_is_sent_gets_a_report_or_a_sentence(village, body):
    answer = village.check(body, {"Content-Type": "application/vc"})
    assert answer.status_code in {200, 422}
    if answer.status_code == 200:
        assert answer.json()["verified"] is False
    page = village.check(text=body.decode("latin-1"))
    assert page.status_code == 200
    assert "authentique" not in text_of(page).replace("est-il authentique", "")


def test_a_link_that_gives_nothing_is_told_beside_its_field(village):
    for url in ("https://nobody.example/badge", "not a link", "file:///etc/passwd", "https://127.0.0.1/x"):
        page = village.check(url=url)
        assert page.status_code == 200
        assert 'aria-invalid="true"' in page.text
        assert village.stranger.client.post("/verify", data={"url": url}, headers=JSON).status_code == 502


def test_one_address_that_asks_too_often_is_slowed_down(village, monkeypatch):
    monkeypatch.setattr(limits, "VERIFYING", limits.Limit(2, 60))
    document = village.issue().document
    answers = [village.check(document, {"Content-Type": "application/vc"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    village.stranger.clock.forward(minutes=2)
    assert village.check(document, {"Content-Type": "application/vc"}).status_code == 200


def test_the_newer_copy_that_was_judged_is_the_one_shown(village):
    issued = village.issue()
    services = village.home.services
    place = f"{village.home.base}moulin/public/renewed"
    extension = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"

    def signed(**changes):
        unsigned = {name: value for name, value in json.loads(issued.document).items() if name != "proof"} | changes
        unsigned |= {"refreshService": {"id": place, "type": "1EdTechCredentialRefresh"}}
        unsigned["@context"] = [*unsigned["@context"], extension]
        with services.database.read() as conn:
            return json.dumps(services.issuing._sign(conn, village.garden, unsigned, village.home.clock()))

    old = signed(validUntil="2026-03-12T09:30:00Z")
    village.home.clock.forward(hours=1)
    newer = signed(validFrom="2026-03-12T10:00:00Z", name="Pain au levain")
    headers = village.home.headers(village.nina) | {"Content-Type": "application/vc"}
    assert village.home.client.put(place, content=newer, headers=headers).status_code == 201
    shown = text_of(village.check(text=old))
    assert "Pain au levain" in shown
    assert "Ce badge est authentique" in shown

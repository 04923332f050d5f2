"""Kinds of badges of other forges become drafts that name their source, once each (issue 6, part 8)."""

import base64
import json
import sys
from pathlib import Path

import httpx
import pytest

from pod_app.errors import Conflict, Forbidden, Invalid, PodAppError
from pod_app.standards import baking
from pod_app.standards.wac import Agent

sys.path.insert(0, str(Path(__file__).parents[1] / "bag"))
from test_importing_2 import CLASS, HOST, ISSUER, assertion

SAMPLES = Path(__file__).parents[2] / "data/badges/samples"
PNG = (SAMPLES / "ob2-reference-validator/public_domain_heart.png").read_bytes()
FACTORY = [
    {"id": "P1ABC", "client_id": "C1", "name": "Animateur·rice", "description": "Anime un cercle.", "draft": False,
     "criteria_html": "<h2>Il faut</h2><p>Avoir animé <b>trois</b> cercles.</p>"
     "<script>alert(1)</script><ul><li>un</li></ul>",
     "tags": ["cercle"], "image": "data:image/png;base64," + base64.b64encode(PNG).decode(), "lang": "fr"},
    {"id": "P1DEF", "client_id": "C1", "name": "Cuisinier·e", "description": "Nourrit.", "criteria_html": ""},
]  # fmt: skip
BADGR = {
    "status": {"success": True},
    "result": [
        {"entityType": "BadgeClass", "openBadgeId": f"{HOST}/public/badges/1", "name": "Semeur·se",
         "description": "Sème.",
         "criteriaNarrative": "Dix graines.", "tags": ["graine"], "image": f"{HOST}/1.png",
         "alignments": [{"targetName": "semer", "targetUrl": "http://data.europa.eu/esco/skill/s"}]},
    ],
}  # fmt: skip
OB3 = {
    "id": f"{HOST}/achievements/9", "type": ["Achievement"], "name": "Tailler", "description": "Taille bien.",
    "criteria": {"narrative": "Trois *hivers*."}, "inLanguage": "fr",
}  # fmt: skip


class Web(httpx.BaseTransport):
    def __init__(self):
        self.pages = {f"{HOST}/class": CLASS, f"{HOST}/issuer": ISSUER, f"{HOST}/award": assertion()}

    def handle_request(self, request):
        found = self.pages.get(str(request.url))
        body = found if isinstance(found, bytes) else json.dumps(found).encode()
        status = 404 if found is None else 200
        return httpx.Response(status, headers={"Content-Type": "application/json"}, stream=httpx.ByteStream(body))


@pytest.fixture
def web():
    return Web()


@pytest.fixture
def here(make_installation, web):
    made = make_installation(mounts={HOST: web})
    made.amina = made.person("amina")
    return made


def take(here, value, by=None):
    file = value if isinstance(value, bytes) else json.dumps(value).encode()
    who = by or here.amina
    return here.services.class_import.take(Agent(webid=who.webid), here.amina, file)


def drafts(here):
    with here.services.resources.reading() as conn:
        return {one["name"]: one for one in here.services.achievements.all(conn, here.amina, retired=True)}


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (FACTORY, {"Animateur·rice", "Cuisinier·e"}),
        ("\n".join(json.dumps(one) for one in FACTORY).encode(), {"Animateur·rice", "Cuisinier·e"}),
        (BADGR, {"Semeur·se"}),
        (CLASS, {"Compost"}),
        (OB3, {"Tailler"}),
        ({"badges": [CLASS, OB3]}, {"Compost", "Tailler"}),
        ([f"{HOST}/class", f"{HOST}/gone"], {"Compost"}),
        (assertion(), {"Compost"}),
        ({"credentialSubject": {"achievement": OB3}}, {"Tailler"}),
        (baking.bake(PNG, json.dumps(assertion()), old=True), {"Compost"}),
    ],
)
def test_each_form_of_a_catalogue_becomes_drafts(here, value, names):
    taken = take(here, value)
    assert len(taken.made) == len(names)
    assert set(drafts(here)) == names
    assert all(one["retired"] for one in drafts(here).values())


def test_what_other_forges_say_is_kept_without_their_markup(here):
    take(here, FACTORY)
    made = drafts(here)["Animateur·rice"]
    narrative = made["criteria"]["narrative"]
    assert "Avoir animé trois cercles." in narrative
    assert "- un" in narrative
    assert "alert" not in narrative
    assert "<" not in narrative
    assert made["tag"] == ["cercle"]
    assert made["image"]["id"].startswith(f"{here.amina.iri}achievements/images/")
    take(here, BADGR)
    assert drafts(here)["Semeur·se"]["alignment"][0]["targetUrl"] == "http://data.europa.eu/esco/skill/s"


def test_the_source_is_noted_and_the_same_catalogue_makes_nothing_twice(here):
    first = take(here, [CLASS, OB3])
    assert [one["identifier"] for one in drafts(here)["Tailler"]["otherIdentifier"]] == [OB3["id"]]
    again = take(here, [OB3, CLASS])
    assert again.made == ()
    assert set(again.known) == set(first.made)


def test_a_draft_is_given_once_somebody_says_so(here):
    (iri,) = take(here, OB3).made
    agent = Agent(webid=here.amina.webid)
    with pytest.raises(Conflict):
        here.services.issuing.issue(agent, here.amina, iri, "https://x.example/bob#me")
    here.services.achievements.retire(agent, here.amina, iri, retired=False)
    issued = here.services.issuing.issue(agent, here.amina, iri, "https://x.example/bob#me")
    assert OB3["id"] in issued.document.decode()


def test_a_catalogue_is_read_at_its_address(here, web):
    web.pages[f"{HOST}/catalogue"] = {"badges": [f"{HOST}/class"]}
    taken = here.services.class_import.take_address(Agent(webid=here.amina.webid), here.amina, f"{HOST}/catalogue")
    assert len(taken.made) == 1
    web.pages[f"{HOST}/one"] = {key: value for key, value in (CLASS | {"name": "Un"}).items() if key != "id"}
    here.services.class_import.take_address(Agent(webid=here.amina.webid), here.amina, f"{HOST}/one")
    sources = [one["otherIdentifier"][0]["identifier"] for one in drafts(here).values()]
    assert sorted(sources) == [f"{HOST}/class", f"{HOST}/one"]


NOTHING = [b"", b"{", b"[]", b"{}", b"null", b'"x"', b"7", PNG, b"\xff", b"[" * 50_000, b"{}\n{}"]


@pytest.mark.parametrize("file", NOTHING)
def test_a_file_without_kinds_of_badges_is_refused_in_words(here, file):
    with pytest.raises(PodAppError):
        take(here, file)
    assert drafts(here) == {}


def test_nobody_makes_drafts_for_somebody_else(here):
    bob = here.person("bob")
    taken_by_bob = here.services.class_import.take
    try:
        taken = taken_by_bob(Agent(webid=bob.webid), here.amina, json.dumps(OB3).encode())
        assert isinstance(taken.refused["Tailler"], Forbidden)
    except (Forbidden, Invalid):
        pass
    assert drafts(here) == {}

"""The forge's pages: make, change, translate and retire a badge, with a picture from the studio or one's own."""

import io
import json
from urllib.parse import quote

import pytest
from PIL import Image
from visitors import PASSWORD, Visitor, links, told

from pod_app.standards.wac import Agent
from pod_app.web.badges import studio

SKILL = "https://w3id.org/jdn#skill-listening"
FILLED = {
    "pod": "ecoutants", "name": "Écoutante", "description": "Sait écouter.", "criteria": "Trois *dialogues*.",
    "language": "fr", "look": "relating_skill", "icon": "ear", "skills": SKILL, "words": "écoute, soin",
    "targets": "http://data.europa.eu/esco/skill/abc écouter activement",
}  # fmt: skip


@pytest.fixture
def amina(installation):
    pod = installation.person("amina", PASSWORD, title="Amina")
    installation.person("bob", PASSWORD, title="Bob")
    installation.services.catalogue.create("ecoutants", "garden", title="Jardin des Écoutants", owners=[pod.webid])
    visitor = Visitor(installation, "amina")
    yield visitor
    visitor.close()


def picture(kind="PNG", size=(900, 400)):
    file = io.BytesIO()
    Image.new("RGB", size, (20, 90, 60)).save(file, kind)
    return file.getvalue()


def made(installation, name="ecoutante"):
    found = installation.client.get(f"/ecoutants/achievements/{name}", headers={"Accept": "application/ld+json"})
    assert found.status_code == 200, found.text
    return found.json()


def create(visitor, status=303, files=None, **more):
    return visitor.post("/me/forge/new", FILLED | more, page="/me/forge/new?pod=ecoutants", files=files, status=status)


def test_a_badge_is_made_with_skills_words_and_a_picture_of_the_studio(installation, amina):
    create(amina)
    document = made(installation)
    assert document["achievementType"] == "Competency"
    assert document["tag"] == ["écoute", "soin"]
    assert [(one["targetName"], one["targetUrl"], one.get("targetType")) for one in document["alignment"]] == [
        ("écoute", SKILL, None),
        ("écouter activement", "http://data.europa.eu/esco/skill/abc", "ext:ESCOSkill"),
    ]
    image = document["image"]
    assert image["caption"] == "Un badge prune à six côtés, avec une oreille au milieu"
    shown = installation.client.get(image["id"])
    assert (shown.status_code, shown.headers["Content-Type"]) == (200, "image/png")
    assert Image.open(io.BytesIO(shown.content)).size == (512, 512)
    as_png = installation.client.get(f"{document['id']}.png").content
    assert as_png == shown.content
    assert "Écoutante" in amina.get("/me/forge").text


def test_badges_carry_the_picture_and_their_baked_forms_show_it(installation, amina):
    create(amina)
    services, agent = installation.services, Agent(webid=f"{installation.base}amina/profile/card#me")
    garden = services.catalogue.get("ecoutants")
    issued = services.issuing.issue(agent, garden, made(installation)["id"], f"{installation.base}bob/profile/card#me")
    achievement = json.loads(issued.document)["credentialSubject"]["achievement"]
    assert achievement["image"]["caption"]
    while services.run_pending():
        pass
    bob = Visitor(installation, "bob")
    name = issued.iri.rpartition("/")[2]
    baked = bob.get(f"/me/open?iri={quote(f'{installation.base}bob/badges/{name}.png', safe='')}").content
    plain = installation.client.get(achievement["image"]["id"]).content
    assert Image.open(io.BytesIO(baked)).tobytes() == Image.open(io.BytesIO(plain)).tobytes()
    page = bob.get(f"/me/open?iri={quote(f'{installation.base}bob/badges/{name}', safe='')}").text
    assert f'src="/{achievement["image"]["id"].removeprefix(installation.base)}"' in page
    bob.close()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_of_ones_own_is_drawn_anew_and_must_be_described(installation, amina, kind):
    file = {"file": ("moi.png", picture(kind), "image/png")}
    answer = create(amina, status=422, files=file)
    assert "not described" in told(answer.text)
    create(amina, files=file, alt="Un carré vert")
    image = made(installation)["image"]
    kept = installation.client.get(image["id"]).content
    assert kept != picture(kind)
    assert Image.open(io.BytesIO(kept)).size == (512, 512)
    assert image["caption"] == "Un carré vert"


@pytest.mark.parametrize(
    ("sent", "status", "says"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", 415, "neither a PNG nor a JPEG"),
        (picture()[:200], 400, "Nothing can be seen"),
        (picture(size=(7000, 10)), 413, "at most 6000 on a side"),
        (b"\x89PNG" + b"0" * (4 * 2**20), 413, "more than 4 MB"),
    ],
)
def test_a_picture_that_cannot_be_taken_is_refused_in_words_and_nothing_is_made(
    installation, amina, sent, status, says
):
    answer = create(amina, status=status, files={"file": ("x.png", sent, "image/png")}, alt="x")
    assert says in told(answer.text)
    assert 'value="Écoutante"' in answer.text
    assert installation.client.get("/ecoutants/achievements/ecoutante").status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "x" * 81), ("description", " "), ("criteria", ""), ("language", "xx"),
        ("look", "nowhere_skill"), ("look", "relating_king"), ("icon", "../x"), ("skills", "https://evil.example/"),
        ("targets", "no address"), ("targets", "http://a.example"),
    ],
)  # fmt: skip
def test_what_is_missing_or_made_up_is_said_above_the_form(installation, amina, field, value):
    answer = create(amina, status=422, **{field: value})
    assert 'role="alert"' in answer.text
    assert installation.client.get("/ecoutants/achievements/ecoutante").status_code == 404


def test_a_near_duplicate_is_shown_first_and_may_be_made_all_the_same(installation, amina):
    create(amina)
    answer = create(amina, status=409, name="Oreille d’or")
    assert "There is a badge like it already" in told(answer.text)
    assert links(answer.text, "/me/award?pod=ecoutants")
    assert installation.client.get("/ecoutants/achievements/oreille-d-or").status_code == 404
    create(amina, name="Oreille d’or", anyway="1")
    assert made(installation, "oreille-d-or")["name"] == "Oreille d’or"


def test_looking_at_the_picture_keeps_what_was_written(installation, amina):
    answer = create(amina, status=200, do="look", look="living_role", icon="bird")
    assert 'src="/me/forge/picture?look=living_role&amp;icon=bird"' in answer.text
    assert 'value="Écoutante"' in answer.text
    shown = amina.get("/me/forge/picture?look=living_role&icon=bird")
    assert shown.headers["Content-Type"] == "image/svg+xml"
    assert amina.get("/me/forge/picture?look=x", status=422)
    assert installation.client.get("/ecoutants/achievements/ecoutante").status_code == 404


def test_changing_a_badge_makes_a_version_and_an_old_page_is_refused(installation, amina):
    create(amina)
    iri = made(installation)["id"]
    page = f"/me/forge/edit?iri={quote(iri, safe='')}"
    assert 'value="Écoutante"' in amina.get(page).text
    changed = FILLED | {"iri": iri, "seen": "1", "description": "Écoute longtemps.", "reserved": "1"}
    amina.post("/me/forge/edit", changed, page=page)
    assert (made(installation)["version"], made(installation)["description"]) == ("2", "Écoute longtemps.")
    answer = amina.post("/me/forge/edit", changed | {"name": "Autre"}, page=page, status=409)
    assert "Somebody else has changed this badge" in told(answer.text)
    assert "only Jardin des Écoutants" in told(amina.get("/ecoutants/achievements/ecoutante.html").text)


def test_a_twin_in_english_is_written_beside_it(installation, amina):
    create(amina)
    iri = made(installation)["id"]
    page = amina.get(f"/me/forge/new?pod=ecoutants&twin_of={quote(iri, safe='')}").text
    assert 'name="twin_of"' in page
    create(amina, name="Listener", language="en", twin_of=iri)
    assert made(installation)["related"][0]["inLanguage"] == "en"
    assert made(installation, "listener")["related"][0] == {"id": iri, "type": ["Related"], "inLanguage": "fr"}
    assert made(installation, "listener")["alignment"][0]["targetName"] == "listening"


def test_a_badge_is_retired_and_given_again(installation, amina):
    create(amina)
    iri = made(installation)["id"]
    amina.post("/me/forge/retire", {"iri": iri}, page="/me/forge")
    assert "No longer given" in told(amina.get("/me/forge").text)
    amina.post("/me/forge/retire", {"iri": iri, "retired": "no"}, page="/me/forge")
    assert "No longer given" not in told(amina.get("/me/forge").text)


def test_only_those_who_may_sign_get_in_and_strangers_are_asked_to_sign_in(installation, amina):
    create(amina)
    iri = made(installation)["id"]
    bob = Visitor(installation, "bob")
    assert "ecoutants" not in bob.get("/me/forge").text
    bob.get("/me/forge/new?pod=ecoutants", status=403)
    bob.get("/me/forge/new?pod=nowhere", status=403)
    bob.get(f"/me/forge/edit?iri={quote(iri, safe='')}", status=403)
    bob.post("/me/forge/new", FILLED, page="/me/forge/new?pod=bob", status=403)
    bob.post("/me/forge/retire", {"iri": iri}, page="/me", status=403)
    bob.close()
    stranger = Visitor(installation)
    assert stranger.get("/me/forge", status=303).headers["Location"] == "/me/sign-in?next=/me/forge"
    stranger.post("/me/forge/new", FILLED, status=401)
    stranger.close()
    amina.post("/me/forge/new", FILLED | {"name": "Sans jeton"}, status=403)


def test_every_choice_of_the_studio_draws_and_its_name_says_how():
    for category in studio.CATEGORIES:
        for kind in studio.KINDS:
            design = studio.Design(category, kind, "ear")
            assert studio.of_name(f"https://x.example/y/{design.name}") == design
            assert studio.draw(design, "<&>").startswith("<svg")
    assert studio.of_name("https://x.example/studio-a_b_c.png") is None
    for name, one in studio.icons().items():
        assert one["fr"]
        assert one["en"]
        assert "<script" not in one["svg"]
        assert " on" not in one["svg"], name

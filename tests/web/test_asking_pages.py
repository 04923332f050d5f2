"""Ask and confirm on pages: few taps, no account for peers, nothing told to strangers (product.md, flow 3)."""

import re

import pytest
from fixtures_recognition import photo
from test_me import PASSWORD, Browser

from pod_app.standards.wac import Agent

PNG = photo()
SENTENCE = "I grafted three apple trees with Carole."


@pytest.fixture
def village(installation):
    """Bob asks the garden, for which Amina signs; Carole was there and has a notebook."""
    services = installation.services
    for name in ("bob", "amina", "carole"):
        installation.person(name, PASSWORD, title=name.capitalize())
    amina = services.catalogue.get("amina")
    garden = services.catalogue.create("jardin", "garden", title="Le jardin", owners=[amina.webid])
    services.members.put(Agent(webid=amina.webid), "jardin", services.catalogue.get("carole").webid)
    services.achievements.create(Agent(webid=amina.webid), garden, name="Greffe", description="d", criteria="c")
    return installation


@pytest.fixture
def browse(village):
    """Makes browsers; each is one person's."""
    made = []

    def make(name=None):
        made.append(Browser(village))
        if name is not None:
            assert made[-1].sign_in(name).status_code == 303
        return made[-1]

    yield make
    for one in made:
        one.client.close()


def ask(browser, file=None, **more):
    where = f"/me/requests/new?achievement={browser.base}jardin/achievements/greffe"
    form = {"csrf": browser.csrf(where), "achievement": f"{browser.base}jardin/achievements/greffe"}
    headers = {"Origin": browser.base.rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    files = {"file": ("p.png", file, "image/png")} if file else {"file": ("", b"", "application/octet-stream")}
    return browser.client.post(
        "/me/requests/new", data=form | {"sentence": SENTENCE} | more, files=files, headers=headers
    )


def links(browser, where):
    return re.findall(rf'value="{re.escape(browser.base)}(me/answer/[A-Za-z0-9_-]+)"', browser.get(where).text)


@pytest.fixture
def asked(browse):
    bob = browse("bob")
    answer = ask(bob, PNG)
    assert answer.status_code == 303, answer.text
    where = answer.headers["Location"]
    (link,) = links(bob, where)
    return bob, where, f"/{link}"


def decide(browser, pod, name, **form):
    where = f"/me/review/{pod}/{name}"
    return browser.post(where, {"csrf": browser.csrf(where), **form})


def test_the_page_of_a_badge_leads_to_asking_for_it(village, browse):
    page = browse().get("/jardin/achievements/greffe", Accept="text/html").text
    (href,) = re.findall(r'href="(/me/requests/new\?achievement=[^"]+)"', page)
    stranger = browse().get(href)
    assert stranger.status_code == 303
    assert stranger.headers["Location"].startswith("/me/sign-in?next=")
    assert browse("bob").get(href).status_code == 200
    assert "Greffe" in browse("carole").get("/me/requests/new").text  # her garden's badges are offered


def test_a_wish_that_says_nothing_comes_back_with_its_sentence(browse):
    bob = browse("bob")
    assert ask(bob, sentence=" ").status_code == 422
    again = ask(bob, link="javascript:alert(1)")
    assert again.status_code == 422
    assert SENTENCE in again.text
    assert ask(bob, b"<html>").status_code == 422
    assert ask(bob).status_code == 303
    assert ask(bob).status_code == 422


def test_a_stranger_answers_by_the_link_in_one_tap(browse, asked):
    bob, where, link = asked
    stranger = browse()
    page = stranger.get(link)
    assert page.status_code == 200
    assert SENTENCE in page.text
    assert "noindex" in page.text
    title = re.search(r"<title>(.*?)</title>", page.text)[1]
    assert "Bob" not in title  # previews of links name nobody
    assert "Greffe" not in title
    answer = stranger.post(link, {"answer": "yes", "name": "Karim", "words": "It was <cold>."})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/me/answered")
    assert stranger.get("/me/answered").status_code == 200
    shown = bob.get(where).text
    assert "Karim" in shown
    assert "It was &lt;cold&gt;." in shown
    assert "not signed" in shown


def test_a_spent_link_and_a_made_up_one_say_the_same_and_name_nobody(browse, asked):
    _, _, link = asked
    stranger = browse()
    assert stranger.post(link, {"answer": "unknown"}).status_code == 303
    told = [stranger.get(one) for one in (link, "/me/answer/" + "A" * 32)]
    assert {answer.status_code for answer in told} == {410}
    assert len({answer.text.replace(link, "").replace("/me/answer/" + "A" * 32, "") for answer in told}) == 1
    assert "Bob" not in told[0].text
    assert stranger.post(link, {"answer": "yes"}).status_code == 410


def test_reading_a_link_spends_nothing_and_other_sites_answer_nothing(browse, asked):
    _, _, link = asked
    stranger = browse()
    for _ in range(3):
        assert stranger.get(link).status_code == 200
    assert stranger.post(link, {"answer": "yes"}, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert stranger.post(link, {"answer": "perhaps"}).status_code == 422
    assert stranger.post(link, {"answer": "yes", "name": "x" * 61}).status_code == 422
    assert stranger.post(link, {"answer": "no"}).status_code == 303


def test_trying_links_is_limited(browse, asked):
    stranger = browse()
    codes = [stranger.get(f"/me/answer/{number:032}").status_code for number in range(121)]
    assert set(codes[:120]) == {410}
    assert codes[120] == 429


def test_the_photo_is_had_with_the_link_and_not_without(browse, asked):
    bob, where, link = asked
    photo = browse().get(f"{link}/trace")
    assert (photo.status_code, photo.content, photo.headers["Content-Type"]) == (200, PNG, "image/png")
    assert "sandbox" in photo.headers["Content-Security-Policy"]
    assert bob.get(f"{where}/trace").content == PNG
    assert browse().get(f"{where}/trace").status_code == 401
    assert browse("carole").get(f"{where}/trace").status_code == 404
    assert browse().get(f"/me/answer/{'A' * 32}/trace").status_code == 410


def test_a_file_that_is_no_picture_is_saved_and_never_acted_upon(village, browse):
    bob = browse("bob")
    pod = village.services.catalogue.get("bob")
    address = pod.address("private/page.html")
    body = village.services.resources.prepare(address, b"<script>alert(1)</script>", "text/html")
    village.services.resources.write(Agent(webid=pod.webid), lambda writing: writing.put(address, body))
    where = ask(bob, link=f"{village.base}bob/private/page.html").headers["Location"]
    (link,) = links(bob, where)
    found = browse().get(f"/{link}/trace")
    assert found.headers["Content-Type"] == "application/octet-stream"
    assert found.headers["Content-Disposition"] == "attachment"


def test_a_peer_with_a_notebook_signs_and_the_asker_does_not(browse, asked):
    bob, where, link = asked
    refused = bob.post(link, {"csrf": bob.csrf("/me"), "answer": "yes"})
    assert refused.status_code == 422
    carole = browse("carole")
    assert "a yes is signed" in carole.get(link).text
    assert carole.post(link, {"answer": "yes"}).status_code == 403  # without the form's token
    answer = carole.post(link, {"csrf": carole.csrf(link), "answer": "yes", "words": "Yes.", "garden": "jardin"})
    assert answer.status_code == 303
    assert "Signed" in bob.get(where).text
    assert "Greffe" in carole.get("/me/confirm/mine").text


def test_somebody_with_a_notebook_finds_it_there(village, browse, asked):
    bob, where, _ = asked
    webid = village.services.catalogue.get("carole").webid
    bob.post(f"{where}/people", {"csrf": bob.csrf(where), "address": webid})
    assert "It waits in their notebook." in bob.get(where).text
    carole = browse("carole")
    assert "1 person asks for your word" in carole.get("/me").text
    page = carole.get("/me/requests").text
    form = dict(re.findall(r'type="hidden" name="([a-z]+)" value="([^"]*)"', page))
    assert browse("amina").post("/me/asked", form | {"csrf": "x", "answer": "yes"}).status_code == 403
    other = browse("amina")
    assert other.post("/me/asked", form | {"csrf": other.csrf("/me"), "answer": "yes"}).status_code == 410
    assert carole.post("/me/asked", form | {"answer": "yes", "words": "Yes."}).status_code == 303
    assert "asks for your word" not in carole.get("/me").text


def test_three_links_one_reminder_and_an_address_that_only_the_asker_sees(browse, asked):
    bob, where, _ = asked
    for address in ("karim@example.org", "Lina"):
        assert bob.post(f"{where}/people", {"csrf": bob.csrf(where), "address": address}).status_code == 303
    assert bob.post(f"{where}/people", {"csrf": bob.csrf(where)}).status_code == 429
    shown = bob.get(where).text
    assert len(set(links(bob, where))) == 3
    assert "mailto:karim@example.org?" in shown
    assert bob.post(f"{where}/remind", {"csrf": bob.csrf(where), "number": "2"}).status_code == 303
    assert "Reminded once" in bob.get(where).text
    assert bob.post(f"{where}/remind", {"csrf": bob.csrf(where), "number": "2"}).status_code == 409
    assert bob.post(f"{where}/remind", {"csrf": bob.csrf(where), "number": "²"}).status_code == 409
    for page in ("/me/requests", f"/me/review/bob/{where.rpartition('/')[2]}"):
        assert "karim@example.org" not in browse("amina").get(page).text


def test_the_garden_recognises_and_the_words_of_those_who_were_there_are_shown(village, browse, asked):
    bob, where, link = asked
    browse().post(link, {"answer": "yes", "name": "Karim"})
    name = where.rpartition("/")[2]
    amina = browse("amina")
    assert f"/me/review/bob/{name}" in amina.get("/me/requests").text
    page = amina.get(f"/me/review/bob/{name}").text
    assert "Karim" in page
    assert "Left by a link, not signed" in page
    assert amina.get(f"/me/review/bob/{name}/trace").content == PNG
    assert decide(amina, "bob", name, decision="award", word="Well done.").headers["Location"] == "/me/requests"
    while village.services.run_pending():
        pass
    shown = bob.get(where).text
    assert "Well done." in shown
    (badge,) = re.findall(r'href="(/me/open\?iri=[^"]+badges[^"]+)"', shown)
    page = bob.get(badge).text
    assert "Recognised by a garden" in page
    assert "Karim" in page
    assert amina.get(f"/me/review/bob/{name}").status_code == 200
    assert decide(amina, "bob", name, decision="award").status_code == 409


def test_declining_takes_a_word(browse, asked):
    bob, where, _ = asked
    name, amina = where.rpartition("/")[2], browse("amina")
    assert decide(amina, "bob", name, decision="decline").status_code == 422
    assert decide(amina, "bob", name, decision="decline", word="One more graft first.").status_code == 303
    assert "One more graft first." in bob.get(where).text


def test_nobody_else_reads_or_decides(browse, asked):
    _, where, _ = asked
    name, carole = where.rpartition("/")[2], browse("carole")
    assert carole.get(where).status_code == 404
    assert carole.get(f"/me/review/bob/{name}").status_code == 403
    answer = carole.post(f"/me/review/bob/{name}", {"csrf": carole.csrf("/me"), "decision": "award"})
    assert answer.status_code == 403
    assert browse().get(where).status_code == 303
    assert browse("bob").get(f"/me/review/bob/{name}").status_code == 403


def test_asking_can_end(browse, asked):
    bob, where, link = asked
    assert bob.post(f"{where}/withdraw", {"csrf": bob.csrf(where)}).status_code == 303
    assert browse().get(link).status_code == 410
    assert "Taken back" in bob.get("/me/requests").text

"""Whatever a provider, a card or a stranger answers wrongly: a sentence, no session, no account (S10, S14, S29)."""

import re

import pytest
from joserfc import jwk
from solid_elsewhere import HOST, WEBID, SolidElsewhere

OTHER = jwk.ECKey.generate_key("P-256")
IDP = HOST + "/"


@pytest.fixture
def rose(make_installation):
    mounts = {}
    made = make_installation("https://ici.example/", mounts=mounts)
    made.server = SolidElsewhere(made.clock)
    mounts[HOST] = made.server
    return made


def begin(rose, address=WEBID):
    page = rose.client.post("/me/elsewhere", data={"address": address}, headers={"Accept-Language": "en"})
    links = re.findall(r'<a class="button[^"]*" href="(https://[^"]+)"', page.text)
    return page, [one.replace("&amp;", "&") for one in links]


def back(rose, **changes):
    _, [url] = begin(rose)
    return come(rose, rose.server.approve(url, **changes))


def come(rose, query):
    return rose.client.get(f"/me/elsewhere/back?{query}", headers={"Accept-Language": "en"})


def refused(rose, answer, sentence):
    assert answer.status_code in {401, 422}, answer.text
    assert sentence in re.sub(r"<[^>]+>|\s+", " ", answer.text).replace("&#39;", "'"), answer.text
    assert "session" not in rose.client.cookies
    assert "__Host-session" not in rose.client.cookies
    assert rose.services.catalogue.of_webid(WEBID) is None


def test_the_honest_answer_lets_rose_in(rose):
    assert back(rose).status_code == 303
    assert rose.services.catalogue.of_webid(WEBID).home.storage == f"{HOST}/rose/"
    assert rose.server.registered == []


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ({"iss": "https://autre.example/"}, "its iss is another issuer"),
        ({"aud": ["https://autre.example/client", "solid"]}, "made for another application"),
        ({"azp": "https://autre.example/client"}, "made for another application"),
        ({"nonce": "autre"}, "its nonce belongs to another sign-in"),
        ({"nonce": None}, "its nonce belongs to another sign-in"),
        ({"exp": 1_000_000_000}, "expired"),
        ({"exp": None}, "expired"),
        ({"iat": 1_000_000_000}, "too long ago"),
        ({"iat": "hier"}, "its iat is no time"),
        ({"webid": None, "sub": "rose"}, "it names no WebID"),
        ({"webid": "javascript:alert(1)"}, "it names no WebID"),
        ({"webid": "https://verger.example/rose/other#me"}, "does not name its issuer"),
        ({"webid": "https://voisin.example/card#me"}, "does not name its issuer"),
        ({"webid": "https://ici.example/alice/profile/card#me"}, "does not name its issuer"),
        ({"key": OTHER}, "signature"),
    ],
)
def test_s14_an_id_token_that_does_not_hold_lets_nobody_in(rose, claims, sentence):
    rose.server.claims = claims
    refused(rose, back(rose), sentence)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ({"token_type": "Bearer"}, "no_bound_token"),
        ({"access_token": None}, "no_bound_token"),
        ({"id_token": None}, "does not prove who you are"),
        ({"id_token": "a.b.c"}, "does not prove who you are"),
        ({"id_token": "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL3Zlcmdlci5leGFtcGxlLyJ9."}, "does not prove"),
    ],
)
def test_an_answer_of_the_token_endpoint_that_does_not_hold(rose, answer, sentence):
    rose.server.answer = answer
    refused(rose, back(rose), sentence)


@pytest.mark.parametrize("told", ["https://autre.example/", "https://verger.example", None])
def test_s14_an_answer_of_another_issuer_is_not_exchanged(rose, told):
    refused(rose, back(rose, iss=told), "does not prove who you are")
    assert ("POST", "/token") not in rose.server.asked


def test_a_card_that_names_another_issuer_lets_nobody_in(rose):
    _, [url] = begin(rose, IDP)
    rose.server.files["/rose/card"] = ("text/turtle", rose.server.card("https://autre.example/"))
    refused(rose, come(rose, rose.server.approve(url)), "does not name its issuer")


def test_s29_an_answer_for_another_browser_or_a_second_time_is_refused(rose):
    _, [url] = begin(rose)
    query = rose.server.approve(url)
    kept = dict(rose.client.cookies)
    rose.client.cookies.clear()
    refused(rose, come(rose, query), "begun in another browser")
    rose.client.cookies.update(kept)
    refused(rose, come(rose, query), "is over already")
    refused(rose, come(rose, "state=x&code=y"), "is over already")
    refused(rose, come(rose, ""), "is over already")


def test_an_answer_after_ten_minutes_is_too_late(rose):
    _, [url] = begin(rose)
    query = rose.server.approve(url)
    rose.clock.forward(minutes=11)
    refused(rose, come(rose, query), "begun too long ago")


def test_saying_no_there_is_told_and_shares_nothing(rose):
    refused(rose, back(rose, error="access_denied", code=None), "You did not let us in")
    refused(rose, back(rose, error="<script>", code=None), "did not let you in")


def test_a_wrong_code_is_told(rose):
    refused(rose, back(rose, code="autre"), "invalid_grant")


@pytest.mark.parametrize(
    ("discovery", "sentence"),
    [
        ({"issuer": "https://autre.example/"}, "that of another issuer"),
        ({"issuer": 7}, "its issuer is missing"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "is no http address"),
        ({"authorization_endpoint": "https://a@verger.example/"}, "is no http address"),
        ({"authorization_endpoint": None}, "is missing"),
        ({"authorization_endpoint": 'https://verger.example/"><script>'}, "is no http address"),
        ({"token_endpoint": "file:///etc/passwd"}, "is no http address"),
        ({"token_endpoint": "https://verger.example:99999/"}, "is no address"),
        ({"token_endpoint": "https://127.0.0.1/token"}, "could not be had"),
        ({"token_endpoint": "https://169.254.169.254/token"}, "could not be had"),
        ({"registration_endpoint": "https://[::1]/register"}, "could not be had"),
        ({"authorization_endpoint": "http://verger.example.org/authorize"}, "could not be had"),
        ({"response_types_supported": ["id_token"]}, "does not offer the authorization code"),
        ({"code_challenge_methods_supported": ["plain"]}, "does not offer PKCE"),
        ({"scopes_supported": ["openid"], "registration_endpoint": None}, "nor registers applications"),
    ],
)
def test_s1_a_hostile_discovery_document_is_refused_before_anybody_is_sent_there(rose, discovery, sentence):
    rose.server.discovery = discovery
    page, links = begin(rose)
    assert links == []
    refused(rose, page, sentence)


NO_ADDRESSES = ["", "   ", "javascript:alert(1)", "https://", "ftp://verger.example/", "a b", "x" * 3000]


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_what_is_no_address_gets_a_sentence(rose, address):
    page, links = begin(rose, address)
    assert (page.status_code, links) == (422, [])


def test_an_address_of_this_place_is_told_so(rose):
    refused(rose, begin(rose, "https://ici.example/alice/profile/card#me")[0], "This notebook is here")


def test_a_provider_that_reads_no_documents_registers_us_once(rose):
    rose.server.discovery = {"scopes_supported": ["openid"]}
    assert back(rose).status_code == 303
    rose.client.cookies.clear()
    assert back(rose).status_code == 303
    [wanted] = rose.server.registered
    assert wanted["redirect_uris"] == ["https://ici.example/me/elsewhere/back"]


def test_a_server_that_wants_its_nonce_in_proofs_gets_it(rose):
    rose.server.nonce = "n-1"
    assert back(rose).status_code == 303


def test_the_document_that_is_our_client_id(rose):
    answer = rose.client.get("/oidc/application", headers={"Origin": "https://verger.example"})
    assert answer.headers["Content-Type"] == "application/ld+json"
    assert answer.headers["Access-Control-Allow-Origin"] == "https://verger.example"
    about = answer.json()
    assert about["client_id"] == "https://ici.example/oidc/application"
    assert about["redirect_uris"] == ["https://ici.example/me/elsewhere/back"]


def test_a_closed_garden_lets_in_only_those_it_knows(make_installation):
    mounts = {}
    made = make_installation("https://ici.example/", mounts=mounts, open_registration=False)
    made.server = SolidElsewhere(made.clock)
    mounts[HOST] = made.server
    refused(made, back(made), "opened by the people who look after this garden")

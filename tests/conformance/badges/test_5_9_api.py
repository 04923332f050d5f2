"""The Open Badges 3.0 REST API, the provider's side (docs/requirements/open-badges.md §5.9)."""

import json

import pytest
from badge_host import API, PROFILE, READ, SCOPE, UPDATE, UPSERT, BadgeHost

from pod_app.standards import badge_api
from pod_app.standards.wac import Agent

PASSWORD = "un jardin au bout du chemin"


def _acting(pod):
    return Agent(webid=pod.webid)


def links(answer):
    return badge_api_links(answer.headers["Link"])


def badge_api_links(header):
    found = {}
    for part in header.split(", "):
        target, _, name = part.partition('>; rel="')
        found[name.rstrip('"')] = target.lstrip("<")
    return found


def test_5_9_1_discovery_is_an_open_openapi_document_that_may_be_kept(installation):
    answer = installation.client.get(f"{API}/discovery", headers={"Origin": "https://app.example"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "max-age" in answer.headers["Cache-Control"]
    told = answer.json()
    assert told["openapi"].startswith("3.0.")
    assert {"title", "version", "termsOfService", "x-imssf-privacyPolicyUrl"} <= set(told["info"])
    scheme = told["components"]["securitySchemes"]["OAuth2ACG"]
    assert scheme["type"] == "oauth2"
    assert scheme["x-imssf-registrationUrl"].startswith(installation.base)
    flow = scheme["flows"]["authorizationCode"]
    assert {"authorizationUrl", "tokenUrl", "refreshUrl", "scopes"} <= set(flow)
    assert set(flow["scopes"]) == set(badge_api.SCOPES)
    again = installation.client.get(f"{API}/discovery", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_5_9_1_every_address_that_discovery_tells_stands_here(installation):
    told = installation.client.get(f"{API}/discovery").json()
    page = installation.client.get(told["info"]["termsOfService"].partition("#")[0])
    assert page.status_code == 200
    for anchor in ("terms", "privacy"):
        assert f'id="{anchor}"' in page.text
    assert installation.client.get(told["info"]["x-imssf-image"]).status_code == 200


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_5_9_1_the_description_can_be_read_as_a_page_without_scripts(installation, locale):
    page = installation.client.get(f"{API}/?lang={locale}")
    assert page.status_code == 200
    for one in ("getCredentials", "upsertCredential", "getProfile", "putProfile", "verify"):
        assert f'id="{one}"' in page.text
    assert {"fr": "Conditions d’utilisation", "en": "Terms of use"}[locale] in page.text


def test_5_9_2_badges_come_byte_for_byte(abroad, host):
    sent = [abroad.issue().document for _ in range(2)]
    for document in sent:
        abroad.here.services.importing.keep(_acting(abroad.bob), abroad.bob, document)
    answer = host.ask("GET", "/credentials")
    assert answer.status_code == 200
    assert answer.headers["X-Total-Count"] == "2"
    assert set(answer.json()) == {"credential", "compactJwsString"}
    for document in sent:
        assert document in answer.content
    assert set(links(answer)) == {"first", "last"}


def test_5_9_2_pages_lead_from_the_first_badge_to_the_last_each_once(abroad, host):
    for number in range(5):
        abroad.here.clock.forward(minutes=number)
        abroad.here.services.importing.keep(_acting(abroad.bob), abroad.bob, abroad.issue().document)
    seen, address, pages = [], f"{API}/credentials?limit=2", []
    while address:
        answer = host.client.get(address, headers={"Authorization": f"Bearer {host.tokens['access_token']}"})
        seen += [one["id"] for one in answer.json()["credential"]]
        pages.append(answer)
        address = badge_api.next_page(answer.headers["Link"], abroad.here.base)
    assert len(seen) == len(set(seen)) == 5
    assert [set(links(page)) for page in pages] == [
        {"first", "last", "next"}, {"first", "last", "next", "prev"}, {"first", "last", "prev"},
    ]  # fmt: skip
    assert links(pages[1])["prev"] == links(pages[1])["first"]
    assert links(pages[0])["last"].endswith("offset=4")
    assert {page.headers["X-Total-Count"] for page in pages} == {"5"}


def test_5_9_2_since_leaves_out_what_was_issued_before(abroad, host):
    old = abroad.issue().document
    abroad.here.clock.forward(days=10)
    new = abroad.issue().document
    for document in (old, new):
        abroad.here.services.importing.keep(_acting(abroad.bob), abroad.bob, document)
    host.tokens = host.refresh().json()
    answer = host.ask("GET", "/credentials", params={"since": "2026-03-15T00:00:00Z"})
    assert [one["id"] for one in answer.json()["credential"]] == [json.loads(new)["id"]]
    assert answer.headers["X-Total-Count"] == "1"
    assert "since=2026-03-15" in links(answer)["first"]


def test_5_9_2_an_empty_bag_and_a_place_behind_its_end_are_empty_pages(host):
    for path in ("/credentials", "/credentials?offset=70"):
        answer = host.ask("GET", path)
        assert answer.status_code == 200
        assert answer.json() == {"credential": [], "compactJwsString": []}
        assert answer.headers["X-Total-Count"] == "0"


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=-1", "limit=x", "limit=1e3", "offset=-1", "offset=a", "offset=" + "9" * 40, "limit=", "limit=²",
     "since=yesterday", "since=2026-03-15", "since="],
)  # fmt: skip
def test_5_9_2_a_page_that_makes_no_sense_is_told_so(host, query):
    answer = host.ask("GET", f"/credentials?{query}")
    assert answer.status_code == 400
    assert answer.json()["imsx_codeMajor"] == "failure"


def test_5_9_2_no_more_than_the_maximum_comes_at_once(host):
    answer = host.ask("GET", "/credentials?limit=100000")
    assert f"limit={badge_api.MOST}&" in links(answer)["first"]


def test_5_9_3_a_new_badge_is_201_and_comes_back_as_sent(abroad, host):
    document = abroad.issue().document
    answer = host.ask("POST", "/credentials", content=document, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.content) == (201, document)
    assert document in host.ask("GET", "/credentials").content


def test_5_9_3_a_newer_version_is_200_and_replaces(abroad, host):
    first = abroad.issue().document
    host.ask("POST", "/credentials", content=first)
    older = abroad.issue_again(first, validFrom="2026-03-01T00:00:00Z")
    assert host.ask("POST", "/credentials", content=older).status_code == 304
    abroad.here.clock.forward(days=1)
    host.tokens = host.refresh().json()
    newer = abroad.issue_again(first, validFrom="2026-03-13T08:00:00Z")
    answer = host.ask("POST", "/credentials", content=newer)
    assert (answer.status_code, answer.content) == (200, newer)
    assert [one["validFrom"] for one in host.ask("GET", "/credentials").json()["credential"]] == [
        "2026-03-13T08:00:00Z"
    ]


def test_5_9_3_the_same_badge_again_changes_nothing(abroad, host):
    document = abroad.issue().document
    host.ask("POST", "/credentials", content=document)
    answer = host.ask("POST", "/credentials", content=document)
    assert (answer.status_code, answer.content) == (304, b"")
    assert len(abroad.held()) == 1


def test_5_9_3_what_does_not_hold_is_refused_and_not_kept(abroad, host):
    document = abroad.issue().document
    for body in (document.replace(b"Fait du pain", b"Fait du paon"), b"{}", b"", b"\xff\xfe", b"[1]", b'{"a":1,"a":2}'):
        answer = host.ask("POST", "/credentials", content=body)
        assert answer.status_code == 400, answer.text
        assert answer.json()["imsx_severity"] == "error"
    assert host.ask("POST", "/credentials", content=b"x" * 70_000).status_code in {400, 413}
    assert host.ask("POST", "/credentials", content=b"x" * (2**20 + 1)).status_code == 413
    assert abroad.held() == []


def test_5_9_3_a_token_is_taken_as_text_and_comes_back_as_a_token(abroad, host):
    elsewhere = abroad.elsewhere.services
    holder = abroad.elsewhere.person("bobelsewhere")
    issued = abroad.issue(holder.webid)
    while elsewhere.run_pending():
        pass
    address = holder.address(f"badges/{issued.iri.rpartition('/')[2]}")
    token = elsewhere.exporting.token(_acting(holder), address)
    answer = host.ask("POST", "/credentials", content=token, headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.content) == (201, token)
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert host.ask("POST", "/credentials", content=token).status_code == 304
    listed = host.ask("GET", "/credentials")
    assert listed.json() == {"credential": [], "compactJwsString": [token.decode()]}
    assert listed.headers["X-Total-Count"] == "1"
    spoilt = token[:-6] + b"AAAAAA"
    assert host.ask("POST", "/credentials", content=spoilt).status_code == 400


def test_5_9_3_a_badge_that_another_host_adds_is_seen_by_its_person_alone(abroad, host):
    host.ask("POST", "/credentials", content=abroad.issue().document)
    [held] = abroad.held()
    assert held.audience == "me"


def test_5_9_4_the_profile_is_that_of_the_person(abroad, host):
    answer = host.ask("GET", "/profile")
    told = answer.json()
    assert (told["id"], told["name"], told["type"]) == (abroad.bob.webid, "Bob", ["Profile"])
    assert "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json" in told["@context"]


def test_5_9_4_a_profile_that_is_sent_comes_back_without_a_date_of_birth(abroad, host):
    sent = {"type": ["Profile"], "name": "Bob B.", "description": "Jardine.", "dateOfBirth": "1980-01-01"}
    answer = host.ask("PUT", "/profile", json=sent)
    assert answer.status_code == 200
    assert answer.json() | {"@context": []} == {
        "@context": [], "id": abroad.bob.webid, "type": ["Profile"], "name": "Bob B.", "description": "Jardine.",
        "url": f"{abroad.here.base}bob/profile/card",
    }  # fmt: skip
    assert host.ask("GET", "/profile").json() == answer.json()


@pytest.mark.parametrize(
    "sent", [b"", b"[]", b'{"id": "https://garden.example/eve/profile/card#me"}', b'{"name": 3}', b'{"email": null}']
)
def test_5_9_4_what_is_no_profile_of_theirs_is_refused(host, sent):
    answer = host.ask("PUT", "/profile", content=sent)
    assert answer.status_code == 400
    assert answer.json()["imsx_codeMajor"] == "failure"
    assert host.ask("GET", "/profile").json()["name"] == "Bob"


def test_5_9_4_errors_are_status_infos_with_a_minor_code(host):
    cases = [
        (host.client.get(f"{API}/credentials"), 401, "unauthorizedrequest"),
        (host.ask("DELETE", "/credentials"), 405, "misdirected_request"),
        (host.ask("POST", "/profile"), 405, "misdirected_request"),
        (host.ask("GET", "/credentials?limit=no"), 400, "invalid_data"),
    ]
    for answer, status, minor in cases:
        told = answer.json()
        assert answer.status_code == status
        assert set(told) == {"imsx_codeMajor", "imsx_severity", "imsx_description", "imsx_CodeMinor"}
        [field] = told["imsx_CodeMinor"]["imsx_codeMinorField"]
        assert field["imsx_codeMinorFieldValue"] == minor
        assert len(told["imsx_description"]) > 20
    assert "GET" in cases[1][0].headers["Allow"]
    assert cases[0][0].headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [(READ, "GET", "/credentials"), (UPSERT, "POST", "/credentials"), (PROFILE, "GET", "/profile"),
     (UPDATE, "PUT", "/profile")],
)  # fmt: skip
def test_5_9_5_each_scope_opens_its_own_door_only(abroad, scope, method, path):
    without = BadgeHost(abroad.here)
    others = [one for one in (READ, UPSERT, PROFILE, UPDATE) if one != scope]
    without.let_in("bob", PASSWORD, scope=" ".join(others))
    body = {"content": abroad.issue().document if path == "/credentials" else b"{}"} if method != "GET" else {}
    answer = without.ask(method, path, **body)
    assert answer.status_code == 403
    assert f'error="insufficient_scope", scope="{scope}"' in answer.headers["WWW-Authenticate"]
    alone = BadgeHost(abroad.here, client_name="Une autre")
    alone.let_in("bob", PASSWORD, scope=scope)
    assert alone.ask(method, path, **body).status_code in {200, 201}


def test_5_9_5_without_offline_access_there_is_no_refresh_token(abroad):
    host = BadgeHost(abroad.here)
    told = host.let_in("bob", PASSWORD, scope=READ)
    assert "refresh_token" not in told
    assert told["scope"] == READ


def test_5_9_5_scopes_of_other_things_are_not_given(abroad):
    host = BadgeHost(abroad.here)
    told = host.let_in("bob", PASSWORD, scope=f"{READ} openid webid {SCOPE}everything")
    assert told["scope"] == READ
    assert "id_token" not in told

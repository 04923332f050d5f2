"""S32: CORS opens what access control opened, and nothing that a session opens."""

import pytest
from fixtures_pods import TEXT, settled

EVIL = "https://evil.example"
ORIGINS = [
    EVIL, "null", "https://garden.example.evil.example", "http://garden.example", "https://garden.example:444",
    "chrome-extension://abcdef", "https://127.0.0.1", "https://[::1]:8000",
]  # fmt: skip
NONE = ["*", "https://a.example, https://b.example", "https://a.example https://b.example", "garden.example", "https://x/\t",
        "https://user@evil.example", "https://evil.example/path", "javascript:alert(1)"]  # fmt: skip
PREFLIGHTS = [
    ("GET", None), ("GET", "authorization"), ("PUT", "content-type, if-match, link"),
    ("POST", "Slug,Link,content-type"),
    ("PATCH", "content-type"), ("DELETE", "if-match"), ("PUT", "X-Evil: injected"), ("PUT", "x" * 9000), ("P UT", "a"),
    ("BREW", "a"), ("GET", "*"), ("", "a"),
]  # fmt: skip
PAGES = ["/", "/me", "/me/sign-in", "/verify", "/me/open?iri=https://garden.example/alice/private/t.txt", "/collective"]


@pytest.fixture
def village(installation):
    return settled(installation)


@pytest.mark.parametrize("origin", ORIGINS)
def test_s32_an_origin_is_echoed_and_opens_nothing(village, origin):
    for person, status in zip(village, (200, 403, 401), strict=True):
        answer = person.get(TEXT, Origin=origin)
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] == origin
        assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize("origin", NONE)
def test_s32_what_is_no_origin_is_echoed_nowhere(village, origin):
    for person in village:
        for method in ("GET", "OPTIONS"):
            answer = person(method, TEXT, Origin=origin, Access_Control_Request_Method="PUT")
            assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(("method", "asked"), PREFLIGHTS)
@pytest.mark.parametrize("target", [TEXT, "/alice/private/none", "/alice/private/", "/alice/.acl", "/nobody/x"])
def test_s32_a_preflight_is_answered_alike_for_everybody_and_everything(village, target, method, asked):
    named = {"Access_Control_Request_Method": method} | ({"Access_Control_Request_Headers": asked} if asked else {})
    answers = [person("OPTIONS", target, Origin=EVIL, **named) for person in village]
    for answer in answers:
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["Access-Control-Allow-Origin"] == EVIL
        assert dict(answer.headers) == dict(answers[0].headers)
    allowed = answers[0].headers.get("Access-Control-Allow-Headers")
    assert allowed in {asked, None}
    assert (allowed is None) == (asked is None or ":" in asked or len(asked) > 8192 or method in {"", "P UT"})
    if method and " " not in method:
        assert method in answers[0].headers["Access-Control-Allow-Methods"].split(", ")


@pytest.mark.parametrize("target", PAGES)
def test_s32_no_other_origin_reads_what_a_session_opens(installation, target):
    settled(installation)
    installation.person("dora", "correct horse battery")
    account = installation.services.accounts.check("dora", "correct horse battery")
    session = installation.services.sessions.begin(account)
    for cookie in ("session", "__Host-session"):
        for method in ("GET", "OPTIONS"):
            headers = {"Cookie": f"{cookie}={session}", "Origin": EVIL, "Access-Control-Request-Method": "POST"}
            answer = installation.send(method, target, headers=headers)
            assert "Access-Control-Allow-Origin" not in answer.headers
            assert "Access-Control-Allow-Credentials" not in answer.headers

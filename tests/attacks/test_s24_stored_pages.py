"""S24, the headers: what people put into pods never acts on our origin, and our own pages run nothing of theirs."""

from html.parser import HTMLParser

import pytest
from fixtures_pods import Person, people

SCRIPT = "<script>alert(document.cookie)</script>"
PAYLOADS = {
    "script": SCRIPT,
    "image": "<img src=x onerror=alert(1)>",
    "svg": "<svg onload=alert(1)>",
    "link": "[x](javascript:alert(1))",
    "data": '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    "frame": "<iframe srcdoc='<script>alert(1)</script>'>",
    "form": "<form action=https://evil.example><input name=x>",
    "style": "<style>*{background:url(https://evil.example)}</style>",
    "meta": '<meta http-equiv=refresh content="0;url=https://evil.example">',
    "base": "<base href=https://evil.example>",
    "attribute": '" onmouseover="alert(1)',
    "template": "{{ 7*7 }}{% raw %}",
    "null": "a\x00<script>",
    "math": "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
}
ACTIVE = [
    "text/html",
    "application/xhtml+xml",
    "image/svg+xml",
    "text/xml",
    "application/pdf",
    "application/xml",
    "text/javascript",
]
FOREIGN = {"iframe", "base", "style", "object", "embed", "math"}


class Acting(HTMLParser):
    """Whatever in a page could act for somebody else, as a browser reads it."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        targets = [given.get(name) or "" for name in ("href", "src", "action")]
        if (
            tag in FOREIGN
            or (tag == "script" and not (given.get("src") or "").startswith("/static/"))
            or (tag == "meta" and "http-equiv" in given)
            or any(name.startswith("on") or name == "srcdoc" for name in given)
            or any(target.strip().lower().startswith(("javascript:", "data:", "https://evil")) for target in targets)
        ):
            self.found.append((tag, attrs))


def acting(page):
    reader = Acting()
    reader.feed(page.text)
    return reader.found


@pytest.fixture
def alice(installation):
    return people(installation, "alice")[0]


@pytest.mark.parametrize("media_type", ACTIVE)
def test_s24_active_content_is_sandboxed_without_any_source_and_leaves_as_a_file(alice, media_type):
    for name, payload in PAYLOADS.items():
        alice.put("/alice/public/page", payload.encode(), media_type)
        answer = Person(alice.installation).get("/alice/public/page", Accept="text/html,*/*;q=0.8")
        assert answer.content == payload.encode(), name
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "Set-Cookie" not in answer.headers
        if media_type != "image/svg+xml":
            assert answer.headers["Content-Disposition"] == "attachment"


@pytest.mark.parametrize("name", PAYLOADS)
def test_s24_a_page_about_a_document_shows_its_text_and_runs_none_of_it(alice, name):
    text = PAYLOADS[name].replace("\x00", "")
    literal = text.replace("\\", "\\\\").replace('"', '\\"')
    body = f'<> <http://purl.org/dc/terms/title> "{literal}" ; <urn:see> <javascript:alert(1)> .'
    assert alice.put("/alice/public/g", body.encode()).status_code == 201
    page = Person(alice.installation).get("/alice/public/g", Accept="text/html")
    assert page.status_code == 200
    assert acting(page) == []
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("name", PAYLOADS)
def test_s24_names_of_members_and_of_people_are_text(installation, name):
    text = " ".join(PAYLOADS[name].replace("\x00", "").split())[:100]
    alice = Person(installation, installation.person("alice", title=text))
    alice("POST", "/alice/public/", b"", "text/plain", Slug=text)
    for target in ("/alice/profile/card", "/alice/public/", "/alice/achievements/", "/"):
        page = Person(installation).get(target, Accept="text/html")
        assert page.status_code == 200
        assert acting(page) == []

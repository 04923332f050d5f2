"""S4: every hop of a redirect passes the same guard, and takes no credentials to another origin."""

import pytest
from egress_laboratory import OK, PUBLIC, laboratory, redirect_to

from pod_app.errors import Unreachable
from pod_app.storage.egress_policy import EgressPolicy
from pod_app.storage.web_client import RawTargetTransport, WebClient

INWARD = [
    "http://127.0.0.1/",
    "//127.0.0.1/",
    "//127.0.0.1:80/admin",
    "//[::1]/",
    "http://localhost/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://[::ffff:127.0.0.1]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://inside.example/",
    "//inside.example/",
    "http://public.example:6379/",
    "//public.example:22/",
    "http://user:secret@public.example/",
    "\\\\127.0.0.1\\",
    "/\\127.0.0.1/",
    "http:\\\\127.0.0.1/",
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
    "javascript:alert(1)",
    "http://[::1",
    "http://pub lic.example/",
]
NAMES = {"inside.example": [["127.0.0.1"]]}
SECRETS = {
    "Authorization": "Bearer token-one",
    "Cookie": "session=token-two",
    "DPoP": "token-three",
    "Signature": "token-four",
    "X-Api-Key": "token-five",
}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", INWARD)
def test_a_redirect_inward_ends_at_the_first_host(location, status):
    with laboratory(redirect_to(location, status), names=NAMES) as lab:
        with pytest.raises(Unreachable) as refused:
            lab.web.fetch("http://public.example/start")
        assert refused.value.detail == "http://public.example/start could not be had."
        assert lab.town.dialled == [(PUBLIC, 80)]
        assert lab.canary.hits == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_up_to_three_redirects_are_followed_and_the_final_url_is_told(status):
    def answer(connection, head):
        hop = int(head.split()[1].rpartition(b"/")[2])
        connection.sendall(redirect_to(f"../hops/{hop + 1}", status) if hop < 3 else OK)

    with laboratory(answer) as lab:
        assert lab.web.fetch("http://public.example/hops/0").url == "http://public.example/hops/3"
        assert lab.canary.hits == 4


def test_a_loop_ends_after_three_redirects():
    with laboratory(redirect_to("http://public.example/again")) as lab:
        with pytest.raises(Unreachable):
            lab.web.fetch("http://public.example/")
        assert lab.canary.hits == 4


def test_an_endless_chain_over_ever_new_hosts_ends_too():
    def answer(connection, head):
        connection.sendall(redirect_to(f"http://host{lab.canary.hits}.example/"))

    with laboratory(answer) as lab:
        with pytest.raises(Unreachable):
            lab.web.fetch("http://public.example/")
        assert lab.canary.hits == 4


@pytest.mark.parametrize(
    "elsewhere",
    ["http://other.example/", "//other.example/", "http://public.example:443/", "http://sub.public.example/"],
)
def test_no_credential_follows_to_another_origin_nor_comes_back(elsewhere):
    answers = [redirect_to(elsewhere), redirect_to("http://public.example/back"), OK]

    with laboratory(lambda connection, _head: connection.sendall(answers.pop(0))) as lab:
        lab.web.fetch("http://public.example/", accept="text/turtle", headers=SECRETS)
        first, *later = lab.canary.heads
        assert first.count(b"token-") == 5
        assert len(later) == 2
        for head in later:
            assert b"token-" not in head
            assert b"text/turtle" in head


def test_credentials_do_follow_within_the_origin():
    answers = [redirect_to("/there"), OK]
    with laboratory(lambda connection, _head: connection.sendall(answers.pop(0))) as lab:
        lab.web.fetch("http://public.example/", headers=SECRETS)
        assert lab.canary.heads[1].count(b"token-") == 5


def test_a_step_down_from_https_to_http_is_refused():
    with laboratory() as lab:
        mounts = {"https://here.example": _redirecting("http://public.example/")}
        web = WebClient(EgressPolicy(), mounts=mounts, network=lab.town, resolver=lab.names)
        with pytest.raises(Unreachable):
            web.fetch("https://here.example/")
        assert lab.town.dialled == []


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "GET"])
def test_send_gives_a_redirect_back_because_a_signature_holds_for_one_address(method):
    with laboratory(redirect_to("http://other.example/", 307)) as lab:
        answer = lab.web.send(method, "http://public.example/inbox", b"{}", headers=SECRETS)
        assert (answer.status, answer.headers["location"]) == (307, "http://other.example/")
        assert lab.canary.hits == 1


@pytest.mark.parametrize(
    "header", ["Refresh: 0; url=http://other.example/", "Link: <http://other.example/>; rel=alternate"]
)
def test_refresh_by_header_or_by_page_is_ignored(header):
    page = b'<meta http-equiv="refresh" content="0; url=http://127.0.0.1/">'
    answer = (
        f"HTTP/1.1 200 OK\r\n{header}\r\nContent-Type: text/html\r\nContent-Length: {len(page)}\r\n\r\n".encode() + page
    )
    with laboratory(answer) as lab:
        assert lab.web.fetch("http://public.example/").body == page
        assert lab.canary.hits == 1


def test_a_redirect_without_location_is_no_document():
    with laboratory(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n") as lab:
        with pytest.raises(Unreachable):
            lab.web.fetch("http://public.example/")
        assert lab.web.fetch_any("http://public.example/").status == 302


def test_cookies_that_a_host_sets_are_never_sent_back():
    answer = OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: a=b; Path=/\r\n\r\n", 1)
    with laboratory(answer) as lab:
        lab.web.fetch("http://public.example/")
        lab.web.fetch("http://public.example/")
        assert b"cookie" not in lab.canary.heads[1].lower()


def _redirecting(location):
    def application(environ, start_response):
        start_response("302 Found", [("Location", location)])
        return [b""]

    return RawTargetTransport(application)

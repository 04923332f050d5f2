"""S1 (also S2, S3, S5): whatever the spelling, no request reaches a network that is not public."""

import pytest
from egress_laboratory import OK, PUBLIC, Canary, laboratory, say

from pod_app.errors import Unreachable
from pod_app.storage.egress_policy import EgressPolicy, RefusedError, check_target, parse_url
from pod_app.storage.web_client import WebClient

LOOPBACK = "127.0.0.1"
# Names as an attacker would register them, and what a resolver says about them.
NAMES = {
    "localhost": [[LOOPBACK]],
    "localhost.localdomain": [[LOOPBACK]],
    "127-0-0-1.addresses.example": [[LOOPBACK]],
    "both.example": [[PUBLIC, LOOPBACK]],
    "last.example": [[PUBLIC, PUBLIC, "2606:2800:21f:cb07::1", "10.0.0.7"]],
    "six.example": [["::1"]],
    "mapped.example": [["::ffff:127.0.0.1"]],
    "nat64.example": [["64:ff9b::7f00:1"]],
    "sixtofour.example": [["2002:7f00:1::"]],
    "teredo.example": [["2001:0:4136:e378:8000:63bf:80ff:fffe"]],
    "metadata.example": [["169.254.169.254"]],
    "zone.example": [["fe80::1%eth0"]],
    "nowhere.example": [[]],
    "garbage.example": [["not an address"]],
    "metadata.google.internal": [["169.254.169.254"]],
}
HOSTILE = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://0x7f.1/",
    "http://0x7f000001/",
    "http://0X7F.0.0.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://2130706433/",
    "http://127.0.0.1./",
    "http://127.000.000.001/",
    "http://127.0.0.1.0x1/",
    "http://0/",
    "http://0.0.0.0/",
    "http://00.00.00.00/",
    "http://1.2.3.4.5/",
    "http://256.256.256.256/",
    "http://10.1.2.3/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://192.0.0.8/",
    "http://192.88.99.1/",
    "http://198.18.0.1/",
    "http://203.0.113.5/",
    "http://224.0.0.1/",
    "http://239.255.255.250/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[::]/",
    "http://[::1]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::127.0.0.1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:0:127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[64:ff9b::a00:1]/",
    "http://[64:ff9b:1::a00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2002:a9fe:a9fe::1]/",
    "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
    "http://[2001:4860::5efe:7f00:1]/",
    "http://[2001:db8::1]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25eth0]/",
    "http://[fc00::1]/",
    "http://[fd12:3456::1]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://[::1",
    "http://::1/",
    "http://[127.0.0.1]/",
    "http://[v1.127]/",
    "http://localhost/",
    "http://LOCALHOST/",
    "http://localhost./",
    "http://localhost.localdomain/",
    "http://127-0-0-1.addresses.example/",
    "http://both.example/",
    "http://last.example/",
    "http://six.example/",
    "http://mapped.example/",
    "http://nat64.example/",
    "http://sixtofour.example/",
    "http://teredo.example/",
    "http://metadata.example/",
    "http://zone.example/",
    "http://nowhere.example/",
    "http://garbage.example/",
    "http://metadata.google.internal/",
    "http://public.example@127.0.0.1/",
    "http://127.0.0.1@public.example/",
    "http://public.example:80@127.0.0.1/",
    "http://user:secret@public.example/",
    "http://@public.example/",
    "http://public.example%00.127.0.0.1/",
    "http://public.example\\@127.0.0.1/",
    "http:\\\\127.0.0.1/",
    "http:/\\127.0.0.1/",
    "http:127.0.0.1/",
    "http:/127.0.0.1/",
    "http:///127.0.0.1/",
    "//127.0.0.1/",
    "127.0.0.1",
    "",
    "/",
    "http://",
    "http://:80/",
    "http://\uff11\uff12\uff17.\uff10.\uff10.\uff11/",
    "http://127\u30020\uff0e0\uff611/",
    "http://\u2460\u2461\u2466.0.0.1/",
    "http://\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3/",
    "http://public\u2025example/",
    "http://\ud800.example/",
    "http://public.example/\ud800",
    "http://pub lic.example/",
    "http://public.example/a b",
    " http://127.0.0.1/",
    "http://127.0.0.1/\r\nHost: public.example",
    "http://public.example\t/",
    "http://public..example/",
    "http://.public.example/",
    "http://public.example./",
    "http://-public.example/",
    "http://%6cocalhost/",
    "http://127%2e0%2e0%2e1/",
    "http://" + "a" * 64 + ".example/",
    "http://" + "a." * 150 + "example/",
    "http://public.example/" + "a" * 5000,
    "http://public.example:22/",
    "http://public.example:6379/",
    "http://public.example:0/",
    "http://public.example:-80/",
    "http://public.example:65616/",
    "http://public.example:99999999/",
    "http://public.example:\uff18\uff10/",
    "http://public.example:80:80/",
    "http://public.example:0x50/",
    "ftp://public.example/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:80/_GET",
    "dict://127.0.0.1/",
    "data:text/plain,hello",
    "javascript:alert(1)",
    "ws://public.example/",
    "unix:///run/docker.sock",
    "jar:http://127.0.0.1!/",
    "httpx://127.0.0.1/",
    "h\u0442tp://public.example/",
]


def test_the_table_holds_at_least_forty_urls():
    assert len(set(HOSTILE)) == len(HOSTILE) >= 40


@pytest.fixture(scope="module")
def lab():
    with laboratory(names=NAMES) as made:
        yield made


@pytest.mark.parametrize("url", HOSTILE, ids=ascii)
def test_a_hostile_url_dials_nobody(lab, url):
    for call in (lab.web.fetch, lab.web.fetch_any, lambda url: lab.web.send("POST", url, b"{}")):
        with pytest.raises(Unreachable) as refused:
            call(url)
        assert refused.value.detail == f"{url} could not be had."
        assert refused.value.__cause__ is None
    assert lab.town.dialled == []
    assert lab.canary.hits == 0


def test_a_public_url_does_reach_the_canary_so_the_table_proves_something():
    with laboratory() as lab:
        assert lab.web.fetch("http://public.example/").body == b"ok"
        assert lab.web.fetch(f"http://{PUBLIC}/").body == b"ok"
        assert lab.web.fetch("http://[2606:2800:21f:cb07::1]:80/").body == b"ok"
        assert lab.town.dialled == [(PUBLIC, 80), (PUBLIC, 80), ("2606:2800:21f:cb07::1", 80)]
        assert lab.canary.hits == 3
        assert lab.names.asked == ["public.example"]


@pytest.mark.parametrize("url", [f"http://127.0.0.1:{{port}}/{path}" for path in ("", "latest/meta-data")])
def test_a_real_socket_on_loopback_is_never_dialled(url):
    canary = Canary(say(OK))
    policy = EgressPolicy(allow_http=True, ports=frozenset({canary.port}))
    web = WebClient(policy)
    with pytest.raises(Unreachable):
        web.fetch(url.format(port=canary.port))
    assert canary.hits == 0
    canary.close()


def test_plain_http_is_refused_by_default():
    with laboratory(policy=EgressPolicy()) as lab:
        with pytest.raises(Unreachable):
            lab.web.fetch("http://public.example/")
        assert lab.town.dialled == []


def test_a_name_that_turns_private_after_the_check_is_still_dialled_at_the_checked_address():
    """S3: public at the first question, loopback at the second; the guard asks once per connection."""
    with laboratory(names={"rebinding.example": [[PUBLIC], [LOOPBACK]]}) as lab:
        lab.web.fetch("http://rebinding.example/")
        assert lab.town.dialled == [(PUBLIC, 80)]
        assert lab.names.asked == ["rebinding.example"]
        with pytest.raises(Unreachable):
            lab.web.fetch("http://rebinding.example/")
        assert lab.town.dialled == [(PUBLIC, 80)]


def test_the_host_header_is_the_name_and_the_dialled_address_the_checked_one():
    with laboratory() as lab:
        lab.web.fetch("http://Public.Example/a%2Fb/../c?d=e%20f#part", headers={"Host": "localhost"})
        head = lab.canary.heads[0].decode().lower()
        assert head.startswith("get /a%2fb/../c?d=e%20f http/1.1\r\n")
        assert "host: public.example\r\n" in head
        assert "localhost" not in head


def test_refused_and_unreachable_are_told_in_the_same_words():
    with laboratory(answer=b"") as lab:
        texts = set()
        for url in ("http://127.0.0.1/", "http://public.example/", "gopher://x/"):
            with pytest.raises(Unreachable) as failure:
                lab.web.fetch(url)
            texts.add((failure.value.detail_template, failure.value.remedy, failure.value.title))
        assert len(texts) == 1


def test_laboratories_open_loopback_but_never_the_address_of_cloud_credentials():
    policy = EgressPolicy(allow_http=True, allow_private=True)
    check_target(parse_url("http://127.0.0.1/"), policy)
    check_target(parse_url("http://localhost/"), policy)
    for url in ("http://169.254.169.254/", "http://[fe80::1]/", "http://0.0.0.0/", "http://[::ffff:169.254.169.254]/"):
        with pytest.raises(RefusedError):
            check_target(parse_url(url), policy)

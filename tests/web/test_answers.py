"""What a GET of a pod address sends, compared between methods and parts."""

from installations import Installation

CARD = "/alice/profile/card"


def test_b4_a_head_has_the_headers_of_the_get_and_no_body(installation: Installation) -> None:
    installation.person("alice")
    got, head = installation.send("GET", CARD), installation.send("HEAD", CARD)
    assert head.content == b""
    assert dict(head.headers) == dict(got.headers)
    assert int(got.headers["Content-Length"]) == len(got.content) > 0


def test_h5_a_part_is_sent_with_its_own_length_and_status(installation: Installation) -> None:
    installation.person("alice")
    whole = installation.send("GET", CARD)
    part = installation.send("GET", CARD, headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.reason_phrase) == (206, "Partial Content")
    assert part.content == whole.content[5:10]
    assert part.headers["Content-Length"] == "5"
    assert part.headers["Content-Range"] == f"bytes 5-9/{len(whole.content)}"


def test_an_exact_accept_header_gets_the_form_that_the_longer_way_of_choosing_gets(installation: Installation) -> None:
    installation.person("alice")
    for exact in ("text/turtle", "application/ld+json", "application/n-triples"):
        longer = f"{exact};q=0.9, image/png;q=0.1"
        assert installation.send("GET", CARD, headers={"Accept": exact}).headers["Content-Type"].startswith(exact)
        assert installation.send("GET", CARD, headers={"Accept": longer}).headers["Content-Type"].startswith(exact)

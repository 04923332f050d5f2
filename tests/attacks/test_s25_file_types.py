"""S25: a file that is two things at once is only ever what its sender said, and no browser is asked to guess.

The program never decodes what people upload: bombs in pictures stay bytes. Those in baked badges are S26's.
"""

import itertools
import struct
import zlib

import pytest
from fixtures_pods import Person, people

GIF_JS = b"GIF89a/*\x00\x00\x00\x00\x00*/=1;alert(document.cookie)//\x00;"
PNG = b"\x89PNG\r\n\x1a\n"
HTML = b"<script>fetch('/me')</script>"
INLINE = {"image/png", "image/jpeg", "image/gif", "image/webp", "text/plain", "image/svg+xml"}


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def huge_png():
    """Fifty thousand pixels square: 2.5 billion of them in a few kilobytes."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0))
    return PNG + header + chunk(b"IDAT", zlib.compress(bytes(5_000_000), 9)) + chunk(b"IEND", b"")


FILES = {
    "a GIF that is JavaScript": GIF_JS,
    "a PNG that is a zip": PNG + chunk(b"IEND", b"") + b"PK\x03\x04" + bytes(26) + b"PK\x05\x06" + bytes(18),
    "a PNG of billions of pixels": huge_png(),
    "a PNG that begins with a page": HTML + PNG,
    "a page in UTF-7": b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "a page in UTF-16": HTML.decode().encode("utf-16"),
    "a page with a BOM": b"\xef\xbb\xbf" + HTML,
    "a JPEG with a page in it": b"\xff\xd8\xff\xfe\x00\x20" + HTML,
    "a PDF that is a page": b"%PDF-1.7\n" + HTML,
    "an SVG with a script": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "nothing": b"",
}
TYPES = [
    "image/gif", "image/png", "image/jpeg", "image/svg+xml", "text/plain", "text/html", "application/javascript",
    "text/javascript", "application/xhtml+xml", "application/pdf", "application/octet-stream", "text/css", "text/xml",
    "application/wasm", "multipart/form-data; boundary=x", "text/html; charset=utf-7", "message/rfc822",
]  # fmt: skip


@pytest.fixture
def alice(installation):
    return people(installation, "alice")[0]


@pytest.mark.parametrize("media_type", TYPES)
def test_s25_every_file_is_what_its_sender_said_and_nothing_else(alice, media_type):
    for (name, body), accept in itertools.product(
        FILES.items(), ("*/*", "text/html,*/*;q=0.8", "image/webp,*/*;q=0.8")
    ):
        assert alice.put("/alice/public/file", body, media_type).is_success, name
        answer = Person(alice.installation).get("/alice/public/file", Accept=accept)
        assert (answer.status_code, answer.content) == (200, body)
        assert answer.headers["Content-Type"] == media_type
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        bare = media_type.partition(";")[0]
        assert (answer.headers.get("Content-Disposition") == "attachment") == (bare not in INLINE)


@pytest.mark.parametrize("slug", ["evil.html", "evil.svg", "evil.js", "x.png", "index.html"])
def test_s25_a_name_never_makes_a_type(alice, slug):
    for name, body in FILES.items():
        made = alice("POST", "/alice/public/", body, "application/octet-stream", Slug=slug)
        target = made.headers["Location"].removeprefix("https://garden.example")
        answer = Person(alice.installation).get(target, Accept="text/html,*/*;q=0.8")
        assert answer.headers["Content-Type"] == "application/octet-stream", name
        assert answer.headers["Content-Disposition"] == "attachment", name


def test_s25_a_part_of_a_file_is_guarded_like_the_whole(alice):
    alice.put("/alice/public/file", b"GIF89a" + HTML, "text/html")
    answer = Person(alice.installation).get("/alice/public/file", Range="bytes=6-")
    assert (answer.status_code, answer.content) == (206, HTML)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Disposition"] == "attachment"

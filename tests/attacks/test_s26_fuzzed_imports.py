"""S26, S8: whatever is sent to be imported, somebody gets an answer in words: no crash, no hang, no flood (issue 6).

The same targets run under atheris by the hour (`fuzzed_imports.py`).
"""

import io
import json
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
import fuzzed_imports as fuzzed

TARGETS = fuzzed.targets()
CORPUS = fuzzed.corpus()
SLOW = settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
LIMIT = 256 * 2**20


@st.composite
def altered(draw):
    """A sample with some bytes cut, doubled or put in place of others."""
    data = bytearray(draw(st.sampled_from(CORPUS)))
    for _ in range(draw(st.integers(1, 6))):
        at, size = draw(st.integers(0, max(0, len(data) - 1))), draw(st.integers(0, 12))
        put = draw(st.binary(max_size=12) | st.sampled_from([b"\0", b'"', b"{", b"]]>", b"<", b"\xff\xfe", b"IEND"]))
        data[at : at + size] = put
    return bytes(data)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
    | st.sampled_from(["https://x.example/a", "sha256$00", "Assertion", "BadgeClass", "2024-01-01", "9" * 400]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([
        "id", "type", "badge", "issuer", "recipient", "identity", "salt", "hashed", "verify", "url", "verification",
        "creator", "issuedOn", "expires", "evidence", "criteria", "image", "alignment", "tags", "name", "publicKey",
        "allowedOrigins", "startsWith", "revoked", "revocationList", "revokedAssertions", "credentialSubject", "uid",
        "achievement", "entries", "documents", "said", "values", "text", "body", "@context", "origin", "result",
    ]), inner, max_size=6),
    max_leaves=20,
)  # fmt: skip


@pytest.mark.parametrize("number", range(len(TARGETS)))
def test_altered_samples_get_an_answer_in_words(number):
    @SLOW
    @given(altered())
    def check(data):
        fuzzed.run(TARGETS[number], data)

    check()


@pytest.mark.parametrize("number", range(len(TARGETS)))
def test_json_of_any_shape_gets_an_answer_in_words(number):
    @SLOW
    @given(VALUES, VALUES)
    def check(first, second):
        fuzzed.run(TARGETS[number], json.dumps(first).encode() + json.dumps(second).encode())
        fuzzed.run(TARGETS[number], json.dumps(first).encode())

    check()


@pytest.mark.parametrize("depth", [60, 200, 400, 600, 800, 950, 1_000, 5_000])
@pytest.mark.parametrize("opening", ["[", '{"a":', '{"badge":', '{"issuer":'])
def test_nesting_gets_an_answer_in_words_at_every_depth(depth, opening):
    closing = "]" if opening == "[" else "}"
    inner = f"{opening * depth}1{closing * depth}"
    for text in (inner, f'{{"recipient":"a","badge":{inner}}}', f'{{"type":"Assertion","id":"x","recipient":{inner}}}'):
        for target in TARGETS:
            fuzzed.run(target, text.encode())


def chunk(kind, data):
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def bombs():
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes([0, 0, 255, 255, 0, 0, 255, 255, 8, 6, 0, 0, 0]))
    packed = zlib.compress(bytes(600 * 2**20 // 8), 9)
    yield head + chunk(b"iTXt", b"openbadgecredential\0\1\0\0\0" + packed) + chunk(b"IEND", b"")
    yield head + chunk(b"tEXt", b"a" * 7 * 2**20) * 1 + chunk(b"IEND", b"")
    yield b"<svg xmlns='http://www.w3.org/2000/svg'>" + b"<g>" * 300_000
    yield b'<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><svg>&b;</svg>'
    yield b'{"a":' * 100_000
    yield b"[" + b"{}," * 2_000_000 + b"{}]"
    yield b'{"id":"' + b"x" * 15 * 2**20 + b'"}'
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for number in range(30):
            made.writestr(f"{number}.json", bytes(40 * 2**20))
    yield archive.getvalue()
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w", zipfile.ZIP_STORED) as made:
        for number in range(60_000):
            made.writestr(f"{number}.json", b"")
    yield many.getvalue()


CHILD = """
import resource, sys
sys.path.insert(0, {folder!r})
import fuzzed_imports as fuzzed
targets = fuzzed.targets()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
data = open({file!r}, "rb").read()
for target in targets:
    fuzzed.run(target, data)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_bombs_cost_less_than_256_megabytes_and_a_minute(tmp_path):
    """Nine files, each given to every importer in a process of its own, which tells the most memory it held."""
    for number, data in enumerate(bombs()):
        file = tmp_path / f"bomb-{number}"
        file.write_bytes(data)
        script = CHILD.format(folder=str(Path(__file__).parent), file=str(file))
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=False
        )  # our own interpreter
        assert done.returncode == 0, (number, done.stderr[-2000:])
        assert int(done.stdout) * 1024 - 2 * len(data) < LIMIT, (number, done.stdout)

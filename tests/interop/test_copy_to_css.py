"""A pod copied by the command to a real Community Solid Server, with a report by resource and hash (flow 10)."""

import hashlib
import json
import urllib.error
import urllib.request

import css_server
import live_server
import pytest

pytestmark = pytest.mark.interop
SETTINGS = "egress_allow_http = true\negress_allow_private = true\negress_ports = [80, 443, {port}]\n"
BASE = "http://localhost:9/"
PHOTO = b"\x89PNG" * 60_000
NOTE = (
    b'<#it> <http://schema.org/name> "Salut" ; <http://schema.org/author> </alice/profile/card#me> ; <#b> [ <#c> 1 ].'
)


@pytest.fixture(scope="module")
def css(css_program, tmp_path_factory):
    with css_server.serving(css_program, tmp_path_factory.mktemp("css") / "pods") as server:
        controls = server._api(f"{server.base}.account/")["controls"]
        server.given = server._api(
            controls["account"]["clientCredentials"], {"name": "leaving", "webId": server.webid}
        )  # fmt: skip
        yield server


@pytest.fixture(scope="module")
def garden(css, tmp_path_factory):
    """A data folder with Alice's pod, and things in it."""
    folder = tmp_path_factory.mktemp("garden") / "data"
    folder.mkdir()
    (folder / "pod_app.toml").write_text(SETTINGS.format(port=css.port))
    assert live_server.run(folder, "account", "create", "alice", "--no-password", "--base-url", BASE).returncode == 0
    furnish(folder)
    return folder


def furnish(folder):
    from pod_app.pods.access import PROGRAM  # noqa: PLC0415  # only here a folder is opened in this process
    from pod_app.services import assemble  # noqa: PLC0415  # as above
    from pod_app.settings import Settings  # noqa: PLC0415  # as above
    from pod_app.standards.addresses import Address  # noqa: PLC0415  # as above

    opened = assemble(Settings(data=folder, base_url=BASE))
    try:
        for path, data, media_type in (
            ("private/note", NOTE, "text/turtle"), ("private/photo.png", PHOTO, "image/png"),
            ("private/caf%C3%A9", b"noir", "text/plain"), ("public/album/1", b"<#a> <#b> 1 .", "text/turtle"),
        ):  # fmt: skip
            address = Address("alice", path)
            body = opened.resources.prepare(address, data, media_type)
            opened.resources.write(PROGRAM, lambda writing, address=address, body=body: writing.put(address, body))
    finally:
        opened.close()


def copy(css, folder, *more, secret=None):
    done = live_server.run(
        folder, "pod", "copy", "alice", css.root, "--client-id", css.given["id"], "--secret-stdin",
        "--json", *more, stdin=secret or css.given["secret"],
    )  # fmt: skip
    return done, {one["path"]: one for one in map(json.loads, done.stdout.splitlines())}


@pytest.fixture(scope="module")
def first(css, garden):
    """The first copy, into a fresh pod."""
    return copy(css, garden)


def failures(told):
    return {path: one["detail"] for path, one in told.items() if one["outcome"] == "failed"}


def stranger(url):
    try:
        with urllib.request.urlopen(url, timeout=live_server.HANG_GUARD) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, b""


def test_a_whole_pod_goes_to_a_server_we_did_not_write(css, first):
    done, told = first
    assert set(failures(told)) <= {".acl"}, told  # that server made its own rules for the root: they stay
    assert told["private/photo.png"]["compared"] == "bytes"
    assert told["private/photo.png"]["sha256_there"] == hashlib.sha256(PHOTO).hexdigest()
    assert told["private/note"]["outcome"] == told["private/caf%C3%A9"]["outcome"] == "copied"
    assert told["profile/card"]["outcome"] == "left out"
    assert (css.folder / "lea" / "private" / "photo.png").read_bytes() == PHOTO
    assert done.returncode == (1 if failures(told) else 0), done.stderr


@pytest.mark.usefixtures("first")
def test_strangers_see_there_what_they_saw_here(css):
    assert stranger(f"{css.root}private/note")[0] == 401
    assert stranger(f"{css.root}private/photo.png")[0] == 401
    assert stranger(f"{css.root}public/album/1")[0] == 200
    assert stranger(f"{css.root}settings/prefs")[0] == 401


@pytest.mark.usefixtures("first")
def test_the_same_command_again_finds_everything_there(css, garden, tmp_path):
    report = tmp_path / "report.jsonl"
    _, told = copy(css, garden, "--report", str(report))
    assert {one["outcome"] for one in told.values()} <= {"already there", "left out", "failed"}
    assert set(failures(told)) <= {".acl"}
    assert [json.loads(line)["path"] for line in report.read_text("utf-8").splitlines()] == list(told)


@pytest.mark.usefixtures("first")
def test_with_replace_nothing_is_left_to_say(css, garden):
    done, told = copy(css, garden, "--replace")
    assert failures(told) == {}
    assert done.returncode == 0, done.stderr
    assert stranger(f"{css.root}private/note")[0] == 401


def test_a_wrong_secret_is_one_sentence(css, garden):
    done, told = copy(css, garden, secret="wrong")
    assert (done.returncode, told) == (2, {})
    assert "client credentials" in done.stderr
    assert "Traceback" not in done.stderr

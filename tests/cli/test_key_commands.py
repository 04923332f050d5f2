"""`pod_app keys`: what a stolen key had signed stands again after one command."""

import io
import json

import pytest

from pod_app.cli import main

PASSWORD = "a long enough password"


@pytest.fixture
def typed(tmp_path, capsys, monkeypatch):
    """Types a command for one folder and returns what it printed; exit code 0 is demanded unless told."""

    def type_(*arguments, code=0, stdin=""):
        monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        more = ["--data", str(tmp_path / "data")]
        if arguments[:2] == ("account", "create"):
            more += ["--base-url", "https://garden.example/"]
        with pytest.raises(SystemExit) as ended:
            main([*map(str, arguments), *more])
        told = capsys.readouterr()
        assert ended.value.code == code, told
        return told

    type_("account", "create", "bob", "--password-stdin", stdin=f"{PASSWORD}\n")
    type_("pod", "create", "forge", "--kind", "garden", "--owner", "https://garden.example/bob/profile/card#me")
    return type_


def test_box_5_5_3_a_stolen_key_ends_and_its_badges_are_signed_anew(typed, tmp_path):
    mould = typed(
        "achievement", "create", "--as", "forge", "--name", "Pain", "--description", "Du pain.",
        "--criteria", "Dix fois.",
    ).out.strip()  # fmt: skip
    file = tmp_path / "badge.json"
    typed("badge", "issue", "--as", "forge", "--achievement", mould, "--to", "bob@example.org", "--out", file)
    key = json.loads(file.read_bytes())["proof"][0]["verificationMethod"]
    typed("keys", "rotate", "forge")
    typed("badge", "verify", file, "--offline")
    warned = typed("keys", "rotate", "forge", "--revoke", "--key", key)
    assert "1 badges and confirmations fail now" in warned.err
    typed("badge", "verify", file, "--offline", code=1)
    listed = typed("keys", "list", "forge").out
    assert [line.split()[1] for line in listed.splitlines()] == ["revoked", "active"]
    assert typed("keys", "reissue", "forge").out.strip() == "1 signed anew, 0 copies replaced"
    assert typed("keys", "reissue", "forge").out.strip() == "0 signed anew, 0 copies replaced"


def test_a_key_is_named_only_to_be_revoked(typed):
    assert "--revoke" in typed("keys", "rotate", "forge", "--key", "z6Mk", code=2).err
    assert "has no key" in typed("keys", "rotate", "forge", "--revoke", "--key", "z6MkNobody", code=2).err

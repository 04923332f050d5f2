"""`pod_app badge verify --recipient`: is it about this person?"""

import json

import pytest
from fixtures_badges import ALICE, GARDEN, badge, network

from pod_app.cli import main


@pytest.mark.parametrize(("recipient", "code"), [(ALICE, 0), ("https://pods.example/eve/profile/card#me", 1)])
def test_box_5_8_1_the_command_says_whether_a_badge_is_about_somebody(tmp_path, capsys, recipient, code):
    file = tmp_path / "badge.json"
    file.write_text(json.dumps(GARDEN.sign(badge())))
    given = []
    for number, (url, document) in enumerate(network().items()):
        (tmp_path / f"{number}.json").write_text(json.dumps(document))
        given += ["--document", f"{url}={tmp_path / f'{number}.json'}"]
    more = ["--offline", "--at", "2026-06-01T12:00:00Z", "--json", "--data", str(tmp_path / "none")]
    with pytest.raises(SystemExit) as ended:
        main(["badge", "verify", str(file), "--recipient", recipient, *given, *more])
    assert ended.value.code == code
    checks = {check["name"]: check["outcome"] for check in json.loads(capsys.readouterr().out)["checks"]}
    assert checks["recipient"] == ("pass" if code == 0 else "fail")

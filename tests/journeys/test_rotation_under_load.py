"""S41: keys change while people sign in, badges are given and verified: nothing fails that should pass."""

import threading
import time
from datetime import timedelta

import pytest
from relying_party import Application, Keyring, sign_in

from pod_app.badges.verifier import verifying
from pod_app.pods.access import PROGRAM
from pod_app.services import utc_now
from pod_app.standards import addresses
from pod_app.standards.wac import Agent
from pod_app.storage import provider_keys

PASSWORD = "une petite phrase"
ROOT = "ab" * 32
ROTATIONS = 6
SOON = timedelta(seconds=0.1)


class Load(threading.Thread):
    """One kind of work, over and over, until the keys have changed often enough; keeps what went wrong."""

    def __init__(self, work, over):
        super().__init__()
        self._work, self._over = work, over
        self.done, self.wrong = 0, []

    def run(self):
        while not self._over.is_set() or self.done < 3:
            try:
                self._work(self.done)
            except Exception as error:  # noqa: BLE001  # the test tells all of them
                self.wrong.append(repr(error))
                return
            self.done += 1
            time.sleep(0.02)


def bad(report):
    return [(check.name, check.outcome, check.detail) for check in report.checks if check.outcome != "pass"]


class Town:
    """Two processes' worth of one installation, whose clocks are real; each knows the keys for itself."""

    def __init__(self, make_installation, folder):
        options = {"data": folder, "root_key": ROOT, "clock": utc_now}
        self.one, self.other = make_installation(**options), make_installation(**options)
        self.alice, self.bob = self.one.person("alice", PASSWORD), self.one.person("bob")
        self.me = Agent(webid=self.alice.webid)
        services = self.one.services
        self.garden = services.catalogue.create("ecoutants", "garden", title="Jardin", owners=[self.alice.webid])
        self.achievement = services.achievements.create(
            self.me, self.garden, name="Passeur", description="A transmis.", criteria="Une personne raconte."
        )
        sign_in(self.other, "alice", PASSWORD)
        self.app = Application(self.other)
        account = services.accounts.of_pod("alice")
        self.script = services.credentials.issue(account.id, self.alice.webid)
        self.first = self.issue(self.one)

    def issue(self, there):
        return there.services.issuing.issue(self.me, self.garden, self.achievement, self.bob.webid).iri

    def verified(self, there, iri):
        services = there.services
        document = services.resources.read(PROGRAM, addresses.of_iri(iri, there.base))
        data = services.resources.data(document.stored)
        return verifying.verify(data, fetch=services.own_documents, at=utc_now() + timedelta(seconds=1))

    # -- work ------------------------------------------------------------------------------------

    def person_signs_in(self, _number):
        """An application gets tokens from one process and uses them at the other."""
        told = self.app.exchange(self.app.code(self.app.consent(self.app.authorize()))).json()
        url = f"{self.one.base}alice/private/"
        for there in (self.one, self.other):
            answer = there.client.get(url, headers=self.app.ring.headers("GET", url, told["access_token"]))
            assert answer.status_code == 200, answer.text
        refreshed = self.app.token(
            {"grant_type": "refresh_token", "client_id": self.app.id, "refresh_token": told["refresh_token"]}
        )
        assert refreshed.status_code == 200, refreshed.text

    def script_signs_in(self, number):
        if number > 40:  # what a client may try in a minute
            return
        ring = Keyring(self.one)
        url, page = f"{self.one.base}oidc/token", f"{self.one.base}alice/settings/prefs"
        given = self.one.client.post(
            "/oidc/token", data={"grant_type": "client_credentials"}, headers={"DPoP": ring.proof("POST", url)},
            auth=(self.script.client_id, self.script.client_secret),
        )  # fmt: skip
        assert given.status_code == 200, given.text
        token = given.json()["access_token"]
        for there in (self.other, self.one):
            assert there.client.get(page, headers=ring.headers("GET", page, token)).status_code == 200

    def badge_is_given(self, _number):
        iri = self.issue(self.other)
        report = self.verified(self.one, iri)
        assert report.verified is True, bad(report)

    def old_badge_is_verified(self, _number):
        report = self.verified(self.other, self.first)
        assert report.verified is True, bad(report)


@pytest.fixture
def town(make_installation, tmp_path, monkeypatch):
    monkeypatch.setattr(provider_keys, "LOOK_AGAIN", SOON)
    monkeypatch.setattr(provider_keys, "LEAD", 3 * SOON)
    return Town(make_installation, tmp_path / "town")


def test_s41_rotation_under_load_fails_nobody_and_a_revoked_key_fails_its_badges(town):
    over = threading.Event()
    loads = [
        Load(work, over)
        for work in (town.person_signs_in, town.script_signs_in, town.badge_is_given, town.old_badge_is_verified)
    ]
    for load in loads:
        load.start()
    keys = town.one.services.identity.provider.keys
    seen = set()
    for _ in range(ROTATIONS):
        seen.add(keys.signing("ES256").id)
        keys.rotate()
        town.one.services.issuing.rotate_key(town.me, town.garden)
        time.sleep(0.4)
    over.set()
    for load in loads:
        load.join(120)
    assert [load.wrong for load in loads] == [[], [], [], []]
    assert len(seen) > 2

    last = town.issue(town.other)
    town.one.services.issuing.rotate_key(town.me, town.garden, revoke=True)
    assert town.verified(town.other, last).verified is False
    assert town.verified(town.other, town.first).verified is True
    assert town.verified(town.other, town.issue(town.other)).verified is True

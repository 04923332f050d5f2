"""A garden elsewhere that issues badges, and Bob, who lives here and lets another host in."""

import dataclasses
import json
from typing import Any

import pytest
from badge_host import BadgeHost

from pod_app.pods.catalogue import Pod
from pod_app.standards.wac import Agent
from pod_app.storage.web_client import RawTargetTransport

PASSWORD = "un jardin au bout du chemin"


def acting(pod):
    return Agent(webid=pod.webid)


@dataclasses.dataclass
class Abroad:
    """`here` has Bob's notebook; the garden of `elsewhere` gives him badges."""

    here: Any
    elsewhere: Any
    bob: Pod
    nina: Pod
    garden: Pod
    bread: str

    def issue(self, to=None, **more):
        return self.elsewhere.services.issuing.issue(
            acting(self.nina), self.garden, self.bread, to or self.bob.webid, **more
        )

    def issue_again(self, document, **changes):
        """The same badge (issuer and id) with other content, signed by its issuer."""
        services = self.elsewhere.services
        unsigned = {key: value for key, value in json.loads(document).items() if key != "proof"} | changes
        with services.database.read() as conn:
            signed = services.issuing._sign(conn, self.garden, unsigned, self.elsewhere.clock())
        return json.dumps(signed).encode()

    def held(self):
        return self.here.services.backpack.held(acting(self.bob), self.bob)


@pytest.fixture
def abroad(make_installation):
    mounts = {}
    here = make_installation("https://garden.example/", mounts=mounts)
    elsewhere = make_installation("https://moulin.example/", clock=here.clock)
    mounts[elsewhere.base] = RawTargetTransport(elsewhere.client._transport.app)
    bob, nina = here.person("bob", PASSWORD, title="Bob"), elsewhere.person("nina")
    garden = elsewhere.services.catalogue.create("moulin", "garden", owners=[nina.webid])
    bread = elsewhere.services.achievements.create(
        acting(nina), garden, name="Pain", description="Fait du pain.", criteria="Dix fournées."
    )
    return Abroad(here, elsewhere, bob, nina, garden, bread)


@pytest.fixture
def host(abroad):
    """A host that Bob has let in for everything."""
    made = BadgeHost(abroad.here)
    made.let_in("bob", PASSWORD)
    return made

"""A garden that issues, people who receive: the installation that the tests of badges share."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import pytest
from badge_workshop import acting as agent

from pod_app.badges.verifier import verifying
from pod_app.pods.catalogue import Pod
from pod_app.standards import addresses
from pod_app.standards.wac import Agent
from pod_app.storage import schema


@dataclasses.dataclass
class Forge:
    """Amina founded the garden and signs for it; Bob receives; Carole is a member without the role of issuer."""

    installation: Any
    garden: Pod
    amina: Pod
    bob: Pod
    carole: Pod
    achievement: str

    @property
    def services(self):
        return self.installation.services

    def issue(self, to: str | None = None, *, by: Pod | None = None, achievement: str | None = None, **more: Any):
        return self.services.issuing.issue(
            agent(by or self.amina), self.garden, achievement or self.achievement, to or self.bob.webid, **more
        )

    def deliver(self) -> int:
        """Do all the work that waits and say how many jobs there were."""
        total = 0
        while done := self.services.run_pending():
            total += done
        return total

    def verify(self, document: bytes, recipient: str | None = None) -> verifying.Report:
        """What a stranger's verifier says, who sees only what is public here."""
        services = self.services
        return verifying.verify(document, fetch=services.own_documents, at=services.clock(), recipient=recipient)

    def stored(self, iri: str) -> bytes:
        """The bytes that stand at an address, whoever may read them."""
        address = addresses.of_iri(iri, self.installation.base)
        assert address is not None
        reading = self.services.resources.read(Agent(webid=self.owner_of(address.pod)), address)
        return self.services.resources.data(reading.stored)

    def owner_of(self, pod: str) -> str:
        with self.services.resources.reading() as conn:
            return self.services.resources.owners(conn, pod)[0]

    def jobs(self) -> list[Any]:
        with self.services.resources.reading() as conn:
            return list(conn.execute(schema.outbox.select().where(schema.outbox.c.kind == "badge.offer")))

    def get(self, iri: str, pod: Pod | None = None, accept: str = "application/vc"):
        headers = {"Accept": accept} | (self.installation.headers(pod) if pod else {})
        return self.installation.client.get(iri, headers=headers)


@pytest.fixture
def forge(installation) -> Forge:
    amina, bob, carole = (installation.person(name) for name in ("amina", "bob", "carole"))
    services = installation.services
    garden = services.catalogue.create("ecoutants", "garden", title="Jardin des Écoutants", owners=[amina.webid])
    services.members.put(agent(amina), "ecoutants", carole.webid)
    achievement = services.achievements.create(
        agent(amina), garden, name="Passeur·se de savoirs", description="A transmis un savoir.",
        criteria="Une personne raconte **ce qu'elle a appris**.", tags=["transmission"],
    )  # fmt: skip
    return Forge(installation, garden, amina, bob, carole, achievement)


def parsed(document: bytes) -> Mapping[str, Any]:
    return json.loads(document)

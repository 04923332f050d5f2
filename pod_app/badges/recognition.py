"""What turns a claim into a recognised badge: confirmations of others, requests, rules; tied together in one place."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pod_app.badges.confirmations import Confirmations
from pod_app.badges.endorsing import Endorsing
from pod_app.badges.issuing import Issuing
from pod_app.badges.verifying import Fetch
from pod_app.pods.audience import Audiences
from pod_app.pods.catalogue import Catalogue
from pod_app.pods.members import Members
from pod_app.pods.resources import Resources


@dataclass(frozen=True)
class Recognition:
    """The parts of one installation that let people ask, confirm and be recognised."""

    confirmations: Confirmations
    endorsing: Endorsing

    @classmethod
    def of(
        cls, resources: Resources, catalogue: Catalogue, members: Members, issuing: Issuing, audiences: Audiences,
        own_documents: Fetch, clock: Callable[[], datetime],
    ) -> "Recognition":  # fmt: skip
        """Tie them together; `own_documents` answers documents of this installation alone."""
        confirmations = Confirmations(resources, catalogue, own_documents, clock)
        endorsing = Endorsing(resources, catalogue, members, issuing, audiences, confirmations)
        return cls(confirmations, endorsing)

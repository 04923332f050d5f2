"""What turns a claim into a recognised badge: confirmations of others, requests, rules; tied together in one place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pod_app.badges.forge.achievements import Achievements
from pod_app.badges.recognition.answering import Answering
from pod_app.badges.recognition.asking import FORGET, REMIND, Asking
from pod_app.badges.recognition.confirmations import Confirmations
from pod_app.badges.recognition.endorsing import Endorsing
from pod_app.badges.recognition.regards import Regards
from pod_app.badges.recognition.requests import Requests
from pod_app.badges.recognition.rule_data import RuleData
from pod_app.badges.recognition.rules import Rules
from pod_app.badges.signing.issuing import Issuing
from pod_app.badges.verifier.verifying import Fetch
from pod_app.pods.audience import Audiences
from pod_app.pods.catalogue import Catalogue
from pod_app.pods.members import Members
from pod_app.pods.resources import Resources
from pod_app.settings import Settings
from pod_app.storage.sandbox import Sandbox


@dataclass(frozen=True)
class Tools:
    """What the parts of recognition need; `own_documents` answers documents of this installation alone."""

    vocabulary: str
    resources: Resources
    catalogue: Catalogue
    members: Members
    achievements: Achievements
    issuing: Issuing
    audiences: Audiences
    own_documents: Fetch
    clock: Callable[[], datetime]
    secret: bytes
    settings: Settings
    rules: Path
    sandbox: Sandbox


@dataclass(frozen=True)
class Recognition:
    """The parts of one installation that let people ask, confirm and be recognised."""

    confirmations: Confirmations
    regards: Regards
    endorsing: Endorsing
    requests: Requests
    asking: Asking
    answering: Answering
    rules: Rules

    @classmethod
    def of(cls, tools: Tools) -> "Recognition":
        """Tie them together."""
        resources, catalogue, issuing = tools.resources, tools.catalogue, tools.issuing
        confirmations = Confirmations(resources, catalogue, tools.own_documents, tools.clock)
        endorsing = Endorsing(resources, catalogue, tools.members, issuing, tools.audiences, confirmations)
        requests = Requests(tools.vocabulary, resources, catalogue, tools.secret)
        data = RuleData(resources, catalogue, tools.own_documents, tools.clock)
        rules = Rules(
            tools.settings, tools.rules, resources, catalogue, tools.achievements, issuing, data, tools.sandbox
        )
        return cls(
            confirmations,
            Regards(resources, catalogue, tools.own_documents, tools.clock),
            endorsing,
            requests,
            Asking(resources, catalogue, tools.achievements, issuing, requests, tools.audiences),
            Answering(resources, catalogue, issuing, endorsing, confirmations, requests, rules, tools.clock),
            rules,
        )

    @property
    def listeners(self) -> Mapping[str, Callable[[Mapping[str, Any]], None]]:
        """Jobs by their kind."""
        return {REMIND: self.asking.do_remind, FORGET: self.asking.do_forget}

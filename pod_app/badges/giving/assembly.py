"""The ways in which badges reach people, tied together: one by one, in lists, by code."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pod_app.badges.bag.backpack import Backpack
from pod_app.badges.forge.achievements import Achievements
from pod_app.badges.giving import award_lists, awards, handouts
from pod_app.badges.giving.award_lists import AwardLists
from pod_app.badges.giving.awards import Awards
from pod_app.badges.giving.handouts import Handouts
from pod_app.badges.giving.records import Records
from pod_app.badges.giving.turns import Turns
from pod_app.badges.signing.issuing import Issuing
from pod_app.badges.signing.reissuing import Reissuing
from pod_app.pods.catalogue import Catalogue
from pod_app.pods.resources import Resources


@dataclass(frozen=True)
class Giving:
    """The parts of one installation that give badges."""

    awards: Awards
    lists: AwardLists
    handouts: Handouts
    turns: Turns
    records: Records

    @classmethod
    def of(
        cls, resources: Resources, catalogue: Catalogue, achievements: Achievements, issuing: Issuing,
        reissuing: Reissuing, backpack: Backpack, secret: bytes,
    ) -> "Giving":  # fmt: skip
        """Tie them together."""
        given = Awards(resources, catalogue, issuing, backpack)
        by_code = Handouts(resources, catalogue, issuing, backpack, secret)
        records = Records(resources, achievements, issuing, reissuing, given)
        lists, turns = AwardLists(resources, catalogue, issuing, given, by_code), Turns(resources, by_code, secret)
        return cls(given, lists, by_code, turns, records)

    @property
    def listeners(self) -> Mapping[str, Callable[[Mapping[str, Any]], None]]:
        """What is done for each kind of job."""
        return {awards.TELL: self.awards.tell, award_lists.JOB: self.lists.run, handouts.FORGET: self.handouts.forget}

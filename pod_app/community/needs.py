"""What somebody would like to learn, and what they could share."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import pyoxigraph as ox

from pod_app.pods.catalogue import Pod
from pod_app.pods.things import Statement, Things, agent, moment, words
from pod_app.pods.writing import Writing
from pod_app.standards.namespaces import DCTERMS, VF


@dataclass(frozen=True, slots=True)
class Wish:
    """A need or an offer: `skill` is a name of the vocabulary."""

    skill: str
    at: datetime
    note: str = ""


class Needs(Things[Wish]):
    """The learning needs of every pod."""

    place = "needs/"

    def statements(self, writing: Writing, pod: Pod, it: ox.NamedNode, thing: Wish) -> Iterator[Statement]:
        """An intent to receive."""
        del writing
        yield from self.about(it, self._jdn["LearningNeed"], VF["Intent"])
        yield it, VF["receiver"], agent(pod.webid)
        yield from self._wish(pod, it, thing)

    def _wish(self, pod: Pod, it: ox.NamedNode, thing: Wish) -> Iterator[Statement]:
        yield it, VF["resourceConformsTo"], self.concept("skill", thing.skill)
        yield it, DCTERMS["created"], moment(thing.at)
        if thing.note.strip():
            yield it, VF["note"], words(thing.note, pod)


class Offers(Needs):
    """What the people of every pod offer to share."""

    place = "offers/"

    def statements(self, writing: Writing, pod: Pod, it: ox.NamedNode, thing: Wish) -> Iterator[Statement]:
        """An intent to provide."""
        del writing
        yield from self.about(it, VF["Intent"])
        yield it, VF["provider"], agent(pod.webid)
        yield from self._wish(pod, it, thing)

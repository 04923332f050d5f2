"""Events of a garden, with the number of people who came and never their names."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import pyoxigraph as ox

from pod_app.errors import N_, Invalid
from pod_app.pods.catalogue import Pod
from pod_app.pods.things import AS_ITS_PLACE, Statement, Things, agent, integer, moment, words
from pod_app.pods.writing import Writing
from pod_app.standards.namespaces import AS, SCHEMA


@dataclass(frozen=True, slots=True)
class Event:
    """`teaches` is a skill of the vocabulary."""

    name: str
    start: datetime
    end: datetime
    location: str = ""
    teaches: str | None = None
    participants: int | None = None


class Events(Things[Event]):
    """The events of every garden and community; seen by their members unless another audience is chosen."""

    place = "events/"
    sharing = AS_ITS_PLACE

    def statements(self, writing: Writing, pod: Pod, it: ox.NamedNode, thing: Event) -> Iterator[Statement]:
        """An event; raises `Invalid` when it ends before it begins."""
        del writing
        if thing.end < thing.start:
            raise Invalid(N_("This event ends before it begins."), N_("Correct one of the two times."))
        yield from self.about(it, AS["Event"], SCHEMA["EducationEvent"])
        yield it, AS["name"], words(thing.name, pod)
        yield it, AS["startTime"], moment(thing.start)
        yield it, AS["endTime"], moment(thing.end)
        yield it, SCHEMA["organizer"], agent(pod.webid)
        if thing.location:
            yield it, SCHEMA["location"], words(thing.location, pod)
        if thing.teaches is not None:
            yield it, SCHEMA["teaches"], self.concept("skill", thing.teaches)
        if thing.participants is not None:
            yield it, self._jdn["participants"], integer(thing.participants, what="participants")

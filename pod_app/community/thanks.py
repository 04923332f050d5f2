"""Thanks: one person to another, in the pod of the one who thanks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import pyoxigraph as ox

from pod_app.errors import N_, Invalid
from pod_app.pods.catalogue import Pod
from pod_app.pods.things import Statement, Things, agent, moment, words
from pod_app.pods.writing import Writing
from pod_app.standards.namespaces import AS, VF


@dataclass(frozen=True, slots=True)
class Thanks:
    """`to` and `garden` are WebIDs."""

    to: str
    text: str
    at: datetime
    garden: str | None = None


class ThanksGiven(Things[Thanks]):
    """The thanks of every pod."""

    place = "thanks/"

    def statements(self, writing: Writing, pod: Pod, it: ox.NamedNode, thing: Thanks) -> Iterator[Statement]:
        """A Like; raises `Invalid` for thanks to oneself."""
        del writing
        if thing.to == pod.webid:
            raise Invalid(N_("Thanks go to somebody else."), N_("Name the person you want to thank."))
        yield from self.about(it, AS["Like"])
        yield it, AS["actor"], agent(pod.webid)
        yield it, AS["object"], agent(thing.to)
        yield it, AS["content"], words(thing.text, pod)
        yield it, AS["published"], moment(thing.at)
        if thing.garden is not None:
            yield it, VF["inScopeOf"], agent(thing.garden)

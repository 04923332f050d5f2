"""A garden that gives badges to Alice, and her bag, on an installation of this process."""

from datetime import timedelta

from pod_app.badges.giving.awards import Words
from pod_app.standards import addresses
from pod_app.standards.wac import Agent


class Garden:
    """Alice looks after «potager» and is a member of it; Bob has a notebook as well."""

    def __init__(self, here):
        self.here = here
        self.alice = here.person("alice", title="Alice")
        self.bob = here.person("bob", title="Bob")
        self.agent = Agent(webid=self.alice.webid)
        self.pod = here.services.catalogue.create("potager", "garden", title="Potager", owners=[self.alice.webid])

    def achievement(self, name="Pain"):
        return self.here.services.achievements.create(
            self.agent, self.pod, name=name, description=f"{name} du jardin.", criteria="Dix fois."
        )

    def soon(self):
        return self.here.clock() + timedelta(days=1)

    def settle(self):
        while self.here.services.run_pending():
            pass

    def given(self, name="Pain", until=None):
        """Address of a badge in Alice's bag."""
        issued = self.here.services.issuing.issue(
            self.agent, self.pod, self.achievement(name), self.alice.webid, valid_until=until
        )
        self.settle()
        return f"{self.alice.iri}badges/{issued.address.name}"

    def award(self, name="Pain", to=None):
        """Address of the record of a badge that waits for an answer."""
        words = Words(note="Merci !")
        recipient = (to or self.alice).webid
        return self.here.services.giving.awards.give(self.agent, self.pod, self.achievement(name), recipient, words).iri

    def withdraw(self, badge):
        record = f"{self.pod.iri}issued/{badge.rpartition('/')[2]}"
        self.here.services.issuing.revoke(self.agent, record, "Une erreur.")

    def bytes_of(self, iri, reader=None):
        agent = self.agent if reader is None else Agent(webid=reader.webid)
        resources = self.here.services.resources
        address = addresses.of_iri(iri, self.here.base)
        return resources.data(resources.read(agent, address).stored)

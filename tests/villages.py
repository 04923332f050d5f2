"""People, a garden and a community on an installation of this process, and somebody who types commands for them."""

import json

from pod_app.standards.wac import Agent

BASE = "https://garden.example/"
MOULD = f"{BASE}potager/achievements/compost"


class Village:
    """Alice founded the garden `potager` and signs for it; Carole is a member; Bob and Dora are people."""

    def __init__(self, here, terminal):
        self.here = here
        self._terminal = terminal
        people = {name: here.person(name, title=name.title()) for name in ("alice", "bob", "carole", "dora")}
        catalogue, agent = here.services.catalogue, Agent(webid=people["alice"].webid)
        garden = catalogue.create("potager", "garden", title="Le Potager", owners=[agent.webid])
        catalogue.create("communs", "community", title="Les Communs", owners=[agent.webid])
        here.services.members.put(agent, "potager", people["carole"].webid)
        here.services.achievements.create(
            agent, garden, name="Compost", description="Fait du sol.", criteria="Trois tas."
        )  # fmt: skip

    def type(self, *arguments):
        return self._terminal.type(self.here, *arguments)

    def done(self, *arguments):
        return self._terminal.done(self.here, *arguments)

    def rows(self, *arguments):
        return self._terminal.rows(self.here, *arguments)

    def json(self, *arguments):
        return json.loads(self.done(*arguments, "--json"))

    def refused(self, *arguments):
        """One sentence on the side, and exit code 2."""
        said = self._terminal.refused(self.here, *arguments)
        assert said.startswith("pod_app: ")
        assert "\n" not in said
        return said

    def achievement(self, name, pod="potager"):
        words = ("--name", name, "--description", "d", "--criteria", "c")
        return self.done("achievement", "create", "--as", pod, *words)

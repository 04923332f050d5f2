"""Who may sign for a pod: whoever controls it, and members with the role `issuer` (contracts.md §1)."""

from sqlalchemy import Connection

from pod_app.errors import N_, Forbidden
from pod_app.pods.access import PROGRAM
from pod_app.pods.catalogue import Catalogue, Pod
from pod_app.pods.members import Members
from pod_app.pods.resources import Resources
from pod_app.standards.wac import Agent, Mode

ISSUER = "issuer"


class Signers:
    """The signers of the pods of one installation."""

    def __init__(self, resources: Resources, catalogue: Catalogue, members: Members) -> None:
        self._resources = resources
        self._catalogue = catalogue
        self._members = members

    def require(self, conn: Connection, agent: Agent, pod: Pod) -> None:
        """Raise `Forbidden` unless `agent` may sign for `pod`."""
        if not self.may(conn, agent, pod):
            raise Forbidden(
                N_("{webid} may not sign badges for {pod}."), N_("Ask for the role of issuer there."),
                webid=agent.webid or "-", pod=pod.name,
            )  # fmt: skip

    def may(self, conn: Connection, agent: Agent, pod: Pod) -> bool:
        """Whether `agent` may sign for `pod`."""
        return self._controls(conn, agent, pod) or self._has_role(conn, agent, pod)

    def acting(self, conn: Connection, agent: Agent, pod: Pod) -> Agent:
        """Who writes into `achievements/` for `agent`: a member with the role does so through the program."""
        return PROGRAM if self._has_role(conn, agent, pod) and not self._controls(conn, agent, pod) else agent

    def pods_of(self, agent: Agent) -> list[Pod]:
        """The pods that `agent` may sign for: their own first, then gardens and communities by title."""
        if agent.webid is None:
            return []
        own = self._catalogue.owned_by(agent.webid)
        with self._resources.reading() as conn:
            names = self._members.groups_of(conn, agent.webid)
            others = [pod for pod in map(self._catalogue.find, names) if pod is not None and pod not in own]
            joined = [pod for pod in others if self._has_role(conn, agent, pod)]
        return sorted([*own, *joined], key=lambda pod: (pod.webid != agent.webid, pod.kind == "person", pod.title))

    def _controls(self, conn: Connection, agent: Agent, pod: Pod) -> bool:
        return self._resources.decide_within(conn, agent, pod.address("")).allows(Mode.CONTROL)

    def _has_role(self, conn: Connection, agent: Agent, pod: Pod) -> bool:
        if agent.webid is None or pod.kind == "person":
            return False
        membership = self._members.get(conn, pod.name, agent.webid)
        return membership is not None and ISSUER in membership.roles

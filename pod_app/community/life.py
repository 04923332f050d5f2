"""Community life in one place: the writers of everything that people and gardens put down about themselves."""

from dataclasses import dataclass

from pod_app.community.contributions import Contributions
from pod_app.community.events import Events
from pod_app.community.gardens import Gardens
from pod_app.community.needs import Needs, Offers
from pod_app.community.reciprocity import Reciprocity
from pod_app.community.thanks import ThanksGiven
from pod_app.community.transmissions import Transmissions
from pod_app.pods.audience import Audiences
from pod_app.pods.resources import Resources


@dataclass(frozen=True)
class Life:
    """The writers of community life, one for each kind of thing."""

    contributions: Contributions
    thanks: ThanksGiven
    transmissions: Transmissions
    needs: Needs
    offers: Offers
    events: Events
    reciprocity: Reciprocity
    gardens: Gardens

    @classmethod
    def of(cls, vocabulary: str, resources: Resources, audiences: Audiences) -> "Life":
        """The writers of one installation."""
        tools = (vocabulary, resources, audiences)
        return cls(
            contributions=Contributions(*tools),
            thanks=ThanksGiven(*tools),
            transmissions=Transmissions(*tools),
            needs=Needs(*tools),
            offers=Offers(*tools),
            events=Events(*tools),
            reciprocity=Reciprocity(*tools),
            gardens=Gardens(vocabulary, resources),
        )

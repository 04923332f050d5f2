"""What the demo shows of asking and confirming: two rules, a badge that a peer confirmed, a request that waits.

Nothing of it is counted: a claim is what somebody says of themselves, and a request gives no badge yet.
"""

from typing import Final

from pod_app.badges.recognition.asking import Wish
from pod_app.badges.recognition.endorsing import Word
from pod_app.badges.recognition.requests import Answer
from pod_app.badges.recognition.rules import Rule
from pod_app.pods.access import PROGRAM
from pod_app.pods.catalogue import Pod
from pod_app.services import Services
from pod_app.standards.wac import Agent

SENTENCE: Final = "J'ai suivi le rucher tout le printemps, deux essaims ont pris."
WORD: Final = "J'étais là pour le second essaim : il n'a pas tremblé."
RULES: Final = (
    ("Bienvenu·e", "welcomer", "Avoir accueilli trois fois, et qu'une personne le confirme."),
    (
        "Passeur·se de savoirs", "three-transmissions?skill=listening",
        "Avoir passé l'écoute trois fois, dans deux jardins, et qu'une personne le confirme.",
    ),
)  # fmt: skip


def recognise(services: Services, community: Pod, founder: Pod, passer: Pod, peer: Pod | None, rare: str) -> None:
    """Write it, as those who did it: `founder` signs for the community, `passer` asks for the badge named `rare`."""
    with services.resources.reading() as conn:
        named = {str(one["name"]): str(one["id"]) for one in services.achievements.all(conn, community)}
    rules = services.recognition.rules
    for name, rule, sentence in RULES:
        shape = f"{services.settings.base_url}shapes/rules/{rule}"
        rules.put(Agent(webid=founder.webid), community, named[name], Rule(sentence, shape))
    if founder.name != passer.name:
        _ask(services, passer, peer, named[rare])
    if peer is not None:
        _confirm(services, passer, peer)


def _ask(services: Services, passer: Pod, peer: Pod | None, achievement: str) -> None:
    """A request that waits for the founder, with a word left by a link and one that is signed."""
    asking, answering = services.recognition.asking, services.recognition.answering
    name = asking.ask(Agent(webid=passer.webid), passer, Wish(achievement, SENTENCE))
    first = asking.one(Agent(webid=passer.webid), passer, name)[1][0]
    answering.answer(first, Answer("yes", name="Karim", words="Je tenais l'enfumoir."), None)
    if peer is not None:
        second = asking.invite(Agent(webid=passer.webid), passer, name, peer.title)
        answering.answer(second, Answer("yes", words=WORD), peer, _garden(services, peer))


def _confirm(services: Services, holder: Pod, peer: Pod) -> None:
    """A peer's word beside one badge that everybody may see."""
    endorsing = services.recognition.endorsing
    for held in services.backpack.held(Agent(webid=holder.webid), holder):
        if held.audience == "everyone" and held.is_for(holder.webid):
            subject = endorsing.subject(PROGRAM, held.address.iri(holder.base_url))
            word = Word("J'y étais, et j'en ai profité.", garden=_garden(services, peer))
            endorsing.endorse(Agent(webid=peer.webid), peer, subject, word)
            return


def _garden(services: Services, peer: Pod) -> Pod | None:
    return next((pod for pod in services.recognition.endorsing.gardens(peer) if pod.kind == "garden"), None)

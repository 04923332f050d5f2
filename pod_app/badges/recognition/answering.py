"""The answers to a request: of peers, by a link or from their own notebook, and of those who give the badge.

A peer with a notebook signs a confirmation; one without leaves a word that is shown as what it is: unsigned. The
reviewer awards or declines with a word. Nobody decides about what they asked for themselves.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from pod_app.activities import inbox
from pod_app.badges.recognition.asking import is_over
from pod_app.badges.recognition.confirmations import Confirmation, Confirmations
from pod_app.badges.recognition.endorsing import Endorsing, Word
from pod_app.badges.recognition.requests import PLACE, Answer, Link, Recognition, Requests, State
from pod_app.badges.recognition.rules import Rules
from pod_app.badges.signing.issuing import Issued, Issuing
from pod_app.errors import N_, Conflict, Forbidden, Gone, Invalid
from pod_app.pods.access import PROGRAM
from pod_app.pods.catalogue import Catalogue, Pod
from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing
from pod_app.standards import addresses, open_badges
from pod_app.standards.wac import Agent

MAX_NAME: Final = 60
MAX_WORDS: Final = 1000
_ACTIVITIES: Final[Mapping[str, str]] = {"yes": "Accept", "no": "Reject", "unknown": "Ignore"}


class Answering:
    """Answers to requests in one installation."""

    def __init__(
        self, resources: Resources, catalogue: Catalogue, issuing: Issuing, endorsing: Endorsing,
        confirmations: Confirmations, requests: Requests, rules: Rules, clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._resources = resources
        self._catalogue = catalogue
        self._issuing = issuing
        self._endorsing = endorsing
        self._confirmations = confirmations
        self._requests = requests
        self._rules = rules
        self._clock = clock

    # -- peers -----------------------------------------------------------------------------------

    def by_link(self, token: str) -> tuple[Recognition, Link]:
        """What a link asks; raises `Gone` for one that was used, has ended or never was: in the same words."""
        with self._resources.reading() as conn:
            return self._open(conn, self._requests.link_of(conn, token))

    def asked_of(self, peer: Pod) -> list[tuple[Recognition, Link]]:
        """What somebody with a notebook here is asked; the caller has made sure that it is theirs."""
        with self._resources.reading() as conn:
            links = self._requests.asked_of(conn, peer.webid, self._clock())
            return [(self._requests.get(conn, link.pod, link.id), link) for link in links]

    def answer(self, link: Link, answer: Answer, peer: Pod | None, garden: Pod | None = None) -> None:
        """Take one answer; `peer` is the notebook of whoever is signed in, who has shown the link or is its addressee.

        A yes of a peer is signed, as a member of `garden` if they say so. Raises `Invalid`, `Conflict`, and `Gone`
        for whoever comes second.
        """
        if len(answer.name) > MAX_NAME or len(answer.words) > MAX_WORDS or not answer.name.isprintable():
            raise Invalid(
                N_("A name has at most {name} characters, and words {words}."), N_("Shorten them."),
                name=MAX_NAME, words=MAX_WORDS,
            )  # fmt: skip
        if peer is not None and peer.name == link.pod:
            raise Invalid(N_("This is your own request."), N_("Send the link to somebody who was there."))
        with self._resources.reading() as conn:
            one = self._requests.get(conn, link.pod, link.id)
        subject = self._endorsing.subject(PROGRAM, one.claim)

        def within(writing: Writing) -> None:
            self._open(writing.conn, link)
            told = Answer(answer.kind, None, answer.name.strip(), answer.words.strip())
            if peer is not None:
                record = None
                if answer.kind == "yes":
                    word = Word(told.words, garden=garden)
                    record = self._endorsing.endorse_within(writing, peer, subject, word).iri(peer.base_url)
                told = Answer(answer.kind, peer.webid, "", told.words, record)
            if not self._requests.spend(writing.conn, link, told, writing.now):
                raise _gone()
            self._requests.write(writing, one)
            self._tell(writing, one, f"answer-{one.id}-{link.number}", _ACTIVITIES[told.kind], told.by)

        self._resources.write(Agent(webid=peer.webid) if peer is not None else Agent(), within)

    # -- those who give the badge ----------------------------------------------------------------

    def waiting(self, agent: Agent, voices: list[Pod]) -> list[Recognition]:
        """What waits for the pods that somebody signs for, oldest first; their own requests wait for others."""
        with self._resources.reading() as conn:
            names = [pod.name for pod in voices if self._issuing.may_sign(conn, agent, pod)]
            found = self._requests.open_of(conn, names)
        return [one for one in found if not self._is_own(agent, one)]

    def to_review(self, agent: Agent, pod: str, name: str) -> tuple[Recognition, list[Link], list[Confirmation]]:
        """One request with its answers, for those who decide; raises `Forbidden`, `NotFound`."""
        with self._resources.reading() as conn:
            one = self._requests.get(conn, pod, name)
            self._require_reviewer(conn, agent, one)
            links = self._requests.links(conn, pod, name)
        return one, links, self._confirmations.about(pod, one.claim, "badge")

    def award(self, agent: Agent, pod: str, name: str, word: str = "") -> Issued:
        """Give the badge: the claim is its evidence, the confirmations that hold are signed into it.

        Where the rule of the badge was not shown to be met, somebody may recognise all the same and says why: the word
        is kept with who and when. Raises `Forbidden`, `Invalid`, `Conflict` when somebody has decided already.
        """
        one, _, said = self.to_review(agent, pod, name)
        if self.needs_reason(one) and not word.strip():
            raise Invalid(
                N_("The rule of this badge was not shown to be met."), N_("Say why you recognise it all the same.")
            )
        reviewer, asker = self._catalogue.get(one.reviewer), self._catalogue.get(one.pod)
        inside = [dict(confirmation.document) for confirmation in said if confirmation.holds]
        claim = open_badges.evidence(url=one.claim, name=asker.title, narrative=one.sentence)

        def within(writing: Writing) -> Issued:
            issued = self._issuing.issue_within(
                writing, reviewer, one.achievement, asker.webid, told=[claim],
                evidence=[one.trace] if one.trace else [], narrative=one.sentence, endorsements=inside,
            )  # fmt: skip
            self._decide(writing, one, "awarded", badge=issued.iri, reason=_checked(word))
            self._put_away(writing.as_program(), one)
            return issued

        return self._resources.write(agent, within)

    def needs_reason(self, one: Recognition) -> bool:
        """Whether the badge has a rule and whoever asks has not let it be told that it is met."""
        with self._resources.reading() as conn:
            return not one.rule_held and self._rules.of(conn, one.achievement) is not None

    def decline(self, agent: Agent, pod: str, name: str, word: str) -> None:
        """Say no, with a word; what was said and confirmed stays with whoever asked."""
        one, _, _ = self.to_review(agent, pod, name)
        if not word.strip():
            raise Invalid(N_("A request is declined with a word."), N_("Say in a sentence why, or what is missing."))

        reviewer = self._catalogue.get(one.reviewer).webid

        def within(writing: Writing) -> None:
            self._decide(writing, one, "declined", reason=_checked(word))
            self._tell(writing, one, f"declined-{one.id}", "Reject", reviewer)

        self._resources.write(agent, within)

    def trace(self, one: Recognition) -> tuple[bytes, str] | None:
        """Bytes and media type of a trace that stands in the asker's own pod; the caller has decided who may see it."""
        address = addresses.of_iri(one.trace or "", self._resources.base_url)
        if address is None or address.pod != one.pod or address.is_container or address.auxiliary:
            return None
        stored = self._resources.read(PROGRAM, address).stored
        return self._resources.data(stored), stored.media_type

    def testimonies(self, badge: str) -> list[Link]:
        """Words left by a link about a claim or about the badge that came of it: unsigned."""
        with self._resources.reading() as conn:
            one = self._requests.about(conn, badge)
            links = [] if one is None else self._requests.links(conn, one.pod, one.id)
        return [link for link in links if link.answer and link.answer.kind == "yes" and link.answer.by is None]

    # -- steps -----------------------------------------------------------------------------------

    def _open(self, conn: Connection, link: Link | None) -> tuple[Recognition, Link]:
        if link is None:
            raise _gone()
        one = self._requests.get(conn, link.pod, link.id)
        now = next(found for found in self._requests.links(conn, link.pod, link.id) if found.number == link.number)
        if is_over(one, now, self._clock()):
            raise _gone()
        return one, now

    def _require_reviewer(self, conn: Connection, agent: Agent, one: Recognition) -> None:
        self._issuing.require_signer(conn, agent, self._catalogue.get_within(conn, one.reviewer))
        if self._is_own(agent, one):
            raise Forbidden(N_("This is your own request."), N_("Somebody else who gives this badge decides."))

    def _is_own(self, agent: Agent, one: Recognition) -> bool:
        return agent.webid == self._catalogue.get(one.pod).webid

    def _decide(
        self, writing: Writing, one: Recognition, state: State, *, reason: str, badge: str | None = None
    ) -> None:
        if not self._requests.decide(writing, one, state, badge=badge, reason=reason):
            raise Conflict(N_("Somebody has decided about this request already."), N_("Look at what came of it."))
        self._requests.write(writing, self._requests.get(writing.conn, one.pod, one.id))

    def _put_away(self, program: Writing, one: Recognition) -> None:
        """The claim leaves the bag for the badge that it became; its record stays with whoever made it."""
        record = addresses.of_iri(one.claim, self._resources.base_url)
        copy = addresses.Address(one.pod, f"badges/{record.name}") if record else None
        if copy is not None and self._resources.exists(program.conn, copy):
            program.delete(copy)

    def _tell(self, writing: Writing, one: Recognition, name: str, kind: str, actor: str | None) -> None:
        asker = self._catalogue.get_within(writing.conn, one.pod)
        iri = f"{asker.address(f'{PLACE}{one.id}').iri(asker.base_url)}#it"
        activity = inbox.offer(actor or "", asker.webid, iri, "") | {"type": kind}
        told = {key: value for key, value in activity.items() if value}
        inbox.deliver(self._resources, writing.as_program(), one.pod, name, told)


def _checked(word: str) -> str:
    if len(word) > MAX_WORDS:
        raise Invalid(N_("A word has at most {limit} characters."), N_("Shorten it."), limit=MAX_WORDS)
    return word.strip()


def _gone() -> Gone:
    return Gone(N_("This link has been used, or its time is over."), N_("Ask whoever sent it to you for another one."))

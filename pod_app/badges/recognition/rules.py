"""«Quelles règles simples pour acquérir un badge ?»: one sentence and a shape, judged for the person alone.

What an achievement asks stands in its description (`.meta`), because the document itself goes into every badge:
`jdn:criteriaShape` names the shape, `dcterms:description` is the sentence, and `jdn:awardedByRule` true lets the badge
be given when the shape holds; otherwise it is only proposed. The shape runs in the sandbox over the person's own pods
(rule_data.py). Six rules ship with the program; a garden may bring its own, a public document of its pod.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import pyoxigraph as ox
from sqlalchemy import Connection

from pod_app.badges.forge.achievements import Achievements
from pod_app.badges.recognition.rule_data import RuleData
from pod_app.badges.signing.issuing import Issued, Issuing
from pod_app.errors import N_, Conflict, Forbidden, Invalid, NotFound, Unauthenticated, Unsupported
from pod_app.pods.catalogue import Catalogue, Pod
from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing
from pod_app.settings import DEFAULT_VOCABULARY, Settings
from pod_app.standards import addresses, rdf, rules
from pod_app.standards.addresses import Address
from pod_app.standards.json_text import object_in
from pod_app.standards.namespaces import CRED, DCTERMS, OB, PREFIXES, RDFS, Namespace
from pod_app.standards.wac import ANONYMOUS, Agent
from pod_app.storage import resources as rows
from pod_app.storage.sandbox import Sandbox

MAX_SENTENCE: Final = 300
SECONDS: Final = 5
MEMORY: Final = 512 * 2**20
_SKILL: Final = re.compile(r"[a-z][a-z0-9-]{0,60}")
_ANY_SKILL: Final = "jdn:skill-any"


@dataclass(frozen=True, slots=True)
class Rule:
    """What an achievement asks: a sentence, the IRI of a shape, and whether the badge is given when it holds."""

    sentence: str
    shape: str
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Shipped:
    """One of the rules that ship with the program; `parameter` is `skill` or empty."""

    name: str
    iri: str
    turtle: str
    titles: dict[str, str]
    sentences: dict[str, str]
    parameter: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether a rule holds for somebody, and what is missing in `{"fr", "en"}`."""

    rule: Rule
    missing: tuple[dict[str, str], ...]

    @property
    def is_met(self) -> bool:
        """Nothing is missing."""
        return not self.missing


class Rules:
    """The rules of the achievements of one installation."""

    def __init__(
        self, settings: Settings, folder: Path, resources: Resources, catalogue: Catalogue, achievements: Achievements,
        issuing: Issuing, data: RuleData, sandbox: Sandbox,
    ) -> None:  # fmt: skip
        self._jdn = Namespace(settings.vocabulary)
        self._prefix = f"{settings.base_url}shapes/rules/"
        self._folder = folder
        self._resources = resources
        self._catalogue = catalogue
        self._achievements = achievements
        self._issuing = issuing
        self._data = data
        self._sandbox = sandbox

    # -- what is on offer ------------------------------------------------------------------------

    def shipped(self) -> list[Shipped]:
        """The rules that ship with the program, by name."""
        return [self._shipped(path) for path in sorted(self._folder.glob("*.ttl"))]

    def named(self, name: str) -> Shipped | None:
        """One of them."""
        return next((one for one in self.shipped() if one.name == name), None)

    def _shipped(self, path: Path) -> Shipped:
        iri = f"{self._prefix}{path.stem}"
        turtle = path.read_text("utf-8").replace(DEFAULT_VOCABULARY, self._jdn.iri)
        quads = list(ox.parse(turtle, ox.RdfFormat.TURTLE, base_iri=iri))
        parameter = "skill" if "# parameter: skill" in turtle else ""
        return Shipped(path.stem, iri, turtle, _texts(quads, "label"), _texts(quads, "comment"), parameter)

    # -- what an achievement asks ----------------------------------------------------------------

    def of(self, conn: Connection, achievement: str) -> Rule | None:
        """The rule of an achievement of this installation, if it has one."""
        address = addresses.of_iri(achievement, self._resources.base_url)
        stored = None if address is None else rows.get(conn, address.pod, address.meta.path)
        if address is None or stored is None:
            return None
        said = {quad.predicate: quad.object for quad in self._resources.quads(address.meta, stored)}
        shape, sentence = said.get(self._jdn["criteriaShape"]), said.get(DCTERMS["description"])
        if not isinstance(shape, ox.NamedNode):
            return None
        automatic = said.get(self._jdn["awardedByRule"]) == ox.Literal(True)
        return Rule(sentence.value if isinstance(sentence, ox.Literal) else "", shape.value, automatic)

    def text(self, pod: Pod, shape: str) -> str:
        """The Turtle of a shape: one that ships with the program, or a public document of the pod that gives the badge.

        Raises `Unsupported` for one of elsewhere, `Invalid` for one that is not public or not Turtle.
        """
        if shape.startswith(self._prefix):
            return self._shipped_text(shape)
        address = addresses.of_iri(shape.partition("#")[0], self._resources.base_url)
        if address is None or address.pod != pod.name:
            raise Unsupported(
                N_("The rule at {iri} is not kept by whoever gives the badge."),
                N_("Put it into the public folder of that garden."), iri=shape,
            )  # fmt: skip
        try:
            stored = self._resources.read(ANONYMOUS, address).stored
        except (NotFound, Forbidden, Unauthenticated) as error:
            raise Invalid(
                N_("The rule at {iri} is not a public document."), N_("Let everybody read it: a rule is no secret."),
                iri=shape,
            ) from error  # fmt: skip
        if stored.media_type.partition(";")[0].strip() != rdf.TURTLE:
            raise Invalid(N_("The rule at {iri} is not written in Turtle."), N_("Write it as text/turtle."), iri=shape)
        return self._resources.data(stored).decode("utf-8", "replace")

    def put(self, agent: Agent, pod: Pod, achievement: str, rule: Rule | None) -> None:
        """Give an achievement its rule, or take it away; raises `Forbidden`, `Invalid` for a rule that cannot run."""
        address = addresses.of_iri(achievement, self._resources.base_url)
        if address is None or address.pod != pod.name:
            raise NotFound(N_("There is nothing at {path}."), N_("Check the address."), path=achievement)
        with self._resources.reading() as conn:
            self._issuing.require_signer(conn, agent, pod)
            self._achievements.get(conn, achievement)
        if rule is not None:
            check_sentence(rule.sentence)
            rules.read(self.text(pod, rule.shape), rule.shape)
        self._write(agent, address, pod, rule)

    def _write(self, agent: Agent, address: Address, pod: Pod, rule: Rule | None) -> None:
        about = ox.NamedNode(address.iri(pod.base_url))
        terms = {self._jdn["criteriaShape"], self._jdn["awardedByRule"], DCTERMS["description"]}
        added: list[ox.Quad] = []
        if rule is not None:
            added = [
                ox.Quad(about, self._jdn["criteriaShape"], ox.NamedNode(rule.shape)),
                ox.Quad(about, DCTERMS["description"], ox.Literal(rule.sentence.strip(), language=pod.language)),
                ox.Quad(about, self._jdn["awardedByRule"], ox.Literal(rule.automatic)),
            ]

        def within(writing: Writing) -> None:
            stored = rows.get(writing.conn, address.pod, address.meta.path)
            before = [] if stored is None else self._resources.quads(address.meta, stored)
            quads = [*(quad for quad in before if quad.predicate not in terms), *added]
            data = rdf.serialize(quads, rdf.TURTLE, {**PREFIXES, "jdn": self._jdn.iri})
            body = self._resources.prepare(address.meta, data, rdf.TURTLE, within=writing.conn)
            writing.as_program().put(address.meta, body)

        self._resources.write(agent, within)

    # -- for the person alone --------------------------------------------------------------------

    def check(self, agent: Agent, own: Pod, achievement: str) -> Outcome:
        """What a rule finds in somebody's own pods, for them: `agent` must be who looks after `own`.

        Raises `NotFound` for an achievement without a rule, `TooComplex` for a rule that takes too long, `Unsupported`
        for a notebook on another server: what stands here of it would say that everything is missing.
        """
        if own.home is not None:
            raise Unsupported(
                N_("Your notebook is on another server, where rules cannot look yet."),
                N_("Ask for the badge: people decide."),
            )
        self._resources.read(agent, own.address("contributions/"))
        with self._resources.reading() as conn:
            rule = self.of(conn, achievement)
        if rule is None:
            raise NotFound(N_("This badge asks for no rule."), N_("Ask those who give it."))
        text = self.text(self._giver(achievement), rule.shape)
        signed = CRED.iri in text or OB.iri in text
        data = rules.facts_of(self._data.of(own, signed=signed))
        found = self._sandbox.run(rules.judge, text, rule.shape, data, seconds=SECONDS, memory_bytes=MEMORY)
        return Outcome(rule, tuple(found))

    def award(self, agent: Agent, own: Pod, achievement: str) -> Issued:
        """Give the badge because its issuer said so beforehand and the rule holds now.

        Raises `Forbidden` when it is only proposed, `Invalid` when something is missing, `Conflict` for a second one.
        """
        outcome, giver = self.check(agent, own, achievement), self._giver(achievement)
        if not outcome.rule.automatic:
            raise Forbidden(N_("This badge is proposed, and given by people."), N_("Ask for it."))
        if not outcome.is_met:
            raise Invalid(N_("The rule of this badge is not met yet."), N_("Look at what is missing."))

        def within(writing: Writing) -> Issued:
            if self._has(writing.conn, own, achievement, giver):
                raise Conflict(N_("You have this badge already."), N_("Look into your notebook."))
            program = writing.as_program()
            return self._issuing.issue_within(program, giver, achievement, own.webid, narrative=outcome.rule.sentence)

        return self._resources.write(agent, within)

    # -- steps -----------------------------------------------------------------------------------

    def _giver(self, achievement: str) -> Pod:
        address = addresses.of_iri(achievement, self._resources.base_url)
        if address is None:
            raise NotFound(N_("There is nothing at {path}."), N_("Check the address."), path=achievement)
        return self._catalogue.get(address.pod)

    def _has(self, conn: Connection, own: Pod, achievement: str, giver: Pod) -> bool:
        for stored in rows.in_containers(conn, own.name, ("badges/",)):
            document = object_in(self._resources.data(stored)) if stored.media_type == rdf.VC else {}
            issuer, subject = document.get("issuer"), document.get("credentialSubject")
            given = subject.get("achievement") if isinstance(subject, dict) else None
            same = isinstance(given, dict) and given.get("id") == achievement
            if same and isinstance(issuer, dict) and issuer.get("id") == giver.did:
                return True
        return False

    def _shipped_text(self, shape: str) -> str:
        parts = urlsplit(shape)
        found = self.named(parts.path.rpartition("/")[2])
        if found is None:
            raise Invalid(N_("There is no rule at {iri}."), N_("Choose one of the list."), iri=shape)
        if not found.parameter:
            return found.turtle
        skill = dict(parse_qsl(parts.query)).get("skill", "")
        if not _SKILL.fullmatch(skill):
            raise Invalid(N_("This rule is about one skill."), N_("Choose it from the list."))
        return found.turtle.replace(_ANY_SKILL, f"jdn:skill-{skill}")


def _texts(quads: list[ox.Quad], name: str) -> dict[str, str]:
    return {
        quad.object.language or "": quad.object.value
        for quad in quads
        if quad.predicate == RDFS[name] and isinstance(quad.object, ox.Literal)
    }


def check_sentence(sentence: str) -> None:
    """Raise `Invalid` for a rule that is not told to people, or at length."""
    if not 0 < len(sentence.strip()) <= MAX_SENTENCE:
        raise Invalid(
            N_("A rule is told in a sentence of 1 to {limit} characters."), N_("Write it for people."),
            limit=MAX_SENTENCE,
        )  # fmt: skip

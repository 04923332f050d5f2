"""A seeded community written through the program's doors, with the plain records it was made from."""

import random
from dataclasses import dataclass

from sqlalchemy import insert, select

from pod_app.standards import rdf, wac
from pod_app.standards.wac import Agent
from pod_app.storage import schema

PREFIXES = """@prefix vf: <https://w3id.org/valueflows/ont/vf#> . @prefix as: <https://www.w3.org/ns/activitystreams#> .
@prefix jdn: <https://w3id.org/jdn#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix prov: <http://www.w3.org/ns/prov#> .
"""
KINDS = ("time", "care", "welcome")
SKILLS = ("listening", "compost", "grafting")
COUNTED = ("contributions/", "thanks/", "transmissions/", "badges/", "needs/", "offers/")


def computed_rows(services, tables):
    """Every row of tables that are computed from the pods, without the moment of asking, which is no answer."""
    with services.database.read() as conn:
        return {
            table.name: sorted(
                tuple(value for name, value in row._mapping.items() if name != "at")
                for row in conn.execute(select(table))
            )
            for table in tables
        }


def counted(installation, seed):
    """Twelve people, ten of whom let the community count them, all taken in; tell `seed` to a person who reads."""
    print("seed", seed)
    made = Community(installation, seed)
    for pod in made.people[:10]:
        made.consent(pod)
    made.services.views.catch_up()
    return made


def database_of(request):
    """The `database_url` for an installation of a fixture whose parameter names the engine; SQLite without one."""
    if getattr(request, "param", "sqlite") == "postgresql":
        return request.getfixturevalue("postgres_server").new_database()
    return ""


@dataclass(frozen=True)
class Given:
    """A contribution as its author remembers it."""

    pod: str
    kind: str
    month: str
    minutes: int | None
    garden: str


@dataclass(frozen=True)
class Passed:
    """A transmission."""

    pod: str
    skill: str
    learner: str
    iri: str
    after: str | None


class Community:
    """`people` pods of which most consent, in an installation."""

    def __init__(self, installation, seed, people=12, name="commons"):
        self._begin(installation, seed)
        self.people = [installation.person(f"person-{number}") for number in range(people)]
        self.community = self.services.catalogue.create(
            name, "community", title="Commons", owners=[self.people[0].webid]
        )
        for pod in self.people:
            self.fill(pod)

    @classmethod
    def again(cls, installation, seed):
        """The community that stands in this installation already, without a memory of what it did."""
        made = cls.__new__(cls)
        made._begin(installation, seed)
        made.people = [pod for pod in installation.services.catalogue.all() if pod.kind == "person"]
        return made

    def _begin(self, installation, seed):
        self.installation, self.services = installation, installation.services
        self.chance = random.Random(seed)
        self.base = installation.base
        self.given, self.passed = [], []

    def fill(self, pod):
        for number in range(self.chance.randint(1, 5)):
            self.contribute(pod, number)
        for number in range(self.chance.randint(0, 2)):
            self.transmit(pod, number)

    def put(self, pod, path, turtle):
        address = pod.address(path)
        body = self.services.resources.prepare(address, (PREFIXES + turtle).encode(), rdf.TURTLE)
        self.services.resources.write(Agent(webid=pod.webid), lambda writing: writing.put(address, body))
        return address.iri(self.base)

    def contribute(self, pod, number):
        one = Given(
            pod.name,
            self.chance.choice(KINDS),
            f"2026-0{self.chance.randint(1, 3)}",
            self.chance.choice([None, 30, 90]),
            f"{self.base}garden-{self.chance.randint(1, 3)}/profile/card#us",
        )
        minutes = f"jdn:minutes {one.minutes} ;" if one.minutes else ""
        self.put(
            pod,
            f"contributions/c{number}",
            f"<#it> a vf:EconomicEvent, as:Activity ; vf:action vf:work ; vf:provider <{pod.webid}> ; {minutes} "
            f'vf:note "Un geste."@fr ; vf:resourceClassifiedAs jdn:kind-{one.kind} ; vf:inScopeOf <{one.garden}> ; '
            f'vf:hasPointInTime "{one.month}-05T10:00:00Z"^^xsd:dateTime .',
        )
        self.given.append(one)

    def transmit(self, pod, number):
        earlier = self.chance.choice(self.passed) if self.passed and self.chance.random() < 0.6 else None
        skill = earlier.skill if earlier else self.chance.choice(SKILLS)
        learner = self.chance.choice([one for one in self.people if one.name != pod.name]).webid
        after = f"prov:wasInformedBy <{earlier.iri}> ;" if earlier else ""
        day = f"2026-02-{len(self.passed) % 28 + 1:02}T{len(self.passed) // 28 + 8:02}"
        iri = self.put(
            pod,
            f"transmissions/t{number}",
            f"<#it> a jdn:Transmission, prov:Activity ; jdn:passeur <{pod.webid}> ; jdn:receveur <{learner}> ; "
            f'{after} jdn:savoir jdn:skill-{skill} ; vf:hasPointInTime "{day}:00:00Z"^^xsd:dateTime .',
        )
        self.passed.append(Passed(pod.name, skill, learner, f"{iri}#it", earlier.iri if earlier else None))

    def consent(self, pod, community=None):
        """Let the community count this pod: what the consent's record will do when it is given on a page."""
        community = community or self.community
        agents = {community.webid: ["read"]}
        for path in COUNTED:
            rules = wac.write_rules(pod.address(path).iri(self.base), owners=[pod.webid], agents=agents)
            self.put_acl(pod, path, rules)
        now = schema.microseconds(self.installation.clock())
        row = {"community": community.name, "purpose": "count", "pod": pod.name, "since": now}
        self.services.database.write(lambda conn: conn.execute(insert(schema.consents).values(row)))

    def put_acl(self, pod, path, rules):
        address = pod.address(path).acl
        body = self.services.resources.prepare(address, rules.encode(), rdf.TURTLE)
        self.services.resources.write(Agent(webid=pod.webid), lambda writing: writing.put(address, body))

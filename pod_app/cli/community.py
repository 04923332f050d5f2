"""The small community of `pod_app demo`: fictional people who issue real badges through the program's own doors."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pod_app.pods.catalogue import Pod
from pod_app.services import Services
from pod_app.standards.wac import Agent

FIRST_NAMES: Final = (
    "Amina", "Basile", "Céleste", "Diego", "Élodie", "Fanch", "Gwenn", "Hugo", "Inès", "Jules", "Katell",
    "Léonie", "Malo", "Nadia", "Oscar", "Paola", "Quentin", "Rose", "Soizic", "Théo", "Ursule", "Victor",
    "Wassila", "Yann", "Zoé",
)  # fmt: skip
GARDENS: Final = (
    "Jardin des Écoutants", "Jardin du Vieux Pont", "Jardin des Semences", "Jardin de la Rivière",
    "Jardin des Deux Rives", "Jardin du Moulin", "Jardin des Passerelles", "Jardin de la Clairière",
)  # fmt: skip
PASSWORD: Final = "jardin-demo"  # noqa: S105  # printed for everybody, in the demo only


@dataclass(frozen=True, slots=True)
class Mould:
    """An achievement of the demo."""

    name: str
    description: str
    criteria: str
    tag: str


MOULDS: Final = (
    Mould(
        "Passeur·se de savoirs",
        "A transmis un savoir à une autre personne, qui s'en sert.",
        "Une personne raconte **ce qu'elle a appris**, et grâce à qui.",
        "transmission",
    ),
    Mould(
        "Bienvenu·e",
        "Accueille les personnes qui arrivent et les met en lien.",
        "Avoir accueilli trois personnes, qui confirment s'être senties *attendues*.",
        "accueil",
    ),
    Mould(
        "Facilitation d'un dialogue apprenant",
        "A préparé et animé un dialogue où chacun·e a pu parler et apprendre.",
        "- un dialogue animé de bout en bout\n- un retour d'au moins deux participant·e·s",
        "facilitation",
    ),
)


def build_community(services: Services, *, people: int, gardens: int, seed: int) -> Iterator[str]:
    """Create the community, its gardens and people, and issue badges; yields a line per step."""
    chance = random.Random(seed)  # noqa: S311  # fiction, not secrets
    names = _names(people)
    persons = [services.accounts.create(slug, PASSWORD, title=title)[1] for slug, title in names]
    yield f"{len(persons)} people, each with a pod (sign in as «{persons[0].name}» with «{PASSWORD}»)"
    founder = persons[0]
    community = services.catalogue.create(
        "jardiniers", "community", title="Les Jardiniers du Nous", owners=[founder.webid]
    )
    places = [
        services.catalogue.create(
            f"jardin-{number + 1}", "garden", title=_garden(number), owners=[chance.choice(persons).webid]
        )
        for number in range(gardens)
    ]
    yield f"{len(places)} gardens and a community"
    moulds = [_mould(services, founder, community, mould) for mould in MOULDS]
    issued = _recognise(services, chance, founder, community, persons, moulds)
    while services.run_pending():
        pass
    yield f"{issued} signed badges"
    shown = _show_some(services, chance, persons)
    yield f"{shown} of them made public by the people who hold them"


def _names(people: int) -> list[tuple[str, str]]:
    chosen = []
    for number in range(people):
        name = FIRST_NAMES[number % len(FIRST_NAMES)]
        again = number // len(FIRST_NAMES)
        plain = name.lower().translate(str.maketrans("éèëêàâïîôùç", "eeeeaaiiouc"))
        chosen.append((f"{plain}-{again + 1}" if again else plain, f"{name} {again + 1}" if again else name))
    return chosen


def _garden(number: int) -> str:
    title = GARDENS[number % len(GARDENS)]
    again = number // len(GARDENS)
    return f"{title} {again + 1}" if again else title


def _mould(services: Services, founder: Pod, community: Pod, mould: Mould) -> str:
    return services.achievements.create(
        Agent(webid=founder.webid), community, name=mould.name, description=mould.description,
        criteria=mould.criteria, tags=[mould.tag],
    )  # fmt: skip


def _recognise(
    services: Services, chance: random.Random, founder: Pod, community: Pod, persons: list[Pod], moulds: list[str]
) -> int:
    issued = 0
    for person in persons:
        for achievement in chance.sample(moulds, chance.randint(1, 2)):
            services.issuing.issue(Agent(webid=founder.webid), community, achievement, person.webid)
            issued += 1
    return issued


def _show_some(services: Services, chance: random.Random, persons: list[Pod]) -> int:
    shown = 0
    for person in persons:
        agent = Agent(webid=person.webid)
        for held in services.backpack.held(agent, person):
            if person is persons[0] or chance.random() < 0.6:  # noqa: PLR2004  # a little more than half
                services.backpack.show_to(agent, held.address, "everyone")
                shown += 1
    return shown

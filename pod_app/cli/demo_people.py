"""Names and words of the fictional people of `pod_app demo`; nobody and no place of this name is meant."""

from dataclasses import dataclass
from typing import Final

FIRST_NAMES: Final = (
    "Amina", "Basile", "Céleste", "Diego", "Élodie", "Fanch", "Gwenn", "Hugo", "Inès", "Jules", "Katell",
    "Léonie", "Malo", "Nadia", "Oscar", "Paola", "Quentin", "Rose", "Soizic", "Théo", "Ursule", "Victor",
    "Wassila", "Yann", "Zoé",
)  # fmt: skip
GARDENS: Final = (
    "Jardin des Écoutants", "Jardin du Vieux Pont", "Jardin des Semences", "Jardin de la Rivière",
    "Jardin des Deux Rives", "Jardin du Moulin", "Jardin des Passerelles", "Jardin de la Clairière",
)  # fmt: skip
PLACES: Final = (
    "Valmireille", "Rochetendre", "Saint-Orme", "Port-Lavande", "Montsereine", "Aubeclaire", "Les Trois-Ruisseaux",
    "Brumeval", "Fontdouce", "Castelfleur",
)  # fmt: skip
SKILLS: Final = (
    "listening", "facilitation", "compost", "seed-saving", "grafting", "storytelling", "repair", "cooking",
    "mentoring", "welcoming", "consent-decision", "talking-circle", "documentation", "peer-learning", "permaculture",
    "nonviolent-communication", "graphic-recording", "commons-making",
)  # fmt: skip
PURPOSES: Final = (
    "Apprendre les un·e·s des autres au fil des saisons.",
    "Prendre soin d'un lieu et des personnes qui le font vivre.",
    "S'écouter, décider ensemble et transmettre ce que l'on sait.",
)
NOTES: Final = {
    "time": ("Une après-midi de mise en route", "Rangement après la rencontre"),
    "expertise": ("Relecture des statuts", "Conseil pour le budget"),
    "knowledge": ("Notice pas à pas partagée", "Compte rendu mis en commun"),
    "hosting": ("Salle prêtée pour le dialogue", "Repas et couchage offerts"),
    "care": ("Un moment d'écoute", "Visite à une personne souffrante"),
    "welcome": ("Accueil de deux nouvelles personnes",),
    "facilitation": ("Cercle de parole animé", "Dialogue apprenant préparé"),
    "governance": ("Préparation de la décision commune",),
}
THANKS: Final = ("Merci pour ton écoute", "Merci d'avoir pris le temps", "Merci pour ce que j'ai appris grâce à toi")
EVENTS: Final = ("Dialogue apprenant", "Atelier de saison", "Cercle de parole", "Chantier partagé")


@dataclass(frozen=True, slots=True)
class Mould:
    """An achievement of the demo; `skill` is a name of the vocabulary."""

    name: str
    description: str
    criteria: str
    tag: str
    skill: str


MOULDS: Final = (
    Mould(
        "Passeur·se de savoirs",
        "A transmis un savoir à une autre personne, qui s'en sert.",
        "Une personne raconte **ce qu'elle a appris**, et grâce à qui.",
        "transmission",
        "mentoring",
    ),
    Mould(
        "Bienvenu·e",
        "Accueille les personnes qui arrivent et les met en lien.",
        "Avoir accueilli trois personnes, qui confirment s'être senties *attendues*.",
        "accueil",
        "welcoming",
    ),
    Mould(
        "Facilitation d'un dialogue apprenant",
        "A préparé et animé un dialogue où chacun·e a pu parler et apprendre.",
        "- un dialogue animé de bout en bout\n- un retour d'au moins deux participant·e·s",
        "facilitation",
        "facilitation",
    ),
)


def repeated(names: tuple[str, ...], number: int) -> str:
    """The name at a place in an endless list: `Rose`, and later `Rose 2`."""
    again = number // len(names)
    return f"{names[number % len(names)]} {again + 1}" if again else names[number % len(names)]


def plain(name: str) -> str:
    """A name as an address: `celeste-2`."""
    return name.lower().translate(str.maketrans("éèëêàâïîôùç ", "eeeeaaiiouc-"))

"""The cast of `pod_app demo`: people, gardens and communes that exist nowhere else, drawn by chance with a seed."""

import random
import unicodedata
from collections.abc import Sequence
from typing import Final

FIRST_NAMES: Final = (
    "Abdou", "Adèle", "Aïcha", "Alban", "Alix", "Amadou", "Ambre", "Anaëlle", "Ange", "Anouk", "Armel", "Assia",
    "Aurèle", "Aya", "Bakary", "Basile", "Bérénice", "Blandine", "Bruno", "Camille", "Carmen", "Célestin", "Chloé",
    "Clotaire", "Coralie", "Corentin", "Dalila", "Damien", "Daphné", "Diego", "Djamila", "Dominique", "Édith",
    "Élodie", "Eloi", "Émeline", "Enora", "Esteban", "Fabienne", "Fanch", "Farid", "Fatou", "Félicie", "Florian",
    "Françoise", "Gaspard", "Ghislaine", "Gildas", "Gwenn", "Hélène", "Henri", "Hortense", "Hugo", "Ibrahim",
    "Inès", "Irénée", "Isaure", "Ismaël", "Jacinthe", "Jean-Loup", "Joëlle", "Joseph", "Jules", "Juliette", "Kadiatou",
    "Karim", "Katell", "Kenza", "Kim-Anh", "Léandre", "Léonie", "Lila", "Linh", "Loïc", "Louise", "Lucien",
    "Madeleine", "Maïwenn", "Malik", "Malo", "Manon", "Marceau", "Marguerite", "Mariama", "Mathurin", "Maxence",
    "Mireille", "Moussa", "Nadia", "Naïma", "Nathan", "Nino", "Nolwenn", "Octave", "Odile", "Ondine", "Oscar",
    "Ousmane", "Paola", "Pascal", "Perrine", "Philomène", "Quentin", "Rachid", "Raphaël", "Régine", "Rose", "Sabine",
    "Salomé", "Samia", "Séverin", "Simone", "Soizic", "Solène", "Suzanne", "Sylvain", "Tanguy", "Théo", "Thérèse",
    "Tiphaine", "Tuan", "Ursule", "Valentin", "Vérane", "Victor", "Wassila", "Xavier", "Yaëlle", "Yann", "Yasmine",
    "Youssef", "Zélie", "Zineb", "Zoé",
)  # fmt: skip
INITIALS: Final = "ABCDEFGHJKLMNPRSTV"
FAMILY_NAMES: Final = (
    "Aubépin", "Belleronce", "Boutdeligne", "Brinderive", "Chantelune", "Clairmousse", "Douxvent", "Fleurdebois",
    "Follepluie", "Grandpatience", "Hautbourgeon", "Jolitronc", "Lentilleux", "Marjolin-Tilleul", "Merlechant",
    "Mirabeline", "Pasdecôté", "Persilleul", "Petitruisseau", "Plantefol", "Quatrevents", "Riredoux", "Sarclette",
    "Semeloin", "Tournesève", "Vaguecoton", "Verdelande", "Vertpré-Lune",
)  # fmt: skip
LEADS: Final = ("Amina Verdelande", "Yann Semeloin", "Zoé Brinderive")
"""Who founds the first garden, who passes on what they know, who has just arrived: «Entrer comme…» offers them."""

GARDENS: Final = (
    "Jardin des Écoutants", "Jardin du Vieux Pont", "Potager des Semences Bavardes", "Jardin de la Rivière Lente",
    "Verger des Deux Rives", "Jardin du Moulin qui Rêve", "Jardin des Passerelles", "Clairière des Possibles",
    "Jardin des Mains Vertes", "Terrasse des Hirondelles", "Jardin du Bout du Chemin", "Cour des Tilleuls",
    "Jardin des Questions Ouvertes", "Atelier du Coucou", "Jardin de la Grande Soupe", "Prairie aux Récits",
    "Jardin des Apprenances", "Four à Pain de la Butte", "Jardin du Temps Long", "Serre des Petits Pas",
    "Jardin de l'Autre Côté", "Verger du Premier Pas", "Jardin des Orties Joyeuses", "Maison des Trois Soleils",
    "Jardin de la Bonne Distance", "Lavoir des Paroles", "Jardin du Cercle Ouvert", "Friche des Coquelicots",
    "Jardin des Oreilles Tendues", "Halle aux Échanges", "Jardin du Oui Tranquille", "Grange des Communs",
    "Jardin des Vents Contraires", "Potager du Presque Rien", "Jardin de la Relève", "Escalier des Capucines",
    "Jardin en Ligne du Mardi", "Rucher des Curieux·ses", "Jardin du Désaccord Fécond", "Balcon des Aromates",
    "Jardin du Troisième Âge Frondeur", "Quai des Boutures", "Jardin de la Confiance", "Kiosque des Nouvelles",
    "Jardin des Haies Vives", "Pépinière du Talus", "Bocage des Mésanges", "Jardin du Compost Heureux",
)  # fmt: skip
PLACES_TO_GROW: Final = ("Jardin", "Potager", "Verger", "Clos", "Prairie", "Coin", "Lieu")
KEPT_BY: Final = (
    "des Grandes Voisines", "des Menthes Folles", "du Lundi Soir", "de la Rosée", "des Sabots", "du Grand Chêne",
    "des Fèves", "de la Fontaine", "des Lucioles", "du Passage", "des Merles", "de la Lisière", "du Puits",
    "des Absinthes", "de la Palissade", "des Framboises", "du Cadran", "des Nuages", "de la Louche", "des Escargots",
    "du Hangar", "des Sauges", "de l'Échelle", "des Bons Mots",
)  # fmt: skip
COMMUNES: Final = (
    "Valmireille", "Rochetendre", "Saint-Orme-le-Doux", "Port-Lavandin", "Montsereine", "Aubeclaire-sur-Rive",
    "Les Trois-Murmures", "Brumeval", "Fontdouce-la-Lente", "Castelfleurin", "Bourg-Patience", "Ker-Avelig",
    "Sainte-Oreille", "Vaucalme", "Mirebrume", "Chanteplume", "Le Plessis-Bavard", "Grandvent-les-Haies",
    "Pierrefraîche", "Noisemoulin", "Lande-aux-Fées", "Roqueparole", "Bellécoute", "Champtourné", "Ondreval",
    "Saint-Partage", "Villeneuve-des-Essaims", "La Motte-Rieuse", "Sourcille", "Combe-Ouverte",
)  # fmt: skip


def cast(chance: random.Random, number: int) -> list[str]:
    """So many different names of people, the leads first; nobody's slug is somebody else's."""
    endings = [*(f"{letter}." for letter in INITIALS), *FAMILY_NAMES]
    everybody = [f"{first} {ending}" for first in FIRST_NAMES for ending in endings]
    drawn = (name for name in chance.sample(everybody, len(everybody)) if name not in LEADS)
    return _distinct([*LEADS, *drawn], number)


def gardens(chance: random.Random, number: int) -> list[str]:
    """So many different names of gardens."""
    more = [f"{place} {keeper}" for place in PLACES_TO_GROW for keeper in KEPT_BY]
    return _distinct([*GARDENS, *chance.sample(more, len(more))], number)


def plain(name: str) -> str:
    """A name as an address: `zoe-brinderive`."""
    letters = unicodedata.normalize("NFD", name.lower())
    words = "".join(
        letter if letter.isascii() and letter.isalnum() else "·"
        for letter in letters
        if letter.isprintable() and not unicodedata.combining(letter)
    )
    return "-".join(word for word in words.split("·") if word)


def _distinct(names: Sequence[str], number: int) -> list[str]:
    by_slug: dict[str, str] = {}
    for name in names:
        by_slug.setdefault(plain(name), name)
    if len(by_slug) < number:
        raise ValueError(f"only {len(by_slug)} names are known, not {number}")
    return list(by_slug.values())[:number]

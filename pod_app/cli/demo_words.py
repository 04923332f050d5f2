"""What the people of `pod_app demo` say and do: sentences, badge moulds, and the seasons of each kind of gift."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

SKILLS: Final[Mapping[str, str]] = {
    "listening": "l'écoute", "nonviolent-communication": "la communication non violente", "empathy": "l'empathie",
    "self-knowledge": "la connaissance de soi", "gratitude": "la gratitude", "feedback": "le retour constructif",
    "patience": "la patience", "welcoming": "l'accueil", "facilitation": "la facilitation",
    "talking-circle": "le cercle de parole", "consent-decision": "la décision par consentement",
    "shared-governance": "la gouvernance partagée", "conflict-transformation": "la transformation des conflits",
    "collective-intelligence": "l'intelligence collective", "coordination": "la coordination",
    "celebration": "l'art de fêter", "mentoring": "le compagnonnage", "peer-learning": "l'apprentissage entre pairs",
    "learning-dialogue": "le dialogue apprenant", "workshop-design": "la conception d'ateliers",
    "open-recognition": "la reconnaissance ouverte", "storytelling": "le récit", "compost": "le compost",
    "grafting": "la greffe", "seed-saving": "les semences", "permaculture": "la permaculture",
    "vegetable-growing": "le maraîchage", "cooking": "la cuisine partagée", "water-care": "le soin de l'eau",
    "commons-making": "la fabrique des communs", "documentation": "la documentation",
    "graphic-recording": "la facilitation graphique", "free-software": "les logiciels libres",
    "open-licensing": "les licences libres", "repair": "la réparation", "budgeting": "le budget partagé",
    "networking": "la mise en lien",
}  # fmt: skip
"""Skills of `vocab/skills.ttl`, as they stand in a sentence."""

PURPOSES: Final = (
    "Apprendre les un·e·s des autres au fil des saisons.",
    "Prendre soin d'un lieu et des personnes qui le font vivre.",
    "S'écouter, décider ensemble et transmettre ce que l'on sait.",
    "Faire pousser des légumes et des questions, dans cet ordre ou dans l'autre.",
    "Réunir celles et ceux qui n'ont qu'une heure, et en faire quelque chose.",
    "Relier les voisin·e·s, une soupe à la fois.",
    "Réparer plutôt que jeter, raconter plutôt que mesurer.",
    "Garder les semences du pays et les gestes qui vont avec.",
    "Oser ne pas savoir, et chercher à plusieurs.",
    "Accueillir les nouveaux·elles venu·e·s sans les noyer sous les explications.",
)
NOTES: Final[Mapping[str, tuple[str, ...]]] = {
    "time": (
        "Une après-midi de mise en route", "Rangement après la rencontre, balai compris",
        "Affiches collées sous la pluie", "Désherbage de l'allée, et quelques confidences",
        "Transport des bancs, aller et retour",
    ),
    "expertise": (
        "Relecture des statuts", "Conseil pour le budget", "Diagnostic du vieux pressoir",
        "Plan d'arrosage pour l'été", "Coup d'œil juridique sur la convention",
    ),
    "knowledge": (
        "Notice pas à pas partagée", "Compte rendu mis en commun", "Carte des haies mise à jour",
        "Recette de la soupe notée, sans le secret", "Vocabulaire commun relu à trois",
    ),
    "hosting": (
        "Salle prêtée pour le dialogue", "Repas et couchage offerts", "Le salon, le chat et le thé",
        "Grange ouverte pour le campus",
    ),
    "care": (
        "Un moment d'écoute", "Visite à une personne souffrante", "Soupe déposée sur le pas de la porte",
        "Un appel pour prendre des nouvelles", "Garde d'enfants pendant la réunion",
    ),
    "welcome": (
        "Accueil de deux nouvelles personnes", "Tour du jardin pour une curieuse", "Premier café avec un arrivant",
        "Présentations, prénoms et bottes prêtées",
    ),
    "facilitation": (
        "Cercle de parole animé", "Dialogue apprenant préparé", "Tour de table tenu dans les temps, presque",
        "Atelier animé à deux voix",
    ),
    "governance": (
        "Préparation de la décision commune", "Ordre du jour écrit ensemble", "Élection sans candidat·e préparée",
    ),
}  # fmt: skip
SEASONS: Final[Mapping[str, tuple[int, ...]]] = {
    "time": tuple(range(1, 13)), "care": (11, 12, 1, 2, 3), "welcome": (9, 10, 3, 4), "governance": (1, 2, 6),
    "facilitation": (3, 4, 5, 6, 9, 10), "hosting": (5, 6, 7, 8), "knowledge": (10, 11, 12, 1),
    "expertise": (2, 3, 7, 8),
}  # fmt: skip
"""Months in which each kind of gift has its place: an orchard needs hands in spring and a budget in winter."""
THANKS: Final = (
    "Merci pour ton écoute", "Merci d'avoir pris le temps", "Merci pour ce que j'ai appris grâce à toi",
    "Merci d'avoir tenu le cadre quand ça tanguait", "Merci pour les bottes", "Merci d'avoir posé la bonne question",
    "Merci pour la soupe et le silence", "Merci d'être resté·e jusqu'au bout du rangement",
    "Merci de m'avoir montré deux fois", "Merci pour ton désaccord, il nous a fait avancer",
    "Merci d'avoir ri de la brouette avec moi", "Merci pour l'accueil, je me suis senti·e attendu·e",
)  # fmt: skip
MONTHS_BESIDE: Final = (3, 11)
"""The second community plants its hedges in November and looks after them in March."""
KINDS_BESIDE: Final = ("time", "care")
"""The two gifts of its people, who are too few to be counted by more; both have their place in those months."""
EVENTS: Final = (
    "Dialogue apprenant : {skill}", "Cercle de parole autour du thème «{skill}»", "Chantier partagé du samedi",
    "Atelier de saison : {skill}", "Café des nouveaux·elles venu·e·s", "Troc de graines et d'histoires",
    "Repas partagé, sans discours promis", "Veillée : {skill}", "Balade et cueillette",
)  # fmt: skip
NEEDS: Final = (
    "J'aimerais découvrir {skill}, en partant de zéro.", "Quelqu'un pour m'initier : {skill} ?",
    "Je tourne autour depuis un an : {skill}.", "Pour mon jardin, il me manque {skill}.",
    "Envie d'apprendre {skill} avec des gens patients.",
)  # fmt: skip
OFFERS: Final = (
    "Je peux montrer {skill}, le samedi, thé compris.",
    "Volontiers pour partager {skill}, sans diplôme mais avec les mains.",
    "Deux heures par mois pour {skill}.", "Ce que je sais de plus solide : {skill}.",
    "Je débute moi-même, mais à deux on va plus loin : {skill}.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mould:
    """An achievement of the demo; `skills` are names of the vocabulary, `weight` how often it is given."""

    name: str
    description: str
    criteria: str
    tag: str
    skills: tuple[str, ...]
    weight: int = 4


MOULDS: Final = (
    Mould(
        "Passeur·se de savoirs", "A transmis un savoir à une autre personne, qui s'en sert.",
        "Une personne raconte **ce qu'elle a appris**, et grâce à qui.",
        "transmission", ("mentoring", "peer-learning"),
    ),
    Mould(
        "Bienvenu·e", "Accueille les personnes qui arrivent et les met en lien.",
        "Avoir accueilli trois personnes, qui confirment s'être senties *attendues*.",
        "accueil", ("welcoming", "networking"), 5,
    ),
    Mould(
        "Facilitation d'un dialogue apprenant",
        "A préparé et animé un dialogue où chacun·e a pu parler et apprendre.",
        "- un dialogue animé de bout en bout\n- un retour d'au moins deux participant·e·s",
        "facilitation", ("facilitation", "learning-dialogue"),
    ),
    Mould(
        "Oreille tendue", "Sait écouter sans préparer sa réponse.",
        "Deux personnes disent s'être senties entendues **jusqu'au bout**.",
        "écoute", ("listening", "empathy", "patience"), 5,
    ),
    Mould(
        "Main verte patiente", "A fait vivre un compost ou des semis sur une saison entière.",
        "Une saison racontée, ratés compris.", "vivant", ("compost", "vegetable-growing", "permaculture"),
    ),
    Mould(
        "Gardien·ne des semences", "A récolté, trié, nommé et partagé des graines reproductibles.",
        "Au moins trois variétés données, avec leur histoire.", "semences", ("seed-saving", "grafting"), 3,
    ),
    Mould(
        "Réparateur·rice du commun", "A remis en état un objet dont tout le monde se sert.",
        "L'objet **fonctionne encore** un mois après.", "réparation", ("repair", "commons-making"), 3,
    ),
    Mould(
        "Plume du jardin", "Raconte ce qui s'est passé pour que d'autres puissent s'en servir.",
        "Trois comptes rendus relus par une autre personne et mis en commun.",
        "documentation", ("documentation", "storytelling", "open-licensing"),
    ),
    Mould(
        "Décision sans perdant·e", "A mené une décision par consentement, objections comprises.",
        "- la proposition de départ et celle d'arrivée\n- les objections, et ce qu'elles ont apporté",
        "gouvernance", ("consent-decision", "shared-governance", "collective-intelligence"),
    ),
    Mould(
        "Traverseur·se de tempêtes", "A aidé un groupe à passer un désaccord sans perdre personne.",
        "Les personnes concernées sont d'accord pour que ce badge existe.",
        "conflit", ("conflict-transformation", "nonviolent-communication"), 2,
    ),
    Mould(
        "Cordon-bleu des tablées", "Nourrit une assemblée avec ce qu'il y a.",
        "Un repas partagé pour douze, avec **un budget de poche**.",
        "cuisine", ("cooking", "celebration", "budgeting"),
    ),
    Mould(
        "Crayon du collectif", "Dessine ce que le groupe est en train de se dire.",
        "Deux fresques dont le groupe se sert encore.",
        "dessin", ("graphic-recording", "workshop-design"), 2,
    ),
)  # fmt: skip
MOULDS_BESIDE: Final = (0, 1, 4, 5)
"""Places of those that the second community gives."""
RARE: Final = Mould(
    "Chuchoteur·se aux abeilles", "Accompagne le rucher commun, et se fait piquer avec humour.",
    "Une année au rucher avec un·e apiculteur·rice.", "rucher", ("water-care",),
)  # fmt: skip
"""Three people hold it, so that the threshold has something to keep back."""

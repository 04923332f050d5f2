"""Samples for the pages that everybody may see, and what the samples of other pages share with them."""

import fixtures_recognition
from markupsafe import Markup

FORMS = [
    {"type": "application/ld+json", "href": "/noue/achievements/mare?f=jsonld", "label": "JSON-LD"},
    {"type": "text/turtle", "href": "/noue/achievements/mare?f=ttl", "label": "Turtle"},
]
GARDEN = {"name": "Jardin de la Mare", "href": "/noue/profile/card", "kind": "garden"}
PERSON = {"name": "Camille Roux", "href": "/camille/profile/card", "kind": "person"}
BADGE = {
    "id": "1",
    "name": "Gardienne de la mare",
    "href": "/noue/issued/5f1c",
    "seed": "/noue/achievements/mare",
    "issuer_name": "Jardin de la Mare",
    "description": "Veille sur la mare du quartier : niveau d'eau, berges, grenouilles et voisinage.",
    "issued_on": "2026-03-12",
    "expires_on": "2029-03-12",
    "status": "valid",
    "regard": "garden",
    "audience": "everyone",
    "audience_action": "/me/badges/1/audience",
    "criteria_html": Markup("<p>Avoir tenu le carnet de la mare <strong>une saison entière</strong>.</p>"),
    "criteria_href": "https://mare.example/criteres",
    "evidence": [
        {
            "name": "Le carnet de la mare",
            "text": "Douze relevés, de mars à juin.",
            "href": "https://mare.example/carnet",
        },
        {"text": "Elle a montré à six enfants comment compter les pontes sans les déranger."},
    ],
    "alignments": [{"name": "Gérer un milieu humide", "href": "https://skills.example/42", "framework": "ESCO"}],
    "achievement_href": "/noue/achievements/mare",
}
TILES = [
    BADGE,
    BADGE
    | {
        "name": "Accueil bienveillant",
        "seed": "b",
        "status": "expired",
        "audience": "garden",
        "category": "Membership",
    },
    BADGE | {"name": "Tissage de liens", "seed": "c", "status": "revoked", "audience": "me", "category": "Certificate"},
    BADGE | {"name": "Semences paysannes, tri, conservation et transmission", "seed": "d", "audience": "everyone"},
]
CHECKS = [
    {"title": "La signature est intacte", "outcome": "pass", "detail": "Personne n'a changé une lettre depuis."},
    {"title": "L'émetteur le tient pour valable", "outcome": "fail", "detail": "Retiré.", "remedy": "Demander."},
    {"title": "L'émetteur répond", "outcome": "unknown", "remedy": "Réessayer dans un moment."},
    {"title": "Il appartient à la personne", "outcome": "not-run"},
]
ISSUER = {
    "did": "did:web:jardin.example:noue",
    "did_href": "/noue/did.json",
    "keys": [{"id": "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", "since": "2026-01-05"}],
}
POD = GARDEN | {
    "about": "Une mare, trois saules, et celles et ceux qui en prennent soin.",
    "webid": "https://jardin.example/noue/profile/card#us",
    "place": "Redon",
}
CRUMBS = [{"name": "camille", "href": "/camille/"}, {"name": "public", "href": "/camille/public/"}]
REPORT = {
    "verified": True,
    "checks": CHECKS,
    "badge": BADGE,
    "issuer": GARDEN,
    "recipient": PERSON,
    "checked_at": "2026-03-14T10:20:00Z",
}
ABOVE = {"breadcrumbs": [], "representations": []}
BOTH = {"fr": "savoirs", "en": "skills"}
PERSONAS = {
    "personas": [
        {"role": "founder", "name": "Awa Diop", "about": "Elle a fondé un jardin."},
        {"role": "newcomer", "name": "Noé Le Gall", "about": "Il vient d'arriver."},
    ]
}
CONTEXTS: dict[str, list[dict[str, object]]] = {
    "landing.html": [
        {
            "doors": {"discover": "/x/profile/card", "learn": "/x/achievements/", "contribute": "/me"},
            "communities": [POD, PERSON | {"kind": "community", "about": "Ensemble."}],
        },
        {"doors": {"contribute": "/me"}, "communities": []} | PERSONAS,
    ],
    "card.html": [
        {"pod": POD, "badges": TILES, "achievements": TILES[:2], "issuer": ISSUER, "representations": FORMS},
        {"pod": PERSON | {"webid": "https://jardin.example/camille/profile/card#me"}},
    ],
    "garden.html": [
        {
            "garden": POD | {"since": "2024-03-12", "capacity": 15, "type": "x"},
            "type": "jardin local",
            "communities": [GARDEN | {"capital": "/c", "gardens": "/g"}],
            "linked": {"name": "</script>"},
            "events": [
                {"name": "Taille", "start": "2026-03-01T10:00:00Z", "place": "Redon", "skill": "", "href": "/e"}
            ],
            "numbers": [{"community": "Nous", "minutes": 125, "contributions": 3, "threshold": 5, "href": "/h"}],
            "badges": TILES,
            "achievements": TILES[:1],
            "issuer": ISSUER,
            "representations": FORMS,
        },
        {"garden": POD | {"since": "", "place": ""}, "communities": [], "linked": {}, "events": [], "numbers": []},
    ],
    "gardens.html": [
        {"community": GARDEN, "places": [("Redon", [POD | {"type": "local"}]), ("", [POD])], "number": 2} | ABOVE,
        {"community": GARDEN, "places": [], "number": 0} | ABOVE,
    ],
    "issuer.html": [{"pod": POD, "achievements": TILES[:3], "issuer": ISSUER, "representations": FORMS}],
    "achievement.html": [
        {
            "achievement": BADGE | {"tags": ["eau", "soin"], "type": "Competency"},
            "certifications": fixtures_recognition.SAID,
            "confirm_href": "/me/confirm?about=x",
            "ask_href": "/me/requests/new?achievement=x",
            "rule": {"sentence": "Trois fois.", "automatic": True, "shape": "https://j.example/shapes/rules/x"},
            "rule_href": "/me/rule?achievement=x",
            "rule_edit_href": "/me/rules?achievement=x",
            "issuer": GARDEN,
            "representations": FORMS,
        },
        {"achievement": {"name": "Nu", "href": "/x"}, "issuer": GARDEN},
    ],
    "badge.html": [
        {
            "badge": BADGE,
            "issuer": GARDEN,
            "recipient": PERSON,
            "endorsements": fixtures_recognition.SAID,
            "certifications": fixtures_recognition.SAID[:1],
            "confirm_href": "/me/confirm?about=x",
            "checks": CHECKS,
            "verified": True,
            "downloads": [{"type": "image/png", "href": "/x.png", "label": "PNG"}],
            "verify_href": "/verify?url=x",
            "representations": FORMS,
        },
        {"badge": BADGE | {"status": "revoked", "status_reason": "erreur de nom"}, "issuer": GARDEN, "recipient": None},
        {"badge": BADGE | {"status": "expired"}, "issuer": GARDEN},
        {"badge": BADGE | {"status": "unknown"}, "issuer": GARDEN},
        {
            "badge": BADGE | {"audience": "garden"},
            "issuer": GARDEN,
            "csrf": "t",
            "checks": CHECKS,
            "verified": None,
            "own": {
                "id": "1",
                "back": "/me",
                "hosted": "https://j.example/hosted/1",
                "here": True,
                "qr": "/qr.svg",
                "tells_address": True,
                "gardens": [{"name": "Mare", "value": "garden:mare", "current": True}],
            },
            "linkedin_href": "https://www.linkedin.com/profile/add?x=1",
            "canonical": "https://j.example/badges/1",
            "downloads": [{"type": "application/pdf", "href": "/x.pdf", "label": "PDF"}],
            "asked_at": "2026-03-12T10:00:00Z",
            "gone_since": "2026-03-15T10:00:00Z",
        },
    ],
    "verify.html": [
        {"report": None},
        {"report": REPORT},
        {"report": REPORT | {"verified": False}},
        {"report": {"verified": None, "checks": CHECKS}, "form": {"wrong": {"file": "Vide."}, "text": "eyJ"}},
    ],
    "container.html": [
        {
            "container": {"name": "notes", "href": "/camille/public/notes/"},
            "breadcrumbs": CRUMBS,
            "members": [
                {"name": "photos/", "href": "/p/", "is_container": True},
                {"name": "mare.ttl", "href": "/m", "type": "text/turtle", "modified": "2026-03-01"},
            ],
            "representations": FORMS,
        },
        {"container": {"name": "vide", "href": "/v/"}, "members": []},
    ],
    "resource.html": [
        {
            "resource": {"name": "mare", "href": "/m", "modified": "2026-03-01T08:00:00Z"},
            "breadcrumbs": CRUMBS,
            "statements": [
                {
                    "subject": {"text": "#it"},
                    "predicate": {"text": "name", "href": "https://schema.org/name"},
                    "object": {"text": "La mare", "language": "fr"},
                }
            ],
            "omitted": 3,
            "representations": FORMS,
        },
        {"resource": {"name": "vide", "href": "/v"}, "statements": []},
    ],
    "open_private.html": [{"open_href": "/me/open?iri=x"}],
    "error.html": [
        {"title": "Rien ici", "detail": "À /x il n'y a rien.", "remedy": "Vérifier l'adresse.", "status": 404},
        {"title": "Non", "detail": "Non.", "remedy": "", "status": 403},
    ],
    "design.html": [{}],
    "sources.html": [{}, {"source_href": "https://code.example/pod_app"}],
    "shapes.html": [{"shapes": []}, {"shapes": [{"name": "need", "href": "/shapes/need"}]}],
    "shape.html": [
        {"shape": {"name": "need", "turtle": "<#Need> a sh:NodeShape ;\n  sh:targetClass jdn:LearningNeed ."}}
    ],
    "vocabularies.html": [
        {"files": [{"href": "/vocab/jdn", "titles": BOTH, "descriptions": BOTH}], "others": ["pair"], "namespace": "x#"}
    ],
    "vocabulary.html": [
        {
            "name": "jdn",
            "titles": BOTH,
            "descriptions": BOTH,
            "representations": FORMS,
            "terms": [
                {
                    "id": "a",
                    "iri": "x#a",
                    "labels": BOTH,
                    "comments": BOTH,
                    "is_class": True,
                    "example": "<#it> a x:a .",
                    "anchors": [{"text": "prov:Activity", "href": "https://p.example/"}],
                    "domain": None,
                    "range": None,
                },
            ],
            "schemes": [
                {
                    "id": "s",
                    "titles": BOTH,
                    "descriptions": BOTH,
                    "concepts": [
                        {
                            "id": "c",
                            "iri": "x#c",
                            "labels": BOTH,
                            "comments": BOTH,
                            "broader": {"labels": BOTH, "id": "b"},
                        }
                    ],
                },
            ],
        },
        {"name": "pair", "titles": {}, "statements": [["a", "b", "c"]], "representations": FORMS},
    ],
}

"""Every page that a person sees: readable, light, usable without script, and in both languages."""

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import fixtures_forge
import fixtures_recognition
import pytest
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

import pod_app.web
from pod_app.collective.answers import Coverage
from pod_app.language import LOCALES, translator
from pod_app.standards import badge_openapi
from pod_app.web import badge_api, formatting, rivers
from pod_app.web.badge_art import artwork
from pod_app.web.rivers import Row

WEB = Path(pod_app.web.__file__).resolve().parent
TEMPLATES = WEB / "templates"
STYLE = (WEB / "static" / "app.css").read_text(encoding="utf-8")
PARTS = {
    "parts/request.html",
    "parts/figure.html",
    "parts/personas.html",
    "parts/screen.html",
    "base.html",
    "macros.html",
    "issuer_facts.html",
    "art/garden.html",
}

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
FIGURE = {
    "id": "thanks", "title": "Mercis", "about": "Combien.", "href": "/collective/x/thanks", "chart": None, "legend": [],
    "threshold": 5, "coverage": Coverage(3, 2, refused=1, suppressed=2), "generated_at": "2026-03-12T10:00:00Z",
    "head": ["mois", "mercis"], "rows": [["mars", "7"]], "amounts": (1,), "suppressed": 2,
    "left_out": 1, "totals": ["3 966,00 € (rassemblé)"], "forms": FORMS,
}  # fmt: skip
ABOVE = {"breadcrumbs": [], "representations": []}
HEADLINE = dict.fromkeys(("gardens", "badges", "holders", "contributions", "transmissions", "thanks", "skills"), 3)
HEADLINE |= {"before": 2, "new": 1}
SEASON = [{"name": "season", "label": "Saison", "current": "2026-03-01", "options": [("2026-03-01", "1er mars")]}]
FREE = [{"name": "least", "label": "least", "current": "3", "options": []}]
VIEW = {"figure": FIGURE, "query_text": "SELECT", "query_href": "/queries/x", "sha256": "0" * 64} | ABOVE
BOTH = {"fr": "savoirs", "en": "skills"}
RIVER = {
    "skill": {"name": "écoute", "iri": "x", "href": "/vocab/skills#skill-listening"}, "threshold": 5,
    "coverage": Coverage(3, 2), "generated_at": "2026-03-12T10:00:00Z", "here_href": "/x", "view_href": "/v",
    "query_href": "/q",
} | ABOVE  # fmt: skip
ROWS = [
    Row(0, -1, PERSON, 1, 8),
    Row(1, 0, None, 4, 0),
    Row(1, 0, None, 1, 3, place=4),
    Row(1, 0, None, 2, 0, rest=True),
]
TREES = [{"rows": ROWS, "picture": rivers.drawn(ROWS, "Rivière", lambda row: str(row.people))}]
CONTEXTS: dict[str, list[dict[str, object]]] = {
    "landing.html": [
        {
            "doors": {"discover": "/x/profile/card", "learn": "/x/achievements/", "contribute": "/me"},
            "communities": [POD, PERSON | {"kind": "community", "about": "Ensemble."}],
        },
        {"doors": {"contribute": "/me"}, "communities": []},
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
    "sign_in.html": [{"csrf": "t", "next": "/me", "form": {"wrong": "Non."}, "register_href": "/me/new"}],
    "elsewhere.html": [
        {"form": {"address": "verger.example", "wrong": "Non."}, "choices": []},
        {"form": {}, "next": "/me", "choices": [{"url": "https://verger.example/a?b=c", "host": "verger.example"}]},
    ],
    "tray.html": [
        {
            "host": "verger.example",
            "csrf": "t",
            "reconnect": True,
            "waiting": [
                {"id": "a", "what": "Badge", "title": "Gardienne de la mare", "reason": "", "since": "hier"},
                {
                    "id": "b",
                    "what": "Qui le voit",
                    "title": "",
                    "reason": "verger.example ne répond pas.",
                    "attempts": 3,
                    "since": "hier",
                    "next": "demain",
                },
            ],
            "arrived": [{"what": "Badge", "title": "Tissage", "ended": "hier"}],
        },
        {"host": "verger.example", "csrf": "t", "waiting": [], "arrived": []},
    ],
    "me.html": [
        {
            "owner": PERSON | {"webid": "https://v.example/c#me", "card_href": "https://v.example/c"},
            "badges": [],
            "csrf": "t",
            "host": "verger.example",
            "problem": "verger.example ne répond pas.",
            "waiting": 2,
            "on_the_way": TILES[:1],
        },
        {"owner": PERSON | {"webid": "https://j.example/c#me", "card_href": "/c"}, "badges": TILES, "csrf": "t"},
        {
            "owner": PERSON | {"webid": "https://j.example/c#me", "card_href": "/c"},
            "badges": [],
            "csrf": "t",
            "awaiting": 2,
        },
    ],
    "class_import.html": [
        {"pod": POD, "form": {"url": "", "wrong": {}}, "csrf": "t"},
        {
            "pod": POD,
            "form": {"url": "https://x", "wrong": {"url": "Non."}},
            "csrf": "t",
            "taken": {"made": 2, "known": 1, "refused": [{"name": "X", "why": "Non."}]},
        },
    ],
    "collections.html": [
        {"collections": [{"title": "Mon été", "audience": "everyone", "number": 3, "href": "/x", "edit_href": "/y"}]},
        {"collections": []},
    ],
    "collection_edit.html": [
        {
            "collection": {"title": "Mon été", "about": "Oui.", "name": "a"},
            "audience": "garden",
            "wrong": "Non.",
            "badges": [
                tile | {"value": f"https://x/{at}", "chosen": at == 0, "audience": "me"}
                for at, tile in enumerate(TILES)
            ],
            "gardens": [{"name": "Mare", "value": "garden:mare", "current": True}],
            "csrf": "t",
        },
        {"collection": {"title": "", "about": "", "name": ""}, "audience": "me", "badges": [], "csrf": "t"},
    ],
    "collection.html": [
        {
            "collection": {"title": "Mon été", "about": "Oui."},
            "pod": PERSON,
            "badges": TILES,
            "hidden": 2,
            "representations": FORMS,
        },
        {"collection": {"title": "Vide", "about": ""}, "pod": PERSON, "badges": [], "hidden": 0},
    ],
    "bag.html": [
        {
            "badges": [tile | {"id": "1", "audience": "garden", "audience_action": "/me/audience"} for tile in TILES],
            "total": 30,
            "found": 7,
            "asked": {"q": "eau", "audience": "me", "state": ""},
            "csrf": "t",
            "back": "/me",
            "gardens": [{"name": "Mare", "value": "garden:mare"}, {"name": "Noue", "value": "garden:noue"}],
            "pages": {"previous": "?page=1", "next": "", "text": "page 2"},
        },
        {"badges": [], "total": 0, "found": 0, "asked": {}, "gardens": [], "csrf": "t", "back": "/me/badges"},
    ],
    "bag_bring.html": [
        {
            "csrf": "t",
            "form": {"url": "https://x", "wrong": {"url": "Non."}},
            "accept": ".png",
            "imports": [
                {
                    "id": "a",
                    "name": "mes badges.zip",
                    "at": "2026-03-12T10:00:00Z",
                    "total": 9,
                    "kept": 3,
                    "failed": 1,
                    "waiting": 0,
                },
            ],
        },
    ],
    "bag_import.html": [
        {
            "csrf": "t",
            "report": {
                "id": "a",
                "name": "x.zip",
                "at": "2026-03-12T10:00:00Z",
                "total": 3,
                "kept": 1,
                "failed": 1,
                "waiting": 1,
            },
            "entries": [
                {"name": "a.png", "state": "kept", "href": "/me/open?iri=x"},
                {"name": "b.json", "state": "waiting"},
                {"name": "c.json", "state": "failed", "step": "La signature", "detail": "Non.", "remedy": "Demander."},
            ],
        },
    ],
    "consents.html": [
        {
            "pods": [
                {
                    "id": "camille",
                    "title": "Camille",
                    "kind": "person",
                    "communities": [
                        {
                            "id": "communs",
                            "name": "Les Communs",
                            "href": "/communs/profile/card",
                            "host": "",
                            "purposes": [
                                {"code": code, "title": code, "opens": "Tes badges.", "seen": "Tous.", "given": given}
                                for code, given in (("count", True), ("badges", False))
                            ],
                        }
                    ],
                },
                {"id": "verger", "title": "Le Verger", "kind": "garden", "communities": []},
            ],
            "asked": "https://x.example/",
            "wrong": "Non.",
            "csrf": "t",
        }
    ],
    "open_private.html": [{"open_href": "/me/open?iri=x"}],
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
    "error.html": [
        {"title": "Rien ici", "detail": "À /x il n'y a rien.", "remedy": "Vérifier l'adresse.", "status": 404},
        {"title": "Non", "detail": "Non.", "remedy": "", "status": 403},
    ],
    "design.html": [{}],
    "sources.html": [{}, {"source_href": "https://code.example/pod_app"}],
    "communities.html": [{"communities": []}, {"communities": [GARDEN]}],
    "view.html": [
        VIEW | {"fields": SEASON, "language": "fr", "wrong": "Non."},
        VIEW | {"figure": FIGURE | {"rows": []}, "fields": FREE},
    ],
    "capital.html": [
        {
            "community": GARDEN,
            "headline": {},
            "chapters": [],
            "waiting": [FIGURE | {"rows": []}],
            "coverage": FIGURE,
            "gardens_href": "/g",
        }
        | ABOVE,
        {
            "community": GARDEN,
            "headline": HEADLINE,
            "chapters": [FIGURE],
            "waiting": [],
            "coverage": FIGURE,
            "since": "2024",
        }
        | ABOVE,
    ],
    "river.html": [
        {"numbers": None, "trees": [], "more": 0, "above": [], "branch": False, "small": 0, "ignored": 0} | RIVER,
        {
            "numbers": {"reach": 9, "depth": 3, "transmissions": 12},
            "trees": TREES,
            "more": 2,
            "since": "2024",
            "above": [PERSON, None],
            "branch": True,
            "small": 1,
            "ignored": 2,
        }
        | RIVER,
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
    "shapes.html": [{"shapes": []}, {"shapes": [{"name": "need", "href": "/shapes/need"}]}],
    "shape.html": [
        {"shape": {"name": "need", "turtle": "<#Need> a sh:NodeShape ;\n  sh:targetClass jdn:LearningNeed ."}}
    ],
}
PERSONAS = {
    "personas": [
        {"role": "founder", "name": "Awa Diop", "about": "Elle a fondé un jardin."},
        {"role": "newcomer", "name": "Noé Le Gall", "about": "Il vient d'arriver."},
    ]
}
NOTEBOOK = [{"name": "Mon carnet", "href": "/me"}]
APPLICATION = {"name": "Carnet de terrain", "home": "https://app.example/", "host": "app.example"}
ASKED = {"client_id": "https://app.example/id", "state": '"><b>'}
REPORT_OF_HOST = {"what": "fetched", "day": "12 mars 2026", "new": 2, "same": 1, "refused": 1, "reasons": ["No."]}
HOST = {
    "api": "https://b.example/ims/ob/v3p0",
    "name": "La Besace",
    "host": "b.example",
    "since": "12 mars 2026",
    "go": "",
}
HOSTS = {
    "hosts": [
        HOST | {"state": "asked", "go": "https://b.example/oidc/authorize?x=1"},
        HOST | {"state": "asked"},
        HOST | {"state": "ended", "report": REPORT_OF_HOST | {"ended": True}},
        HOST | {"state": "open", "report": REPORT_OF_HOST | {"what": "sent", "refused": 0, "going_on": True}},
    ],
    "badges": [{"id": "1", "name": "Pain"}],
    "form": {},
    "csrf": "t",
    "breadcrumbs": [{"name": "Mon carnet", "href": "/me"}],
}
API = badge_openapi.document("https://jardin.example/", "Jardin", "1.0")
CONSENT = {
    "csrf": "t", "application": APPLICATION | {"registered": False}, "lasting": True, "hidden": ASKED,
    "pods": [{"name": "camille", "title": "Camille", "webid": "https://j.example/camille/profile/card#me"}],
}  # fmt: skip
CONTEXTS |= {
    "join.html": [
        {"form": {}},
        {"form": {"first_name": "Awa", "wrong": "Trop court."}, "next": "/me?a=b"},
    ],
    "phrase.html": [{"name": "camille", "phrase": "mare saule pont grenouille semis", "then": "/me"}],
    "recover.html": [{"form": {}}, {"form": {"name": "camille", "wrong": "Non."}}],
    "account.html": [
        {
            "csrf": "t",
            "name": "camille",
            "addresses": ["camille@exemple.example"],
            "breadcrumbs": NOTEBOOK,
            "passkeys": [{"id": number, "name": "Téléphone", "created": "jeudi 12 mars 2026"} for number in "ab"],
            "has_password": True,
            "has_phrase": True,
            "applications": [{"id": "https://app.example/id", "name": "Carnet de terrain"}],
        },
        {
            "csrf": "t", "name": "camille", "breadcrumbs": NOTEBOOK, "passkeys": [], "applications": [],
            "has_password": False, "has_phrase": False,
        },
    ],
    "consent.html": [
        CONSENT,
        CONSENT
        | {"pods": [{"name": name, "title": name, "webid": f"https://j.example/{name}#me"} for name in ("awa", "noe")]}
        | {"application": {"name": "Une autre", "host": "app.example", "registered": True}, "lasting": False},
        CONSENT | {"badges": ["Voir tous les badges de ton carnet."]},
    ],
    "hosts.html": [HOSTS, HOSTS | {"hosts": [], "form": {"address": "x", "wrong": "Non."}}],
    "api.html": [{"api": API, "operations": badge_api._operations(API)}],
    "sign_out_for.html": [{"csrf": "t", "hidden": {"client_id": "https://app.example/id"}}],
    "enter_as.html": [PERSONAS],
    "leave.html": [
        {"csrf": "t", "name": "camille", "breadcrumbs": NOTEBOOK, "has_password": has_password}
        for has_password in (True, False)
    ],
    "left.html": [{}],
}  # fmt: skip
CONTEXTS["landing.html"][1] |= PERSONAS
CONTEXTS |= fixtures_recognition.CONTEXTS
CONTEXTS |= fixtures_forge.CONTEXTS
CASES = [
    (name, number, locale) for name, cases in CONTEXTS.items() for number in range(len(cases)) for locale in LOCALES
]


@cache
def environment(locale: str) -> Environment:
    made = Environment(loader=FileSystemLoader(TEMPLATES), trim_blocks=True, lstrip_blocks=True)
    formatting.prepare(made, lambda: translator(locale))
    return made


def render(name: str, number: int, locale: str) -> str:
    frame = {"locale": locale, "here": "/" + name, "site_name": "Les Communs", "summary": "Une phrase."}
    return environment(locale).get_template(name).render(frame | CONTEXTS[name][number])


class Page(HTMLParser):
    """What a reader of the page could trip over."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.inputs: list[str] = []
        self.headings: list[int] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        self.ids += [has["id"]] if has.get("id") else []
        if "style" in has or tag == "style" or any(name.startswith("on") for name in has):
            self.faults.append(f"inline style or handler in <{tag}>")
        if tag == "script" and not has.get("src") and has.get("type") != "application/ld+json":
            self.faults.append("inline script")
        if tag == "img" and "alt" not in has:
            self.faults.append("image without alt")
        if tag == "label" and has.get("for"):
            self.labelled.add(str(has["for"]))
        if tag in {"input", "select", "textarea"} and has.get("type") != "hidden":
            self.inputs.append(str(has.get("id")))
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag in {"a", "link", "script", "img", "use"}:
            self.links.append(str(has.get("href") or has.get("src") or ""))


@pytest.mark.parametrize(("name", "number", "locale"), CASES)
def test_a_page_is_light_labelled_and_free_of_inline_code(name, number, locale):
    html = render(name, number, locale)
    page = Page()
    page.feed(html)
    assert page.faults == []
    assert set(page.inputs) <= page.labelled
    assert len(page.ids) == len(set(page.ids)), "an id appears twice"
    assert page.headings.count(1) == 1
    assert len(html.encode()) < 100_000
    assert f'<html lang="{locale}">' in html
    assert not [link for link in page.links if link.startswith(("//", "data:", "javascript:"))]
    assert "{" not in re.sub(r"<script.*?</script>|<[^>]*>", "", html, flags=re.DOTALL), "a placeholder was not filled"


def test_every_template_has_sample_contexts():
    stored = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html")}
    assert set(CONTEXTS) <= stored
    assert stored - PARTS - set(CONTEXTS) == set()


def test_the_landing_page_with_style_and_script_stays_under_a_hundred_kilobytes():
    files = sum(path.stat().st_size for path in (WEB / "static").iterdir())
    assert files + len(render("landing.html", 0, "fr").encode()) < 100_000
    assert len(STYLE.encode()) < 40_000


def test_what_people_write_never_becomes_markup_or_a_dangerous_link():
    evil = '<img src=x onerror="alert(1)">'
    badge = BADGE | {"name": evil, "description": evil, "evidence": [{"name": evil, "href": "javascript:alert(1)"}]}
    html = (
        environment("fr")
        .get_template("badge.html")
        .render(
            locale="fr",
            badge=badge | {"status": "revoked", "status_reason": evil},
            issuer={"name": evil, "href": "data:x"},
        )
    )
    assert "<img src=x" not in html
    assert "javascript:" not in html
    assert "data:x" not in html


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        " javascript:x",
        "java\nscript:x",
        "data:text/html,x",
        "//evil.example/",
        "/\\evil.example",
        "vbscript:x",
        "https:",
        "",
        None,
        "http://[",
    ],
)
def test_an_address_that_a_browser_should_not_follow_becomes_empty(address):
    assert formatting.web_link(address) == ""


@pytest.mark.parametrize("address", ["https://a.example/b?c#d", "http://a.example", "mailto:a@b.example", "/me/open"])
def test_an_ordinary_address_is_kept(address):
    assert formatting.web_link(address) == address


def test_dates_and_numbers_are_written_as_their_readers_write_them():
    assert formatting.day("2026-03-12", "fr") == "jeudi 12 mars 2026"
    assert formatting.day("2026-03-12", "en") == "Thursday 12 March 2026"
    assert formatting.day("2026-03-01", "fr") == "dimanche 1er mars 2026"
    assert formatting.day("soon", "fr") == "soon"
    assert formatting.moment("2026-03-12T15:05:00+01:00", "fr") == "jeudi 12 mars 2026, 14:05 UTC"
    assert formatting.number_text(2.5, "fr") == "2,5"
    assert formatting.money(285, "EUR", "fr").replace("\u202f", " ").replace("\xa0", " ") == "285,00 €"


def test_a_sentence_escapes_its_values_and_keeps_links_made_by_macros():
    filled = formatting.fill("By {who} & {other}", {"who": "<b>", "other": Markup("<a>x</a>")})
    assert filled == "By &lt;b&gt; &amp; <a>x</a>"


# The tokens: colours measured as WCAG 2.2 measures them.

GROUNDS = ("paper", "surface", "sunken")
ON = [
    *(
        (ink, ground)
        for ink in ("ink", "ink-soft", "leaf", "leaf-strong", "berry")
        for ground in ("paper", "surface", "sunken")
    ),
    *((tone, f"{tone}-wash") for tone in ("leaf", "berry", "honey", "sky", "stone", "earth")),
    *(("ink", f"{tone}-wash") for tone in ("leaf", "berry", "honey", "sky", "stone", "earth")),
    *((tone, "surface") for tone in ("honey", "sky", "stone", "earth")),
    ("leaf-strong", "leaf-wash"),
    ("ink-soft", "leaf-wash"),
    ("leaf-ink", "leaf"),
    ("leaf-ink", "leaf-strong"),
    ("soil-ink", "soil"),
    ("soil-link", "soil"),
]


def tokens(scheme: str) -> dict[str, str]:
    light, dark = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)[:2]
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", light))
    return found if scheme == "light" else found | dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", dark))


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground_by_at_least_four_and_a_half(scheme):
    colours = tokens(scheme)
    weak = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in ON}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_borders_of_fields_and_the_focus_ring_stand_out_by_at_least_three(scheme):
    colours = tokens(scheme)
    for line in ("line-strong", "focus"):
        for ground in GROUNDS:
            assert contrast(colours[line], colours[ground]) >= 3, (line, ground)


def test_every_icon_that_is_asked_for_is_in_the_sprite():
    drawn = set(re.findall(r'id="([a-z]+)"', (WEB / "static" / "icons.svg").read_text(encoding="utf-8")))
    asked = set()
    for name, number, locale in CASES:
        asked |= set(re.findall(r"icons\.svg[^#]*#([a-z-]+)", render(name, number, locale)))
    assert asked <= drawn


def test_a_drawing_is_the_same_for_the_same_seed_and_another_for_another():
    assert artwork("a", "Mare") == artwork("a", "Mare")
    assert len({artwork(f"https://x.example/{number}", "Mare") for number in range(40)}) > 35


@pytest.mark.parametrize("category", ["", "Membership", "Competency", "Certificate", "Course", "Award", "ext:Unknown"])
def test_a_drawing_is_well_formed_named_and_needs_no_style_script_font_or_identifier(category):
    text = artwork("seed", 'A <b> & "c"\x00\x1f', category)
    root = ET.fromstring(text)
    assert root.get("role") == "img"
    assert root[0].text == 'A <b> & "c"'
    assert not re.search(r"style=|<script|<text|href|\sid=", text)
    assert len(text) < 8_000

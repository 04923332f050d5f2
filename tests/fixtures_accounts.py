"""Samples for the pages about coming in, leaving, and what others may do with a notebook."""

from fixtures_pages import PERSONAS

from pod_app.standards import badge_openapi
from pod_app.web.badges import badge_api

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
KEYS = {
    "places": [
        {
            "name": f"noue-{lost}",
            "title": f"Jardin de la Noue {lost}",
            "did": "did:web:jardin.example:noue",
            "lost": lost,
            "keys": [
                {"id": f"z6Mk{state}", "short": state, "state": state, "since": "2025-03-12", "ended": ended}
                for state, ended in (("active", None), ("retired", "2026-03-12"), ("revoked", "2026-03-12"))
            ],
        }
        for lost in (0, 1)
    ],
    "shared": False,
    "csrf": "t",
    "breadcrumbs": [{"name": "Mon carnet", "href": "/me"}],
}
CONTEXTS: dict[str, list[dict[str, object]]] = {
    "sign_in.html": [{"csrf": "t", "next": "/me", "form": {"wrong": "Non."}, "register_href": "/me/new"}],
    "elsewhere.html": [
        {"form": {"address": "verger.example", "wrong": "Non."}, "choices": []},
        {"form": {}, "next": "/me", "choices": [{"url": "https://verger.example/a?b=c", "host": "verger.example"}]},
    ],
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
            "csrf": "t",
            "name": "camille",
            "breadcrumbs": NOTEBOOK,
            "passkeys": [],
            "applications": [],
            "has_password": False,
            "has_phrase": False,
        },
    ],
    "consent.html": [
        CONSENT,
        CONSENT
        | {"pods": [{"name": name, "title": name, "webid": f"https://j.example/{name}#me"} for name in ("awa", "noe")]}
        | {"application": {"name": "Une autre", "host": "app.example", "registered": True}, "lasting": False},
        CONSENT | {"badges": ["Voir tous les badges de ton carnet."]},
    ],
    "sign_out_for.html": [{"csrf": "t", "hidden": {"client_id": "https://app.example/id"}}],
    "enter_as.html": [PERSONAS],
    "leave.html": [
        {"csrf": "t", "name": "camille", "breadcrumbs": NOTEBOOK, "has_password": has_password}
        for has_password in (True, False)
    ],
    "left.html": [{}],
    "keys.html": [KEYS, KEYS | {"shared": True}],
    "hosts.html": [HOSTS, HOSTS | {"hosts": [], "form": {"address": "x", "wrong": "Non."}}],
    "api.html": [{"api": API, "operations": badge_api._operations(API)}],
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
}

"""Samples for the pages of the collective capital."""

from fixtures_pages import ABOVE, FORMS, GARDEN, PERSON

from pod_app.collective.answers import Coverage
from pod_app.web.collective import rivers
from pod_app.web.collective.rivers import Row

FIGURE = {
    "id": "thanks", "title": "Mercis", "about": "Combien.", "href": "/collective/x/thanks", "chart": None, "legend": [],
    "threshold": 5, "coverage": Coverage(3, 2, refused=1, suppressed=2), "generated_at": "2026-03-12T10:00:00Z",
    "head": ["mois", "mercis"], "rows": [["mars", "7"]], "amounts": (1,), "suppressed": 2,
    "left_out": 1, "totals": ["3 966,00 € (rassemblé)"], "forms": FORMS,
}  # fmt: skip
HEADLINE = dict.fromkeys(("gardens", "badges", "holders", "contributions", "transmissions", "thanks", "skills"), 3)
HEADLINE |= {"before": 2, "new": 1}
SEASON = [{"name": "season", "label": "Saison", "current": "2026-03-01", "options": [("2026-03-01", "1er mars")]}]
FREE = [{"name": "least", "label": "least", "current": "3", "options": []}]
VIEW = {"figure": FIGURE, "query_text": "SELECT", "query_href": "/queries/x", "sha256": "0" * 64} | ABOVE
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
}

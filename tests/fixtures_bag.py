"""Samples for the pages of one's own notebook and bag."""

from fixtures_pages import FORMS, PERSON, POD, TILES

CONTEXTS: dict[str, list[dict[str, object]]] = {
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
}

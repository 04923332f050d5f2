"""Samples for the pages of the forge: badges to make, to give and to hand out."""

from pod_app.web.forge_form import Filled

MOULD = {
    "name": "Gardienne de la mare", "href": "/noue/achievements/mare", "iri": "https://j.example/noue/achievements/mare",
    "description": "Veille sur la mare.", "edit_href": "/e", "twin_href": "/t", "retired": False, "reserved": True,
}  # fmt: skip
PLACE_NAME = {"name": "noue", "kind": "garden", "title": "Jardin de la Mare", "me": False}
RETIRED = {"retired": True, "name": "Un autre"}
PLACE = PLACE_NAME | {"achievements": [MOULD, MOULD | RETIRED]}
MAKING = {
    "form": Filled(name="Écoute", skills=("https://w3id.org/jdn#skill-listening",), targets="https://x.example/ y"),
    "pod": {"name": "noue", "title": "Jardin de la Mare"}, "csrf": "t", "categories": [("living", "Living")],
    "groups": [{"title": "être", "skills": [{"iri": "https://w3id.org/jdn#a", "name": "écoute", "on": True}]}],
    "kinds": [("gift", "Has contributed")], "icons": [("ear", "une oreille", "<path d='M0 0'/>")],
}  # fmt: skip
CONTEXTS = {
    "forge.html": [
        {
            "csrf": "t",
            "places": [
                PLACE,
                {"name": "camille", "title": "Camille", "kind": "person", "me": True, "achievements": []},
            ],
        },
    ],
    "forge_edit.html": [
        MAKING,
        MAKING | {"iri": "https://x.example/a", "alike": [MOULD], "wrong": ("Non", "Trop court.", "Écris."),
                  "own_image": "/noue/achievements/images/x.png"},
    ],
}  # fmt: skip

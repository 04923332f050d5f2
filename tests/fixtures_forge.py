"""Samples for the pages of the forge: badges to make, to give and to hand out."""

from pod_app.web.badges.forge_form import Filled

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
AWARD = {"csrf": "t", "pod": {"name": "noue", "title": "Jardin de la Mare"}, "achievement": MOULD}
FACES = [{"webid": "https://j.example/b#me", "name": "Bob", "pod": "bob", "kind": "person"}]
LASTS = [("0", "pour toujours"), ("1", "1 an")]
GIVEN = MOULD | {
    "record": "1", "who": "Bob", "on": "2026-03-12", "until": "2027-03-12", "expired": False, "state": "pending",
    "remind": True, "withdrawn": None,
}  # fmt: skip
CONTEXTS |= {
    "award.html": [
        AWARD | {"form": {}, "faces": FACES, "people": FACES, "lasts": LASTS},
        AWARD | {"form": {"who": "x", "wrong": ("a", "b", "c")}, "faces": [], "people": [], "lasts": LASTS,
                 "undo": {"text": "C’est parti.", "action": "/u", "csrf": "t"}},
    ],
    "award_list.html": [
        AWARD | {"rows": [], "text": "", "sound": 0},
        AWARD | {
            "rows": [{"number": 1, "who": "Bob", "note": "Merci", "link": True, "problem": None},
                     {"number": 2, "who": "x", "note": "", "link": False, "problem": "Inconnu."}],
            "text": "bob", "sound": 1, "wrong": ("a", "b", "c"),
        },
    ],
    "award_progress.html": [
        AWARD | {"list": "l", "progress": {"total": 2, "done": 1, "waiting": 1, "links": 1}, "refused": []},
        AWARD | {"list": "l", "progress": {"total": 2, "done": 1, "waiting": 0, "links": 0},
                 "refused": [(2, "x", "Non.")]},
    ],
    "given.html": [
        AWARD | {
            "lasts": LASTS, "pages": {"previous": "/p", "next": "/n"},
            "badges": [GIVEN, *(GIVEN | one for one in (
                {"state": "kept"}, {"state": "declined", "withdrawn": "non"}, {"withdrawn": "erreur"},
                {"expired": True},
                {"state": "sent"},
            ))],
        },
        AWARD | {"lasts": LASTS, "pages": {}, "badges": []},
    ],
    "received.html": [
        {"csrf": "t", "awards": [MOULD | {"record": "https://x.example/i", "note": "Merci", "on": "2026-03-12",
                                          "issuer": {"name": "Mare", "href": "/m"}, "criteria_html": ""}]},
        {"csrf": "t", "awards": []},
    ],
}  # fmt: skip
CLAIM = {
    "badge": MOULD | {"issuer": {"name": "Mare"}, "criteria_html": "<p>Tenir.</p>"},
    "action": "/claim/x",
    "csrf": "t",
}
OUT = AWARD | {"handout": "h", "open": True, "ends": "2026-03-12T12:00:00Z", "host": "j.example"}
ROOM = OUT | {
    "code": "abcdef", "qr": "/q", "taken": 1, "scanned": 0, "number": None, "watch": "/me/distribute/screen",
    "looks": 5,
}  # fmt: skip
TURN = {"code": "abcd-efgh-jkmn", "number": 7, "scanned": 6, "looks": 1}
SHEET = OUT | {
    "codes": [{"number": 1, "code": "abcd-efgh-jkmn", "who": "x@example.org", "qr": "/q"}], "left": 3, "total": 4,
    "csv": "/c",
}  # fmt: skip
CONTEXTS |= {
    "claim_code.html": [{"wrong": ""}, {"wrong": "Non."}, {"wrong": "Trop tard.", "late": True}],
    "claim.html": [
        CLAIM | {"form": {}, "note": "Merci.", "mine": None, "had": False},
        CLAIM | {"form": {"wrong": "Trop court."}, "mine": "Bob", "had": False},
        CLAIM | {"form": {}, "mine": "Bob", "had": True},
    ],
    "claimed.html": [
        {"badge": MOULD, "name": "bob", "phrase": "mare saule", "wrong": wrong} for wrong in ("", "Trop tard.")
    ],
    "distribute_new.html": [AWARD | {"lasts": LASTS, "many": 20, "form": {}, "wrong": ("a", "b", "c")}],
    "distribute_screen.html": [ROOM, ROOM | {"open": False}, ROOM | TURN],
    "distribute_sheet.html": [SHEET, SHEET | {"open": False}],
    "distribute.html": [
        AWARD | {"handouts": [MOULD | {"kind": kind, "open": kind == "room", "ends": "2026-03-12"} for kind in (
            "room", "turns", "codes")]},
        AWARD | {"handouts": []},
    ],
}  # fmt: skip

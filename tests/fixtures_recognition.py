"""Samples for the pages of asking, confirming and rules."""

import struct
import zlib


def photo():
    """A small green picture, PNG."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\x00" + b"\x2b\x66\x40" * 64 for _ in range(48))
    head = struct.pack(">IIBBBBB", 64, 48, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


SAID = [
    {"name": "Amina", "href": "/amina/profile/card", "garden": "Le potager", "text": "J'y étais.",
     "date": "2026-03-12T09:00:00Z", "until": "2027-03-12T09:00:00Z", "state": "holds"},
    *({"name": "Bob", "date": "2026-03-12T09:00:00Z", "until": "2027-03-12T09:00:00Z", "state": state}
      for state in ("ended", "withdrawn", "fails", "unknown", "unsigned")),
]  # fmt: skip
SUBJECT = {"iri": "https://j.example/x", "name": "Greffe", "about": "badge", "audience": "me"}
WORD = {"pod": "amina", "id": "x", "by": "Amina", "name": "Greffe", "text": "Oui.", "date": "2026-03-12", "until": None}
CONFIRMING = {
    "csrf": "t",
    "voices": [("amina", "Amina"), ("g", "Le potager")],
    "gardens": [("g", "Le potager"), ("", "x")],
}
ASKED = {
    "badge": {"name": "Greffe", "seed": "g", "description": "A greffé."},
    "sentence": "J'ai greffé <trois> pommiers.",
    "trace": {"href": "/me/answer/x/trace", "picture": True},
}
LINKED = ASKED | {"trace": {"href": "javascript:alert(1)", "picture": False}}
ALICE = {"name": "Alice", "kind": "person", "href": "/alice/profile/card"}
LINE = {
    "href": "/me/requests/x",
    "name": "Greffe",
    "date": "2026-03-12",
    "answers": 1,
    "who": "Bob",
    "garden": "Le potager",
}
REQUEST = {"id": "x", "state": "open", "reason": None, "badge_href": "", "reviewer": "Le potager"}
ASKING = {
    "number": 1,
    "address": None,
    "link": "https://j.example/me/answer/x",
    "mail": "mailto:?subject=x",
    "reminded": False,
    "can_remind": True,
    "answer": None,
    "name": "",
    "words": "",
    "signed": False,
    "ended": False,
}
PEOPLE = [
    ASKING,
    ASKING | {"number": 2, "address": "Karim", "reminded": True, "can_remind": False},
    ASKING | {"number": 3, "answer": "yes", "name": "Carole", "words": "Oui.", "signed": True},
    ASKING | {"number": 4, "answer": "yes", "words": "Oui."},
    ASKING | {"number": 5, "answer": "no"},
    ASKING | {"number": 6, "answer": "unknown"},
    ASKING | {"number": 7, "ended": True},
    ASKING | {"number": 8, "link": ""},
]
GARDENS = [("g", "Le potager"), ("", "personne")]
CONTEXTS = {
    "confirm.html": [
        {"subject": SUBJECT, "form": {"wrong": "Non.", "comment": "Oui"}, "ends": []} | CONFIRMING,
        {"subject": SUBJECT | {"about": "achievement", "audience": "everyone"}, "form": {}, "ends": [("365", "1 an")]}
        | CONFIRMING,
        {"subject": SUBJECT | {"about": "issuer"}, "form": {}, "ends": [], "voices": [], "gardens": [], "csrf": "t"},
    ],
    "confirmations.html": [
        {"words": [WORD, WORD | {"reason": "Erreur", "until": "2027-03-12"}], "csrf": "t"}, {"words": [], "csrf": "t"},
    ],
    "ask.html": [
        {"badge": ASKED["badge"], "achievement": "https://j.example/a", "issuer": ALICE, "csrf": "t", "held": held,
         "form": form}
        for held, form in ((False, {}), (True, {"wrong": "Non.", "sentence": "Oui", "link": "https://x.example"}))
    ],
    "ask_choose.html": [
        {"groups": [{"name": "Le potager", "achievements": [{"name": "Greffe", "href": "/x", "description": "d"}]}]},
        {"groups": []},
    ],
    "requests.html": [
        {"mine": [LINE | {"state": state} for state in ("open", "awarded", "declined", "withdrawn")], "csrf": "t",
         "asked_of_me": [{"pod": "bob", "id": str(n), "number": 1, "who": ALICE, "asked": ASKED} for n in range(2)],
         "gardens": GARDENS, "waiting": [LINE]},
        {"mine": [], "asked_of_me": [], "waiting": [], "gardens": [], "csrf": "t", "host": "verger.example"},
    ],
    "request.html": [
        {"asked": ASKED, "request": REQUEST, "people": PEOPLE[:2], "most": 3, "csrf": "t"},
        {"asked": LINKED, "request": REQUEST | {"state": "awarded", "reason": "Bravo", "badge_href": "/b"},
         "people": PEOPLE, "most": 3, "csrf": "t"},
        {"asked": LINKED, "request": REQUEST | {"state": "declined", "reason": "Non"}, "people": [], "most": 3,
         "csrf": "t", "host": "verger.example"},
    ],
    "answer.html": [
        {"asker": ALICE, "asked": ASKED, "action": "/me/answer/x", "csrf": "", "signed_in": "", "gardens": [],
         "sign_in_href": "/me/sign-in", "form": {"wrong": "Non."}},
        {"asker": ALICE, "asked": LINKED, "action": "/me/answer/x", "csrf": "t", "signed_in": "Carole",
         "gardens": GARDENS, "sign_in_href": "/me/sign-in", "form": {}},
    ],
    "answered.html": [{}],
    "review.html": [
        {"asked": ASKED, "asker": ALICE, "garden": "Le potager", "csrf": "t", "action": "/me/review/bob/x",
         "words": SAID, "quiet": {"waiting": 1, "other": 2}, "form": {"wrong": "Non."},
         "rule": {"sentence": "Trois fois.", "held": False}},
        {"asked": LINKED, "asker": ALICE, "garden": "Le potager", "csrf": "t", "action": "/me/review/bob/x",
         "words": [], "quiet": {"waiting": 0, "other": 0}, "form": {}, "rule": {"sentence": "Oui.", "held": True}},
    ],
    "rule.html": [
        {"badge": ASKED["badge"], "rule": {"sentence": "Trois <b>.", "automatic": automatic}, "met": met,
         "done": done, "missing": ["Passe ce savoir.", ""], "achievement": "https://j.example/a",
         "ask_href": "/me/requests/new?x=1",
         "csrf": "t", "wrong": "Non." if done else ""}
        for automatic, met, done in ((0, 0, 0), (0, 1, 0), (1, 1, 0), (1, 1, 1))
    ] + [
        {"badge": ASKED["badge"], "rule": {"sentence": "Trois.", "automatic": 0}, "ask_href": "/me/requests/new?x=1",
         "host": "verger.example"},
    ],
    "rules.html": [
        {"rows": [{"badge": {"name": "Greffe", "href": "/x", "description": "d"}, "met": met, "missing": 2 - met}
                  for met in (False, True)]},
        {"rows": []},
        {"rows": [], "host": "verger.example"},
    ],
    "rule_edit.html": [
        {"badge": ASKED["badge"], "achievement": "https://j.example/a", "shipped": [("", "rien"), ("x", "X")],
         "skills": [("", "—")], "sentences": [{"title": "X", "text": "Y"}], "csrf": "t", "form": form}
        for form in ({}, {"sentence": "Trois", "rule": "x", "shape": "https://x.example", "wrong": "Non."})
    ],
}  # fmt: skip

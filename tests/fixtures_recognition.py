"""Samples for the pages of asking, confirming and rules."""

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
}  # fmt: skip

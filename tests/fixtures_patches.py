"""N3 patches of a document in the small village: how to send them, and what the document says before."""

from pod_app.standards import rdf

HEAD = "@prefix solid: <http://www.w3.org/ns/solid/terms#>. @prefix d: <http://purl.org/dc/terms/>. @prefix : <#>.\n"
DOCUMENT = "/alice/private/g"
IRI = f"https://garden.example{DOCUMENT}"
N3 = "text/n3"


def patch(inserts="", deletes="", where=""):
    parts = {"inserts": inserts, "deletes": deletes, "where": where}
    told = "".join(f"; solid:{name} {{ {text} }}" for name, text in parts.items() if text)
    return f"{HEAD}_:change a solid:InsertDeletePatch{told} ."


def send(person, target, body, media_type=N3, **headers):
    return person("PATCH", target, body.encode() if isinstance(body, str) else body, media_type, **headers)


def statements(person, target=DOCUMENT):
    answer = person.get(target, Accept=rdf.N_TRIPLES)
    assert answer.status_code == 200
    return set(rdf.parse(answer.content, rdf.N_TRIPLES, "https://garden.example/"))


def turtle(text, target=DOCUMENT):
    body = f"@prefix d: <http://purl.org/dc/terms/>. @prefix : <#>. {text}"
    return set(rdf.parse(body.encode(), rdf.TURTLE, f"https://garden.example{target}"))


BEFORE = turtle("<> d:title 'Compost'; d:creator <../profile/card#me>.")

"""What tests of pods share: access rules written by hand, and short ways to send requests."""

import pyoxigraph as ox

from pod_app.standards import rdf

ACL = "http://www.w3.org/ns/auth/acl#"
TEXT = "/alice/private/t.txt"
GRAPH = b"@prefix d: <http://purl.org/dc/terms/>. <> d:title 'Compost'; d:creator <../profile/card#me>."
TURTLE = {"Content-Type": "text/turtle"}
CONTAINS = ox.NamedNode("http://www.w3.org/ns/ldp#contains")
ENGLISH = {"Accept-Language": "en"}


def rules(iri, *grants, default=True):
    """Turtle of an ACL; each grant is (who, modes): a WebID, `public`, `anybody signed in` or `group IRI`."""
    text = f"@prefix acl: <{ACL}> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .\n"
    for number, (who, modes) in enumerate(grants):
        named = ", ".join(f"acl:{mode}" for mode in modes.split())
        places = f"acl:accessTo <{iri}>" + (f" ; acl:default <{iri}>" if default else "")
        text += f"<#{number}> a acl:Authorization ; {_subject(who)} ; acl:mode {named} ; {places} .\n"
    return text.encode()


def _subject(who):
    if who == "public":
        return "acl:agentClass foaf:Agent"
    if who == "anybody signed in":
        return "acl:agentClass acl:AuthenticatedAgent"
    if who.startswith("group "):
        return f"acl:agentGroup <{who.removeprefix('group ')}>"
    return f"acl:agent <{who}>"


class Person:
    """Somebody with a pod who sends requests in English; without a pod, a stranger."""

    def __init__(self, installation, pod=None):
        self.installation = installation
        self.pod = pod
        self.webid = pod.webid if pod else None
        self.headers = {**ENGLISH, **(installation.headers(pod) if pod else {})}

    def __call__(self, method, target, body=None, media_type="text/turtle", **headers):
        """Send a request; header names are written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None and media_type is not None:
            named["Content-Type"] = media_type
        return self.installation.send(method, target, headers={**self.headers, **named}, content=body)

    def put(self, target, body=b"", media_type="text/turtle", **headers):
        return self("PUT", target, body, media_type, **headers)

    def get(self, target, **headers):
        return self("GET", target, **headers)

    def grant(self, target, *grants, default=True):
        """Give access to what stands at `target`, and keep it oneself."""
        iri = f"{self.installation.base}{target[1:]}"
        answer = self.put(f"{target}.acl", rules(iri, (self.webid, "Read Write Control"), *grants, default=default))
        assert answer.status_code in {201, 204}, answer.text


def people(installation, *names):
    """Persons of these names, each with a pod, and a stranger at the end."""
    return [*(Person(installation, installation.person(name)) for name in names), Person(installation)]


def settled(installation):
    """Alice with a private text and a private graph, Bob, and a stranger."""
    alice, bob, stranger = people(installation, "alice", "bob")
    alice.put(TEXT, b"0123456789", "text/plain")
    alice.put("/alice/private/g", GRAPH)
    return alice, bob, stranger


def links(answer, rel):
    """Targets of the `Link` headers of this relation."""
    found = [link.strip().split(">; ") for link in answer.headers["Link"].split(", <")]
    return [target.lstrip("<") for target, parameters in found if parameters == f'rel="{rel}"']


def listing(person, target):
    """The paths of what a container says it contains."""
    answer = person.get(target, Accept="application/n-triples")
    assert answer.status_code == 200, answer.text
    base = person.installation.base.rstrip("/")
    quads = rdf.parse(answer.content, rdf.N_TRIPLES, base)
    return sorted(quad.object.value.removeprefix(base) for quad in quads if quad.predicate == CONTAINS)


def written(person, target, *lines):
    """Put rules written by hand beside those of their owner."""
    owner = rules(f"https://garden.example{target}", (person.webid, "Read Write Control"))
    answer = person.put(f"{target}.acl", owner + "\n".join(lines).encode())
    assert answer.status_code in {201, 204}, answer.text

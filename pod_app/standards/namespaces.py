"""Names of the vocabularies that the program writes, as pyoxigraph nodes and as prefixes for readable Turtle.

The community's own vocabulary (`jdn:`) is missing on purpose: its namespace is a setting.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from pyoxigraph import NamedNode


@dataclass(frozen=True, slots=True)
class Namespace:
    """A vocabulary: `ACL["mode"]` is the node of `acl:mode`."""

    iri: str

    def __getitem__(self, term: str) -> NamedNode:
        return NamedNode(f"{self.iri}{term}")

    def term(self, node: object) -> str | None:
        """Return what follows the namespace in a node's IRI; nothing for other nodes."""
        if not isinstance(node, NamedNode) or not node.value.startswith(self.iri):
            return None
        return node.value.removeprefix(self.iri)


ACL: Final = Namespace("http://www.w3.org/ns/auth/acl#")
ACP: Final = Namespace("http://www.w3.org/ns/solid/acp#")
AS: Final = Namespace("https://www.w3.org/ns/activitystreams#")
CRED: Final = Namespace("https://www.w3.org/2018/credentials#")
DCAT: Final = Namespace("http://www.w3.org/ns/dcat#")
DCTERMS: Final = Namespace("http://purl.org/dc/terms/")
DPV: Final = Namespace("https://w3id.org/dpv#")
FOAF: Final = Namespace("http://xmlns.com/foaf/0.1/")
LDP: Final = Namespace("http://www.w3.org/ns/ldp#")
NOTIFY: Final = Namespace("http://www.w3.org/ns/solid/notifications#")
OB: Final = Namespace("https://purl.imsglobal.org/spec/vc/ob/vocab.html#")
ORG: Final = Namespace("http://www.w3.org/ns/org#")
OWL: Final = Namespace("http://www.w3.org/2002/07/owl#")
PAIR: Final = Namespace("http://virtual-assembly.org/ontologies/pair#")
PIM: Final = Namespace("http://www.w3.org/ns/pim/space#")
POSIX: Final = Namespace("http://www.w3.org/ns/posix/stat#")
PROV: Final = Namespace("http://www.w3.org/ns/prov#")
QB: Final = Namespace("http://purl.org/linked-data/cube#")
RDF: Final = Namespace("http://www.w3.org/1999/02/22-rdf-syntax-ns#")
RDFS: Final = Namespace("http://www.w3.org/2000/01/rdf-schema#")
SCHEMA: Final = Namespace("https://schema.org/")
SEC: Final = Namespace("https://w3id.org/security#")
SH: Final = Namespace("http://www.w3.org/ns/shacl#")
SIOC: Final = Namespace("http://rdfs.org/sioc/ns#")
SKOS: Final = Namespace("http://www.w3.org/2004/02/skos/core#")
SOLID: Final = Namespace("http://www.w3.org/ns/solid/terms#")
VCARD: Final = Namespace("http://www.w3.org/2006/vcard/ns#")
VF: Final = Namespace("https://w3id.org/valueflows/ont/vf#")
VOID: Final = Namespace("http://rdfs.org/ns/void#")
XSD: Final = Namespace("http://www.w3.org/2001/XMLSchema#")

PREFIXES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "acl": ACL.iri,
        "as": AS.iri,
        "cred": CRED.iri,
        "dcat": DCAT.iri,
        "dcterms": DCTERMS.iri,
        "dpv": DPV.iri,
        "foaf": FOAF.iri,
        "ldp": LDP.iri,
        "notify": NOTIFY.iri,
        "ob": OB.iri,
        "org": ORG.iri,
        "owl": OWL.iri,
        "pair": PAIR.iri,
        "pim": PIM.iri,
        "posix": POSIX.iri,
        "prov": PROV.iri,
        "qb": QB.iri,
        "rdf": RDF.iri,
        "rdfs": RDFS.iri,
        "schema": SCHEMA.iri,
        "sec": SEC.iri,
        "sh": SH.iri,
        "sioc": SIOC.iri,
        "skos": SKOS.iri,
        "solid": SOLID.iri,
        "vcard": VCARD.iri,
        "vf": VF.iri,
        "void": VOID.iri,
        "xsd": XSD.iri,
    }
)
"""Prefix by name; `rdf.serialize` writes only those that a document needs."""

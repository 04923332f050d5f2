"""JSON-LD with bundled contexts only, and a guard that refuses what the processors would drop or bend silently.

A term that no context defines vanishes silently in every JSON-LD processor, and so would be shown
to people without being signed; a context brought along by the document can make `issuer` mean
`subject`. `guard` is the safe mode that neither of our two engines has. It also insists on the
compacted form with known contexts in a fixed order, because the rest of the program reads
credentials by their JSON keys. https://www.w3.org/TR/vc-data-integrity/#securing-data-losslessly,
https://www.w3.org/TR/vc-data-model-2.0/#json-ld
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pyoxigraph import NamedNode

from pod_app.errors import N_, Invalid
from pod_app.standards.context_files import KNOWN, REVISED, Edition, context, terms
from pod_app.standards.expansion import (
    Expansion,
    expand,
    expand_noting,
    inline,
    inline_text,
    require_shallow,
    require_small,
)
from pod_app.standards.remembered import Remembered, digest

__all__ = [
    "KNOWN",
    "Edition",
    "Expansion",
    "context",
    "edition_of",
    "expand",
    "guard",
    "guard_proof",
    "inline",
    "inline_text",
    "safe_expand",
]

VC_1: Final = "https://www.w3.org/2018/credentials/v1"
VC_2: Final = "https://www.w3.org/ns/credentials/v2"
_OB: Final = "https://purl.imsglobal.org/spec/ob/v3p0/"
OPEN_BADGES_3: Final = f"{_OB}context-3.0.3.json"
OPEN_BADGES: Final = frozenset(
    {OPEN_BADGES_3, f"{_OB}context.json", *(f"{_OB}context-3.0.{patch}.json" for patch in range(3))}
)
EXTENSIONS: Final = frozenset(
    {
        f"{_OB}extensions.json",
        "https://w3id.org/security/data-integrity/v1",
        "https://w3id.org/security/data-integrity/v2",
        "https://w3id.org/security/multikey/v1",
        "https://w3id.org/security/suites/ed25519-2020/v1",
        "https://www.w3.org/ns/credentials/status/v1",
    }
)
STATUS_LISTS: Final = frozenset({"BitstringStatusListCredential", "StatusList2021Credential"})

_GUARDED: Final = Remembered[bool]()
_VALUE_KEYWORDS: Final = frozenset({"@value", "@language"})
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_REMEDY: Final = N_("Ask the issuer for a corrected badge; a correction needs a new signature.")
_CANDIDATES: Final = 20

Path = tuple[str | int, ...]


def edition_of(document: Any) -> Edition:
    """Edition in which a document must be read: the newer one only when it uses a word that no other edition has.

    Reading such a document in the published edition would drop that word, and so take it for signed
    when it is not; hence there is no second try with the other edition.
    """
    places = list(_places(document))
    contexts = [holder[key] for _, holder, key in places if key == "@context"]
    listed = {url for found in contexts for url in _strings(found)} & REVISED
    added = {word for url in listed for word in terms(url, Edition.NEWER) - terms(url, Edition.PUBLISHED)}
    return Edition.NEWER if any(key in added for _, _, key in places) else Edition.PUBLISHED


def guard(document: Any, edition: Edition | None = None) -> None:
    """Refuse a credential whose JSON says more, or something else, than its signed triples.

    Invalid names the place in the document (`credentialSubject.achievement.foo`): undefined terms;
    relative or malformed ids, types and datatypes; `@direction`; inline, unknown or wrongly ordered
    contexts; keywords and prefixed names in place of plain terms. Call it before trusting a proof.
    The document's own proofs are left out: a set may hold kinds unknown here, and each one that is
    checked is guarded by `guard_proof`. Contexts are read in `edition`, by default `edition_of` it.
    """
    name = _name(document, edition)
    if _GUARDED.get(name) is None:
        safe_expand(document, edition)
        _GUARDED.keep(name, True)


def _name(document: Any, edition: Edition | None) -> bytes | None:
    """What stands for this document without its proofs in memory; nothing for what is refused before it is read."""
    if not isinstance(document, Mapping):
        return None
    require_shallow(document)
    return digest({key: value for key, value in document.items() if key != "proof"}, edition and edition.name)


def guard_proof(config: Mapping[str, Any]) -> Expansion:
    """Expand proof options (with the document's `@context`); Invalid for a word that would not be signed."""
    require_small(config)
    dropped: list[str | None] = []
    expanded = expand_noting(config, dropped.append)
    if dropped:
        raise _refused(
            N_("{path}: no context of the document defines this word in a proof, so it would not be signed."),
            ("proof", str(dropped[0])),
        )
    for problem, value in _faults(expanded):
        raise _refused(problem, ("proof",), value=value[:200])
    return expanded


def safe_expand(document: Any, edition: Edition | None = None) -> Expansion:
    """`guard`, giving the expanded form, without its proofs, to callers that need both."""
    if not isinstance(document, Mapping):
        raise Invalid(N_("A badge is one JSON object; this is something else."), N_("Send the badge itself."))
    document = {key: value for key, value in document.items() if key != "proof"}
    require_shallow(document)
    require_small(document)
    edition = edition or edition_of(document)
    for path, holder, key in _places(document):
        _require_plain(path, holder, key)
    if "@context" not in document:
        raise _refused(N_("The document has no @context, so its words have no meaning."), ())
    dropped: list[str | None] = []
    expanded = expand_noting(document, dropped.append, edition)
    if dropped:
        raise _undefined(document, dropped, edition)
    if len(expanded) != 1:
        raise Invalid(N_("The document says nothing: none of its words has a meaning."), _REMEDY)
    for problem, value in _faults(expanded[0]):
        raise _faulty(document, problem, value, edition)
    return expanded


def _places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Mapping[str, Any], str]]:
    """Every key of every object, with the path to it; contexts are not entered."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield (*path, key), value, key
            if key != "@context":
                yield from _places(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _places(item, (*path, number))


def _require_plain(path: Path, holder: Mapping[str, Any], key: str) -> None:
    """One key of the source document is a plain term, an allowed list of contexts or part of a text in a language."""
    if key == "@context":
        _require_contexts(holder, path)
    elif key.startswith("@") and (key not in _VALUE_KEYWORDS or "@value" not in holder):
        raise _refused(N_("{path}: the JSON-LD keyword {key} is not used in badges."), path, key=key)
    elif ":" in key:
        raise _refused(
            N_("{path}: the name {key} is written in full or with a prefix, where a plain term is due."), path, key=key
        )


def _require_contexts(holder: Mapping[str, Any], path: Path) -> None:
    """Credentials vocabulary, then Open Badges (except in status lists), then known extensions, each once."""
    listed = holder["@context"] if isinstance(holder["@context"], list) else [holder["@context"]]
    if len(path) > 1 and "VerifiableCredential" not in _types(holder):
        raise _refused(N_("{path} changes the contexts inside the document; only an embedded credential may."), path)
    for entry in listed:
        if not isinstance(entry, str):
            raise _refused(N_("{path} defines words by itself, which could change what the signed words mean."), path)
        if entry not in KNOWN:
            raise _refused(N_("{path} names {url}, a context that this program does not know."), path, url=entry[:200])
    if not listed or listed[0] not in {VC_1, VC_2}:
        raise _refused(N_("{path} must begin with {first}."), path, first=VC_2)
    badges = [entry for entry in listed[1:2] if entry in OPEN_BADGES]
    if not badges and STATUS_LISTS.isdisjoint(_types(holder)):
        raise _refused(
            N_("{path} must have an Open Badges 3.0 context such as {second} in second place."),
            path,
            second=OPEN_BADGES_3,
        )
    for entry in listed[1 + len(badges) :]:
        if entry not in EXTENSIONS or listed.count(entry) > 1:
            raise _refused(
                N_("{path} names {url} in a place where only known extensions may stand, each once."), path, url=entry
            )


def _types(holder: Mapping[str, Any]) -> frozenset[str]:
    return _strings(holder.get("type"))


def _strings(value: Any) -> frozenset[str]:
    """Strings of a value that JSON-LD writes alone or in an array."""
    return frozenset(item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str))


def _faults(node: Any) -> Iterator[tuple[str, str]]:
    """(sentence, offending value) for everything in the expanded document that an engine would drop or bend."""
    if isinstance(node, list):
        for item in node:
            yield from _faults(item)
    elif isinstance(node, dict) and "@value" in node:
        yield from _faults_of_value(node)
    elif isinstance(node, dict):
        yield from _faults_of_names(node)
        for key, item in node.items():
            if key not in {"@id", "@type"}:
                yield from _faults(item)


def _faults_of_value(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "@direction" in value:
        yield N_("{path}: a text direction cannot be signed."), str(value["@value"])
    if "@index" in value:
        yield N_("{path}: an index cannot be signed."), str(value["@value"])
    if not _LANGUAGE.fullmatch(value.get("@language", "und")):
        yield N_("{path}: «{value}» is not a language tag."), value["@language"]
    if value.get("@type", "@json") != "@json" and not _is_iri(value["@type"]):
        yield N_("{path}: «{value}» is not a datatype."), value["@type"]


def _faults_of_names(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "@id" in node and not _is_iri(node["@id"]):
        yield N_("{path}: «{value}» is not a full IRI, so it cannot be signed as an id."), node["@id"]
    for name in node.get("@type", ()):
        if not _is_iri(name):
            yield N_("{path}: no context of the document defines the type «{value}»."), name
    for key in node:
        if key.startswith("@") and key not in {"@id", "@type", "@graph", "@list", "@set"}:
            yield N_("{path}: «{value}» is not used in badges."), key
        elif not key.startswith("@") and not _is_iri(key):
            yield N_("{path}: «{value}» is not the IRI of a property."), key


def _is_iri(value: Any) -> bool:
    """Absolute and well-formed, by the parser that will later drop it silently if it is not."""
    try:
        return bool(NamedNode(value))
    except (TypeError, ValueError):
        return False


def _faulty(document: Any, problem: str, value: str, edition: Edition) -> Invalid:
    path = next((path for path, found in _leaves(document) if found == value), ())
    return _refused(problem, path, value=value[:200], hint=_definer(value, edition))


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key != "@context":
                yield from _leaves(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _leaves(item, (*path, number))
    else:
        yield path, value


def _undefined(document: Mapping[str, Any], dropped: list[str | None], edition: Edition) -> Invalid:
    """Names the place of a dropped word; of several places with that word, the one whose removal drops one less."""
    places = [path for path, _, key in _places(document) if key == dropped[0]]
    path = places[0] if places else ()
    for candidate in places[:_CANDIDATES] if len(places) > 1 else ():
        if _dropped_without(document, candidate, edition) < len(dropped):
            path = candidate
            break
    return _refused(
        N_("{path}: no context of the document defines this word here, so it would not be signed."),
        path,
        hint=_definer(dropped[0], edition),
    )


def _dropped_without(document: Mapping[str, Any], path: Path, edition: Edition) -> int:
    dropped: list[str | None] = []
    copy = json.loads(json.dumps(document))
    holder = copy
    for step in path[:-1]:
        holder = holder[step]
    del holder[path[-1]]
    expand_noting(copy, dropped.append, edition)
    return len(dropped)


def _definer(word: str | None, edition: Edition) -> str:
    """Address of a context that defines the word and that badges may list; empty when there is none."""
    allowed = (OPEN_BADGES_3, *sorted(EXTENSIONS))
    return next((url for url in allowed if word in terms(url, edition)), "")


def _refused(sentence: str, path: Path, *, hint: str = "", **values: object) -> Invalid:
    remedy = N_("It belongs to {hint}: the issuer has to list that and give the object around it its proper type.")
    return Invalid(sentence, remedy if hint else _REMEDY, path=_shown(path), hint=hint, **values)


def _shown(path: Path) -> str:
    """`credentialSubject.achievement.alignment[0].foo`."""
    parts = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(parts).lstrip(".")[:300] or "@context"

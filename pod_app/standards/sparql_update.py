"""The part of SPARQL 1.1 Update that changes one document: https://www.w3.org/TR/sparql11-update/ (solid.md J).

INSERT DATA, DELETE DATA, DELETE WHERE and DELETE/INSERT … WHERE on the default graph, several of them
in a row; conditions are statements only. Nothing here runs a query: each block is read as TriG with
variables, so that an operation which is not known cannot happen.
"""

from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

from pod_app.errors import N_, Invalid, Unreadable
from pod_app.standards import patch_text
from pod_app.standards.patch import Operation, Patch, Pattern, checked, refuse_large
from pod_app.standards.patch_text import Names

MEDIA_TYPE: Final = "application/sparql-update"
_SIGNS: Final = frozenset(".;,[]()")
_WORDS_INSIDE: Final = frozenset({"a", "true", "false"})
_DECLARATIONS: Final = frozenset({"PREFIX", "BASE"})
_TAKEN: Final = N_("Taken are INSERT DATA, DELETE DATA, DELETE WHERE and DELETE/INSERT … WHERE, with plain statements.")

Token = tuple[str, str]


def parse(data: bytes, target_iri: str) -> Patch:
    """The patch that an update describes; raises `Unreadable`, and `Invalid` for what is outside of this part."""
    text = patch_text.decoded(data)
    meaningful = [token for token in patch_text.tokens(text) if token[0] not in {"comment", "space"}]
    reader = _Reader(meaningful, target_iri)
    operations = tuple(reader.operations())
    refuse_large(operations)
    return Patch(tuple(checked(one) for one in operations), reader.prefixes, strict=False)


class _Reader:
    """Goes through the tokens once, from left to right."""

    def __init__(self, tokens: list[Token], target_iri: str) -> None:
        self._tokens = tokens
        self._place = 0
        self._target = target_iri
        self._prologue = ""
        self.prefixes: dict[str, str] = {}

    def operations(self) -> Iterator[Operation]:
        """Each operation, `;` between them and perhaps behind the last (grammar rule 29)."""
        while self._left():
            self._declarations()
            if not self._left():
                return
            yield self._operation()
            if self._left() and not self._take(";"):
                raise self._unexpected()

    def _declarations(self) -> None:
        while (word := self._word()) in _DECLARATIONS:
            self._place += 1
            length = 2 if word == "PREFIX" else 1
            parts = [self._next() for _ in range(length)]
            if [kind for kind, _ in parts] != ["name", "iri"][-length:]:
                raise Unreadable(N_("A {word} of this update cannot be read."), _TAKEN, word=word)
            self._prologue += f"{word} {' '.join(text for _, text in parts)}\n"

    def _operation(self) -> Operation:
        word = self._word()
        if word not in {"INSERT", "DELETE"}:
            raise self._unexpected()
        self._place += 1
        if self._take("DATA"):
            return self._data(word)
        if word == "DELETE" and self._take("WHERE"):
            patterns = self._block()
            return Operation(where=patterns, deletes=patterns)
        deletes = self._block() if word == "DELETE" else ()
        inserts = self._block() if word == "INSERT" or self._take("INSERT") else ()
        if not self._take("WHERE"):
            raise self._unexpected()
        return Operation(where=self._block(), deletes=deletes, inserts=inserts)

    def _data(self, word: str) -> Operation:
        patterns = self._block()
        if any(isinstance(term, ox.Variable) for pattern in patterns for term in pattern):
            raise Invalid(N_("{word} DATA holds a variable."), N_("Write {word} {{ … }} WHERE {{ … }}."), word=word)
        return Operation(inserts=patterns) if word == "INSERT" else Operation(deletes=patterns)

    def _block(self) -> tuple[Pattern, ...]:
        if not self._take("{"):
            raise self._unexpected()
        names = Names()
        written: list[str] = []
        while not self._take("}"):
            written.append(self._inside(names))
        text = f"{names.declaration}{self._prologue}{names.prefix}:block {{ {' '.join(written)} }}"
        quads, prefixes = patch_text.statements(text, ox.RdfFormat.TRIG, self._target)
        self.prefixes |= {prefix: iri for prefix, iri in prefixes.items() if prefix != names.prefix}
        return tuple(names.pattern(quad) for quad in quads)

    def _inside(self, names: Names) -> str:
        kind, text = self._next()
        if kind == "variable":
            return names.write(text)
        if (kind == "word" and text not in _WORDS_INSIDE) or (kind == "sign" and text not in _SIGNS):
            raise Invalid(N_("«{word}» is not taken in an update here."), _TAKEN, word=text)
        return text

    # -- tokens ----------------------------------------------------------------------------------

    def _left(self) -> bool:
        return self._place < len(self._tokens)

    def _next(self) -> Token:
        if not self._left():
            raise Unreadable(N_("This update ends too early."), _TAKEN)
        self._place += 1
        return self._tokens[self._place - 1]

    def _word(self) -> str:
        kind, text = self._tokens[self._place] if self._left() else ("", "")
        return text.upper() if kind == "word" else text

    def _take(self, word: str) -> bool:
        found = self._word() == word
        self._place += found
        return found

    def _unexpected(self) -> Exception:
        kind, text = self._tokens[self._place] if self._left() else ("", "")
        if kind == "word":
            return Invalid(N_("«{word}» is not taken in an update here."), _TAKEN, word=text[:80])
        if not self._left():
            return Unreadable(N_("This update ends too early."), _TAKEN)
        return Unreadable(N_("This update cannot be read at «{word}»."), _TAKEN, word=text[:80])

"""Every English sentence has its French twin, with the same values in it, and no twin is left over."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import pod_app
from pod_app.errors import NotFound
from pod_app.language import translator

PACKAGE = Path(pod_app.__file__).resolve().parent
CATALOGUE = PACKAGE / "translations" / "fr" / "messages.po"
METHODS = [("**.py", "python"), ("web/templates/**.html", "jinja2")]
KEYWORDS = {"N_": None, "_": None, "gettext": None, "ngettext": (1, 2)}
Key = tuple[str, ...]


def forms(text: object) -> Key:
    return tuple(text) if isinstance(text, tuple | list) else (str(text),)


@pytest.fixture(scope="module")
def sentences() -> set[Key]:
    found = extract_from_dir(PACKAGE, METHODS, keywords=KEYWORDS, options_map={"**.html": {"encoding": "utf-8"}})
    return {forms(message) for _file, _line, message, _comments, _context in found}


@pytest.fixture(scope="module")
def french() -> dict[Key, Key]:
    with CATALOGUE.open("rb") as file:
        return {forms(message.id): forms(message.string) for message in read_po(file, locale="fr") if message.id}


def names(text: str) -> set[str]:
    return set(re.findall(r"(?<!{){(\w+)[^{}]*}(?!})", text))


def test_every_sentence_has_its_french(sentences, french):
    assert sorted(sentences - french.keys()) == []
    assert sorted(key for key, twin in french.items() if not all(twin)) == []


def test_no_french_is_left_over(sentences, french):
    assert sorted(french.keys() - sentences) == []


def test_both_languages_hold_the_same_values(french):
    unlike = {
        english: twin
        for english, twin in french.items()
        if any(names(twin[at]) != names(english[min(at, len(english) - 1)]) for at in range(len(twin)))
    }
    assert unlike == {}


def test_french_signs_of_two_parts_keep_to_their_word(french):
    loose = [twin for twin in french.values() if any(re.search(r" [:;?!»]|« ", text) for text in twin)]
    assert loose == []


def test_an_error_reads_in_the_language_of_the_reader():
    error = NotFound("There is nothing at {path}.", "Check the address.", path="/x")
    words = [text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'") for text in translator("fr").error(error)]
    assert words == ["Il n'y a rien ici", "Il n'y a rien à /x.", "Vérifier l'adresse."]


def test_zero_and_one_are_singular_in_french():
    words = translator("fr").ngettext, ("Signing key", "Signing keys")
    assert [words[0](*words[1], number) for number in (0, 1, 2)] == [
        "Clé de signature",
        "Clé de signature",
        "Clés de signature",
    ]

"""French and English sentences from one catalogue, read as it is written (no compiled files to forget).

English is the language of the source; `translations/fr/messages.po` holds its French twin. A test
fails when an English sentence has no French.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.pofile import read_po

from pod_app.errors import PodAppError, Wording

LOCALES: Final = ("fr", "en")
DEFAULT_LOCALE: Final = "fr"
CATALOGUES: Final = Path(__file__).resolve().parent / "translations"


class Translator:
    """Sentences of one locale."""

    def __init__(self, locale: str, singular: Mapping[str, str], plural: Mapping[str, tuple[str, ...]]) -> None:
        self.locale = locale
        self._singular = singular
        self._plural = plural

    def gettext(self, text: str) -> str:
        """`text` in this locale, or unchanged when the catalogue does not hold it."""
        return self._singular.get(text, text)

    def ngettext(self, one: str, many: str, number: int) -> str:
        """The form for `number`: in French 0 and 1 are singular, in English only 1."""
        index = int(number > 1) if self.locale == "fr" else int(number != 1)
        return self._plural.get(one, (one, many))[index]

    def error(self, error: PodAppError) -> tuple[str, str, str]:
        """Title, detail and remedy of an error, in this locale."""
        values = {
            name: value.read_in(self.locale) if isinstance(value, Wording) else value
            for name, value in error.values.items()
        }
        detail = self.gettext(error.detail_template).format_map(values)
        remedy = self.gettext(error.remedy_template).format_map(values) if error.remedy_template else ""
        return self.gettext(error.title), detail, remedy


@cache
def translator(locale: str) -> Translator:
    """The translator of `fr` or `en`; catalogues never change while the program runs."""
    if locale not in LOCALES:
        raise ValueError(locale)
    path = CATALOGUES / locale / "messages.po"
    if not path.exists():
        return Translator(locale, {}, {})
    with path.open("rb") as file:
        catalogue = read_po(file, locale=locale)
    singular: dict[str, str] = {}
    plural: dict[str, tuple[str, ...]] = {}
    for message in catalogue:
        if isinstance(message.id, str) and message.id and isinstance(message.string, str) and message.string:
            singular[message.id] = message.string
        elif isinstance(message.id, tuple) and isinstance(message.string, tuple) and all(message.string):
            plural[message.id[0]] = message.string
    return Translator(locale, singular, plural)


def of_environment(environ: Mapping[str, str]) -> str:
    """Locale of a terminal: French unless the environment names another language."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environ.get(name, "")
        if value and value not in {"C", "POSIX", "C.UTF-8"}:
            return "fr" if value.startswith("fr") else "en"
    return DEFAULT_LOCALE

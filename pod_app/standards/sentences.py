"""A sentence for people, kept as template and values until a door knows the reader's language.

Errors carry their own (`errors.PodAppError`); findings that are no errors carry these.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pod_app.errors import PodAppError


@dataclass(frozen=True, slots=True)
class Sentence:
    """An English template marked by `N_`, with the values of its `{names}`."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The sentence in English."""
        return self.template.format_map(self.values)

    def translated(self, gettext: Callable[[str], str]) -> str:
        """Render the sentence in the language of `gettext`."""
        return gettext(self.template).format_map(self.values)


def say(template: str, /, **values: object) -> Sentence:
    """Make a sentence out of a template and its values."""
    return Sentence(template, values)


def of_error(error: PodAppError) -> tuple[Sentence, Sentence | None]:
    """Detail and remedy of an error; no remedy when it has none."""
    remedy = Sentence(error.remedy_template, error.values) if error.remedy_template else None
    return Sentence(error.detail_template, error.values), remedy

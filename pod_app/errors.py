"""Every error that the program means to show somebody, by meaning and without HTTP numbers.

    PodAppError
    ├── Unauthenticated      nobody proved who is asking, or the proof is bad
    ├── Forbidden            we know who is asking; the answer is no
    ├── NotFound             nothing stands at that address
    │   ├── Gone                 something stood there, and its time is over
    │   └── Elsewhere            but it does at the same name with or without a final slash
    ├── Conflict             it contradicts what stands there
    ├── PreconditionFailed   If-Match, If-None-Match and their kin
    ├── Unreadable           it does not parse
    ├── Invalid              it parses and breaks a rule (a shape, a form field)
    ├── Unsupported          a method, media type or form we do not handle
    │   ├── MethodNotAllowed     that method, at this kind of resource
    │   │   └── MethodUnknown    that method, anywhere
    │   ├── NotAcceptable        none of the media types asked for
    │   └── UnsupportedMediaType that media type in a body
    │       └── UnknownPatch         that language of a patch
    ├── TooLarge             more bytes, triples or rows than allowed
    ├── QuotaExceeded        the pod or the disk is full
    ├── TooMany              one caller has as many of them as anybody may have
    ├── TooComplex           it would cost more work than allowed
    ├── RangeUnsatisfiable   no such part of the body
    ├── Unreachable          a remote document could not be had
    │   └── Vanished             its host answers that it is gone for good
    └── Unavailable          try again later
        ├── TooOften             somebody tried so often that it looks like guessing
        └── Damaged              the data folder cannot be used as it is

Each one carries a sentence on what is wrong and where (`detail`) and one on what to do (`remedy`).
Sentences are written in English with `{names}` for the values, marked by `N_`, and translated at the
door (`language.Translator`), so that an error raised deep inside reads in the reader's language.
`web/problems.py` holds the only table from these classes to status codes.
"""

from typing import ClassVar


def N_(text: str) -> str:  # noqa: N802  # the name that gettext tools look for
    """Mark a sentence for translation without translating it yet."""
    return text


class Wording:
    """A value of an error that its author wrote in several languages; English where none is asked for."""

    def __init__(self, in_english: str, in_french: str) -> None:
        self._texts = {"en": in_english, "fr": in_french}

    def __str__(self) -> str:
        return self._texts["en"]

    def read_in(self, language: str) -> str:
        """The text for readers of `language`."""
        return self._texts.get(language, str(self))


class PodAppError(Exception):
    """An expected failure, told in words; `values` fill the `{names}` of detail and remedy."""

    title: ClassVar[str] = N_("Something went wrong")

    def __init__(self, detail: str, remedy: str = "", /, **values: object) -> None:
        super().__init__(detail)
        self.detail_template = detail
        self.remedy_template = remedy
        self.values = values

    @property
    def detail(self) -> str:
        """What is wrong and where, in English."""
        return self.detail_template.format_map(self.values)

    @property
    def remedy(self) -> str:
        """What to do about it, in English; empty when there is nothing to do."""
        return self.remedy_template.format_map(self.values)

    def __str__(self) -> str:
        return f"{self.detail} {self.remedy}".strip()


class Unauthenticated(PodAppError):
    """Nobody proved who is asking, or the proof is bad; `code` is then OAuth's word for what is wrong with it."""

    title = N_("Who is asking?")

    def __init__(self, detail: str, remedy: str = "", /, *, code: str = "", **values: object) -> None:
        super().__init__(detail, remedy, **values)
        self.code = code


class Forbidden(PodAppError):
    """We know who is asking; the answer is no."""

    title = N_("You may not do this")


class NotFound(PodAppError):
    """Nothing stands at that address."""

    title = N_("There is nothing here")


class Elsewhere(NotFound):
    """Nothing stands at that address, and what is meant stands at `location`, which the asker may know."""

    title = N_("It is at another address")

    def __init__(self, detail: str, remedy: str = "", /, *, location: str, **values: object) -> None:
        super().__init__(detail, remedy, location=location, **values)
        self.location = location


class Gone(NotFound):
    """Something stood there, and its time is over."""

    title = N_("This is over")


class Conflict(PodAppError):
    """It contradicts what stands there."""

    title = N_("This contradicts what is already there")


class PreconditionFailed(PodAppError):
    """The caller's condition on the state of the resource does not hold."""

    title = N_("It has changed in the meantime")


class Unreadable(PodAppError):
    """It does not parse as what it says it is."""

    title = N_("This could not be read")


class Invalid(PodAppError):
    """It parses and breaks a rule."""

    title = N_("This breaks a rule")


class Unsupported(PodAppError):
    """A form that is not handled."""

    title = N_("This is not supported")


class MethodNotAllowed(Unsupported):
    """A known method that this kind of resource does not have; `allowed` are those it has."""

    title = N_("This cannot be done here")

    def __init__(self, detail: str, remedy: str = "", /, *, allowed: tuple[str, ...], **values: object) -> None:
        super().__init__(detail, remedy, **values)
        self.allowed = allowed


class MethodUnknown(MethodNotAllowed):
    """A method that is none of those this server has heard of."""


class NotAcceptable(Unsupported):
    """None of the media types that were asked for can be made from what is stored."""

    title = N_("Not available in that form")


class UnsupportedMediaType(Unsupported):
    """A body in a media type that is not taken here."""

    title = N_("This kind of content is not taken here")


class UnknownPatch(UnsupportedMediaType):
    """A patch in a language that is not known; `accepted` are the media types of those that are."""

    def __init__(self, detail: str, remedy: str = "", /, *, accepted: tuple[str, ...], **values: object) -> None:
        super().__init__(detail, remedy, **values)
        self.accepted = accepted


class TooLarge(PodAppError):
    """More bytes, triples or rows than allowed."""

    title = N_("This is too large")


class QuotaExceeded(PodAppError):
    """The pod or the disk is full."""

    title = N_("There is no room left")


class TooMany(PodAppError):
    """One caller has as many of them as anybody may have."""

    title = N_("That is too many")


class TooComplex(PodAppError):
    """It would cost more work than allowed."""

    title = N_("This is too intricate")


class RangeUnsatisfiable(PodAppError):
    """The body, `size` bytes long, has no such part."""

    title = N_("There is no such part")

    def __init__(self, detail: str, remedy: str = "", /, *, size: int, **values: object) -> None:
        super().__init__(detail, remedy, size=size, **values)
        self.size = size


class Unreachable(PodAppError):
    """A remote document could not be had; the reason never tells more than that."""

    title = N_("It could not be reached")


class Vanished(Unreachable):
    """The host of a remote document answers that it is gone for good."""

    title = N_("It is no more")


class Unavailable(PodAppError):
    """It cannot be answered now; the same request may work later."""

    title = N_("Not available right now")


class TooOften(Unavailable):
    """Somebody tried so often that it looks like guessing; after `seconds` they may go on."""

    title = N_("One moment, please")

    def __init__(self, detail: str, remedy: str = "", /, *, seconds: int, **values: object) -> None:
        super().__init__(detail, remedy, **values)
        self.seconds = seconds


class Damaged(Unavailable):
    """The data folder cannot be used as it is."""

    title = N_("The data folder cannot be used")

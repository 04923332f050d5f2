"""What templates may call: sentences, dates and numbers in the reader's language, and safe addresses.

One way to speak in a template: `{{ _("Issued by {issuer}.", issuer=name) }}` and
`{{ ngettext("{number} badge", "{number} badges", count) }}`. The English sentence is looked up in the
catalogue and escaped; every value is escaped as well unless it is Markup already (a link made by a
macro); so the result is always safe HTML. A literal brace is written twice.
"""

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal
from jinja2 import Environment
from markupsafe import Markup, escape

from pod_app.language import Translator
from pod_app.web.badges.badge_art import artwork

STATIC: Final = Path(__file__).resolve().parent / "static"
LINKS: Final = frozenset({"http", "https", "mailto"})


def prepare(environment: Environment, translator: Callable[[], Translator]) -> None:
    """Give `environment` its functions and filters; `translator` answers the language of the current request.

    Functions: `_`, `ngettext`, `static(name)`, `badge_art(seed, name, category)`.
    Filters: `day`, `moment`, `number`, `hours`, `money`, `web_link`, `without_scheme`, `iso`.
    """
    environment.autoescape = True

    def locale() -> str:
        return translator().locale

    def sentence(text: str, /, **values: object) -> Markup:
        return fill(translator().gettext(text), values)

    def counted(one: str, many: str, number: int, /, **values: object) -> Markup:
        chosen = translator().ngettext(one, many, number)
        return fill(chosen, {"number": number_text(number, locale()), **values})

    environment.globals.update(_=sentence, ngettext=counted, static=static, badge_art=_drawing)
    environment.filters.update(
        day=lambda value: day(value, locale()),
        moment=lambda value: moment(value, locale()),
        number=lambda value: number_text(value, locale()),
        hours=lambda value: hours(value, locale()),
        money=lambda value, currency="EUR": money(value, currency, locale()),
        web_link=web_link,
        without_scheme=without_scheme,
        iso=iso,
    )


def fill(sentence: str, values: dict[str, object]) -> Markup:
    """Put `values` into the `{names}` of a sentence; both come out escaped, Markup values as they are."""
    return escape(sentence).format_map(values)


def static(name: str) -> str:
    """Address of a file in `static/` that changes with its content, so that it may be kept for ever."""
    return f"/static/{name}?v={_fingerprint(name)}"


@cache
def _fingerprint(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]


def _drawing(seed: str, name: str, category: str = "") -> Markup:
    return Markup(artwork(seed, name, category))  # noqa: S704  # badge_art escapes the one text it is given


def day(value: date | str, locale: str) -> str:
    """Write «jeudi 12 mars 2026» or «Thursday 12 March 2026»; a text that is no ISO date comes back unchanged."""
    found = _as_date(value)
    if found is None:
        return str(value)
    text: str = format_date(found, "EEEE d MMMM y", locale=locale)
    return text.replace(" 1 ", " 1er ", 1) if locale == "fr" and found.day == 1 else text


def moment(value: datetime | str, locale: str) -> str:
    """Write «jeudi 12 mars 2026, 14:05 UTC»; without a time of day only the day."""
    found = _as_date(value)
    if not isinstance(found, datetime):
        return day(value, locale)
    clock: str = format_time(found, "HH:mm", locale=locale)
    return f"{day(found, locale)}, {clock} UTC"


def iso(value: date | str) -> str:
    """Write a date for machines, as `<time datetime>` wants it."""
    return value if isinstance(value, str) else value.isoformat()


def number_text(value: float | Decimal, locale: str) -> str:
    """Write `1 234,5` in French and `1,234.5` in English."""
    return str(format_decimal(value, locale=locale))


def hours(minutes: int, locale: str) -> str:
    """Write minutes as «12 h 05»."""
    return f"{number_text(minutes // 60, locale)}\u00a0h\u00a0{minutes % 60:02}"


def money(value: Decimal | int, currency: str, locale: str) -> str:
    """Write «285,00 €»; decimals or whole numbers only, never floats."""
    return str(format_currency(value, currency, locale=locale))


def web_link(value: object) -> str:
    """`value` when a browser may follow it safely (http, https, mailto, or a path of ours), else an empty text."""
    text = str(value or "").strip()
    if any(ord(letter) <= 32 for letter in text) or "\\" in text:  # noqa: PLR2004  # the last control character is the space
        return ""
    if text.startswith("/"):
        return "" if text.startswith("//") else text
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme in LINKS and (parts.netloc or parts.scheme == "mailto") else ""


def without_scheme(value: str) -> str:
    """Drop `https://` and a last slash: what people read aloud."""
    return value.removeprefix("https://").removeprefix("http://").rstrip("/")


def _as_date(value: date | str) -> date | None:
    """Read a date, or a datetime in UTC; a text may be ISO 8601 with or without a time."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    return value

"""A badge on paper: one A4 page with its picture, its words, and a QR code that leads to the badge itself.

Drawn by ReportLab (ADR 0021) with the fonts that every reader of PDF has. They hold the letters of western
Europe; others are written without their accents, or as «?»: the page of the badge, printed, has them all.
"""

import io
import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from pod_app.badges.bag import kept
from pod_app.errors import N_
from pod_app.language import translator
from pod_app.pods.resources import Reading
from pod_app.services import Services
from pod_app.web import formatting
from pod_app.web.badges import pictures

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

_MARGIN: Final = 62.0  # points, of which 72 are an inch
_WIDTH, _HEIGHT = 595.28, 841.89  # A4
_MEDAL: Final = 200.0
_QR: Final = 104.0
_LONGEST_SIDE: Final = 2_000
_MOST: Final = 700
"""Characters of a description, or of what it takes, that fit beside all the rest."""


def of(services: Services, reading: Reading) -> bytes:
    """The sheet of a badge, in the language of the pod that keeps it."""
    pod = services.catalogue.get(reading.address.pod)
    data, media_type = services.resources.data(reading.stored), reading.stored.media_type
    document = kept.described(data, media_type, lambda: services.backpack.documents_of(reading.address))
    iri = reading.address.iri(services.settings.base_url)
    holder = services.catalogue.of_webid(str(_of(document.get("credentialSubject"), "id")))
    achievement = dict(_object(_of(document.get("credentialSubject"), "achievement")))
    picture = _small(pictures.drawn(services, achievement, pictures.PNG), achievement)
    return sheet(document, picture, iri, "" if holder is None else holder.title, pod.language)


def sheet(document: Mapping[str, Any], picture: bytes, iri: str, recipient: str, language: str) -> bytes:
    """PDF of one A4 page about a badge (under the names of version 3) that stands at `iri`; `picture` is a PNG."""
    from reportlab.lib.utils import ImageReader  # noqa: PLC0415  # only whoever prints waits for it
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415  # as above

    words = translator(language if language in {"fr", "en"} else "fr")
    achievement = _object(_of(document.get("credentialSubject"), "achievement"))
    name = str(document.get("name") or achievement.get("name") or "")
    written = io.BytesIO()
    page = Canvas(written, pagesize=(_WIDTH, _HEIGHT), pageCompression=1, invariant=1, lang=language)
    page.setTitle(_plain(name))
    page.setAuthor(_plain(str(_of(document.get("issuer"), "name") or "")))
    art = ImageReader(io.BytesIO(picture))
    page.drawImage(art, (_WIDTH - _MEDAL) / 2, _HEIGHT - _MARGIN - _MEDAL, _MEDAL, _MEDAL, mask="auto")
    down = _HEIGHT - _MARGIN - _MEDAL - 44
    down = _centred(page, name, down, "Helvetica-Bold", 24)
    for text in _about(document, recipient, words.gettext, language):
        down = _centred(page, text, down - 4, "Helvetica", 12)
    down = _paragraph(page, str(achievement.get("description") or ""), down - 22)
    _paragraph(page, str(_of(achievement.get("criteria"), "narrative") or ""), down - 10)
    _foot(page, iri, words.gettext("Scan to see the badge and check that it is true."))
    page.showPage()
    page.save()
    return written.getvalue()


def _small(picture: bytes, achievement: dict[str, Any]) -> bytes:
    """The picture, or artwork in place of one that would unpack to very much: anybody may have made it."""
    sides = (int.from_bytes(picture[start : start + 4]) for start in (16, 20))  # of the header, which comes first
    if all(0 < side <= _LONGEST_SIDE for side in sides):
        return picture
    return pictures.rasterise(pictures.artwork(achievement))


def _about(document: Mapping[str, Any], recipient: str, gettext: Any, language: str) -> list[str]:
    issuer = str(_of(document.get("issuer"), "name") or _of(document.get("issuer"), "id") or "")
    since, until = (document.get(one) or document.get(old) for one, old in _DATES)
    lines = [
        (N_("Given to {name}"), {"name": recipient}) if recipient else None,
        (N_("Given by {name}"), {"name": issuer}) if issuer else None,
        (N_("On {date}"), {"date": formatting.day(since, language)}) if since else None,
        (N_("Valid until {date}"), {"date": formatting.day(until, language)}) if until else None,
    ]
    return [gettext(text).format_map(values) for text, values in filter(None, lines)]


_DATES: Final = (("validFrom", "issuanceDate"), ("validUntil", "expirationDate"))


def _centred(page: "Canvas", text: str, down: float, font: str, size: int) -> float:
    for line in _lines(text, font, size)[:3]:
        page.setFont(font, size)
        page.drawCentredString(_WIDTH / 2, down, line)
        down -= size * 1.3
    return down


def _paragraph(page: "Canvas", text: str, down: float) -> float:
    shown = text if len(text) <= _MOST else f"{text[:_MOST].rsplit(' ', 1)[0]} …"
    for line in _lines(shown, "Helvetica", 11):
        if down < _MARGIN + _QR + 16:
            return down
        page.setFont("Helvetica", 11)
        page.drawString(_MARGIN, down, line)
        down -= 15
    return down


def _lines(text: str, font: str, size: int) -> list[str]:
    from reportlab.lib.utils import simpleSplit  # noqa: PLC0415  # only whoever prints waits for it

    return list(simpleSplit(_plain(text), font, size, _WIDTH - 2 * _MARGIN))


def _foot(page: "Canvas", iri: str, text: str) -> None:
    """The code, which is also a link, and the address in letters for those who cannot scan."""
    from reportlab.graphics import renderPDF  # noqa: PLC0415  # only whoever prints waits for it
    from reportlab.graphics.barcode.qr import QrCodeWidget  # noqa: PLC0415  # as above
    from reportlab.graphics.shapes import Drawing  # noqa: PLC0415  # as above

    code = QrCodeWidget(iri, barLevel="M", barWidth=_QR, barHeight=_QR)
    renderPDF.draw(Drawing(_QR, _QR, code), page, _MARGIN, _MARGIN - 20)
    page.linkURL(iri, (_MARGIN, _MARGIN - 20, _MARGIN + _QR, _MARGIN - 20 + _QR))
    page.setFont("Helvetica-Bold", 11)
    page.drawString(_MARGIN + _QR + 14, _MARGIN + 44, _plain(text))
    page.setFont("Helvetica", 8)
    for number, line in enumerate(_lines(iri, "Helvetica", 8)[:4]):
        page.drawString(_MARGIN + _QR + 14, _MARGIN + 28 - 11 * number, line)


def _plain(text: str) -> str:
    """The text in the letters that the fonts have: no-break spaces as spaces, others without accents."""
    spaced = text.replace("\u202f", "\u00a0").replace("\u2011", "-")
    return "".join(_letter(one) for one in spaced if one.isprintable() or one.isspace())


def _letter(one: str) -> str:
    if one.isspace():
        return " "
    for form in (one, "".join(part for part in unicodedata.normalize("NFKD", one) if not unicodedata.combining(part))):
        try:
            form.encode("cp1252")
        except UnicodeEncodeError:
            continue
        return form
    return "?"


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _of(value: object, name: str) -> Any:
    return _object(value).get(name)

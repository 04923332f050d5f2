"""What every page needs to know about a request: its language, and that no other site sent it."""

import re
from typing import Final
from urllib.parse import urlsplit

from werkzeug.wrappers import Request

from pod_app.errors import N_, Forbidden
from pod_app.language import DEFAULT_LOCALE, LOCALES

LANGUAGE_COOKIE: Final = "lang"
PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

_SOURCE: Final = re.compile(r"[a-z][a-z0-9+.-]*:(//[A-Za-z0-9.:\[\]-]+)?")


def policy_with_form_to(address: str) -> str:
    """The policy of a page whose form may end in a redirect to this address: browsers check the redirect too."""
    parts = urlsplit(address)
    origin = f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"
    if not _SOURCE.fullmatch(origin):
        return PAGE_POLICY
    return PAGE_POLICY.replace("form-action 'self'", f"form-action 'self' {origin}")


def locale(request: Request, *, cookies: bool = True) -> str:
    """`?lang=`, then the reader's earlier choice, then what their browser prefers, then French.

    Pod addresses pass `cookies=False`: they never look at any (solid.md B16).
    """
    asked = request.args.get("lang", "")
    if asked in LOCALES:
        return asked
    kept = request.cookies.get(LANGUAGE_COOKIE, "") if cookies else ""
    if kept in LOCALES:
        return kept
    return request.accept_languages.best_match(LOCALES) or DEFAULT_LOCALE


def refuse_other_sites(request: Request, base_url: str) -> None:
    """A form is only taken from our own pages (trust.md S29): browsers say where a request comes from."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    parts = urlsplit(base_url)
    foreign_site = site is not None and site not in {"same-origin", "none"}
    foreign_origin = origin is not None and origin != f"{parts.scheme}://{parts.netloc}"
    if foreign_site or (site is None and foreign_origin):
        raise Forbidden(N_("This form was sent by another site."), N_("Open the page here and send it again."))

"""The only table from our errors to HTTP: status, problem+json (RFC 9457), HTML, and the headers each needs."""

import json
from typing import Final
from urllib.parse import quote

from jinja2 import Environment
from werkzeug.wrappers import Request, Response

from pod_app import errors
from pod_app.errors import PodAppError
from pod_app.language import Translator
from pod_app.pods.shapes import CONSTRAINED_BY
from pod_app.standards import jose, negotiation, rdf
from pod_app.standards.shacl import Violated

STATUS: Final[dict[type[PodAppError], int]] = {
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Elsewhere: 301,
    errors.Gone: 410,
    errors.Conflict: 409,
    errors.PreconditionFailed: 412,
    errors.Unreadable: 400,
    errors.Invalid: 422,
    errors.Unsupported: 400,
    errors.MethodNotAllowed: 405,
    errors.MethodUnknown: 501,
    errors.NotAcceptable: 406,
    errors.UnsupportedMediaType: 415,
    errors.UnknownPatch: 415,
    errors.TooLarge: 413,
    errors.QuotaExceeded: 507,
    errors.TooMany: 429,
    errors.TooComplex: 422,
    errors.RangeUnsatisfiable: 416,
    errors.Unreachable: 502,
    errors.Vanished: 502,
    errors.Unavailable: 503,
    errors.TooOften: 429,
    errors.Damaged: 503,
}
_ALGORITHMS: Final = " ".join(jose.ALGORITHMS)
PROBLEM: Final = "application/problem+json"
HTML: Final = "text/html"
REPORTS: Final = (rdf.TURTLE, rdf.JSON_LD, rdf.N_TRIPLES)
"""Forms in which a validation report answers those who ask for RDF."""


def status_of(error: PodAppError) -> int:
    """The status code of an error, that of its nearest listed ancestor."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def unexpected() -> PodAppError:
    """What a reader is told about a defect of ours: nothing of its inside (trust.md S42)."""
    return errors.Unavailable(
        errors.N_("The server made a mistake, which has been written to its log."), errors.N_("Try again in a moment.")
    )


def respond(error: PodAppError, request: Request, words: Translator, pages: Environment, base_url: str) -> Response:
    """The answer to a failed request, in the form and language that its sender prefers."""
    title, detail, remedy = words.error(error)
    status = status_of(error)
    report = error if isinstance(error, Violated) else None
    wanted = negotiation.choose(
        request.headers.get("Accept"), (PROBLEM, "application/json", *(REPORTS if report else ()), HTML)
    )
    if report is not None and wanted in REPORTS:
        response = Response(rdf.serialize(report.report.to_quads(), wanted), status, content_type=wanted)
    elif wanted == HTML:
        told = {
            "status": status,
            "title": title,
            "detail": detail,
            "remedy": remedy,
            "locale": words.locale,
            "private": True,
        }
        body = pages.get_template(_template(error)).render(**told, open_href=_open_href(request, base_url))
        response = Response(body, status, content_type="text/html; charset=utf-8")
    else:
        problem = {"type": "about:blank", "title": title, "status": status, "detail": detail, "remedy": remedy}
        if report is not None:
            problem |= {"shape": report.constrained_by, "report": _findings(report, detail, words.locale)}
        response = Response(json.dumps(problem, ensure_ascii=False), status, content_type=PROBLEM)
    response.headers["Content-Language"] = words.locale
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    _add_headers(response, error, base_url)
    return response


def _findings(error: Violated, detail: str, locale: str) -> list[dict[str, str | None]]:
    """Every finding; one that no shape's author has put into words is told by the error's own sentence."""
    return [result.told(locale) | ({} if result.messages else {"message": detail}) for result in error.report.results]


def _template(error: PodAppError) -> str:
    """Whoever may not see something is shown the way to sign in."""
    return "open_private.html" if isinstance(error, errors.Unauthenticated) else "error.html"


def _open_href(request: Request, base_url: str) -> str:
    iri = f"{base_url}{request.environ.get('RAW_URI', '/').partition('?')[0].lstrip('/')}"
    return f"/me/open?iri={quote(iri, safe='')}"


def challenge(error: errors.Unauthenticated, base_url: str) -> str:
    """How to prove who one is: a token of Solid-OIDC with a proof, or one of this installation's own (solid.md R7)."""
    wrong = f', error="{error.code}"' if error.code else ""
    return (
        f'DPoP algs="{_ALGORITHMS}", realm="pod_app", as_uri="{base_url}"{wrong}, '
        f'Bearer realm="pod_app", scope="openid webid"{wrong}'
    )


def _add_headers(response: Response, error: PodAppError, base_url: str) -> None:
    if isinstance(error, errors.Unauthenticated):
        response.headers["WWW-Authenticate"] = challenge(error, base_url)
    elif isinstance(error, Violated):
        response.headers["Link"] = f'<{error.constrained_by}>; rel="{CONSTRAINED_BY}"'
    elif isinstance(error, errors.MethodNotAllowed):
        response.headers["Allow"] = ", ".join(error.allowed)
    elif isinstance(error, errors.UnknownPatch):
        response.headers["Accept-Patch"] = ", ".join(error.accepted)
    elif isinstance(error, errors.Elsewhere):
        response.headers["Location"] = error.location
    elif isinstance(error, errors.RangeUnsatisfiable):
        response.headers["Content-Range"] = f"bytes */{error.size}"
    response.headers.update(waiting(error))


def waiting(error: PodAppError) -> dict[str, str]:
    """When to come again, for those who came too early."""
    if not isinstance(error, errors.Unavailable):
        return {}
    return {"Retry-After": str(error.seconds if isinstance(error, errors.TooOften) else 2)}

"""The Open Badges 3.0 REST API over HTTP: hosts that a person let in read and add badges (open-badges.md §5.9).

Bearer tokens of this API alone are taken, cookies never. Errors are this family's `Imsx_StatusInfo`, in English,
for developers. Registration, codes and tokens are the provider's own: `web/identity/oidc.py`.
"""

import hashlib
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, request

from pod_app import __version__
from pod_app.badges.hosts.hosting import Outcome
from pod_app.errors import N_, Forbidden, Invalid, MethodNotAllowed, PodAppError, TooLarge, Unauthenticated
from pod_app.identity import limits
from pod_app.identity.bearers import Bearer
from pod_app.identity.tokens import RefusedError
from pod_app.pods.catalogue import Pod
from pod_app.standards import badge_api, badge_openapi, open_badges, preconditions, strict_json
from pod_app.standards.wac import Agent
from pod_app.web import doors, problems

blueprint = Blueprint("badge_api", __name__, url_prefix=f"/{badge_api.PATH}")
METHODS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
TEXT: Final = "text/plain"
JSON: Final = "application/json"
MOST_BODY: Final = 2**20
CORS: Final = {
    "Access-Control-Expose-Headers": "Link, X-Total-Count, WWW-Authenticate, ETag, Retry-After",
    "Access-Control-Allow-Methods": "GET, POST, PUT, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Accept",
    "Access-Control-Max-Age": "86400",
}
_STATUS: Final[dict[Outcome, HTTPStatus]] = {
    "created": HTTPStatus.CREATED,
    "replaced": HTTPStatus.OK,
    "unchanged": HTTPStatus.NOT_MODIFIED,
}


@blueprint.errorhandler(PodAppError)
def refused(error: PodAppError) -> Response:
    """Whatever goes wrong, in the words of these specifications."""
    status = problems.status_of(error)
    status = 400 if status == HTTPStatus.UNPROCESSABLE_ENTITY else status
    response = Response(json.dumps(badge_api.status_info(status, str(error))), status, content_type=JSON)
    if isinstance(error, Unauthenticated):
        wrong = f', error="{error.code}"' if error.code else ""
        response.headers["WWW-Authenticate"] = f'Bearer realm="badges"{wrong}'
    elif isinstance(error, _ScopeError):
        told = f'Bearer realm="badges", error="insufficient_scope", scope="{error.values["scope"]}"'
        response.headers["WWW-Authenticate"] = told
    elif isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(error.allowed)
    response.headers.update(problems.waiting(error))
    return response


@blueprint.after_request
def open_to_hosts(response: Response) -> Response:
    """Any application may ask: a token speaks for the person, never a cookie."""
    response.headers["Access-Control-Allow-Origin"] = request.headers.get("Origin", "*")
    response.headers.update(CORS)
    response.headers["Vary"] = "Origin, Accept, Accept-Language"
    return response


@blueprint.get("/")
def page() -> str:
    """The description in words, for developers and for those who wonder what an application may do."""
    services = doors.services()
    about = badge_openapi.document(services.settings.base_url, services.settings.site_name, __version__)
    return doors.render("api.html", api=about, operations=_operations(about))


@blueprint.get("/discovery")
def discovery() -> Response:
    """The service description, open to everybody."""
    services = doors.services()
    about = badge_openapi.document(services.settings.base_url, services.settings.site_name, __version__)
    body = json.dumps(about, ensure_ascii=False, indent=1).encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    unchanged = preconditions.not_modified(request.headers, etag, services.clock())
    response = Response(b"" if unchanged else body, 304 if unchanged else 200, content_type=JSON)
    response.headers |= {"ETag": etag, "Cache-Control": "public, max-age=3600"}
    return response


@blueprint.route("/credentials", methods=METHODS, provide_automatic_options=False)
def credentials() -> Response:
    """Badges of the person, page by page; or one more."""
    return _by_method({"GET": _list, "POST": _upsert})


@blueprint.route("/profile", methods=METHODS, provide_automatic_options=False)
def profile() -> Response:
    """What the person tells other hosts about themselves."""
    return _by_method({"GET": _profile, "PUT": _update_profile})


# -- steps ---------------------------------------------------------------------------------------


class _ScopeError(Forbidden):
    """The person let the application in, but not for this."""


def _by_method(handlers: dict[str, Callable[[], Response]]) -> Response:
    if request.method == "OPTIONS":
        return Response(status=204)
    handler = handlers.get("GET" if request.method == "HEAD" else request.method)
    if handler is None:
        raise MethodNotAllowed(
            N_("{method} cannot be done at {path}."), N_("Use one of those in Allow."),
            method=request.method, path=request.path, allowed=(*handlers, "OPTIONS"),
        )  # fmt: skip
    return handler()


def _caller(scope: str) -> tuple[Agent, Pod]:
    """Who the token speaks for, when it has this scope."""
    services = doors.services()
    bearer = _bearer()
    services.identity.limits.count(limits.API, "badges", bearer.grant)
    if scope not in bearer.scope:
        raise _ScopeError(
            N_("The person did not allow this application to do that."), N_("Ask them for the scope {scope}."),
            scope=scope,
        )  # fmt: skip
    pod = services.catalogue.of_webid(bearer.webid)
    if pod is None:
        raise _unproved("invalid_token", "the notebook is gone")
    return Agent(webid=bearer.webid, client=bearer.client, issuer=services.settings.base_url), pod


def _bearer() -> Bearer:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise _unproved("", "there is none")
    try:
        return doors.services().identity.provider.bearers.find(token.strip())
    except RefusedError as error:
        raise _unproved(error.code, str(error)) from error


def _unproved(code: str, reason: str) -> Unauthenticated:
    return Unauthenticated(
        N_("The bearer token does not hold: {reason}."), N_("Get a new one at the token address."),
        code=code, reason=reason,
    )  # fmt: skip


def _list() -> Response:
    agent, pod = _caller(badge_api.READ_CREDENTIALS)
    limit = badge_api.whole_number(request.args.get("limit"), badge_api.DEFAULT_LIMIT, 1)
    offset = badge_api.whole_number(request.args.get("offset"), 0, 0)
    since_text = request.args.get("since")
    since = open_badges.moment(since_text)
    if limit is None or offset is None or (since_text is not None and since is None):
        raise Invalid(
            N_("The page asked for cannot be made."),
            N_("limit is a number from 1, offset one from 0, since a date with time and time zone."),
        )
    limit = min(limit, badge_api.MOST)
    services = doors.services()
    found = services.between.hosting.page(agent, pod, limit=limit, offset=offset, since=since)
    response = Response(badge_api.answer(found.credentials, found.tokens), content_type=JSON)
    response.headers["X-Total-Count"] = str(found.total)
    response.headers["Link"] = badge_api.links(
        f"{services.settings.base_url}{badge_api.PATH}/credentials", limit=limit, offset=offset, total=found.total,
        query={"since": since_text} if since_text else {},
    )  # fmt: skip
    return response


def _upsert() -> Response:
    agent, pod = _caller(badge_api.UPSERT_CREDENTIALS)
    body = _body()
    outcome = doors.services().between.hosting.upsert(agent, pod, body)
    status = _STATUS[outcome]
    if status is HTTPStatus.NOT_MODIFIED:
        return Response(status=status)
    return Response(body, status, content_type=JSON if body.lstrip().startswith(b"{") else f"{TEXT}; charset=utf-8")


def _profile() -> Response:
    agent, pod = _caller(badge_api.READ_PROFILE)
    return _told(doors.services().between.hosting.profile(agent, pod))


def _update_profile() -> Response:
    agent, pod = _caller(badge_api.UPDATE_PROFILE)
    return _told(doors.services().between.hosting.update_profile(agent, pod, strict_json.read_object(_body())))


def _body() -> bytes:
    body = request.get_data()
    if len(body) > MOST_BODY:
        raise TooLarge(N_("This body has {size} bytes; at most {limit} are taken."), size=len(body), limit=MOST_BODY)
    return body


def _told(about: dict[str, Any]) -> Response:
    return Response(json.dumps(about, ensure_ascii=False), content_type=JSON)


def _operations(about: dict[str, Any]) -> list[dict[str, Any]]:
    """The operations as the page lists them."""
    return [
        {
            "method": method.upper(),
            "address": f"{item.get('servers', about['servers'])[0]['url']}{path}",
            **item[method],
        }
        for path, item in about["paths"].items()
        for method in ("get", "post", "put")
        if method in item
    ]

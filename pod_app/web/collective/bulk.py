"""The bulk route between instances: a community elsewhere asks about many pods here at once (contracts.md §3)."""

from typing import Final

from flask import Blueprint, Response, request

from pod_app.collective.answering import Question
from pod_app.collective.wire import MEDIA_TYPE
from pod_app.errors import N_, TooLarge, UnsupportedMediaType
from pod_app.standards import strict_json
from pod_app.web import callers, doors

blueprint = Blueprint("bulk", __name__)
PATH: Final = "/api/partials"
MAX_BODY: Final = 2**18


@blueprint.post(PATH)
def partials() -> Response:
    """Partial rows of the named pods for whoever signed the request as the community it names."""
    body = _body()
    told = strict_json.read_object(body)
    services = doors.services()
    services.federation.signed_requests.check(callers.message_of(services, request), body, str(told.get("community")))
    ready = services.federation.answering.answer(Question.of_json(told))
    if request.if_none_match.contains(ready.etag):
        response = Response(status=304)
    else:
        response = Response(ready.lines(), content_type=f"{MEDIA_TYPE}; charset=utf-8")
    response.set_etag(ready.etag)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Signature"
    return response


def _body() -> bytes:
    if request.mimetype != "application/json":
        raise UnsupportedMediaType(N_("A question is sent as application/json."), N_("Set Content-Type."))
    found = request.stream.read(MAX_BODY + 1)
    if len(found) > MAX_BODY or (request.content_length or 0) > MAX_BODY:
        raise TooLarge(
            N_("This body has {size} bytes; at most {limit} are taken."), N_("Send less."),
            size=request.content_length or "-", limit=MAX_BODY,
        )  # fmt: skip
    return found

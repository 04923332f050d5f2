"""«Mon carnet est ailleurs»: sign in with the place where one's pod is, and come back.

The address is looked up by us; the page then shows at whose door the browser will knock, and leads there by a link.
"""

import secrets
from typing import Final

from flask import Blueprint, make_response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from pod_app.errors import PodAppError, Unauthenticated
from pod_app.identity import limits
from pod_app.identity.signing_in_elsewhere import LIVES, Begun
from pod_app.web import doors
from pod_app.web.problems import status_of

blueprint = Blueprint("elsewhere", __name__, url_prefix="/me/elsewhere")
_LONGEST: Final = 2000
_OWN_FAULT: Final = 422


@blueprint.get("")
def ask() -> str:
    """The form."""
    return doors.render("elsewhere.html", form={}, next=doors.next_page(), choices=[])


@blueprint.post("")
def look_up() -> BaseResponse:
    """Whom the address names: one link for each place that may let them in."""
    services, address = doors.services(), request.form.get("address", "")[:_LONGEST]
    services.identity.limits.count(limits.LOOKING_UP, "elsewhere", doors.address())
    browser = request.cookies.get(_cookie()) or secrets.token_urlsafe(32)
    try:
        begun = _begun(services.elsewhere.providers.issuers(address), browser)
    except PodAppError as error:
        return _again(address, error)
    page = doors.render("elsewhere.html", form={"address": address}, next=doors.next_page(), choices=begun)
    response = make_response(page)
    response.set_cookie(
        _cookie(), browser, max_age=int(LIVES.total_seconds()), secure=_cookie().startswith("__Host-"),
        httponly=True, samesite="Lax", path="/",
    )  # fmt: skip
    return response


@blueprint.get("/back")
def come_back() -> BaseResponse:
    """The answer of the other place: a session here, or what is wrong with it."""
    services = doors.services()
    services.identity.limits.count(limits.ADDRESS, "address", doors.address())
    given = {
        name: values[0] for name, values in request.args.lists() if len(values) == 1 and len(values[0]) <= _LONGEST
    }
    try:
        proved = services.elsewhere.signing_in.finish(given, request.cookies.get(_cookie(), ""))
        may_join = services.settings.open_registration
        account = services.elsewhere.people.let_in(proved, doors.words().locale, may_join=may_join)
    except PodAppError as error:
        return _again("", error)
    response = doors.let_in(account, redirect(proved.then or "/me", 303))
    response.delete_cookie(_cookie(), path="/", secure=_cookie().startswith("__Host-"))
    return response


# -- steps ---------------------------------------------------------------------------------------


def _begun(issuers: list[str], browser: str) -> list[Begun]:
    """A sign-in for each issuer that works; raises what is wrong when none does."""
    found, wrong = [], None
    for issuer in issuers:
        try:
            found.append(doors.services().elsewhere.signing_in.begin(issuer, browser, doors.next_page()))
        except PodAppError as error:
            wrong = wrong or error
    if not found and wrong is not None:
        raise wrong
    return found


def _again(address: str, error: PodAppError) -> BaseResponse:
    form = {"address": address, "wrong": " ".join(doors.words().error(error)[1:])}
    page = doors.render("elsewhere.html", form=form, next=doors.next_page(), choices=[])
    status = status_of(error) if isinstance(error, Unauthenticated) else _OWN_FAULT
    return make_response(page, status)


def _cookie() -> str:
    return "__Host-elsewhere" if doors.services().settings.base_url.startswith("https:") else "elsewhere"

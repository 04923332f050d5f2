"""Leaving, in two screens: take everything along, then erase (docs/design/product.md flow 10; trust.md S30)."""

import tempfile
from collections.abc import Iterator
from datetime import timedelta
from typing import IO

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from pod_app.errors import N_, Invalid, Unauthenticated
from pod_app.identity.sessions import Session
from pod_app.web import doors

blueprint = Blueprint("leaving", __name__, url_prefix="/me")
_CHUNK = 256 * 2**10
FRESH = timedelta(minutes=10)
"""A sign-in without a password that is older does not prove that its owner still sits there (trust.md S30)."""


@blueprint.get("/leave")
@doors.needs_session
def ask(signed_in: Session) -> str:
    """What can be taken along, and what leaving means."""
    pod = doors.own_pod(signed_in)
    has_password = doors.services().accounts.has_password(signed_in.account.id)
    crumbs = [{"name": doors.words().gettext("My notebook"), "href": "/me"}]
    return doors.render(
        "leave.html",
        csrf=signed_in.form_token,
        name=pod.name,
        has_password=has_password,
        shared=doors.services().personas.is_shared(signed_in.account.name),
        breadcrumbs=crumbs,
        private=True,
    )


@blueprint.post("/export")
def export() -> Response:
    """The whole notebook as a ZIP."""
    pod = doors.own_pod(doors.signed_in_form())
    services = doors.services()
    file = tempfile.TemporaryFile()  # noqa: SIM115  # it is closed when the answer has left
    services.export.write(pod, file, services.account_of(pod), doors.words().gettext)
    return archive(file, f"{pod.name}.zip")


def archive(file: IO[bytes], name: str) -> Response:
    """Send a ZIP that was just written, to be saved under this name; the file is closed when it has left."""
    size = file.tell()
    file.seek(0)
    response = Response(_pieces(file), content_type="application/zip")
    response.headers["Content-Length"] = str(size)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.post("/leave")
def leave() -> BaseResponse | str:
    """Erase everything, once the person has said so twice and proved who they are."""
    signed_in = doors.own_account_form()
    services, account = doors.services(), signed_in.account
    pod = doors.own_pod(signed_in)
    if request.form.get("name", "").strip() != pod.name:
        raise Invalid(N_("The name that you wrote is not that of this notebook."), N_("Write it exactly, or stay."))
    if services.accounts.has_password(account.id):
        services.identity.limits.count_sign_in(account.name, doors.address())
        services.accounts.check(account.name, request.form.get("password", ""))
    elif services.clock() - signed_in.since > FRESH:
        raise Unauthenticated(
            N_("You signed in a while ago."),
            N_("Sign out, sign in again and erase then: so nobody else does it on your device."),
        )
    services.erasing.erase(pod)
    response = redirect("/me/left", 303)
    response.delete_cookie(doors.cookie_name())
    return response


@blueprint.get("/left")
def left() -> str:
    """Good-bye."""
    return doors.render("left.html")


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_CHUNK):
            yield piece

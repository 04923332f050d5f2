"""My account: passkeys, the printed phrase, the password, and the applications that act in my name."""

from flask import Blueprint, Response, jsonify, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from pod_app.errors import N_, Forbidden, Invalid
from pod_app.identity.clients import OidcError
from pod_app.identity.sessions import Session
from pod_app.web import doors, formatting

blueprint = Blueprint("account", __name__, url_prefix="/me/account")


@blueprint.get("")
@doors.needs_session
def account(signed_in: Session) -> str:
    """What opens the notebook, and for whom."""
    return _page(signed_in)


@blueprint.post("/password")
def change_password() -> BaseResponse:
    """Another password; whoever has one must give it first."""
    signed_in = doors.own_account_form()
    services, mine = doors.services(), signed_in.account
    services.identity.limits.count_sign_in(mine.name, doors.address())
    if services.accounts.has_password(mine.id):
        services.accounts.check(mine.name, request.form.get("old", ""))
    services.accounts.set_password(mine.id, request.form.get("password", ""))
    return redirect("/me/account", 303)


@blueprint.post("/phrase")
def renew_phrase() -> str:
    """A new phrase to print; the one before is worth nothing any more."""
    mine = doors.own_account_form().account
    phrase = doors.services().identity.recovery.renew(mine)
    return doors.render("phrase.html", name=mine.name, phrase=phrase, then="/me/account")


@blueprint.post("/passkeys/ask")
def ask_for_passkey() -> Response:
    """What a browser needs to make a passkey."""
    mine = _by_script().account
    services = doors.services()
    title = services.catalogue.get(mine.pods[0]).title
    return jsonify(services.identity.passkeys.to_add(mine, title, services.settings.site_name or "pod_app"))


@blueprint.post("/passkeys/add")
def add_passkey() -> Response:
    """Keep the passkey that the browser made."""
    signed_in = _by_script()
    sent = doors.sent_json()
    if not isinstance(sent, dict):
        raise Invalid(N_("This passkey could not be taken."), N_("Try again, or use a password."))
    doors.services().identity.passkeys.add(signed_in.account, sent.get("key"), str(sent.get("name", "")))
    return jsonify({"then": "/me/account"})


@blueprint.post("/passkeys/remove")
def remove_passkey() -> BaseResponse:
    """Let a passkey open the notebook no more; the last way in stays."""
    mine = doors.own_account_form().account
    services = doors.services()
    if not services.accounts.has_password(mine.id) and len(services.identity.passkeys.of(mine)) == 1:
        raise Forbidden(
            N_("This passkey is the only way into your notebook."), N_("Choose a password first, or add another one.")
        )
    services.identity.passkeys.remove(mine, request.form.get("id", ""))
    return redirect("/me/account", 303)


@blueprint.post("/applications/end")
def end_application() -> BaseResponse:
    """Take back what an application was allowed to do."""
    mine = doors.signed_in_form().account
    doors.services().identity.provider.withdraw(mine.id, request.form.get("client", ""))
    return redirect("/me/account", 303)


# -- steps ---------------------------------------------------------------------------------------


def _by_script() -> Session:
    """The session, when the page's own script asks with the form's token in a header."""
    return doors.own_account_form(request.headers.get("X-Form-Token", ""))


def _page(signed_in: Session) -> str:
    services, mine, locale = doors.services(), signed_in.account, doors.words().locale
    keys = [
        {"id": one.id, "name": one.name, "created": formatting.day(one.created.date().isoformat(), locale)}
        for one in services.identity.passkeys.of(mine)
    ]
    return doors.render(
        "account.html", csrf=signed_in.form_token, name=mine.name, passkeys=keys, private=True,
        has_password=services.accounts.has_password(mine.id), has_phrase=services.identity.recovery.has_one(mine),
        applications=_applications(mine.id), addresses=services.confirmed.of(mine.pods[0]),
        shared=services.personas.is_shared(mine.name),
        breadcrumbs=[{"name": doors.words().gettext("My notebook"), "href": "/me"}],
    )  # fmt: skip


def _applications(account_id: str) -> list[dict[str, str]]:
    ids = doors.services().identity.provider.applications(account_id)
    return [{"id": client_id, "name": _name_of(client_id)} for client_id in ids]


def _name_of(client_id: str) -> str:
    try:
        return doors.services().identity.clients.find(client_id).name
    except OidcError:
        return client_id

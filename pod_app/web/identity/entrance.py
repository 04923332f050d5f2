"""The ways into a notebook: a password, a passkey, a printed phrase, and opening one for the first time.

A first name and one secret suffice. Answers never tell whether a name or a secret was wrong (trust.md S43).
"""

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, jsonify, make_response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from pod_app.errors import N_, Forbidden, Invalid, Unauthenticated
from pod_app.identity import limits
from pod_app.identity.accounts import Account
from pod_app.web import doors

blueprint = Blueprint("entrance", __name__, url_prefix="/me")
MAX_TITLE: Final = 60


@blueprint.get("/sign-in")
def ask() -> BaseResponse:
    """The form."""
    return _sign_in_page({})


@blueprint.post("/sign-in")
def sign_in() -> BaseResponse:
    """Check name and password."""
    services, name = doors.services(), request.form.get("name", "")
    services.identity.limits.count_sign_in(name, doors.address())
    try:
        account = services.accounts.check(name, request.form.get("password", ""))
    except Unauthenticated as error:
        return _sign_in_page({"name": name, "wrong": doors.words().error(error)[1]}, 401)
    return doors.let_in(account, redirect(doors.next_page() or "/me", 303))


@blueprint.post("/passkeys/ask")
def ask_for_passkey() -> BaseResponse:
    """What a browser needs to show a passkey; it names nobody."""
    services = doors.services()
    services.identity.limits.count(limits.ADDRESS, "address", doors.address())
    return jsonify(services.identity.passkeys.to_sign_in())


@blueprint.post("/passkeys/sign-in")
def sign_in_by_passkey() -> BaseResponse:
    """Check the answer of a passkey; the script goes where `then` says."""
    services = doors.services()
    services.identity.limits.count(limits.ADDRESS, "address", doors.address())
    account = services.identity.passkeys.sign_in(doors.sent_json())
    return doors.let_in(account, jsonify({"then": doors.next_page() or "/me"}))


@blueprint.get("/new")
def ask_for_name() -> BaseResponse:
    """Open a notebook: a first name and a secret."""
    _require_open()
    return _joining_page({})


@blueprint.post("/new")
def join() -> BaseResponse:
    """Make account, pod and WebID, and show the phrase to print once."""
    _require_open()
    services, first_name = doors.services(), request.form.get("first_name", "").strip()
    services.identity.limits.count(limits.JOINING, "joining", doors.address())
    try:
        account = made(first_name)
    except Invalid as error:
        return _joining_page({"first_name": first_name, "wrong": doors.words().error(error)[1]}, 422)
    return _with_phrase(account, doors.next_page() or "/me")


@blueprint.get("/recover")
def ask_for_phrase() -> str:
    """The printed phrase opens the notebook once more."""
    signed_in = doors.session()
    shared = signed_in is not None and doors.services().personas.is_shared(signed_in.account.name)
    return doors.render("recover.html", form={}, shared=shared)


@blueprint.post("/recover")
def recover() -> BaseResponse | str | tuple[str, int]:
    """A new password for the phrase, which is spent; a new phrase is shown."""
    services, name = doors.services(), request.form.get("name", "")
    services.personas.require_own(name)
    services.identity.limits.count_sign_in(name, doors.address())
    try:
        account = services.identity.recovery.use(name, request.form.get("phrase", ""), request.form.get("password", ""))
    except (Unauthenticated, Invalid) as error:
        status = 401 if isinstance(error, Unauthenticated) else 422
        return doors.render("recover.html", form={"name": name, "wrong": doors.words().error(error)[1]}), status
    return _with_phrase(account, "/me")


def made(first_name: str) -> Account:
    """A notebook for somebody with this first name and the password of the form; raises `Invalid`."""
    if not first_name or len(first_name) > MAX_TITLE or not first_name.isprintable():
        raise Invalid(N_("A first name has 1 to {most} letters."), N_("Write how people call you."), most=MAX_TITLE)
    accounts = doors.services().accounts
    name, password = accounts.free_name(first_name), request.form.get("password", "")
    return accounts.create(name, password, title=first_name, language=doors.words().locale)[0]


# -- steps ---------------------------------------------------------------------------------------


def _with_phrase(account: Account, then: str) -> BaseResponse:
    """The session is open; before going on, the phrase is shown this one time."""
    phrase = doors.services().identity.recovery.renew(account)
    page = doors.render("phrase.html", name=account.name, phrase=phrase, then=then, me={"name": account.name})
    return doors.let_in(account, make_response(page))


def _require_open() -> None:
    if not doors.services().settings.open_registration:
        raise Forbidden(
            N_("Notebooks are opened by the people who look after this garden."), N_("Ask one of them to make yours.")
        )


def _sign_in_page(form: Mapping[str, str], status: int = 200) -> BaseResponse:
    there = doors.next_page()
    page = doors.render(
        "sign_in.html", action="/me/sign-in", next=there, form=form, csrf="",
        languages=doors.languages([("next", there)] if there else []),
        register_href="/me/new" if doors.services().settings.open_registration else "",
    )  # fmt: skip
    return doors.with_way_back(page, status)


def _joining_page(form: Mapping[str, str], status: int = 200) -> BaseResponse:
    there = doors.next_page()
    languages = doors.languages([("next", there)] if there else [])
    return doors.with_way_back(doors.render("join.html", next=there, form=form, languages=languages), status)

"""What the application's own pages share: the services behind the request, and its session."""

from typing import cast

from flask import current_app, request

from pod_app.identity.sessions import Session
from pod_app.language import Translator, translator
from pod_app.services import Services
from pod_app.standards.vocabulary import Vocabulary
from pod_app.web.pages import Pages


def services() -> Services:
    """The installation that this request reached."""
    return cast("Services", current_app.extensions["services"])


def pages() -> Pages:
    """Its templates."""
    return cast("Pages", current_app.extensions["pages"])


def vocabulary() -> Vocabulary:
    """Its words, read once."""
    extensions = current_app.extensions
    if "vocabulary" not in extensions:
        extensions["vocabulary"] = Vocabulary.load(services().settings.vocabulary)
    return cast("Vocabulary", extensions["vocabulary"])


def cookie_name() -> str:
    """`__Host-` binds the cookie to this origin; browsers take it over https only (trust.md S29)."""
    secure = services().settings.base_url.startswith("https:")
    return "__Host-session" if secure else "session"


def session() -> Session | None:
    """Who is signed in."""
    return services().sessions.find(request.cookies.get(cookie_name()))


def words() -> Translator:
    """Sentences in the reader's language."""
    return translator(pages().locale(request, cookies=True))


def render(template: str, **values: object) -> str:
    """A page of the application, in the reader's language, with who is signed in."""
    signed_in = session()
    me = None if signed_in is None else {"name": signed_in.account.name, "href": "/me"}
    return pages().render(request, template, {"me": me, "here": request.path, **values})

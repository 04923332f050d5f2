"""Pages: the templates with their language, the page of a resource, and the answer to what went wrong."""

import logging
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Final

from flask import request as flask_request
from jinja2 import Environment, PackageLoader
from werkzeug.wrappers import Request, Response

from pod_app.errors import PodAppError
from pod_app.language import LOCALES, Translator, translator
from pod_app.pods.resources import Reading
from pod_app.services import Services
from pod_app.standards.vocabulary import Vocabulary
from pod_app.web import context, formatting, problems, resource_pages
from pod_app.web.serving.inflow import BodyFailedError
from pod_app.web.solid.answers import Sendable
from pod_app.web.solid.representations import Rendered

LOG: Final = logging.getLogger("pod_app.web")


class Pages:
    """Renders templates for one installation."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._environments = {locale: _environment(translator(locale)) for locale in LOCALES}

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The installation's words, read once."""
        return Vocabulary.load(self._services.settings.vocabulary)

    def locale(self, request: Request, *, cookies: bool = False) -> str:
        """The reader's language; part of a page's ETag."""
        return context.locale(request, cookies=cookies)

    def render(self, request: Request, template: str, values: Mapping[str, object], *, cookies: bool = True) -> str:
        """A page in the reader's language."""
        locale = self.locale(request, cookies=cookies)
        shared = {"locale": locale, "site_name": self._services.settings.site_name}
        return self._environments[locale].get_template(template).render({**shared, **values})

    def resource(self, request: Request, reading: Reading) -> Rendered:
        """The page of a resource, as everybody may see it."""
        locale = self.locale(request)
        template, values = resource_pages.of(
            self._services, reading, translator(locale).gettext, partial(self.vocabulary.label, language=locale)
        )
        body = self.render(request, template, values, cookies=False)
        return Rendered(body.encode(), "text/html; charset=utf-8")

    def guarded(self, request: Request, answer: Callable[[], Sendable]) -> Sendable:
        """Run a handler of pod addresses; what goes wrong becomes a problem, and a defect of ours is logged."""
        try:
            return answer()
        except PodAppError as error:
            return self.problem(request, error, cookies=False)
        except BodyFailedError:
            raise  # the sender is slow or gone: the server's adapter says so, if anybody is there
        except Exception:
            LOG.exception("defect while answering %s %s", request.method, request.path)
            return _as_defect(self.problem(request, problems.unexpected(), cookies=False))

    def problem(self, request: Request, error: PodAppError, *, cookies: bool = True) -> Response:
        """The answer to a failed request."""
        locale = self.locale(request, cookies=cookies)
        response = problems.respond(
            error, request, translator(locale), self._environments[locale], self._services.settings.base_url
        )
        response.headers["Content-Security-Policy"] = context.PAGE_POLICY
        return response

    def problem_here(self, error: PodAppError) -> Response:
        """`problem`, for the request that Flask is handling."""
        return self.problem(flask_request, error)

    def unexpected_here(self, error: Exception) -> Response:
        """The answer to a defect of ours in a page."""
        LOG.error("defect while answering %s %s", flask_request.method, flask_request.path, exc_info=error)
        return _as_defect(self.problem(flask_request, problems.unexpected()))


def _as_defect(response: Response) -> Response:
    response.status_code = 500
    response.headers.pop("Retry-After", None)
    return response


def _environment(words: Translator) -> Environment:
    environment = Environment(
        loader=PackageLoader("pod_app.web"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # installed templates do not change, and asking the disk costs more than a read
    )
    formatting.prepare(environment, lambda: words)
    return environment

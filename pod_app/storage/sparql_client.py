"""Questions to SPARQL endpoints of partners, sent through the egress guard and never by SPARQLWrapper's own urllib.

SPARQL 1.1 Protocol, §2.1; results in the SPARQL 1.1 Query Results JSON Format.
"""

import io
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from SPARQLWrapper import (  # noqa: TID251  # sends through the web client, see _query
    BASIC,
    JSON,
    POST,
    TURTLE,
    SPARQLWrapper,
)

from pod_app.errors import N_, Forbidden, Invalid, Unreadable, Unsupported
from pod_app.storage.web_client import Fetched, WebClient, unreachable

_QUERY_FORMS: Final = frozenset({"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})
_NOT_ALLOWED: Final = frozenset({401, 403})
_BAD_QUERY: Final = frozenset({400, 413, 414, 422})

_PROLOGUE: Final = re.compile(r"(?:\s++|#[^\n]*+|BASE\s*+<[^>]*+>|PREFIX\s++[^\s:<]*+:\s*+<[^>]*+>)*+", re.IGNORECASE)
_WORD: Final = re.compile("[A-Za-z]+")


class SparqlClient(SPARQLWrapper):
    """One endpoint; a SPARQLWrapper in every other respect, so notebooks can use what they know. Not for threads.

    `seconds` and `max_bytes` limit each question. Updates are refused, and so is digest authentication, which
    SPARQLWrapper can only do for the whole process.
    """

    def __init__(self, endpoint: str, web: WebClient, *, seconds: float = 10.0, max_bytes: int = 2**20) -> None:
        super().__init__(endpoint, returnFormat=JSON)
        self.setOnlyConneg(True)
        self._web = web
        self._seconds = seconds
        self._max_bytes = max_bytes

    def select(self, query: str) -> dict[str, Any]:
        """Rows in the JSON results format: `{"head": {"vars": […]}, "results": {"bindings": […]}}`.

        Raises `Unreachable`, `Forbidden`, `Invalid` when the endpoint does not take the query, `Unreadable` when
        its answer is something else, and `Unsupported` for updates.
        """
        answer = self._json(query)
        bindings = answer.get("results", {}).get("bindings") if isinstance(answer.get("results"), dict) else None
        names = answer.get("head", {}).get("vars") if isinstance(answer.get("head"), dict) else None
        if not isinstance(names, list) or not isinstance(bindings, list):
            raise self._unreadable("no rows")
        return answer

    def ask(self, query: str) -> bool:
        """Tell whether the pattern has a solution; raises like `select`."""
        answer = self._json(query).get("boolean")
        if not isinstance(answer, bool):
            raise self._unreadable("no boolean")
        return answer

    def construct(self, query: str) -> bytes:
        """Turtle for CONSTRUCT and DESCRIBE, still to be parsed with limits; raises like `select`."""
        return self._send(query, TURTLE).body

    def _parseQueryType(self, query: str) -> str:  # noqa: N802  # SPARQLWrapper's name
        """Read the first word after the prologue: SPARQLWrapper's own search can be led astray by comments."""
        start = _PROLOGUE.match(query)
        word = _WORD.match(query, start.end() if start else 0)
        return word[0].upper() if word else ""

    def setHTTPAuth(self, auth: str) -> None:  # noqa: N802  # SPARQLWrapper's name
        """Take basic authentication only; raises `Unsupported`."""
        if auth != BASIC:
            raise Unsupported(N_("Authentication {auth} cannot be used here."), N_("Use BASIC."), auth=auth)
        super().setHTTPAuth(auth)

    def _json(self, query: str) -> dict[str, Any]:
        body = self._send(query, JSON).body
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise self._unreadable(type(error).__name__) from error
        if not isinstance(answer, dict):
            raise self._unreadable("not an object")
        return answer

    def _send(self, query: str, media_format: str) -> Fetched:
        self.setQuery(query)
        self.setReturnFormat(media_format)
        self.setMethod(POST)
        return self._fetched()

    def _query(self) -> tuple["_Answer", str]:  # type: ignore[override]  # file-like is all that it needs
        """Stand in the one place where SPARQLWrapper opens a connection."""
        return _Answer(self._fetched()), self.returnFormat

    def _fetched(self) -> Fetched:
        if self.queryType not in _QUERY_FORMS:
            raise Unsupported(N_("Partners' endpoints are only read, never changed."), N_("Send a query."))
        request = self._createRequest()
        answer = self._web.send(
            request.get_method(),
            request.full_url,
            request.data if isinstance(request.data, bytes) else b"",
            headers=dict(request.header_items()),
            max_bytes=self._max_bytes,
            seconds=self.timeout or self._seconds,
        )
        self._check(answer)
        return answer

    def _check(self, answer: Fetched) -> None:
        if answer.ok:
            return
        if answer.status in _NOT_ALLOWED:
            raise Forbidden(N_("{url} does not answer us."), N_("Ask its owner for access."), url=self.endpoint)
        if answer.status in _BAD_QUERY:
            raise Invalid(N_("{url} did not take the query."), N_("Try it in its own form."), url=self.endpoint)
        raise unreachable(self.endpoint)

    def _unreadable(self, problem: str) -> Unreadable:
        return Unreadable(
            N_("The answer of {url} is not SPARQL results in JSON: {problem}."),
            N_("Check that the address is a SPARQL endpoint."),
            url=self.endpoint,
            problem=problem,
        )


class _Answer(io.BytesIO):
    """What SPARQLWrapper expects of urllib's answer."""

    def __init__(self, fetched: Fetched) -> None:
        super().__init__(fetched.body)
        self._fetched = fetched

    def info(self) -> Mapping[str, str]:
        return self._fetched.headers

    def geturl(self) -> str:
        return self._fetched.url

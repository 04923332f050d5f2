"""Where everything that the server logs goes out: a line for people or a JSON object, never a secret (trust.md S42).

What may be a secret is taken out by its form, because whoever logs cannot be trusted to think of it each time. The
words of an unexpected exception are left out altogether: no form tells what they quote.
"""

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from pod_app.errors import PodAppError
from pod_app.pods.subscriptions import STREAMS
from pod_app.settings import Settings

ROOT: Final = "pod_app"
HIDDEN: Final = "***"
_MOST: Final = 8000  # characters of one message
_MOST_CAUSES: Final = 5
_HEADERS: Final = r"(?:proxy-)?authorization|dpop|set-cookie|cookie"
_NAMES: Final = (
    r"(?:client_|form_)?secret|passw(?:or)?d|passphrase|phrase|code(?:_verifier)?|state|csrf|body|root_key|assertion"
    r"|(?:id_|access_|refresh_)?token(?:_hint)?"
)
_QUOTED: Final = r"""b?'(?:[^'\\]|\\.)*'|b?"(?:[^"\\]|\\.)*\""""
_URL: Final = re.compile(r"""\b(?:https?|wss?)://[^\s"'<>]+""", re.IGNORECASE)
_RULES: Final = (
    (re.compile(rf"({re.escape(STREAMS)}[^/\s]+/[^/\s]+/)[^\s\"'<>]+"), rf"\g<1>{HIDDEN}"),
    (re.compile(r"""\?[^\s"'<>=]+=[^\s"'<>]*"""), f"?{HIDDEN}"),
    (re.compile(rf"(?i)(\b(?:{_HEADERS})\b['\"]?\s*[:=,]\s*)(?:{_QUOTED}|[^\r\n]+)"), rf"\g<1>{HIDDEN}"),
    (re.compile(rf"(?i)(\b(?:{_NAMES})\b['\"]?\s*[:=]\s*)(?:{_QUOTED}|[^\s,;&'\"]+)"), rf"\g<1>{HIDDEN}"),
    (re.compile(r"(?i)\b(bearer|dpop|basic)\s+[\w.~+/=-]{8,}"), rf"\g<1> {HIDDEN}"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w.-]+"), HIDDEN),
)
_WORTH_A_LOOK: Final = re.compile(rf"(?i)[:?=]|{_HEADERS}|bearer|basic|eyJ|{re.escape(STREAMS)}")
"""In what has none of these, no rule finds anything: so are nearly all lines about requests."""


class Redaction:
    """Takes out of a text what may be a secret; addresses of this installation keep their path."""

    def __init__(self, base_url: str) -> None:
        self._own = urlsplit(base_url).netloc

    def __call__(self, text: str) -> str:
        """The text as it may be kept."""
        if not _WORTH_A_LOOK.search(text):
            return text[:_MOST]
        found = _URL.sub(self._address, text[:_MOST])
        for pattern, put in _RULES:
            found = pattern.sub(put, found)
        return found

    def _address(self, match: re.Match[str]) -> str:
        """Who is asked, and here what; elsewhere the path may be all that protects a webhook."""
        try:
            parts = urlsplit(match[0])
        except ValueError:
            return HIDDEN
        user, at, host = parts.netloc.rpartition("@")
        path = parts.path if host == self._own else f"/{HIDDEN}"
        return f"{parts.scheme}://{HIDDEN if user else ''}{at}{host}{path}{f'?{HIDDEN}' if parts.query else ''}"


class TextLines(logging.Formatter):
    """One line for people, and a trace below it."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """The whole text of a record."""
        head = f"{_time(record)} {record.levelname} {record.name} {self._redact(record.getMessage())}"
        fields: dict[str, Any] = getattr(record, "fields", {})
        more = "".join(f" {name}={fields[name]}" for name in ("bytes", "ms") if name in fields)
        words, trace = _failure(record, self._redact)
        name = f" request={_request()}" if _request() else ""
        return "\n".join([head + more + name, *([f"  {words}"] if words else []), *trace])


class JsonLines(TextLines):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The object of a record."""
        fields: dict[str, Any] = getattr(record, "fields", {})
        words, trace = _failure(record, self._redact)
        told = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._redact(record.getMessage()),
            "request": _request(),
            "error": words,
            "trace": trace,
            **{name: self._redact(value) if isinstance(value, str) else value for name, value in fields.items()},
        }
        return json.dumps({name: value for name, value in told.items() if value not in ("", [])}, ensure_ascii=False)


def begin(settings: Settings) -> None:
    """Send what this process logs to stderr, as the settings say.

    Libraries only warn, whatever the level is: below that they tell headers and values.
    """
    redact = Redaction(settings.base_url)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(redact) if settings.log_format == "json" else TextLines(redact))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(ROOT).setLevel(settings.log_level.upper())
    logging.raiseExceptions = False  # its own report would print, as it is, what could not be written
    threading.excepthook = _in_a_thread


def wants_requests(settings: Settings) -> bool:
    """Whether there is a line for each request."""
    return settings.log_level in {"debug", "info"}


def _in_a_thread(raised: threading.ExceptHookArgs) -> None:
    """Python's own report of a thread that died would tell the words of the exception."""
    error = raised.exc_value
    name = raised.thread.name if raised.thread else "-"
    logging.getLogger(ROOT).error("the thread %s ended with a defect", name, exc_info=error)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _request() -> str:
    from pod_app.web.serving.watching import REQUEST  # noqa: PLC0415  # a command that logs nothing needs no web server

    return REQUEST.get()


def _failure(record: logging.LogRecord, redact: Callable[[str], str]) -> tuple[str, list[str]]:
    """The kinds of what was raised, the outermost first, and the places it came through."""
    error = record.exc_info[1] if record.exc_info else None
    kinds: list[str] = []
    trace: list[str] = []
    while error is not None and len(kinds) < _MOST_CAUSES:
        words = f": {redact(str(error))}" if isinstance(error, PodAppError) else ""
        kinds.append(type(error).__name__ + words)
        frames = traceback.extract_tb(error.__traceback__)
        trace += [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return " < ".join(kinds), trace

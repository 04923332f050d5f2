"""Remote documents for the verifier, through the egress guard."""

from http import HTTPStatus

from pod_app.badges.verifier.verifying import Fetched
from pod_app.errors import N_, Vanished
from pod_app.storage.web_client import WebClient, unreachable


def fetch_document(web_client: WebClient | None, url: str, accept: str) -> Fetched:
    """A remote document; without a client nothing remote can be had. Raises `Unreachable`, `Vanished` for 410."""
    if web_client is None:
        raise unreachable(url)
    found = web_client.fetch_any(url, accept=accept)
    if found.status == HTTPStatus.GONE:
        raise Vanished(N_("{url} is no more: its host says so."), N_("Ask whoever kept it."), url=url)
    if not found.ok:
        raise unreachable(url)
    return Fetched(found.url, found.media_type, found.body)

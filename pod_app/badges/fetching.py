"""Remote documents for the verifier, through the egress guard."""

from pod_app.badges.verifying import Fetched
from pod_app.storage.web_client import WebClient, unreachable


def fetch_document(web_client: WebClient | None, url: str, accept: str) -> Fetched:
    """A remote document; without a client nothing remote can be had. Raises `Unreachable`."""
    if web_client is None:
        raise unreachable(url)
    found = web_client.fetch(url, accept=accept)
    return Fetched(found.url, found.media_type, found.body)

"""Documents by address, for verifying badges and people: whose they are decides how they are had."""

from urllib.parse import urlsplit

from pod_app.badges.verifier.fetching import fetch_document
from pod_app.badges.verifier.verifying import Fetched
from pod_app.errors import PodAppError
from pod_app.pods.resources import Resources
from pod_app.standards import addresses
from pod_app.standards.wac import ANONYMOUS
from pod_app.storage.web_client import WebClient, unreachable


class Fetching:
    """Documents that somebody names: ours from the store, with a stranger's rights, others through the egress guard.

    Without a client nothing remote can be had.
    """

    def __init__(self, base_url: str, resources: "Resources", web_client: WebClient | None) -> None:
        self._base_url = base_url
        self._resources = resources
        self._web_client = web_client

    def __call__(self, url: str, accept: str) -> Fetched:
        """The document at `url`; raises `Unreachable`, whatever the reason."""
        ours = self._own(url)
        if ours is None:
            return fetch_document(self._web_client, url, accept)
        try:
            address = addresses.parse_target(urlsplit(ours).path)
            reading = self._resources.read(ANONYMOUS, address)
        except PodAppError as error:
            raise unreachable(url) from error
        return Fetched(url, reading.stored.media_type.partition(";")[0], self._resources.data(reading.stored))

    def document(self, url: str, accept: str) -> tuple[str, bytes]:
        """Media type and body of the document at `url`; raises `Unreachable`."""
        found = self(url, accept)
        return found.media_type, found.body

    def _own(self, url: str) -> str | None:
        """did:web always says https; an installation on a laboratory's http address is still this one."""
        parts, base = urlsplit(url), urlsplit(self._base_url)
        if parts.netloc.lower() != base.netloc or parts.scheme not in {"https", base.scheme}:
            return None
        first = parts.path.split("/")[1] if "/" in parts.path else ""
        return None if first in addresses.RESERVED_NAMES or not first else url

"""People whose pod is on another server: how they come in, and how we act there for them (ADR 0018)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pod_app.identity.accounts import Accounts
from pod_app.identity.delivering import Delivering
from pod_app.identity.issuers import Issuers
from pod_app.identity.people_elsewhere import PeopleElsewhere
from pod_app.identity.providers_elsewhere import ProvidersElsewhere
from pod_app.identity.remote_pods import RemotePods
from pod_app.identity.signing_in_elsewhere import SigningInElsewhere
from pod_app.identity.tokens_elsewhere import TokenEndpoint, TokensElsewhere
from pod_app.pods.audience import Audiences
from pod_app.storage.keys import RootKey
from pod_app.storage.web_client import WebClient


@dataclass(frozen=True)
class Elsewhere:
    """The parts that doors call."""

    providers: ProvidersElsewhere
    signing_in: SigningInElsewhere
    tokens: TokensElsewhere
    pods: RemotePods
    people: PeopleElsewhere
    delivering: Delivering


def open_elsewhere(
    root: RootKey,
    web_client: WebClient,
    fetch: Callable[[str, str], tuple[str, bytes]],
    accounts: Accounts,
    audiences: Audiences,
    issuers: Issuers,
    clock: Callable[[], datetime],
) -> Elsewhere:
    """Tie the parts together for one installation."""
    resources, catalogue, database = accounts.resources, accounts.catalogue, accounts.database
    base = resources.base_url
    endpoint = TokenEndpoint(web_client, clock)
    providers = ProvidersElsewhere(base, database, root, web_client, clock)
    tokens = TokensElsewhere(database, root, endpoint, clock)
    pods = RemotePods(web_client, tokens, clock)
    return Elsewhere(
        providers=providers,
        signing_in=SigningInElsewhere(base, database, root, providers, issuers, endpoint, clock),
        tokens=tokens,
        pods=pods,
        people=PeopleElsewhere(accounts, resources, catalogue, tokens, pods, fetch),
        delivering=Delivering(base, catalogue.vocabulary, database, catalogue, audiences, pods, clock),
    )

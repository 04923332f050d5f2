"""Who is asking, in one place: proofs of a request, our own provider, and the ways into a notebook."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pod_app.identity.accounts import Accounts
from pod_app.identity.clients import Clients
from pod_app.identity.credentials import Credentials
from pod_app.identity.issuers import Issuers
from pod_app.identity.limits import Limits
from pod_app.identity.outgoing import Outgoing
from pod_app.identity.passkeys import Passkeys
from pod_app.identity.provider import Provider
from pod_app.identity.recovery import Recovery
from pod_app.identity.tokens import Tokens
from pod_app.pods import subscriptions
from pod_app.pods.resources import Resources
from pod_app.settings import Settings
from pod_app.storage.keys import RootKey
from pod_app.storage.provider_keys import ProviderKeys
from pod_app.storage.replays import Replays, open_replays


@dataclass(frozen=True)
class Identity:
    """Who is asking: proofs of a request, and our own provider with the applications it knows."""

    issuers: Issuers
    tokens: Tokens
    credentials: Credentials
    provider: Provider
    clients: Clients
    passkeys: Passkeys
    recovery: Recovery
    limits: Limits
    replays: Replays
    outgoing: Outgoing

    @classmethod
    def of(
        cls, settings: Settings, clock: Callable[[], datetime], accounts: Accounts, root: RootKey,
        resources: Resources, document: Callable[[str, str], tuple[str, bytes]],
    ) -> "Identity":  # fmt: skip
        """Tie the parts of one installation together; `document` fetches what others publish about themselves."""
        database = accounts.database
        keys = ProviderKeys(database, root, clock)
        replays = open_replays(database, settings.data, int(clock().timestamp()))
        issuers = Issuers(settings.base_url, resources, document, keys.published, clock)
        tokens = Tokens(settings.base_url, issuers, replays, clock, require_ath=settings.require_ath)
        credentials = Credentials(database, tokens, clock)
        return cls(
            issuers=issuers,
            tokens=tokens,
            credentials=credentials,
            provider=Provider(settings.base_url, database, keys, credentials, clock),
            clients=Clients(database, document, clock),
            passkeys=Passkeys(settings.base_url, database, accounts, root, replays, clock),
            recovery=Recovery(database, accounts, clock),
            limits=Limits(replays, clock),
            replays=replays,
            outgoing=Outgoing(settings.base_url, f"{settings.base_url}{subscriptions.SENDER}#us", keys, clock),
        )

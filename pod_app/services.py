"""The one place where the parts are tied together; several assemblies live in one process (house.md §1).

`assemble` opens what an installation needs and starts nothing: worker threads belong to `serve`, and
tests call `run_pending`. Listeners, the only links that go upward, are registered at the bottom.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from pod_app import assets
from pod_app.badges.bag.backpack import Backpack
from pod_app.badges.bag.collecting import Collections
from pod_app.badges.bag.elsewhere import BagElsewhere
from pod_app.badges.bag.exporting import Exporting
from pod_app.badges.bag.importing import Importing
from pod_app.badges.bag.imports import JOB as IMPORT
from pod_app.badges.bag.imports import Imports
from pod_app.badges.forge.achievements import Achievements
from pod_app.badges.forge.class_import import ClassImport
from pod_app.badges.forge.signers import Signers
from pod_app.badges.giving.assembly import Giving
from pod_app.badges.hosts.exchanging import FETCH, SEND, Between
from pod_app.badges.recognition.assembly import Recognition, Tools
from pod_app.badges.signing import issuing
from pod_app.badges.signing.ground import Ground
from pod_app.badges.signing.issuing import Issuing
from pod_app.badges.signing.reissuing import Reissuing
from pod_app.badges.verifier.documents import Fetching
from pod_app.badges.verifier.verifying import Fetch
from pod_app.collective.answering import Answering
from pod_app.collective.asking import Asking
from pod_app.collective.computing import Place
from pod_app.collective.datasets import Datasets
from pod_app.collective.members import Consents
from pod_app.collective.reading_elsewhere import ReadingElsewhere
from pod_app.collective.views import Views
from pod_app.community.life import Life
from pod_app.errors import PodAppError
from pod_app.identity.accounts import Accounts
from pod_app.identity.badge_hosts import BadgeHosts
from pod_app.identity.confirmed import Confirmed
from pod_app.identity.credentials import Credentials
from pod_app.identity.elsewhere import Elsewhere, open_elsewhere
from pod_app.identity.identity import Identity
from pod_app.identity.outgoing import Agents
from pod_app.identity.personas import Personas
from pod_app.identity.sessions import Sessions
from pod_app.identity.signed_requests import Ours, SignedRequests
from pod_app.pods import subscriptions
from pod_app.pods.access import Access
from pod_app.pods.audience import Audiences
from pod_app.pods.body import Bodies
from pod_app.pods.catalogue import Catalogue, Pod
from pod_app.pods.erasing import LEDGER, Erasing
from pod_app.pods.export import Export
from pod_app.pods.groups import Groups, GroupsElsewhere
from pod_app.pods.members import Members
from pod_app.pods.resources import Resources
from pod_app.pods.shapes import ShapeLibrary
from pod_app.pods.subscriptions import Subscriptions
from pod_app.pods.webhooks import Webhooks
from pod_app.settings import Settings
from pod_app.storage import outbox, redrawing
from pod_app.storage.base_address import with_recorded_base
from pod_app.storage.blobs import Blobs
from pod_app.storage.database import Database
from pod_app.storage.egress_policy import EgressPolicy
from pod_app.storage.keys import Keys, root_key
from pod_app.storage.sandbox import Sandbox
from pod_app.storage.web_client import Mounts, WebClient

LOG: Final = logging.getLogger("pod_app.jobs")
LEASE_SECONDS: Final = 60
WEBHOOKS_AT_ONCE: Final = 4  # so that their lease outlives the slowest receivers
Listener = Callable[[Mapping[str, Any]], None]


def utc_now() -> datetime:
    """The clock of a real installation."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Federation:
    """Views over pods of other installations: requests with a community's signature, both ways."""

    signed_requests: SignedRequests
    answering: Answering
    asking: Asking
    reading_elsewhere: ReadingElsewhere


@dataclass(frozen=True)
class Services:
    """Everything a door may call; built by `assemble`, ended by `close`."""

    settings: Settings
    clock: Callable[[], datetime]
    database: Database
    blobs: Blobs
    sandbox: Sandbox
    web_client: WebClient
    keys: Keys
    resources: Resources
    shapes: ShapeLibrary
    catalogue: Catalogue
    members: Members
    export: Export
    erasing: Erasing
    accounts: Accounts
    personas: Personas
    identity: Identity
    elsewhere: Elsewhere
    sessions: Sessions
    achievements: Achievements
    signers: Signers
    issuing: Issuing
    reissuing: Reissuing
    backpack: Backpack
    bag_elsewhere: BagElsewhere
    giving: Giving
    recognition: Recognition
    importing: Importing
    imports: Imports
    confirmed: Confirmed
    exporting: Exporting
    collections: Collections
    between: Between
    class_import: ClassImport
    life: Life
    consents: Consents
    views: Views
    federation: Federation
    subscriptions: Subscriptions
    webhooks: Webhooks
    fetch: Fetch
    own_documents: Fetch
    listeners: Mapping[str, Listener]

    @property
    def credentials(self) -> Credentials:
        """The proofs that requests bring."""
        return self.identity.credentials

    def account_of(self, pod: Pod) -> dict[str, Any]:
        """What is kept about the account that looks after a pod, for its owner to take along; empty without one."""
        account = self.accounts.of_pod(pod.name)
        if account is None:
            return {}
        keys = [{"name": one.name, "created": one.created.isoformat()} for one in self.identity.passkeys.of(account)]
        applications = self.identity.provider.applications(account.id)
        told = {"name": account.name, "pods": list(account.pods), "addresses": self.confirmed.of(pod.name)}
        return told | {"passkeys": keys, "applications": applications}

    def run_pending(self, limit: int = 100, kinds: Sequence[str] | None = None) -> int:
        """Do the work that is due, at least once each, and say how many rows were taken; `kinds` None means all.

        A job that fails is tried again later and, after its last attempt, listed by `pod_app doctor`.
        """
        kinds = list(self.listeners) if kinds is None else kinds
        with self.database.read() as conn:  # most looks find nothing, and need not queue for the writer
            due = outbox.due_count(conn, self.clock(), kinds)
        if not due:
            return 0
        leased = self.database.write(
            lambda conn: outbox.lease(
                conn, worker="run", now=self.clock(), limit=limit, seconds=LEASE_SECONDS, kinds=kinds
            )
        )
        for job in leased:
            self._run(job)
        return len(leased)

    def call_webhooks(self) -> int:
        """Do what is due for webhooks alone, and say how much there was: receivers may be slow (trust.md S40)."""
        return self.webhooks.follow() + self.run_pending(WEBHOOKS_AT_ONCE, [subscriptions.JOB])

    def _run(self, job: outbox.Job) -> None:
        try:
            self.listeners[job.kind](job.payload)
        except PodAppError as error:
            LOG.warning("job %s (%s) failed: %s", job.seq, job.kind, error)
            reason = str(error)
            self.database.write(lambda conn: outbox.fail(conn, job, now=self.clock(), reason=reason))
        else:
            self.database.write(lambda conn: outbox.finish(conn, job, now=self.clock()))

    def close(self) -> None:
        """Finish what was acknowledged and let go of files, threads and connections."""
        self.web_client.close()
        self.identity.replays.close()
        self.sandbox.close()
        self.database.close()


def assemble(
    settings: Settings,
    clock: Callable[[], datetime] = utc_now,
    transports: Mounts | None = None,
    *,
    adopt_base: bool = False,
) -> Services:
    """Open one installation. `transports` mounts other hosts by origin (tests and the demo).

    With `adopt_base` the base URL recorded in the folder wins over the one in `settings`: nobody chose that one.

    Raises `Damaged` for a folder that cannot be used and `Conflict` for another base URL than the
    one that was recorded at first use.
    """
    database = Database.open(settings)
    try:
        settings = database.write(lambda conn: with_recorded_base(conn, settings, adopt=adopt_base))
        return _tie(settings, clock, database, {} if transports is None else transports)
    except BaseException:
        database.close()
        raise


def _tie(settings: Settings, clock: Callable[[], datetime], database: Database, transports: Mounts) -> Services:
    base = settings.base_url
    root = root_key(settings)
    keys = Keys(database, root)
    blobs = Blobs.open(settings)
    sandbox = Sandbox()
    web_client = WebClient(EgressPolicy.of(settings), mounts=transports)
    access = Access(settings, Groups(base, blobs, GroupsElsewhere(web_client, clock)))
    shapes = ShapeLibrary(settings, blobs, assets.folder("shapes"))
    resources = Resources(
        settings,
        database,
        blobs,
        access,
        Bodies(settings, blobs, sandbox, base),
        shapes,
        clock,
    )
    catalogue = Catalogue(base, settings.vocabulary, database, resources, keys)
    members = Members(base, settings.vocabulary, resources)
    accounts = Accounts(database, resources, catalogue)
    signers = Signers(resources, catalogue, members)
    achievements = Achievements(resources, signers)
    audiences = Audiences(settings.vocabulary, resources)
    own_documents = Fetching(base, resources, None)
    issuer = Issuing(resources, catalogue, signers, achievements, keys, Ground(settings))
    recognition = Recognition.of(
        Tools(
            settings.vocabulary, resources, catalogue, members, achievements, issuer, audiences, own_documents, clock,
            root.derive("recognition links"), settings, assets.folder("shapes") / "rules", sandbox,
        )
    )  # fmt: skip
    confirmed = Confirmed(database, clock)
    backpack = Backpack(resources, catalogue, audiences, recognition.confirmations, confirmed.names)
    reissuing = Reissuing(resources, issuer, keys, recognition.confirmations.to_embed, clock)
    secret = root.derive("handouts")
    giving = Giving.of(resources, catalogue, achievements, issuer, reissuing, backpack, secret)
    fetch = Fetching(base, resources, web_client)
    importing = Importing(resources, backpack, fetch, clock)
    imports = Imports(resources, catalogue, importing, fetch, clock)
    hosts = BadgeHosts(base, settings.site_name, database, root, web_client, clock)
    between = Between.of(resources, catalogue, backpack, importing, hosts, clock)
    identity = Identity.of(settings, clock, accounts, root, resources, fetch.document)
    every, agents = timedelta(seconds=settings.ask_seconds), Agents(base, identity.provider.keys, clock)
    elsewhere = open_elsewhere(root, web_client, fetch.document, accounts, audiences, identity.issuers, clock)
    views = Views(
        settings.vocabulary,
        Place(base, settings.vocabulary, settings.database_url, settings.data, settings.blobs_url),
        database,
        Datasets(base, settings.vocabulary, blobs, access),
        clock,
        timedelta(hours=settings.publication_hours),
    )
    signed = SignedRequests(
        Ours(base, database, keys, identity.replays, fetch.document, clock, settings.egress_allow_http)
    )
    followed = Subscriptions(settings, database, resources, root, web_client.check, clock)
    webhooks = Webhooks(settings, database, followed, web_client, identity.outgoing.headers, clock)
    return Services(
        settings=settings,
        clock=clock,
        database=database,
        blobs=blobs,
        sandbox=sandbox,
        web_client=web_client,
        keys=keys,
        resources=resources,
        shapes=shapes,
        catalogue=catalogue,
        members=members,
        export=Export(resources),
        erasing=Erasing(database, blobs, catalogue, members, settings.data / LEDGER, clock),
        accounts=accounts,
        identity=identity,
        elsewhere=elsewhere,
        bag_elsewhere=BagElsewhere(catalogue, resources, audiences, elsewhere.pods),
        personas=Personas(database, accounts),
        sessions=Sessions(database, accounts, clock, timedelta(days=settings.session_idle_days)),
        achievements=achievements,
        signers=signers,
        issuing=issuer,
        reissuing=reissuing,
        backpack=backpack,
        giving=giving,
        recognition=recognition,
        importing=importing,
        imports=imports,
        confirmed=confirmed,
        exporting=Exporting(resources, catalogue, audiences, backpack, issuer),
        collections=Collections(settings.vocabulary, resources, audiences),
        between=between,
        class_import=ClassImport(resources, achievements, fetch, partial(redrawing.redrawn, sandbox), clock),
        life=Life.of(settings.vocabulary, resources, audiences),
        consents=Consents(settings.vocabulary, resources, audiences),
        views=views,
        federation=Federation(
            signed,
            Answering(base, database, views.sources.datasets, views.library, sandbox),
            Asking(base, database, views.library, members.group, web_client, signed.sign, clock, every),
            ReadingElsewhere(database, catalogue, resources, web_client, agents, clock, every),
        ),
        subscriptions=followed,
        webhooks=webhooks,
        fetch=fetch,
        own_documents=own_documents,
        listeners={
            issuing.OFFER: backpack.keep_offer,
            IMPORT: imports.work,
            FETCH: between.exchanging.fetch,
            SEND: between.exchanging.send,
            subscriptions.JOB: webhooks.deliver,
            **recognition.listeners,
            **giving.listeners,
        },
    )

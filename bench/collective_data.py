"""A large community for benchmarks: some pods are lived in through the program's doors, the others are their copies.

Copies are rows of the same tables with the pod's name written anew in bodies, rules and consents: the doors would
need an hour for 10,000 pods. Every copy is a pod like any other to whatever reads them.
"""

import hashlib
import random
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, insert, select

from pod_app.community.contributions import Contribution
from pod_app.community.transmissions import Transmission
from pod_app.pods.catalogue import Pod
from pod_app.pods.writing import Writing
from pod_app.services import Services
from pod_app.standards.wac import Agent
from pod_app.storage import schema

NOW = datetime(2026, 3, 12, tzinfo=UTC)
KINDS = ("time", "care", "welcome", "facilitation")
SKILLS = ("listening", "compost", "grafting", "documentation")
ITEMS = 12  # contributions a pod, about 12 triples each, beside 3 transmissions and the card
COMMUNITY = "commons"
MODELS = 40
TABLES = (schema.pods, schema.pod_owners, schema.resources, schema.consents)


def fill(services: Services, pods: int, chance: random.Random) -> list[str]:
    """A community of so many pods, all of whom consent; returns their names."""
    models = [services.catalogue.create("model-0000", "person")]
    community = services.catalogue.create(COMMUNITY, "community", title="Commons", owners=[models[0].webid])
    models += [services.catalogue.create(f"model-{n:04}", "person") for n in range(1, min(MODELS, pods))]
    for pod in models:
        services.resources.write(Agent(webid=pod.webid), lambda writing, pod=pod: live(services, writing, pod, chance))
        services.consents.give(Agent(webid=pod.webid), pod, community, "count")
    names = [pod.name for pod in models]
    copies = [f"clone-{n:04}" if n < 10_000 else f"c{n:09}" for n in range(pods - len(models))]
    for start in range(0, len(copies), 500):
        portion = copies[start : start + 500]
        services.database.write(lambda conn, portion=portion: copy(conn, names, portion, chance))
    return names + copies


def copy(conn: Connection, models: list[str], names: list[str], chance: random.Random) -> None:
    origins = {name: chance.choice(models) for name in names}
    for table in TABLES:
        rows = [row._asdict() for row in conn.execute(select(table).where(table.c.pod.in_(models)))]
        of_model = {model: [row for row in rows if row["pod"] == model] for model in models}
        conn.execute(
            insert(table), [renamed(row, origins[name], name) for name in names for row in of_model[origins[name]]]
        )


def renamed(row: dict[str, object], model: str, name: str) -> dict[str, object]:
    made = {column: value.replace(model, name) if isinstance(value, str) else value for column, value in row.items()}
    if isinstance(row.get("body"), bytes):
        body = row["body"].replace(model.encode(), name.encode())
        made |= {"body": body, "sha256": hashlib.sha256(body).hexdigest(), "size": len(body)}
    return made


def live(services: Services, writing: Writing, pod: Pod, chance: random.Random) -> None:
    base = services.settings.base_url
    for _ in range(ITEMS):
        services.life.contributions.add_within(writing, pod, contribution(base, chance))
    for _ in range(3):
        learner = f"{base}learner-{chance.randint(0, 99)}/profile/card#me"
        at = NOW - timedelta(days=chance.randint(1, 900))
        services.life.transmissions.add_within(writing, pod, Transmission(learner, chance.choice(SKILLS), at))


def contribution(base: str, chance: random.Random) -> Contribution:
    return Contribution(
        garden=f"{base}garden-{chance.randint(0, 40)}/profile/card#us",
        kind=chance.choice(KINDS),
        at=NOW - timedelta(days=chance.randint(0, 900)),
        note="Un geste pour le jardin.",
        minutes=chance.randint(10, 300),
    )

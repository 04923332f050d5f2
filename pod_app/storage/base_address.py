"""The public address of an installation: badges are signed with it, so the folder keeps the one of its first use."""

from sqlalchemy import Connection, insert, select

from pod_app.errors import N_, Conflict
from pod_app.settings import Settings
from pod_app.storage import schema


def with_recorded_base(conn: Connection, settings: Settings, *, adopt: bool) -> Settings:
    """Keep the public address at first use, because badges are signed with it; refuse another one later."""
    meta = schema.meta
    row = conn.execute(select(meta.c.value).where(meta.c.key == "base_url")).first()
    if row is None:
        conn.execute(insert(meta).values(key="base_url", value=settings.base_url))
        return settings
    if adopt or row.value == settings.base_url:
        return settings.model_copy(update={"base_url": row.value})
    raise Conflict(
        N_("The folder {data} belongs to {recorded}, not to {given}: its badges are signed with that address."),
        N_("Start it with --base-url {recorded}, or begin another folder: --data OTHER --base-url {given}."),
        data=settings.data, recorded=row.value, given=settings.base_url,
    )  # fmt: skip

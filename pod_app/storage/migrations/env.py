"""Runs inside the transaction that `storage/layout.py` has opened, and never opens another one."""

from alembic import context

from pod_app.storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()

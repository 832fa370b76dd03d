"""What Alembic runs: the caller hands in a connection with a transaction that it commits itself."""

from alembic import context

from worker.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=False,  # SQLite's tables are never rebuilt: a step only adds
)
with context.begin_transaction():
    context.run_migrations()

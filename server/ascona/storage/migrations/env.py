"""Run by alembic: migrates over the connection that `Database.opened` hands it."""

from alembic import context

from ascona.storage.tables import Table

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Table.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()

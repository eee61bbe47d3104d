"""Alembic's environment: one for all services, on a connection that is handed to it."""

from alembic import context

config = context.config
connection = config.attributes["connection"]

context.configure(connection=connection, target_metadata=config.attributes["metadata"])
with context.begin_transaction():
    context.run_migrations()

"""Alembic's entry: runs the versions on the connection that ``esclusa.ledger.store`` hands over."""

from alembic import context

from esclusa.ledger.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=False
)
context.run_migrations()

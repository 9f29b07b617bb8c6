"""Alembic's entry: runs on the connection that core/migrations.py hands over."""

from alembic import context

from pointsbank.core.bank import load_models
from pointsbank.core.database import Table

load_models()
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()

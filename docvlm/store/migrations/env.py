"""Run by Alembic; the connection comes from ``docvlm.store.migrate``, already in a transaction."""

from alembic import context

from docvlm.store.migrate import VERSION_TABLE, is_compared
from docvlm.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
    include_object=is_compared,
    transactional_ddl=True,  # also on SQLite, where docvlm begins transactions itself
)
with context.begin_transaction():
    context.run_migrations()

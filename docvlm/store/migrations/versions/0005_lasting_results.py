"""The number of a deleted answer or extraction is not given to another either; see 0004."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    if connection.scalar(sa.text("PRAGMA foreign_keys")):
        raise RuntimeError("references are enforced: what belongs to the results would go with them")
    for name in ("answers", "extractions"):
        with op.batch_alter_table(name, recreate="always", table_kwargs={"sqlite_autoincrement": True}):
            pass  # made anew, as it is

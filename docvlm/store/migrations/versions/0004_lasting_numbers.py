"""The number of a deleted document is not given to another, so that what still names it finds nothing.

PostgreSQL counts so by itself; SQLite only in a table that is made for it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_COLUMNS = "id, sha256, media_type, page_count, byte_count, created"


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    if connection.scalar(sa.text("PRAGMA foreign_keys")):
        raise RuntimeError(
            "references are enforced: all that belongs to the documents would go with the table"
        )
    op.create_table(
        "new_documents",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("page_count", sa.Integer(), nullable=False),
        sa.Column("byte_count", sa.Integer(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("sha256", name="uq_documents_sha256"),
        sqlite_autoincrement=True,
    )
    op.execute(f"INSERT INTO new_documents ({_COLUMNS}) SELECT {_COLUMNS} FROM documents")  # noqa: S608
    op.drop_table("documents")
    op.rename_table("new_documents", "documents")

"""Alembic's folder: one file a change of the tables, applied when a database is opened."""

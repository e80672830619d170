"""Fixtures that several tests of batches share."""

from tests.store.conftest import postgres_socket, postgres_url

__all__ = ["postgres_socket", "postgres_url"]

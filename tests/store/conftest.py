"""A fresh database for every test: once on SQLite, once on a real PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from docvlm.store import Store
from docvlm.types import DocumentInfo
from tests.store.postgres_server import private_server, server_binaries


@pytest.fixture(scope="session")
def postgres_socket() -> Iterator[Path]:
    binaries = server_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server binaries on this machine")
    with private_server(binaries) as socket_folder:
        yield socket_folder


@pytest.fixture
def postgres_url(postgres_socket: Path) -> str:
    url = f"postgresql://docvlm@/postgres?host={postgres_socket}"
    with psycopg.connect(url) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'home' / 'docvlm.sqlite'}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with Store.open(database_url) as opened:
        yield opened


@pytest.fixture
def document(store: Store) -> int:
    return store.add_document(DocumentInfo("ab" * 32, "invoice.pdf", "application/pdf", 2, 1234))

"""Replies to the windows of a document, kept until the document is done.

A long document is asked about window by window. What a window's reply says counts only when all of them
are there; until then it is kept here, so that work that was stopped or killed repeats no window. The rows
go in the transaction that keeps the result.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from docvlm.store import codec
from docvlm.store.database import Database
from docvlm.store.records import RunKind
from docvlm.store.tables import ReplyRow, now
from docvlm.types import RunInfo, TokenStep

ABANDONED_AFTER = timedelta(days=30)


class Replies:
    """The replies of one piece of work on a document; made by ``Store.replies``."""

    def __init__(self, database: Database, document_id: int, work: str) -> None:
        self._database = database
        self._document_id = document_id
        self._work = work

    def find(self, request: str) -> tuple[TokenStep, ...] | None:
        """The tokens of the reply to a request, named by a hash of all that it says; None without one."""
        with self._database.session(read_only=True) as session:
            row = session.get(ReplyRow, (self._document_id, self._work, request))
            return None if row is None else codec.decode_tokens(row.tokens)

    def keep(self, request: str, tokens: Sequence[TokenStep]) -> None:
        """Keep a reply, unless another process has kept the same one.

        Raises:
            StoreError: also when the document was deleted meanwhile.
        """
        insert = sqlite.insert if self._database.is_sqlite else postgresql.insert
        with self._database.session() as session:
            session.execute(
                insert(ReplyRow)
                .values(
                    document_id=self._document_id,
                    work=self._work,
                    request=request,
                    tokens=codec.encode_tokens(tokens),
                )
                .on_conflict_do_nothing()
            )

    def forget(self) -> None:
        """Drop them all, to ask anew."""
        with self._database.session() as session:
            forget_replies(session, self._document_id, self._work)


def work_key(kind: RunKind, run: RunInfo, subject: str) -> str:
    """Names a piece of work on a document, whichever of its pages it is about.

    Args:
        subject: the question, or the key of the schema.
    """
    told = (
        kind.value, run.model, run.model_revision, run.adapter, run.tiling, run.reader, run.pipeline, subject,
    )  # fmt: skip
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def forget_replies(session: Session, document_id: int, work: str) -> None:
    session.execute(delete(ReplyRow).where(ReplyRow.document_id == document_id, ReplyRow.work == work))


def forget_abandoned_replies(database: Database) -> None:
    """Drop those of work that nobody has ended for ``ABANDONED_AFTER``."""
    with database.session() as session:
        session.execute(delete(ReplyRow).where(ReplyRow.created < now() - ABANDONED_AFTER))

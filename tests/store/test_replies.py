"""Replies to windows are kept for one piece of work, and go with its result."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from docvlm.errors import StoreError
from docvlm.store import RunKind, Store, replies, tables
from docvlm.store.maintenance import vacuum
from docvlm.types import Answer, Extraction, RunInfo, TokenStep

RUN = RunInfo("model", "1", reader="v1", pipeline="2")
TOKENS = (TokenStep("total:", None, forced=True), TokenStep(" 9\n", 0.1 + 0.2, forced=False))


def kept(store: Store, document: int, kind: RunKind = RunKind.EXTRACT, run: RunInfo = RUN) -> bool:
    return store.replies(document, kind, run, "key").find("request") is not None


def keep(store: Store, document: int, kind: RunKind = RunKind.EXTRACT) -> None:
    store.replies(document, kind, RUN, "key").keep("request", TOKENS)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(
    tokens=st.lists(
        st.builds(
            TokenStep,
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5),
            st.none() | st.floats(0, 1),
            st.booleans(),
        )
    )
)
def test_a_reply_comes_back_as_it_was(store: Store, document: int, tokens: list[TokenStep]) -> None:
    asked = store.replies(document, RunKind.ASK, RUN, "question")
    asked.forget()
    assert asked.find("request") is None
    asked.keep("request", tokens)
    assert asked.find("request") == tuple(tokens)
    assert asked.find("another request") is None


def test_two_processes_may_keep_the_same_reply(store: Store, document: int) -> None:
    keep(store, document)
    keep(store, document)
    assert kept(store, document)


def test_other_work_does_not_find_it(store: Store, document: int) -> None:
    keep(store, document)
    assert not kept(store, document, RunKind.ASK)
    assert not kept(store, document, run=RunInfo("model", "2", reader="v1", pipeline="2"))
    assert not kept(store, document, run=RunInfo("model", "1", "adapter", reader="v1", pipeline="2"))
    assert store.replies(document, RunKind.EXTRACT, RUN, "another schema").find("request") is None
    other_pages = RunInfo("model", "1", reader="v1", pipeline="2", pages="1-3", timings=(("read", 1.0),))
    assert kept(store, document, run=other_pages), "the same window of fewer pages was asked the same"


def test_replies_go_with_the_result_of_their_own_work(store: Store, document: int) -> None:
    keep(store, document)
    keep(store, document, RunKind.ASK)
    store.save_extraction(document, RUN, "another key", Extraction("schema", ()))
    assert kept(store, document)
    store.save_extraction(document, RUN, "key", Extraction("schema", ()))
    assert not kept(store, document) and kept(store, document, RunKind.ASK)
    store.save_answer(document, RUN, Answer("key", None, 1.0))
    assert not kept(store, document, RunKind.ASK)


def test_replies_go_with_their_document(store: Store, document: int) -> None:
    keep(store, document)
    store.delete_document(document)
    assert not kept(store, document)
    with pytest.raises(StoreError):
        keep(store, document)


@pytest.mark.parametrize("days", [29, 31])
def test_vacuum_drops_what_nobody_ended_for_a_month(
    days: int, store: Store, document: int, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, document)
    later = tables.now() + timedelta(days=days)
    monkeypatch.setattr(replies, "now", lambda: later)
    vacuum(database_url)
    assert kept(store, document) == (days < 30)

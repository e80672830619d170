from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from docvlm.store import HitKind, Store
from docvlm.store.search import MAX_INDEXED_CHARACTERS, fold, query_phrases, snippet, tokens
from docvlm.types import Answer, Box, DocumentInfo, Line, Reading, ReadingSource, RunInfo, Word

RUN = RunInfo("docvlm-mini", "1")


def save_page(store: Store, document: int, text: str, number: int = 1, reader: str = "v1") -> None:
    words = tuple(Word(word, Box(0, 0, 10, 10)) for word in text.split())
    store.save_reading(document, Reading(number, ReadingSource.OCR, 99, 99, (Line(words),)), reader)


def found_pages(store: Store, query: str) -> list[int | None]:
    return sorted(hit.page or 0 for hit in store.search(query))


def test_what_is_found(store: Store, document: int) -> None:
    save_page(store, document, "Café München 1.234,50 東京都 Привет Straße हिन्दी สวัสดี finance")
    expected = {
        "cafe": True,
        "CAFÉ": True,
        "cafe\u0301": True,  # the accent as a character of its own
        "munch": True,  # beginning of the last word
        "munch cafe": False,  # not of the others
        "cafe münchen": True,
        "1.234,50": True,
        "1.234,5": True,
        "234,50 1": True,  # all words, any order
        "234.1": False,  # one word, in order
        "東京": True,
        "京都": True,
        "都東": False,
        "ПРИВЕТ": True,
        "strasse": True,
        "हिन्दी": True,
        "สวัส": True,
        "ﬁnance": True,
        "cafe absent": False,
        "": False,
        '" * ( ) :': False,
        "NOT cafe": False,
        "cafe OR absent": False,
        "folded:cafe": False,
        "'; DROP TABLE documents; --": False,
        "cafe*": True,
        "<-> cafe": True,
        "\0 cafe": True,
    }
    assert {query: bool(store.search(query)) for query in expected} == expected


def test_hits_tell_where(store: Store, document: int) -> None:
    save_page(store, document, "nothing of interest", number=1)
    save_page(store, document, "the freight charge is 12 EUR", number=2)
    store.save_answer(document, RUN, Answer("What does freight cost?", "12 EUR", 0.9, page=2))
    store.save_answer(document, RUN, Answer("Who pays the freight?", None, 0.9))
    hits = {hit.kind: hit for hit in store.search("freight")}

    page = hits[HitKind.PAGE]
    assert (page.document_id, page.sha256, page.name, page.page) == (document, "ab" * 32, "invoice.pdf", 2)
    assert page.snippet == "the freight charge is 12 EUR"
    answer = hits[HitKind.ANSWER]
    assert (answer.page, answer.snippet) == (2, "What does freight cost? 12 EUR")
    assert len(store.search("freight")) == 2


def test_the_best_comes_first_and_the_limit_holds(store: Store, document: int) -> None:
    for number in range(1, 9):
        save_page(store, document, "rent " * number + "filler " * (40 - number), number)
    hits = store.search("rent", limit=3)
    assert [hit.page for hit in hits] == [8, 7, 6]
    assert hits[0].score > hits[1].score > hits[2].score


def test_a_new_reading_replaces_the_old_in_search(store: Store, document: int) -> None:
    save_page(store, document, "misread", reader="v1")
    save_page(store, document, "corrected", reader="v2")
    assert found_pages(store, "misread") == []
    assert found_pages(store, "corrected") == [1]


def test_a_hit_names_the_document_as_last_seen(store: Store, document: int) -> None:
    save_page(store, document, "total")
    store.add_document(DocumentInfo("ab" * 32, "copy.pdf", "application/pdf", 2, 1234))
    assert [hit.name for hit in store.search("total")] == ["copy.pdf"]


def test_a_page_of_megabytes_is_kept_and_found(store: Store, document: int) -> None:
    save_page(store, document, " ".join(f"word{number}" for number in range(60_000)) + " " + "x" * 5000)
    assert found_pages(store, "word777") == [1]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(word=st.text(min_size=1, max_size=8), query=st.text(max_size=12))
def test_any_text_can_be_searched_for(store: Store, document: int, word: str, query: str) -> None:
    save_page(store, document, word)
    store.search(query)  # never an error
    if fold(word):
        assert found_pages(store, " ".join(word.split())) == [1]


def test_a_query_of_thousands_of_words_is_answered(store: Store, document: int) -> None:
    save_page(store, document, "total")
    assert found_pages(store, "total " * 5000) == [1]


def test_tokens_know_their_place() -> None:
    text = "Straße, cafe\u0301 東京"
    assert [(token.text, text[token.start : token.end]) for token in tokens(text)] == [
        ("strasse", "Straße"),
        ("cafe", "cafe\u0301"),
        ("東", "東"),
        ("京", "京"),
    ]


def test_query_words_become_phrases() -> None:
    assert query_phrases(' 12.50  "Café" -- ') == [["12", "50"], ["cafe"]]


def test_only_the_beginning_of_a_huge_text_is_indexed() -> None:
    assert len(fold("a " * MAX_INDEXED_CHARACTERS)) < MAX_INDEXED_CHARACTERS


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("short text", "text", "short text"),
        ("one\ntwo\t three", "two", "one two three"),
        ("a" + " word" * 40 + " Hit" + " tail" * 60, "hit", "… word"),
        ("a" + " word" * 40 + " Hits" + " tail" * 60, "hit", "… word"),
    ],
)
def test_snippets_show_the_surroundings(text: str, query: str, expected: str) -> None:
    shown = snippet(text, query_phrases(query))
    assert shown.startswith(expected)
    assert query in shown.lower()
    assert len(shown) < 170

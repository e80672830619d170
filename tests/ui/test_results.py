from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime

from docvlm.errors import InputError
from docvlm.models.protocol import EngineCard
from docvlm.store import DocumentRecord
from docvlm.types import Answer, Box, CheckResult, Extraction, FieldValue, LineItems
from docvlm.ui.results import (
    answers_html,
    documents_html,
    error_html,
    extraction_html,
    field_at,
    model_html,
    pending_answer_html,
)

BOX = Box(10, 20, 110, 40)
EVIL = "<script>alert('1')</script>"
TOTAL = FieldValue("total", "9.00", "9,00 €", 0.91, 2, BOX, (BOX,), "EUR")
MISSING = FieldValue("due_date", None, None, 0.7)
ITEMS = LineItems("items", ((FieldValue("description", EVIL, EVIL, 0.6, 1, BOX, (BOX,)), MISSING),))
EXTRACTION = Extraction(
    "invoice", (TOTAL, MISSING, ITEMS), (CheckResult("sum", False, "1 + 1 makes 2, not 9.", ("total",)),)
)


def _record(name: str, identifier: int = 7) -> DocumentRecord:
    moment = datetime(2026, 3, 4, 12, tzinfo=UTC)
    return DocumentRecord(identifier, "ab" * 32, "application/pdf", 3, 10, (name,), (), moment, 0, 0, 0, 0)


def test_nothing_from_documents_or_users_reaches_the_page_unescaped() -> None:
    pages = [
        answers_html([Answer(EVIL, EVIL, 0.5, 1)], 0),
        pending_answer_html(EVIL, "Thinking", EVIL),
        extraction_html(EXTRACTION, f'{EVIL}".pdf', None),
        documents_html([_record(f'{EVIL}"')], None),
        error_html(InputError(EVIL, EVIL)),
        model_html(EngineCard(EVIL, "1", False, EVIL), "", None),
    ]
    for html in pages:
        assert "<script" not in html
        assert "&lt;script&gt;" in html


def test_not_found_is_said_plainly_and_has_no_page() -> None:
    html = answers_html([Answer("Who?", None, 0.9)], None)
    assert "Not found" in html
    assert 'class="chip"' not in html


def test_latest_answer_comes_first_and_the_chosen_one_is_marked() -> None:
    html = answers_html([Answer("first?", "a", 0.9, 1), Answer("second?", "b", 0.2, 2)], 1)
    assert html.index("second?") < html.index("first?")
    assert re.findall(r'data-choice="(answer:\d)" aria-current', html) == ["answer:1"]


def test_fields_lead_back_to_their_values() -> None:
    html = extraction_html(EXTRACTION, "a.pdf", "0")
    paths = re.findall(r'data-choice="field:([\d.]+)"', html)
    assert paths == ["0", "2.0.0"]
    assert [field_at(EXTRACTION, path) for path in paths] == [TOTAL, ITEMS.rows[0][0]]


def test_paths_that_lead_nowhere_are_refused() -> None:
    for path in ("", "9", "-1", "2", "2.0", "2.0.9", "2.-1.0", "x", "0x1", "2.0.-1"):
        assert field_at(EXTRACTION, path) is None


def test_table_shows_value_printed_text_confidence_and_page() -> None:
    html = extraction_html(EXTRACTION, "a.pdf", None)
    row = re.search(r'<tr tabindex="0" data-choice="field:0">(.*?)</tr>', html)
    assert row is not None
    text = re.sub(r"<[^>]+>", " ", row[1])
    assert text.split() == ["total", "9.00", "EUR", "9,00", "€", "91", "%", "sure", "2"]
    assert "not found" in html
    assert "1 + 1 makes 2, not 9." in html


def test_downloads_hold_the_exported_values() -> None:
    html = extraction_html(EXTRACTION, "march.pdf", None)
    links = re.findall(r'download="([^"]+)" href="data:([^;]+);base64,([^"]+)"', html)
    names = [name for name, _, _ in links]
    assert names == ["march-invoice.json", "march-invoice.csv", "march-invoice-rows.csv"]
    exported = json.loads(base64.b64decode(links[0][2]))
    assert exported["documents"][0]["fields"]["total"]["value"] == "9.00"
    assert "9.00" in base64.b64decode(links[1][2]).decode()


def test_model_line_says_what_is_going_on() -> None:
    assert "Fetching the model" in model_html(None, "Fetching the model", None)
    assert "reads words only" in model_html(
        EngineCard("embedded", "1", False, "It reads words only."), "", None
    )
    assert "cannot be had" in model_html(None, "x", InputError("The model cannot be had."))

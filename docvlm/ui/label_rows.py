"""What is labelled besides fields, as a sheet of the same form: questions, and the lines of a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from docvlm.pipeline import CheckedLine
from docvlm.types import Box
from docvlm.ui.answers import boxes_json
from docvlm.ui.notices import level_of
from docvlm.ui.sheet import ABSENT_BUTTON, EVIDENCE_CROP

QUESTIONS, LINES = "questions", "lines"
"""What such sheets are called where a sheet of fields has its schema's key."""

LONGEST_QUESTION = 500


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question about the document and its answer, None where the document does not say.

    ``confidence`` is that of the model's answer, None where nothing has answered yet.
    """

    question: str
    answer: str | None = None
    page: int | None = None
    boxes: tuple[Box, ...] = ()
    confidence: float | None = None
    is_checked: bool = False


def questions_html(rows: Sequence[QuestionRow], suggested: Sequence[str], document_id: int) -> str:
    """Questions with their answers, and a field for one more.

    Args:
        suggested: questions worth asking that were not asked yet.
    """
    entries = "".join(_question(number, row) for number, row in enumerate(rows, start=1))
    chips = "".join(
        f'<button type="button" class="suggestion" data-question="{escape(question)}">{escape(question)}'
        "</button>"
        for question in suggested
    )
    return (
        f'<div class="sheet questions" data-document="{document_id}" data-schema="{QUESTIONS}">{entries}'
        '<form class="new-question"><input name="question" class="field-input" autocomplete="off" '
        f'maxlength="{LONGEST_QUESTION}" placeholder="Another question about this document" '
        'aria-label="Another question about this document">'
        '<button type="submit" class="secondary">Add</button></form>'
        f'<div class="suggestions" role="group" aria-label="Suggested questions">{chips}</div>'
        f"{EVIDENCE_CROP}</div>"
    )


def lines_html(lines: Sequence[CheckedLine], document_id: int, page: int) -> str:
    """The lines of a page as they were read, each to be accepted or corrected."""
    if not lines:
        return '<p class="quiet unread">No line was read on this page.</p>'
    done = sum(line.is_checked for line in lines)
    entries = "".join(_line(number, line) for number, line in enumerate(lines, start=1))
    return (
        f'<div class="sheet lines" data-document="{document_id}" data-schema="{LINES}" data-page-of="{page}">'
        f'<h4 title="Once all are checked, they are the transcript of the page">Page {page} '
        f'<span class="quiet">{done} of {len(lines)} lines checked</span></h4>{entries}{EVIDENCE_CROP}</div>'
    )


def _question(number: int, row: QuestionRow) -> str:
    name = escape(row.question)
    if row.is_checked:
        state, sureness = "confirmed", '<span class="sureness"><b>checked</b></span>'
    elif row.confidence is None:
        state, sureness = "missing", '<span class="sureness"></span>'
    else:
        state = level_of(row.confidence)
        sureness = f'<span class="sureness {state}"><i></i>{round(100 * row.confidence)} %</span>'
    return (
        f'<div class="field {state}" data-name="{name}" data-mark="question:{number}" '
        f'data-level="{level_of(1.0 if row.confidence is None else row.confidence)}"'
        f"{_place(row.page, row.boxes)}>"
        f'<label for="question-{number}">{name}</label>'
        f'<input id="question-{number}" class="field-input" value="{escape(row.answer or "")}" '
        'placeholder="not on this document" autocomplete="off" '
        f'spellcheck="false">{ABSENT_BUTTON}{sureness}</div>'
    )


def _line(number: int, line: CheckedLine) -> str:
    state = "confirmed" if line.is_checked else level_of(line.confidence)
    sureness = "<b>checked</b>" if line.is_checked else f"<i></i>{round(100 * line.confidence)} %"
    return (
        f'<div class="field {state}" data-name="{escape(line.name)}" data-mark="line:{number}" '
        f'data-level="{level_of(line.confidence)}"{_place(line.page, (line.box,))}>'
        f'<label for="line-{number}">{number}</label>'
        f'<input id="line-{number}" class="field-input" value="{escape(line.text)}" '
        'placeholder="no line" autocomplete="off" spellcheck="false">'
        f'{ABSENT_BUTTON}<span class="sureness {state}">{sureness}</span></div>'
    )


def _place(page: int | None, boxes: Sequence[Box]) -> str:
    if page is None or not boxes:
        return ""
    return f' data-page="{page}" data-boxes="{escape(boxes_json(boxes))}"'

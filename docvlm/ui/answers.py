"""Questions and answers as HTML. Whatever comes from a document, a model or a user is escaped.

An element with ``data-mark`` and ``data-boxes`` has its boxes drawn on the page (``page_marks.js``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from types import MappingProxyType

from docvlm.pipeline.ask import ASKED_WINDOWS
from docvlm.types import Answer, Box
from docvlm.ui.conversation import Asked, Group
from docvlm.ui.notices import confidence_html, level_of


def boxes_json(boxes: Sequence[Box]) -> str:
    return json.dumps([box.as_list() for box in boxes])


def answers_html(
    asked: Sequence[Asked],
    pending: str = "",
    focus: str = "",
    labelled: Mapping[str, str | None] = MappingProxyType({}),
    lit: Asked | None = None,
    page_count: int = 1,
) -> str:
    """The conversation about the open document, oldest first.

    Args:
        pending: HTML of the question that is being answered, placed last.
        focus: changes when an answer is to be lit on the page, once.
        labelled: the answers that a person has confirmed, by question.
        lit: which answer that is; the last one by default.
        page_count: of the document.
    """
    if not asked and not pending:
        return '<p class="quiet">Ask something about the document. The answer is lit on the page.</p>'
    lit = lit or (asked[-1] if asked else None)
    cards = [
        _answer(one, index, focus if one is lit else "", _is_labelled(one, labelled), page_count)
        for index, one in enumerate(asked)
    ]
    return f'<div class="answers" role="log" aria-label="Answers">{"".join(cards)}{pending}</div>'


def _is_labelled(asked: Asked, labelled: Mapping[str, str | None]) -> bool:
    """Whether a person has confirmed this answer, not another one to the same question."""
    answer = asked.answer
    return answer.question in labelled and labelled[answer.question] == answer.text


def pending_html(question: str, line: str, text: str) -> str:
    """A question that is being answered: what is going on, and the reply as far as it is there."""
    reply = f'<p class="reply">{escape(text)}<i class="caret"></i></p>' if text else ""
    return (
        f'<div class="answer pending"><p class="question">{escape(question)}</p>{reply}'
        f'<p class="facts"><i class="spinner"></i>{escape(line)}</p></div>'
    )


def other_document_html(document_id: int, name: str, answer: Answer) -> str:
    """The answer of a document that is not the open one; a click opens it where the answer stands."""
    reply = "Not found" if answer.text is None else answer.text
    kind = " none" if answer.text is None else ""
    page = "" if answer.page is None else f'<span class="chip">Page {answer.page}</span>'
    return (
        '<button type="button" class="answer other" '
        f'data-choice="open:{document_id}:{answer.page or 1}:{escape(answer.question)}">'
        f'<span class="question">{escape(name)}</span><span class="reply{kind}">{escape(reply)}</span>'
        f'<span class="facts">{page}{confidence_html(answer.confidence)}</span></button>'
    )


def failed_document_html(name: str, failure: str) -> str:
    """A document that could not be asked, with the reason as HTML."""
    return f'<div class="answer other"><span class="question">{escape(name)}</span>{failure}</div>'


def groups_html(groups: Sequence[Group], last: str, latest: str = "") -> str:
    """The questions about several documents, oldest first, each above its answers.

    Args:
        last: HTML of what stands below them.
        latest: changes when the last group is to be scrolled to, once.
    """
    shown = [f'<p class="asked">{escape(group.question)}</p>{group.cards}' for group in groups]
    mark = f'<i data-latest="{escape(latest)}" aria-hidden="true"></i>' if latest else ""
    return (
        '<div class="answers" role="log" aria-label="Answers">'
        f"{''.join(shown[:-1])}{mark}{''.join(shown[-1:])}{last}</div>"
    )


def suggestions_html(questions: Sequence[str]) -> str:
    """Questions worth asking of this kind of document."""
    chips = "".join(
        '<button type="button" class="suggestion" '
        f'data-suggest="{escape(question)}">{escape(question)}</button>'
        for question in questions
    )
    return (
        f'<div class="suggestions" role="group" aria-label="Suggested questions">{chips}</div>'
        if chips
        else ""
    )


def _answer(asked: Asked, index: int, focus: str, is_labelled: bool, page_count: int) -> str:
    answer = asked.answer
    actions = _actions(index, is_labelled) if asked.may_be_label else ""
    if answer.text is None:
        return (
            f'<div class="answer none"><p class="question">{escape(answer.question)}</p>'
            f'<p class="reply none">{_not_found(asked, page_count)}</p>'
            f'<p class="facts">{_where(asked)}{confidence_html(answer.confidence)}{actions}</p></div>'
        )
    lit = f' data-focus="{escape(focus)}"' if focus else ""
    return (
        f'<div class="answer" data-mark="answer:{index}" data-page="{answer.page}" '
        f'data-level="{level_of(answer.confidence)}" data-boxes="{escape(boxes_json(answer.boxes))}"{lit}>'
        '<button type="button" class="show" title="Show it on the page">'
        f'<span class="question">{escape(answer.question)}</span>'
        f'<span class="reply">{escape(answer.text)}</span></button><p class="facts">'
        f"{_where(asked)}{confidence_html(answer.confidence)}{actions}</p></div>"
    )


def _not_found(asked: Asked, page_count: int) -> str:
    """Where it was looked for: of a long document not everywhere."""
    if asked.part is not None or page_count <= ASKED_WINDOWS:
        return "Not found in what was asked."
    return (
        f"Not found in the {ASKED_WINDOWS} parts of these {page_count} pages that are most like the "
        "question. Ask about a page by itself to have it read."
    )


def _where(asked: Asked) -> str:
    """The page of the answer, or the part that was asked about, found or not."""
    match asked.part:
        case None:
            text = "" if asked.answer.page is None else f"Page {asked.answer.page}"
        case int(page):
            text = f"Page {page} alone"
        case box:
            text = f"Box on page {box.page}"
    return f'<span class="chip">{text}</span>' if text else ""


def _actions(index: int, is_labelled: bool) -> str:
    if is_labelled:
        return '<span class="kept">Kept as a label</span>'
    return (
        f'<button type="button" class="plain" data-choice="right:{index}" '
        'title="Keep question and answer as a label to train on">Keep as label</button>'
    )

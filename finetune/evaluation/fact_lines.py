"""The ``page_fact`` lines of a label file.

    {"file": "a.pdf", "task": "page_fact", "page": 1, "id": "a1", "type": "present", "text": "Master Bath"}

Keys are those of olmOCR-bench: ``text``, ``max_diffs``, ``case_sensitive``, ``first_n``, ``last_n``;
``before`` and ``after``; ``cell`` with ``up``, ``down``, ``left``, ``right``, ``top_heading``,
``left_heading``; ``math``; ``max_length``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from finetune.data.documents import LabelledDocument
from finetune.data.json_lines import BrokenEntry, Json, Report, content_hash, each_line, labelled_file
from finetune.evaluation.facts import SIDES, Fact, FactKind

_TEXT_KEYS = {
    FactKind.PRESENT: "text",
    FactKind.ABSENT: "text",
    FactKind.ORDER: "before",
    FactKind.TABLE: "cell",
    FactKind.MATH: "math",
}


def read_facts(
    path: Path, report: Report
) -> tuple[tuple[LabelledDocument, ...], Mapping[str, tuple[Fact, ...]]]:
    """The documents that a file states facts about, without other labels, and their facts by hash.

    Args:
        report: called with one sentence for each line that cannot be used, which is then left out.

    Raises:
        InputError: when the file cannot be read.
    """
    found: dict[Path, list[Fact]] = {}

    def use(line: Json) -> None:
        if line.get("task") == "page_fact":
            found.setdefault(labelled_file(path.parent, line.get("file")), []).append(_fact(line))

    each_line(path, use, report)
    documents = tuple(LabelledDocument(content_hash(file), file.name, file) for file in found)
    facts = zip(documents, found.values(), strict=True)
    return documents, {document.sha256: tuple(some) for document, some in facts}


def _fact(line: Json) -> Fact:
    try:
        kind = FactKind(line.get("type", ""))
    except ValueError as error:
        raise BrokenEntry(f"has the type {line.get('type')!r}, which is no kind of fact.") from error
    text = "" if kind is FactKind.BASELINE else _text(line, _TEXT_KEYS[kind])
    return Fact(
        name=str(line.get("id") or text),
        kind=kind,
        page=_number(line, "page") or 1,
        text=text,
        after=_text(line, "after") if kind is FactKind.ORDER else "",
        beside=tuple((side, _text(line, side)) for side in SIDES if line.get(side)),
        max_diffs=_number(line, "max_diffs") or 0,
        case_sensitive=bool(line.get("case_sensitive", True)),
        first_characters=_number(line, "first_n"),
        last_characters=_number(line, "last_n"),
        longest=_number(line, "max_length"),
    )


def _text(line: Json, key: str) -> str:
    value = line.get(key)
    if not isinstance(value, str) or not value.strip():
        raise BrokenEntry(f"has no '{key}'.")
    return value


def _number(line: Json, key: str) -> int | None:
    value = line.get(key)
    if value is None or (isinstance(value, int) and value >= 0):
        return value
    raise BrokenEntry(f"has {value!r} for '{key}', which is no number from 0.")

"""What ``python -m finetune data`` prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from docvlm.pipeline import QueuedDocument
from docvlm.schemas import FieldSpec
from finetune.data.checking import LabelCheck
from finetune.data.documents import LabelledDocument

_NAMES_SHOWN = 8


def check_text(found: LabelCheck) -> str:
    """What a person reads of a check."""
    fields, questions, transcripts = _counts(found.documents)
    names = {document.sha256: document.name for document in found.documents}
    lines = [
        f"{len(found.documents)} documents with {fields} fields, {questions} questions and "
        f"{transcripts} transcripts."
    ]
    if found.schema is not None:
        lines.append("Fields: " + ", ".join(f"{spec.name} ({_type(spec)})" for spec in found.schema.fields))
    lines += [
        "",
        f"{len(found.problems)} labels are not learnt from:" if found.problems else "No label is wrong.",
    ]
    lines += [f"  {problem.sentence}" for problem in found.problems]
    if found.duplicates:
        lines += ["", "Nearly the same, and so kept on one side of the split:"]
        lines += [f"  {', '.join(names[sha256] for sha256 in group)}" for group in found.duplicates]
    held_out = found.split.held_out
    lines += [
        "",
        f"Split: {len(found.split.train)} to learn from, {len(held_out)} held back{_of_kinds(held_out)}.",
    ]
    if held_out:
        lines.append(f"  {_listed([document.name for document in held_out])}")
    return "\n".join(lines)


def check_json(found: LabelCheck) -> dict[str, Any]:
    """The same for programs."""
    fields, questions, transcripts = _counts(found.documents)
    names = {document.sha256: document.name for document in found.documents}
    return {
        "documents": len(found.documents),
        "fields": fields,
        "questions": questions,
        "transcripts": transcripts,
        "schema": {spec.name: _type(spec) for spec in found.schema.fields} if found.schema else None,
        "problems": [
            {
                "document": names[problem.sha256],
                "kind": problem.kind.value,
                "label": problem.label,
                "sentence": problem.sentence,
            }
            for problem in found.problems
        ],
        "duplicates": [[names[sha256] for sha256 in group] for group in found.duplicates],
        "split": {
            "train": [document.name for document in found.split.train],
            "held_out": [document.name for document in found.split.held_out],
        },
    }


def queue_text(waiting: Sequence[QueuedDocument]) -> str:
    """Documents to label, one a line, with what decided their places."""
    if not waiting:
        return "Every stored document is labelled. Read or extract others first."
    lines = ["  gain  doubt  unlike  document"]
    lines += [
        f"{entry.gain:6.2f} {entry.doubt:6.2f} {entry.distance:7.2f}  {entry.name}" for entry in waiting
    ]
    return "\n".join(lines)


def queue_json(waiting: Sequence[QueuedDocument]) -> list[dict[str, Any]]:
    """The same for programs."""
    return [_queued(entry) for entry in waiting]


def _queued(entry: QueuedDocument) -> dict[str, Any]:
    return {
        "document": entry.name,
        "id": entry.document_id,
        "gain": round(entry.gain, 4),
        "doubt": round(entry.doubt, 4),
        "distance": round(entry.distance, 4),
    }


def _counts(documents: Sequence[LabelledDocument]) -> tuple[int, int, int]:
    """Fields, questions and transcripts in all."""
    return (
        sum(len(document.fields) for document in documents),
        sum(len(document.questions) for document in documents),
        sum(len(document.transcripts) for document in documents),
    )


def _type(spec: FieldSpec) -> str:
    return "rows" if spec.is_list else str(spec.type.value)


def _of_kinds(documents: Sequence[LabelledDocument]) -> str:
    kinds = Counter(document.kind for document in documents if document.kind)
    return (
        f" ({', '.join(f'{count} {kind}' for kind, count in kinds.most_common(_NAMES_SHOWN))})"
        if kinds
        else ""
    )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")

"""Labels of other documents: what is left of them stands on a page by chance, and teaches chance."""

from __future__ import annotations

from collections.abc import Iterable

from docvlm.errors import InputError
from docvlm.schemas import Schema
from finetune.data.documents import LabelledDocument
from finetune.data.problems import LabelProblem, ProblemKind

FEWEST_LOST = 8
"""Of fewer labels that stand on no page it cannot be told that labels and documents are mixed up."""

_LOST = (ProblemKind.NOT_ON_PAGE, ProblemKind.WRONG_TYPE)


def labels_with_a_value(document: LabelledDocument, schema: Schema | None) -> int:
    """How many labels of fields and questions say that something stands there; a list is one of them.

    Args:
        schema: fields that it does not name are not asked for and not counted; None for questions alone.
    """
    asked = {spec.name.casefold() for spec in schema.fields} if schema is not None else set()
    fields = sum(label.has_value for label in document.fields if label.name.casefold() in asked)
    return fields + sum(bool(question.answers) for question in document.questions)


def labels_lost(problems: Iterable[LabelProblem]) -> int:
    """How many labels stand on no page or cannot be of their type, counted as :func:`labels_with_a_value`."""
    return len({(problem.sha256, problem.label) for problem in problems if problem.kind in _LOST})


def refuse_mixed_up(lost: int, values: int, lost_share: float) -> None:
    """Refuse to learn where too many labels stand on no page.

    Args:
        lost: how many of ``values`` labels do.
        lost_share: more than this share of them, from 0 to 1, is too many.

    Raises:
        InputError: when labels and documents seem to be mixed up.
    """
    if lost >= FEWEST_LOST and lost > lost_share * values:
        raise InputError(
            f"{lost} of {values} labels stand on no page of their documents.",
            "See whether labels and documents are mixed up, or allow it with a higher lost_share.",
        )

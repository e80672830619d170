"""Evaluation: what the model says beside what the labels say, in published figures with intervals."""

from finetune.evaluation.compare import Change, ChangedValue, Comparison, compare, comparison_json
from finetune.evaluation.evaluate import evaluate_documents, judge_documents, summarise
from finetune.evaluation.results import (
    DocumentResult,
    Evaluation,
    FieldFigures,
    JudgedValue,
    ValueKind,
    evaluation_json,
    read_evaluation,
    write_evaluation,
)

__all__ = [
    "Change",
    "ChangedValue",
    "Comparison",
    "DocumentResult",
    "Evaluation",
    "FieldFigures",
    "JudgedValue",
    "ValueKind",
    "compare",
    "comparison_json",
    "evaluate_documents",
    "evaluation_json",
    "judge_documents",
    "read_evaluation",
    "summarise",
    "write_evaluation",
]

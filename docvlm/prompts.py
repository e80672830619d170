"""The words a model is asked with. Training and answering use these very functions.

The page comes first and the request after it, so that everything computed for the page serves each
further request. Replies are lines, not JSON: `` value`` after ``key:`` is how the tokenizer cuts the
page's own words (with the space before them), nothing needs escaping, and a line costs fewer tokens.
JSON is made from the parsed lines afterwards.
"""

from __future__ import annotations

from docvlm.schemas import FieldSpec, FieldType, Schema

PROMPTS_VERSION = "1"
"""Changes with the words of any prompt; an adapter is trained on those of one version."""

SYSTEM = "You read documents. Answer with words that stand on the page."
NOT_FOUND = "not found"
ABSENT = f" {NOT_FOUND}"
"""As it stands behind the name of a field."""
ANSWER_START = "Answer:"
ROW_START = "- "
CELL_BREAK = "\t"  # stands on no page, so that a cell's words can never run into the next cell


def question_prompt(question: str) -> str:
    """Ask for one answer; the reply goes on after ``ANSWER_START``."""
    return f"Question: {' '.join(question.split())}"


def extraction_prompt(schema: Schema) -> str:
    """Ask for one line a field, in the schema's order."""
    return "\n".join(["Find these fields, one a line:", *(_describe(field) for field in schema.fields)])


def transcription_prompt() -> str:
    """Ask for all that is printed, line by line."""
    return "Copy the page:"


def free_question_prompt(question: str) -> str:
    """Ask an engine that follows no grammar, and was not trained on ``question_prompt``."""
    return (
        f"{question_prompt(question)}\nCopy the shortest answer word for word from the page above, and "
        f"write nothing else. If it does not stand there, write: {NOT_FOUND}"
    )


def free_extraction_prompt(schema: Schema) -> str:
    """Ask such an engine for one JSON object with a key for each field."""
    return (
        f"{extraction_prompt(schema)}\nReply with one JSON object that has these keys and nothing around "
        "it. Copy each value word for word from the page above, as a string; rows are lists of objects. "
        "Write null for what does not stand there."
    )


def _describe(field: FieldSpec) -> str:
    """``total (amount): what has to be paid`` or ``items (rows): description | quantity | amount``."""
    if field.columns:
        return f"{field.name} (rows): {' | '.join(column.name for column in field.columns)}"
    kind = "" if field.type is FieldType.TEXT else f" ({field.type.value})"
    choices = f" {' / '.join(field.choices)}" if field.choices else ""
    hint = f": {field.hint}" if field.hint else ""
    return f"{field.name}{kind}{choices}{hint}"

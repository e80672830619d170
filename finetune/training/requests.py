"""How a window is asked in training: the full schema as in answering, and the same things otherwise.

A model that only ever sees one schema learns its order by heart. Each further request takes some of the
fields in another order, without hints now and then, or one field as a question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from docvlm.prompts import (
    ANSWER_START,
    NOT_FOUND,
    extraction_prompt,
    question_prompt,
    transcription_prompt,
)
from docvlm.schemas import FieldSpec, FieldType, Schema, find_candidates
from finetune.synthesis.requests import Turn
from finetune.training.examples import FieldTarget, WindowExample

_QUESTIONS = ("What is the {}?", "{}?", "Find the {}.", "What is written for {}?")
_PLAIN_SHARE = 0.3
_QUESTION_SHARE = 0.4

_RARE_FIELDS = (
    FieldSpec("iban", FieldType.IBAN),
    FieldSpec("email", FieldType.EMAIL),
    FieldSpec("phone", FieldType.PHONE),
    FieldSpec("discount rate", FieldType.PERCENT),
    FieldSpec("due_date", FieldType.DATE),
    FieldSpec("delivery_time", FieldType.TIME),
)
"""Fields that a page can be shown to lack: no run of its words reads as their type."""


def window_turns(
    example: WindowExample, schema: Schema | None, rng: Random, paraphrases: int, absent_share: float
) -> tuple[Turn, ...]:
    """The requests about a window, the full schema first; labelled questions are always asked.

    The whole page is copied last, since that is the longest.

    Args:
        schema: gives the full request its name; its fields are those of the example.
        paraphrases: how many further requests there are, where fields are known.
        absent_share: how often a request of some fields also asks for one that the page surely lacks.
    """
    turns = [fields_turn(example.fields, schema)] if example.fields else []
    turns += [_question_turn(asked.question, asked.answer) for asked in example.questions]
    absent = _absent_fields(example)
    for _ in range(paraphrases if example.fields else 0):
        spoken = [target for target in example.fields if target.value is not None]
        if spoken and rng.random() < _QUESTION_SHARE:
            turns.append(_field_question(rng.choice(spoken), rng))
        else:
            asked = _some_fields(example.fields, rng)
            if absent and rng.random() < absent_share:
                asked.insert(rng.randint(0, len(asked)), rng.choice(absent))
            turns.append(fields_turn(asked, None))
    if example.transcript:
        turns.append(_transcription_turn(example.transcript))
    return tuple(turns)


def first_turn(example: WindowExample, schema: Schema | None) -> Turn:
    """The request that every visit to a window begins with."""
    if example.fields:
        return fields_turn(example.fields, schema)
    if not example.questions:
        return _transcription_turn(example.transcript)
    asked = example.questions[0]
    return _question_turn(asked.question, asked.answer)


def fields_turn(targets: Sequence[FieldTarget], schema: Schema | None) -> Turn:
    """One extraction request for these fields with its reply."""
    asked = request_schema(targets, schema)
    reply = "".join(f"{line}\n" for target in targets for line in target.lines)
    return Turn(extraction_prompt(asked), "", reply, asked)


def request_schema(targets: Sequence[FieldTarget], schema: Schema | None) -> Schema:
    """The fields of the targets as a schema, with the name of ``schema`` where there is one."""
    specs = tuple(target.spec for target in targets)
    return Schema("custom", "Custom", specs) if schema is None else replace(schema, fields=specs, checks=())


def _question_turn(question: str, answer: str) -> Turn:
    return Turn(question_prompt(question), ANSWER_START, f" {answer}\n")


def _transcription_turn(transcript: str) -> Turn:
    return Turn(transcription_prompt(), "", transcript)


def _field_question(target: FieldTarget, rng: Random) -> Turn:
    name = (target.spec.hint if target.spec.hint and rng.random() < 0.5 else target.spec.name).replace(
        "_", " "
    )
    return _question_turn(rng.choice(_QUESTIONS).format(name), target.value or NOT_FOUND)


def _some_fields(targets: Sequence[FieldTarget], rng: Random) -> list[FieldTarget]:
    chosen = rng.sample(targets, rng.randint(1, len(targets)))
    plain = rng.random() < _PLAIN_SHARE
    return [replace(target, spec=replace(target.spec, hint="")) if plain else target for target in chosen]


def _absent_fields(example: WindowExample) -> list[FieldTarget]:
    known = {target.spec.name.casefold() for target in example.fields}
    return [
        FieldTarget(spec, (f"{spec.name}: {NOT_FOUND}",), found=False)
        for spec in _RARE_FIELDS
        if spec.name not in known
        and not any(find_candidates(order, spec, example.context) for order in example.window.words.orders)
    ]

"""The values that an adapter fixed, broke or still gets wrong, each with a picture of where it stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from docvlm.atomic import write_atomically
from docvlm.errors import DocvlmError
from docvlm.schemas import FieldSpec, Schema
from docvlm.types import Box
from finetune.data.align import align_answer, align_field
from finetune.data.documents import FieldLabel, LabelledDocument
from finetune.data.pages import label_pages
from finetune.data.readings import Readings
from finetune.evaluation.compare import ChangedValue, Comparison
from finetune.evaluation.evaluate import Asked
from finetune.evaluation.evidence import Evidence, evidence_png
from finetune.evaluation.results import JudgedValue, ValueKind

PICTURES = "gallery"
"""The folder of the pictures, inside the comparison's."""

MOST_ENTRIES = 60


class Outcome(StrEnum):
    """What became of a value."""

    BROKEN = "broken"
    FIXED = "fixed"
    STILL_WRONG = "still wrong"


@dataclass(frozen=True, slots=True)
class GalleryEntry:
    """One value before and after.

    Attributes:
        name: the field's name, or the question.
        labels: what counts as right; empty where the document does not have it.
        before, after: the words that were given; None for "not found".
        confidence: of what was given after; None where the document failed.
        page: from 1, the one in the picture; None without a picture.
        picture: name of a PNG in the folder ``PICTURES``, with the label's words in green and, where they
            are others, those of the answer after in red; None where neither stands on a page.
    """

    outcome: Outcome
    document: str
    sha256: str
    name: str
    labels: tuple[str, ...]
    before: str | None
    after: str | None
    confidence: float | None
    page: int | None = None
    picture: str | None = None


def draw_gallery(
    comparison: Comparison,
    documents: Sequence[LabelledDocument],
    schema: Asked,
    readings: Readings,
    folder: Path,
    tell: Callable[[str, int, int], None] = lambda _what, _done, _total: None,
) -> tuple[GalleryEntry, ...]:
    """The most telling values, with their pictures in ``folder``; ``MOST_ENTRIES`` at most.

    Broken values come first, then fixed ones, then those still wrong. A page that cannot be shown leaves its
    entries without pictures.

    Args:
        tell: called after each document with what is being done, how many are done and how many there are.

    Raises:
        UsageError: when the pictures cannot be written.
    """
    chosen = most_telling(comparison, MOST_ENTRIES)
    known = {document.sha256: document for document in documents}
    (folder / PICTURES).mkdir(parents=True, exist_ok=True)
    for old in (folder / PICTURES).glob("*.png"):
        old.unlink()
    numbers: defaultdict[str, list[int]] = defaultdict(list)
    for number, (_, change) in enumerate(chosen):
        numbers[change.sha256].append(number)
    entries = [_entry(outcome, change) for outcome, change in chosen]
    for done, (sha256, own) in enumerate(numbers.items(), start=1):
        document = known[sha256]
        fields = schema(document) if callable(schema) else schema
        evidence = _evidence(document, fields, {number: chosen[number][1] for number in own}, readings)
        for number, place, picture in _pictures(document, evidence, readings):
            name = f"{number + 1:03}.png"
            write_atomically(folder / PICTURES / name, picture)
            entries[number] = replace(entries[number], page=place.page, picture=name)
        tell("Drawing what changed", done, len(numbers))
    return tuple(entries)


def by_outcome(comparison: Comparison) -> dict[Outcome, tuple[ChangedValue, ...]]:
    """The values of a comparison, those that matter most first."""
    return {
        Outcome.BROKEN: comparison.broken,
        Outcome.FIXED: comparison.fixed,
        Outcome.STILL_WRONG: comparison.still_wrong,
    }


def most_telling(comparison: Comparison, most: int) -> list[tuple[Outcome, ChangedValue]]:
    """What to show of a comparison: a third of each outcome, or more where another has less.

    Of each outcome every field has its turn, the surest answer first: being wrong and sure is the worst.
    """
    waiting = {outcome: _in_turns(changes) for outcome, changes in by_outcome(comparison).items()}
    shares = dict.fromkeys(waiting, 0)
    while sum(shares.values()) < most:
        open_ones = [outcome for outcome, changes in waiting.items() if shares[outcome] < len(changes)]
        if not open_ones:
            break
        shares[min(open_ones, key=lambda outcome: shares[outcome])] += 1
    return [(outcome, change) for outcome, some in waiting.items() for change in some[: shares[outcome]]]


def _in_turns(changes: Sequence[ChangedValue]) -> list[ChangedValue]:
    """One of each field, then the second of each, and so on."""
    turns: defaultdict[tuple[ValueKind, str], int] = defaultdict(int)
    ordered = []
    for change in sorted(changes, key=lambda change: -(change.after.confidence or 0.0)):
        # Each question is a name of its own; together they take one field's turns.
        key = (change.after.kind, change.after.name if change.after.kind is ValueKind.FIELD else "")
        ordered.append((turns[key], change))
        turns[key] += 1
    return [change for _, change in sorted(ordered, key=lambda pair: pair[0])]


def _entry(outcome: Outcome, change: ChangedValue) -> GalleryEntry:
    return GalleryEntry(
        outcome,
        change.document,
        change.sha256,
        change.after.name,
        change.after.labels,
        change.before.raw,
        change.after.raw,
        change.after.confidence,
    )


def _evidence(
    document: LabelledDocument,
    schema: Schema | None,
    changes: Mapping[int, ChangedValue],
    readings: Readings,
) -> dict[int, Evidence]:
    """Where each value's label and answer stand; values that stand nowhere are left out."""
    found = {}
    for number, change in changes.items():
        label = _label_place(document, schema, change.after, readings)
        given = [] if change.after.right and label else [change.after, change.before]
        answer = next(((one.page or 1, one.boxes) for one in given if one.boxes), None)
        if place := label or answer:
            beside = answer[1] if answer and answer[0] == place[0] else ()
            found[number] = Evidence(place[0], label[1] if label else (), beside)
    return found


def _label_place(
    document: LabelledDocument, schema: Schema | None, value: JudgedValue, readings: Readings
) -> tuple[int, tuple[Box, ...]] | None:
    """The page and boxes of what the label says, given with the label or found on the page."""
    if value.kind is ValueKind.ANSWER:
        question = next((one for one in document.questions if one.question == value.name), None)
        given, page = (question.boxes, question.page) if question else ((), None)
    else:
        own = (one for one in document.fields if one.name.casefold() == value.name.casefold())
        field = next((one for one in own if isinstance(one, FieldLabel)), None)
        given, page = (field.boxes, field.page) if field else ((), None)
    if given:
        return page or 1, given
    specs = schema.fields if schema else ()
    spec = next((one for one in specs if one.name == value.name), FieldSpec(value.name))
    try:
        pages = label_pages(readings.of(document), page)
    except DocvlmError:
        return None
    for one in pages:
        if value.kind is ValueKind.ANSWER:
            run = align_answer(question, one.words, one.context) if question else None
        else:
            run = align_field(field, spec, one.words, one.context) if field else None
        if run is not None:
            return one.number, tuple(run.boxes)
    return None


def _pictures(
    document: LabelledDocument, evidence: Mapping[int, Evidence], readings: Readings
) -> Iterator[tuple[int, Evidence, bytes]]:
    """The PNG of each value whose page can be shown; every page is opened once."""
    pages: defaultdict[int, list[int]] = defaultdict(list)
    for number, place in evidence.items():
        pages[place.page].append(number)
    for page_number, numbers in pages.items():
        try:
            page = readings.page(document, page_number)
        except DocvlmError:
            continue
        if page.image is not None:
            for number in numbers:
                yield number, evidence[number], evidence_png(page.image, evidence[number])

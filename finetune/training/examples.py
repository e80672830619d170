"""What a labelled document teaches: each window of it with the replies that are right there.

Windows are cut as in answering, and a reply holds words exactly as the page writes them, so that
training shows the model nothing that decoding would not allow. What is not known is never asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from docvlm.grounding.grammar import MAX_ROWS
from docvlm.pipeline.windows import Window, cut_windows, window_context
from docvlm.prompts import CELL_BREAK, NOT_FOUND, ROW_START
from docvlm.schemas import FieldSpec, PageContext, Schema, page_context
from docvlm.types import Reading
from finetune.data.align import align_answer, align_field, align_rows
from finetune.data.documents import FieldLabel, LabelledDocument, QuestionLabel, RowsLabel
from finetune.data.mixed_up import labels_with_a_value
from finetune.data.readings import Readings
from finetune.training.page_transcripts import page_transcripts


@dataclass(frozen=True, slots=True)
class FieldTarget:
    """The lines that a field's reply has in a window; ``found`` is False for ``not found``."""

    spec: FieldSpec
    lines: tuple[str, ...]
    found: bool

    @property
    def value(self) -> str | None:
        """What a question for this field is answered; None for a list that has rows."""
        if self.spec.is_list and self.found:
            return None
        return self.lines[0].removeprefix(f"{self.spec.name}:").strip()


@dataclass(frozen=True, slots=True)
class QuestionTarget:
    """A labelled question with its reply in a window, ``not found`` where the window does not answer it."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True, eq=False)
class WindowExample:
    """A window of a labelled document and everything that is known to be right about it.

    Attributes:
        document: the document, for its pixels.
        window: what the model reads.
        context: how the window writes dates and amounts.
        fields: in the schema's order; fields that are not known for sure are left out.
        questions: those of the labels.
        transcript: all that is printed on the page, line by line; empty where that is not known, or where the
            model does not see it.
    """

    document: LabelledDocument
    window: Window
    context: PageContext
    fields: tuple[FieldTarget, ...]
    questions: tuple[QuestionTarget, ...]
    transcript: str = ""

    @property
    def teaches_a_value(self) -> bool:
        """Whether anything at all is found here."""
        return (
            bool(self.transcript)
            or any(target.found for target in self.fields)
            or any(target.answer != NOT_FOUND for target in self.questions)
        )


@dataclass(frozen=True, slots=True)
class ExampleSet:
    """The windows of a set of documents.

    Attributes:
        lost_labels: how many labels are not trained on: no page says them, or none shows a transcript whole.
        values: how many labels say that something stands on the page; the others are never lost.
    """

    examples: tuple[WindowExample, ...]
    lost_labels: int
    values: int


def make_examples(
    documents: Iterable[LabelledDocument],
    readings: Readings,
    schema: Schema | None,
    count_tokens: Callable[[str], int],
    seed: int = 1,
    sees_pixels: bool = False,
) -> ExampleSet:
    """The examples of documents, in their order.

    Args:
        schema: which fields are asked for; None for questions alone.
        count_tokens: the engine's own count, which decides where windows end.
        seed: which of the windows without any value are kept: as many as there are with one.
        sees_pixels: whether the model can learn to copy pages whose transcripts are labelled.

    Raises:
        InputError: when a document cannot be read.
    """
    examples: list[WindowExample] = []
    lost = values = 0
    for document in documents:
        found, missing = document_examples(document, readings.of(document), schema, count_tokens, sees_pixels)
        examples += _with_few_empty(found, Random(f"{seed}:{document.sha256}"))  # noqa: S311
        lost += missing
        values += _values(document, schema, sees_pixels)
    return ExampleSet(tuple(examples), lost, values)


def _values(document: LabelledDocument, schema: Schema | None, sees_pixels: bool) -> int:
    """How many labels of a document say that something stands there."""
    copied = sum(label.text is not None for label in document.transcripts) if sees_pixels else 0
    return labels_with_a_value(document, schema) + copied


def document_examples(
    document: LabelledDocument,
    readings: Sequence[Reading],
    schema: Schema | None,
    count_tokens: Callable[[str], int],
    sees_pixels: bool = False,
) -> tuple[list[WindowExample], int]:
    """An example for each window, and the number of labels that stand on none of them."""
    windows = [window for reading in readings for window in cut_windows(reading, count_tokens)]
    whole = page_context("\n".join(window.words.text for window in windows))
    contexts = [window_context(window, whole) for window in windows]
    targets: list[list[FieldTarget]] = [[] for _ in windows]
    questions: list[list[QuestionTarget]] = [[] for _ in windows]
    lost = 0
    labels = {label.name.casefold(): label for label in document.fields}
    for spec in schema.fields if schema is not None else ():
        label = labels.get(spec.name.casefold())
        if label is None:
            continue
        known = _field_targets(label, spec, windows, contexts)
        lost += known is None
        for place, target in zip(targets, known or [], strict=False):
            if target is not None:
                place.append(target)
    for question in document.questions:
        answers = _answers(question, windows, contexts)
        lost += answers is None
        for asked, answer in zip(questions, answers or [], strict=False):
            asked.append(QuestionTarget(question.question, answer))
    copied, missing = page_transcripts(document, windows) if sees_pixels else ([""] * len(windows), 0)
    examples = [
        WindowExample(document, window, context, tuple(fields), tuple(asked), transcript)
        for window, context, fields, asked, transcript in zip(
            windows, contexts, targets, questions, copied, strict=True
        )
        if fields or asked or transcript
    ]
    return examples, lost + missing


def _with_few_empty(examples: Sequence[WindowExample], rng: Random) -> Iterator[WindowExample]:
    """The windows that teach a value, and at most as many that teach to find none."""
    empty = [index for index, example in enumerate(examples) if not example.teaches_a_value]
    kept = set(rng.sample(empty, min(len(empty), max(1, len(examples) - len(empty)))))
    return (example for index, example in enumerate(examples) if example.teaches_a_value or index in kept)


def _field_targets(
    label: FieldLabel | RowsLabel,
    spec: FieldSpec,
    windows: Sequence[Window],
    contexts: Sequence[PageContext],
) -> list[FieldTarget | None] | None:
    """The field's target in each window (None where it is in doubt); None when no window has the value."""
    missing = FieldTarget(spec, (f"{spec.name}: {NOT_FOUND}",), found=False)
    if not label.has_value:  # whatever form says so: a label file writes null or [] for a list, too
        return [missing for _ in windows]
    if isinstance(label, RowsLabel):
        return _rows_targets(label, spec, windows, contexts) if spec.is_list else None
    if spec.is_list:
        return None
    runs = [
        align_field(label, spec, window.words, context) if _on_page(label, window) else None
        for window, context in zip(windows, contexts, strict=True)
    ]
    if not any(runs):
        return None
    return [
        FieldTarget(spec, (f"{spec.name}: {run.text}",), found=True) if run is not None else missing
        for run in runs
    ]


def _rows_targets(
    label: RowsLabel, spec: FieldSpec, windows: Sequence[Window], contexts: Sequence[PageContext]
) -> list[FieldTarget | None] | None:
    targets = [
        _rows_of_a_window(label, spec, window, context)
        for window, context in zip(windows, contexts, strict=True)
    ]
    return targets if any(target is not None and target.found for target in targets) else None


def _rows_of_a_window(
    label: RowsLabel, spec: FieldSpec, window: Window, context: PageContext
) -> FieldTarget | None:
    """The rows that stand in a window; None where a cell that has a value is not found in its row."""
    lines = [f"{spec.name}:"]
    for row, runs in zip(label.rows, align_rows(label, spec, window.words, context), strict=True):
        labelled = {cell.name.casefold() for cell in row if cell.value is not None}
        if not any(runs):
            continue
        cells = []
        for column, run in zip(spec.columns, runs, strict=True):
            if run is None and column.name.casefold() in labelled:
                return None
            cells.append(f"{column.name}: {run.text if run is not None else NOT_FOUND}")
        lines.append(ROW_START + CELL_BREAK.join(cells))
    if len(lines) - 1 > MAX_ROWS:
        return None
    if len(lines) == 1:
        return FieldTarget(spec, (f"{spec.name}: {NOT_FOUND}",), found=False)
    return FieldTarget(spec, tuple(lines), found=True)


def _answers(
    label: QuestionLabel, windows: Sequence[Window], contexts: Sequence[PageContext]
) -> list[str] | None:
    if not label.answers:
        return [NOT_FOUND for _ in windows]
    runs = [
        align_answer(label, window.words, context) if _on_page(label, window) else None
        for window, context in zip(windows, contexts, strict=True)
    ]
    return [run.text if run is not None else NOT_FOUND for run in runs] if any(runs) else None


def _on_page(label: FieldLabel | QuestionLabel, window: Window) -> bool:
    return label.page is None or label.page == window.page_number

"""What holding a table's entries against each other is worth: ``python -m tests.benchmarks.table_rows``.

A few French invoices of each layout are asked for their rows; the replies are grounded as the model chose
the cells, and lined up (``docvlm.grounding.line_up``). Rows right (F1) and cells right (F1) by column.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from unittest import mock

from docvlm.config import Settings
from docvlm.models.embedded import EmbeddedEngine
from docvlm.pipeline import extract
from docvlm.pipeline.windows import cut_windows
from docvlm.schemas import load_schema
from docvlm.types import Extraction
from finetune.data.cases import read_cases
from finetune.data.documents import LabelledDocument, RowsLabel
from finetune.data.readings import Readings
from finetune.evaluation.answering import Said
from finetune.evaluation.judging import Judge
from finetune.evaluation.results import Cost
from finetune.evaluation.rows import RowsResult

SCHEMA = load_schema("line_items[description, quantity:number, unit_price:amount, sub_total:amount]")

LineUp = Callable[..., list[list[extract.Cell]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the data sets")
    parser.add_argument("--each", type=int, default=4, help="invoices of each layout")
    options = parser.parse_args()
    engine = EmbeddedEngine(Settings.from_environment().model_cache)
    documents = _with_rows(options.data / "invoices_fr" / "cases.jsonl", options.each)
    ways: dict[str, LineUp] = {
        "as chosen": lambda entries, *_: [list(entry) for entry in entries],
        "lined up": extract.line_up,
    }
    found: dict[str, list[RowsResult]] = defaultdict(list)
    with Readings.open() as readings:
        for document in documents:
            pages = readings.of(document)
            windows = [window for page in pages for window in cut_windows(page, engine.count_tokens)]
            for way, line_up in ways.items():
                # Replies are greedy, so they are the same both times; only their grounding differs.
                with mock.patch.object(extract, "line_up", line_up):
                    *_, said = extract.extract_windows(engine, windows, SCHEMA, lambda window: window.input)
                assert isinstance(said, Extraction)
                judged = Judge(pages).rows(document, SCHEMA, Said(said, (), Cost(0.0, 0, 0)))
                found[way].extend(judged)
    print(f"{len(documents)} invoices, {sum(row.labelled_rows for row in found['as chosen'])} rows\n")
    columns = [column.name for column in SCHEMA.fields[0].columns]
    print(f"| cells | rows, F1 | {' | '.join(f'{column}, F1' for column in columns)} |")
    print(f"|{'---|' * (len(columns) + 2)}")
    for way, results in found.items():
        print(f"| {way} | {' | '.join(f'{one:.2f}' for one in _figures(results, columns))} |")


def _with_rows(cases: Path, each: int) -> list[LabelledDocument]:
    """The first documents of each layout whose rows are labelled."""
    kept: dict[str, list[LabelledDocument]] = defaultdict(list)
    for document in read_cases(cases, print):
        if any(isinstance(field, RowsLabel) for field in document.fields):
            kept[document.kind].append(document)
    return [document for kind in sorted(kept) for document in kept[kind][:each]]


def _figures(results: Sequence[RowsResult], columns: Sequence[str]) -> Iterator[float]:
    predicted = sum(result.predicted_rows for result in results)
    labelled = sum(result.labelled_rows for result in results)
    yield 2 * sum(result.right_rows for result in results) / max(predicted + labelled, 1)
    for column in columns:
        cells = [cell for result in results for cell in result.cells if cell.column == column]
        sizes = sum(cell.predicted + cell.labelled for cell in cells)
        yield 2 * sum(cell.right for cell in cells) / max(sizes, 1)


if __name__ == "__main__":
    main()

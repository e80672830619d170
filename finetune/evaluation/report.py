"""An evaluation for people: tables in markdown, a plot of the confidences, every prediction in a file."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path

from docvlm.atomic import write_atomically
from docvlm.errors import UsageError
from finetune.evaluation.bootstrap import Interval
from finetune.evaluation.calibration import ReliabilityBin
from finetune.evaluation.compare import Change, ChangedValue, Comparison, comparison_json
from finetune.evaluation.results import Evaluation, document_line, evaluation_json, write_evaluation

MOST_FIELDS = 40
_MOST_CHANGES = 100


def write_report(
    folder: Path,
    evaluation: Evaluation,
    baseline: Evaluation | None = None,
    comparison: Comparison | None = None,
) -> None:
    """Write everything about an evaluation, and about its comparison with a baseline, to a folder.

    ``figures.json`` (as ``--json`` prints it), ``report.md``, ``documents.jsonl`` (one document a line with
    labels, predictions, confidences and boxes), ``reliability.png``, ``evaluation.json`` (all of it, for
    ``read_evaluation``); with a baseline also ``comparison.json``, ``comparison.md`` and ``baseline.jsonl``.

    Raises:
        UsageError: when the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"The folder {folder} cannot be made: {error.strerror}.", "Choose another place with --out."
        ) from error
    _write(folder / "figures.json", json.dumps(evaluation_json(evaluation), indent=2, ensure_ascii=False))
    _write(folder / "report.md", figures_table(evaluation))
    _write(folder / "documents.jsonl", "\n".join(map(document_line, evaluation.documents)))
    write_evaluation(folder / "evaluation.json", evaluation)
    write_atomically(folder / "reliability.png", reliability_plot(evaluation.reliability))
    if baseline is not None and comparison is not None:
        _write(folder / "baseline.jsonl", "\n".join(map(document_line, baseline.documents)))
        _write(
            folder / "comparison.json", json.dumps(comparison_json(comparison), indent=2, ensure_ascii=False)
        )
        _write(folder / "comparison.md", f"{comparison_table(comparison)}\n\n{changes_list(comparison)}")


def figures_table(evaluation: Evaluation) -> str:
    """Figures with their intervals as markdown tables: over all documents, then a row a field."""
    lines = [f"{len(evaluation.documents)} documents, model {evaluation.model} ({evaluation.revision})"]
    if evaluation.adapter:
        lines[0] += f", adapter {evaluation.adapter}"
    if evaluation.failed:
        lines.append(f"{len(evaluation.failed)} of them failed and count as wrong.")
    rows = [[name, _figure(interval)] for name, interval in evaluation.metrics.items()]
    parts = ["\n".join(lines), _table(["figure", "value (95 % interval)"], rows)]
    columns = list(dict.fromkeys(name for field in evaluation.fields for name in field.figures))
    fields = [
        [field.name, *(_figure(field.figures.get(column)) for column in columns)]
        for field in evaluation.fields[:MOST_FIELDS]
    ]
    if fields:
        parts.append(_table(["field", *columns], fields))
    if len(evaluation.fields) > MOST_FIELDS:
        parts.append(f"{len(evaluation.fields) - MOST_FIELDS} more fields are in the JSON.")
    return "\n\n".join(parts)


def comparison_table(comparison: Comparison) -> str:
    """Before, after and the difference of every figure, then of every field."""
    heads = ["figure", "before", "after", "difference (95 % interval)", "p"]
    rows = [_change_row(name, change) for name, change in comparison.metrics.items()]
    parts = [f"{comparison.documents} documents", _table(heads, rows)]
    fields = [
        _change_row(f"{field} {name}", change)
        for field, changes in list(comparison.fields.items())[:MOST_FIELDS]
        for name, change in changes.items()
    ]
    if fields:
        parts.append(_table(["field", *heads[1:]], fields))
    parts.append(f"{len(comparison.fixed)} values fixed, {len(comparison.broken)} broken.")
    return "\n\n".join(parts)


def headline_table(comparison: Comparison) -> str:
    """The share that is right of each field and of all together, before and after."""
    heads = ["share right", "before", "after", "difference (95 % interval)", "p"]
    rows = [_change_row(name, change) for name, change in comparison.headline.items()]
    changed = f"{len(comparison.fixed)} values fixed, {len(comparison.broken)} broken."
    return f"{comparison.documents} documents\n\n{_table(heads, rows)}\n\n{changed}"


def changes_list(comparison: Comparison) -> str:
    """The values that were fixed and broken, with label, before and after."""
    heads = ["document", "field or question", "label", "before", "after"]
    parts = []
    for title, changes in (("Fixed", comparison.fixed), ("Broken", comparison.broken)):
        parts.append(f"## {title}: {len(changes)}")
        parts.append(_table(heads, [_changed_row(change) for change in changes[:_MOST_CHANGES]]))
    return "\n\n".join(parts)


def reliability_plot(bins: Sequence[ReliabilityBin]) -> bytes:
    """Accuracy over confidence with the number of values in each bin below, as a PNG.

    The reliability diagram of Guo et al. 2017, figure 1.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 6), layout="constrained")
    accuracy, counts = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    accuracy.plot([0, 1], [0, 1], linestyle="--", color="gray", label="as sure as right")
    filled = [one for one in bins if one.confidence is not None and one.accuracy is not None]
    accuracy.plot(
        [one.confidence for one in filled], [one.accuracy for one in filled], marker="o", label="this model"
    )
    accuracy.set(ylabel="share right", xlim=(0, 1), ylim=(0, 1))
    accuracy.legend(loc="upper left")
    counts.bar(
        [one.low for one in bins],
        [one.count for one in bins],
        width=[one.high - one.low for one in bins],
        align="edge",
        edgecolor="white",
    )
    counts.set(xlabel="confidence", ylabel="values")
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=120)
    return picture.getvalue()


def _write(path: Path, text: str) -> None:
    write_atomically(path, f"{text}\n".encode())


def _figure(interval: Interval | None) -> str:
    if interval is None:
        return ""
    return f"{_number(interval.value)} ({_number(interval.low)}–{_number(interval.high)})"


def _number(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def _change_row(name: str, change: Change) -> list[str]:
    return [
        name,
        _number(change.before),
        _number(change.after),
        _figure(change.difference),
        f"{change.p_value:.3f}",
    ]


def _changed_row(change: ChangedValue) -> list[str]:
    label = change.after.labels[0] if change.after.labels else None
    values = (label, change.before.raw, change.after.raw)
    return [change.document, change.after.name, *(value or "not found" for value in values)]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A markdown table with columns of even width, readable on a terminal as well."""
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in (heads, *rows)]
    widths = [max(3, *(len(row[column]) for row in cells)) for column in range(len(heads))]
    lines = [
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |"
        for row in cells
    ]
    lines.insert(1, f"| {' | '.join('-' * width for width in widths)} |")
    return "\n".join(lines)

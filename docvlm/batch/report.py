"""What a run came to, as text and as one HTML page: numbers, time by step, every failure with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from docvlm.atomic import write_atomically
from docvlm.batch.find import printable
from docvlm.batch.ledger import FileOutcome, FileState, Totals

_SHOWN_FAILURES = 20

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; color: #222 }
table { border-collapse: collapse; width: 100% }
td, th { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0; overflow-wrap: anywhere }
td { border-top: 1px solid #ddd }
.failed { color: #b00020 }
.partial { color: #8a5a00 }
"""


def failures(outcomes: Iterable[FileOutcome]) -> list[FileOutcome]:
    """The files that failed, wholly or in part."""
    return [each for each in outcomes if each.state in (FileState.FAILED, FileState.PARTIAL)]


def worth_telling(outcomes: Iterable[FileOutcome]) -> list[FileOutcome]:
    """The failures, then what was done though a part of its file is missing."""
    known = list(outcomes)
    return failures(known) + [each for each in known if each.state is FileState.DONE and each.reason]


def shown_reason(outcome: FileOutcome) -> str | None:
    """Why it failed or what is missing; a name in it that is no text is written as escapes."""
    return None if outcome.reason is None else printable(outcome.reason)


def exit_code(outcomes: Iterable[FileOutcome]) -> int:
    """0 where everything is done, else the exit code of the first failure."""
    return next((each.exit_code for each in failures(outcomes) if each.exit_code), 0)


def text_report(totals: Totals, outcomes: Iterable[FileOutcome], plan: str = "") -> str:
    """A few lines for the terminal, the first failures and damaged files among them.

    Args:
        plan: why there were so many workers.
    """
    lines = _summary(totals, plan)
    told = worth_telling(outcomes)
    lines += [f"  {_name(each)}: {shown_reason(each) or ''}" for each in told[:_SHOWN_FAILURES]]
    if len(told) > _SHOWN_FAILURES:
        lines.append(f"  and {len(told) - _SHOWN_FAILURES} more")
    return "\n".join(lines)


def write_html_report(totals: Totals, outcomes: Iterable[FileOutcome], out: Path, plan: str = "") -> None:
    """Write the same, with all failures and damaged files, as a page that needs and runs nothing else.

    Raises:
        UsageError: when the file cannot be written.
    """
    rows = "".join(
        f"<tr><td class={each.state.value}>{each.state.value}</td><td>{escape(_name(each))}</td>"
        f"<td>{escape(shown_reason(each) or '')}</td></tr>\n"
        for each in worth_telling(outcomes)
    )
    table = f"<table><tr><th>state</th><th>file</th><th>reason</th></tr>\n{rows}</table>" if rows else ""
    summary = "".join(f"<p>{escape(line)}</p>\n" for line in _summary(totals, plan))
    page = (
        "<!doctype html>\n<html lang=en><meta charset=utf-8><title>docvlm batch report</title>"
        f"<style>{_STYLE}</style>\n<h1>Batch report</h1>\n{summary}{table}</html>\n"
    )
    write_atomically(out, page.encode("utf-8", errors="replace"))


def duration(seconds: float) -> str:
    """Seconds as people say them: "45 s", "12 min", "3 h 20 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def _summary(totals: Totals, plan: str) -> list[str]:
    states = totals.states
    lines = [
        f"{count_of(totals.files, 'file')}, {count_of(totals.contents, 'different content')}, "
        f"{count_of(totals.pages, 'page')} in {duration(totals.seconds)} "
        f"({totals.pages_per_second:.1f} pages/s).",
        f"{states[FileState.DONE]:,} done, {states[FileState.PARTIAL]:,} in part, "
        f"{states[FileState.FAILED]:,} failed, {states[FileState.WAITING]:,} not begun or not finished; "
        f"{totals.kept:,} of the contents were done before.",
    ]
    if totals.step_seconds:
        lines.append(f"Time of the workers: {_shares(totals.step_seconds)}.")
    if plan:
        lines.append(plan)
    return lines


def _shares(steps: Sequence[tuple[str, float]]) -> str:
    total = sum(seconds for _, seconds in steps) or 1.0
    return ", ".join(f"{step} {seconds / total:.0%}" for step, seconds in steps)


def count_of(number: int, what: str) -> str:
    """``1 file``, ``2,000 files``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _name(outcome: FileOutcome) -> str:
    return printable(outcome.name)

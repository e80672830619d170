"""``python -m docvlm batch``: options in, a batch run, a report out."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from docvlm.batch.estimate import Estimate, estimate
from docvlm.batch.feed import Selection
from docvlm.batch.ledger import FileState, Show, Totals
from docvlm.batch.report import count_of, duration, exit_code, failures, text_report
from docvlm.batch.run import BatchOptions, BatchSummary, WorkerEngine, plan_for, run_batch
from docvlm.batch.units import Task
from docvlm.cli.choices import chosen_password, chosen_settings
from docvlm.config import Settings
from docvlm.errors import Cancelled, UsageError
from docvlm.telemetry import observed_here
from docvlm.terminal import progress_bar

_SHARD = re.compile(r"(\d{1,6})/(\d{1,6})")
_AGE = re.compile(r"(\d{1,6})([dh])")


def batch(options: argparse.Namespace) -> int:
    """Do the batch and report; the exit code is that of the first failure."""
    settings = chosen_settings(options)
    wanted = _wanted(options, settings)
    if options.dry_run:
        with progress_bar(time_left=False) as bar:
            task = bar.add_task("Starting", total=None)
            counted = estimate(
                wanted,
                settings,
                lambda what, done, total: bar.update(task, description=what, completed=done, total=total),
            )
        print(json.dumps(_estimate_json(counted)) if options.json else _estimate_text(counted, wanted))
        return 0
    with _shown_progress() as (show, say):
        summary = run_batch(wanted, settings, show, report=say)
    print(
        json.dumps(_summary_json(summary, wanted), ensure_ascii=False)
        if options.json
        else _summary_text(summary, wanted)
    )
    return Cancelled.exit_code if summary.stopped and not options.watch else exit_code(summary.outcomes)


def _wanted(options: argparse.Namespace, settings: Settings) -> BatchOptions:
    from docvlm.schemas import load_schema

    for name in ("limit", "workers", "threads", "file_seconds", "model_workers"):
        value = getattr(options, name)
        if value is not None and value <= 0:
            raise UsageError(f"--{name.replace('_', '-')} must be above zero.", "Give a positive number.")
    if options.ask is not None and not options.ask.strip():
        raise UsageError("The question is empty.", "Say what to ask after --ask.")
    if options.address and options.engine != "ray":
        raise UsageError("--address is for --engine ray.", "Add --engine ray, or leave out --address.")
    task = Task.EXTRACT if options.schema is not None else Task.READ if options.read else Task.ASK
    out = Path(options.out) if options.out else None
    report = Path(options.report) if options.report else None
    if out is not None and report is None:
        report = out.with_name(f"{out.stem}.report.html")
    plan = plan_for(
        task,
        settings,
        workers=options.workers,
        threads=options.threads,
        model_workers=options.model_workers,
        address=options.address,
    )
    password = chosen_password(options)
    return BatchOptions(
        sources=tuple(options.source),
        task=task,
        question=options.ask or "",
        schema=load_schema(options.schema) if options.schema is not None else None,
        pages=options.pages or "all",
        out=out,
        report=report,
        watch=options.watch,
        selection=Selection(
            _moment(options.since), _shard(options.shard), options.retry_failed, password is not None
        ),
        limit=options.limit,
        workers=plan.workers,
        threads=plan.threads,
        password=password,
        file_seconds=options.file_seconds,
        engine=WorkerEngine(options.engine),
        address=options.address,
        model_workers=plan.model_workers,
        plan=plan.reason,
    )


def _shard(text: str | None) -> tuple[int, int]:
    if text is None:
        return 1, 1
    match = _SHARD.fullmatch(text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise UsageError(f"'{text}' is no shard.", "Write it like 2/8: the second of eight parts.")
    return int(match[1]), int(match[2])


def _moment(text: str | None) -> float | None:
    """Seconds since 1970 for a date, a date with time (both local), or an age such as 7d."""
    if text is None:
        return None
    if match := _AGE.fullmatch(text):
        age = timedelta(days=int(match[1])) if match[2] == "d" else timedelta(hours=int(match[1]))
        with suppress(OverflowError):  # before the calendar begins
            return (datetime.now().astimezone() - age).timestamp()
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError as error:
        raise UsageError(
            f"'{text}' is no date.", "Write it like 2026-05-31, 2026-05-31T12:00, 7d or 12h."
        ) from error


@contextmanager
def _shown_progress() -> Iterator[tuple[Show, Callable[[str], None]]]:
    """A bar: what shows numbers on it, and what shows a sentence."""
    with progress_bar(time_left=False) as bar:  # it goes by files alone; ours does not count those kept
        task = bar.add_task("Starting", total=None)

        def show(totals: Totals) -> None:
            left = totals.seconds_left
            parts = [f"{totals.pages_per_second:.1f} pages/s"]
            if totals.states[FileState.FAILED]:
                parts.append(f"{totals.states[FileState.FAILED]:,} failed")
            if left is not None:
                parts.append(f"{duration(left)} left")
            bar.update(task, description=", ".join(parts), completed=totals.finished, total=totals.contents)

        yield show, lambda line: bar.update(task, description=line)


def _summary_text(summary: BatchSummary, wanted: BatchOptions) -> str:
    lines = [text_report(summary.totals, summary.outcomes, wanted.plan)]
    if not summary.totals.files:
        let_through = "" if wanted.selection == Selection() else ", or none that the options let through"
        lines.append(f"No PDF or image was found{let_through}.")
    if summary.results:
        lines.append(f"Results: {' and '.join(map(str, summary.results))}")
    if wanted.report is not None:
        lines.append(f"Report: {wanted.report}")
    if summary.stopped:
        lines.append("Stopped. Run the same command again to go on.")
    return "\n".join(lines)


def _summary_json(summary: BatchSummary, wanted: BatchOptions) -> dict[str, Any]:
    totals = summary.totals
    return {
        "run": observed_here().run_id,
        "files": totals.files,
        "contents": totals.contents,
        "kept": totals.kept,
        "pages": totals.pages,
        "seconds": round(totals.seconds, 2),
        "states": {state.value: count for state, count in totals.states.items()},
        "step_seconds": {step: round(seconds, 2) for step, seconds in totals.step_seconds},
        "failures": [
            {"file": each.name, "status": each.state.value, "reason": each.reason}
            for each in failures(summary.outcomes)
        ],
        "out": None if wanted.out is None else str(wanted.out),
        "report": None if wanted.report is None else str(wanted.report),
        "stopped": summary.stopped,
    }


def _estimate_text(counted: Estimate, wanted: BatchOptions) -> str:
    lines = [
        f"{count_of(counted.files, 'file')}, {count_of(counted.contents, 'different content')}, "
        f"{counted.done:,} of them done before.",
        f"Left to do: {count_of(counted.pages, 'page')}. "
        f"Cannot be opened: {count_of(counted.refused, 'file')}.",
    ]
    if counted.seconds is not None:
        models = "" if wanted.task is Task.READ else f" and {count_of(wanted.model_workers, 'model worker')}"
        lines.append(
            f"About {duration(counted.seconds)} with {count_of(counted.workers, 'reading worker')}{models}, "
            f"judged by {count_of(counted.sampled, 'page')}, tried just now."
        )
    if wanted.plan:
        lines.append(wanted.plan)
    return "\n".join(lines)


def _estimate_json(counted: Estimate) -> dict[str, Any]:
    return {
        "files": counted.files,
        "contents": counted.contents,
        "done": counted.done,
        "refused": counted.refused,
        "pages": counted.pages,
        "seconds": counted.seconds,
        "workers": counted.workers,
    }

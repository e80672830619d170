"""The tab Batch as HTML: the batches there are, how far one is, and what came of its files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape

from docvlm.batch import Task
from docvlm.batch.estimate import Estimate
from docvlm.batch.find import printable
from docvlm.batch.ledger import FileOutcome, FileProgress, FileState
from docvlm.batch.report import count_of, duration
from docvlm.batch.runs import BatchRun, RunProgress, RunState
from docvlm.errors import PasswordError
from docvlm.model_names import short_name
from docvlm.types import Answer, Extraction, FieldValue, LineItems
from docvlm.ui.batch_results import FORM_TITLES
from docvlm.ui.batch_view import BatchView
from docvlm.ui.documents_list import day
from docvlm.ui.notices import confidence_html, level_of
from docvlm.ui.pager import pager_html

Result = Extraction | Answer | None

STATE_TITLES: Mapping[RunState, str] = {
    RunState.NEW: "Not begun",
    RunState.ESTIMATING: "Estimating",
    RunState.ESTIMATED: "Estimated",
    RunState.RUNNING: "Running",
    RunState.PAUSING: "Pausing",
    RunState.PAUSED: "Paused",
    RunState.INTERRUPTED: "Interrupted",
    RunState.FAILED: "Could not go on",
    RunState.FINISHED: "Finished",
}
_FILE_TITLES: Mapping[FileState, str] = {
    FileState.DONE: "Done",
    FileState.PARTIAL: "In part",
    FileState.FAILED: "Failed",
    FileState.WAITING: "Waiting",
}
_SHOWN_FIELDS = 6


def runs_html(runs: Sequence[tuple[BatchRun, RunState]], shown: str) -> str:
    """All batches, the latest first; the one that is looked at is marked."""
    if not runs:
        return (
            '<h3>Batches</h3><p class="quiet">No batch yet. A batch goes on when this page is closed, '
            "and after a crash it is resumed where it was.</p>"
        )
    entries = "".join(_run(run, state, run.id == shown) for run, state in runs)
    return f'<h3>Batches</h3><ul class="batches">{entries}</ul>'


def run_html(run: BatchRun, state: RunState) -> str:
    """What one batch is and what can be done with it; changes only when its state does, so focus stays."""
    progress = run.progress
    message = f'<p class="notice error" role="alert">{escape(run.message)}</p>' if run.message else ""
    return (
        '<section class="batch-run" aria-label="Batch"><div class="batch-head">'
        f"<h3>{escape(run.request.title)}</h3>"
        f'<span class="batch-state {state}" role="status">{STATE_TITLES[state]}</span>'
        f'<span class="batch-actions">{_actions(run, state, progress)}</span></div>'
        f"{_where(run)}{message}{_estimate(run, state)}{_unlock(run, state)}</section>"
    )


def outcomes_html(
    run: BatchRun, shown: Sequence[FileOutcome], total: int, view: BatchView, results: Mapping[int, Result]
) -> str:
    """One page of the batch's files with what came of each.

    Args:
        total: how many files pass ``view``, on all pages.
        results: what was found, by the result ids of ``shown``.
    """
    progress = run.progress
    if progress is None or not progress.files:
        return ""
    names = _columns(results)
    heads = "".join(f'<th scope="col">{escape(name.replace("_", " "))}</th>' for name in names)
    rows = "".join(
        _outcome(index, outcome, run.request.task, names, results) for index, outcome in enumerate(shown)
    )
    plain = "" if names else " plain"
    body = (
        f'<div class="rows batch-files{plain}"><table><thead><tr><th scope="col">File</th>'
        f'<th scope="col">State</th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
        if shown
        else '<p class="quiet">No file failed.</p>'
    )
    return f"{_files_bar(run, progress, view)}{body}{pager_html(total, view.page)}"


def kept_html(names: Sequence[str], place: str) -> str:
    """The files that were asked for.

    Args:
        place: their folder within docvlm's data folder; empty where it is nobody's business.
    """
    if not names:
        return ""
    buttons = "".join(
        f'<button type="button" class="primary" data-choice="result:{index}">{escape(name)}</button>'
        for index, name in enumerate(names)
    )
    where = f"<small>Kept as well in DOCVLM_HOME: <code>{escape(place)}</code></small>" if place else ""
    return f'<div class="batch-kept" role="group" aria-label="Results">{buttons}{where}</div>'


def _run(run: BatchRun, state: RunState, is_shown: bool) -> str:
    current = ' aria-current="true"' if is_shown else ""
    progress = run.progress
    facts = [STATE_TITLES[state], day(datetime.fromisoformat(run.request.created))]
    if progress is not None and progress.contents:
        facts.insert(1, f"{progress.finished} of {progress.contents}")
    return (
        f'<li><button type="button" class="batch-entry" data-choice="run:{escape(run.id)}"{current}>'
        f"<b>{escape(run.request.title)}</b><small>{' · '.join(facts)}</small></button></li>"
    )


def _actions(run: BatchRun, state: RunState, progress: RunProgress | None) -> str:
    buttons, name = [], escape(run.id)
    if state in (RunState.RUNNING, RunState.ESTIMATING):
        title = "Pause" if state is RunState.RUNNING else "Stop"
        buttons.append(f'<button type="button" class="stop" data-choice="pause:{name}">{title}</button>')
    if state in (RunState.NEW, RunState.ESTIMATED):
        buttons.append(f'<button type="button" class="primary" data-choice="resume:{name}">Start</button>')
    if state in (RunState.PAUSED, RunState.INTERRUPTED, RunState.FAILED):
        buttons.append(f'<button type="button" class="primary" data-choice="resume:{name}">Resume</button>')
    if state is RunState.FINISHED and progress is not None and progress.failed + progress.partial:
        buttons.append(
            f'<button type="button" class="secondary" data-choice="retry:{name}">Retry failures</button>'
        )
    if state is RunState.FINISHED:
        buttons.append(
            f'<button type="button" class="secondary" data-choice="resume:{name}" '
            'title="Do what is new or changed since">Run again</button>'
        )
    if not state.is_live:
        buttons.append(
            f'<button type="button" class="plain danger" data-choice="delete:{name}" '
            'data-confirm="Delete for good">Delete</button>'
        )
    return "".join(buttons)


def _unlock(run: BatchRun, state: RunState) -> str:
    """A field for the password, where files failed for the want of it."""
    if state is not RunState.FINISHED:
        return ""
    locked = sum(outcome.exit_code == PasswordError.exit_code for outcome in run.outcomes())
    if not locked:
        return ""
    files = "One file needs" if locked == 1 else f"{locked:,} files need"
    return (
        f'<form class="unlock" data-form="unlock"><input type="hidden" name="run" value="{escape(run.id)}">'
        f"<label>{files} a password "
        '<input type="password" name="password" maxlength="500" autocomplete="off"></label>'
        '<button type="submit">Retry with it</button></form>'
    )


def _where(run: BatchRun) -> str:
    request = run.request
    facts = [request.folder or f"{len(request.files)} of your documents"]
    facts += [] if request.pages == "all" else [f"pages {request.pages}"]
    facts += [] if request.task is Task.READ else [short_name(request.model)]
    return f'<p class="quiet">{escape(" · ".join(facts))}</p>'


def _estimate(run: BatchRun, state: RunState) -> str:
    if state is RunState.ESTIMATING:
        return '<p class="notice busy">Counting the files and trying a few pages.</p>'
    found = run.estimate
    if found is None or run.progress is not None:
        return ""
    return f'<p class="notice">{escape(_estimate_text(found))}</p>'


def _estimate_text(found: Estimate) -> str:
    sentences = [
        f"{count_of(found.files, 'file')}, {count_of(found.contents, 'different content')}, "
        f"{count_of(found.pages, 'page')} left to do."
    ]
    if found.done:
        sentences.append(f"{found.done:,} are done already.")
    if found.refused:
        sentences.append(f"{count_of(found.refused, 'file')} cannot be opened.")
    if found.seconds is not None:
        sentences.append(
            f"About {duration(found.seconds)}, judged by {count_of(found.sampled, 'page')} that were tried."
        )
    return " ".join(sentences)


def progress_html(state: RunState, progress: RunProgress | None) -> str:
    """How far a batch is, in numbers and as a bar."""
    if progress is None:
        waits = state is RunState.RUNNING
        return '<p class="notice busy">Starting: finding files and loading the model.</p>' if waits else ""
    percent = round(100 * progress.share)
    facts = [f"<b>{progress.finished:,}</b> of {progress.contents:,} different files"]
    if progress.pages:  # none where all was read before and only the model works
        facts += [f"{count_of(progress.pages, 'page')} read", f"{progress.pages_per_second:.1f} pages/s"]
    has_begun = progress.finished - progress.kept > progress.failed
    if state is RunState.RUNNING and progress.left is not None and has_begun:
        facts.append(f"{duration(progress.left)} left")
    if progress.failed:
        facts.append(f'<span class="failed">{progress.failed:,} failed</span>')
    if progress.partial:
        facts.append(f'<span class="partial">{progress.partial:,} in part</span>')
    if progress.kept:
        facts.append(f"{progress.kept:,} done before")
    working = "".join(_working(file) for file in progress.working) if state.is_live else ""
    return (
        f'<div class="meter" role="progressbar" aria-label="Progress" aria-valuenow="{percent}" '
        f'aria-valuemin="0" aria-valuemax="100"><i style="width: {percent}%"></i></div>'
        f'<p class="batch-facts">{"".join(f"<span>{fact}</span>" for fact in facts)}</p>'
        f"{f'<ul class=working>{working}</ul>' if working else ''}"
    )


def _working(file: FileProgress) -> str:
    doing = {"read": "reading", "ask": "asking", "extract": "extracting"}.get(file.task, file.task)
    part = "page" if file.task == Task.READ else "part"
    far = f"{doing}, {part} {min(file.done + 1, file.total)} of {file.total}" if file.total else doing
    return f"<li><span>{escape(printable(file.name))}</span><small>{far}</small></li>"


def _files_bar(run: BatchRun, progress: RunProgress, view: BatchView) -> str:
    forms = "".join(
        f'<button type="button" class="secondary" data-choice="save:{form}">{title}</button>'
        for form, title in FORM_TITLES[run.request.task]
    )
    report = (
        '<button type="button" class="secondary" data-choice="report:">Report (HTML)</button>'
        if run.report.is_file()
        else ""
    )
    trouble = progress.failed + progress.partial
    only = (
        ""
        if not trouble and not view.only_failed
        else (
            '<label class="only-failed"><input type="checkbox" data-choice-toggle="failed"'
            f"{' checked' if view.only_failed else ''}> Only failures ({trouble})</label>"
        )
    )
    keep = (
        '<button type="button" class="plain" data-choice="keep:" '
        'title="Copy them, so that they can be searched and stay">Keep all in my library</button>'
        if run.request.folder and progress.done + progress.partial
        else ""
    )
    return (
        f'<div class="batch-files-bar"><b>{count_of(progress.files, "file")}</b>{only}{keep}'
        '<span class="export" role="group" aria-label="Save results as"><span class="quiet">Save as</span>'
        f"{forms}{report}</span></div>"
    )


def _outcome(
    index: int, outcome: FileOutcome, task: Task, names: Sequence[str], results: Mapping[int, Result]
) -> str:
    name = escape(printable(outcome.name))
    result = None if outcome.result_id is None else results.get(outcome.result_id)
    title = name
    if outcome.sha256 is not None and outcome.state in (FileState.DONE, FileState.PARTIAL):
        title = (
            f'<button type="button" class="plain" data-choice="open:{index}" title="{name}">{name}</button>'
        )
    gone = outcome.state is FileState.DONE and task is not Task.READ and result is None
    state = "Deleted since" if gone else _FILE_TITLES[outcome.state]
    reason, under = escape(outcome.reason or ""), ""
    if result is None and reason:  # nothing else to show: the reason gets the room
        cells = f'<td class="reason" colspan="{len(names)}">{reason}</td>' if names else ""
        under = "" if names else f'<small class="reason">{reason}</small>'
    else:
        cells = "".join(_cells(result, names))
        under = f'<small class="reason">{reason}</small>' if reason else ""
    return (
        f'<tr><th scope="row">{title}{under}</th>'
        f'<td><span class="file-state {outcome.state}">{state}</span></td>{cells}</tr>'
    )


def _columns(results: Mapping[int, Result]) -> list[str]:
    """The fields that were found most often, in the order of the schema; or what an answer consists of."""
    extractions = [result for result in results.values() if isinstance(result, Extraction)]
    if not extractions:
        return ["answer", "page", "confidence"] if any(results.values()) else []
    found: Counter[str] = Counter()
    for extraction in extractions:
        for field in extraction.fields:
            if isinstance(field, FieldValue):
                found[field.name] += field.raw is not None
    names = sorted(found, key=lambda name: -found[name])[:_SHOWN_FIELDS]
    has_rows = any(isinstance(field, LineItems) for field in extractions[0].fields)
    return [*(name for name in found if name in names), *(["rows"] if has_rows else [])]


def _cells(result: Result, names: Sequence[str]) -> list[str]:
    if isinstance(result, Answer):
        text = "Not found" if result.text is None else result.text
        kind = "missing" if result.text is None else ""
        page = "–" if result.page is None else str(result.page)
        return [
            f'<td class="{kind}">{escape(text)}</td>',
            f"<td>{page}</td>",
            f"<td>{confidence_html(result.confidence)}</td>",
        ]
    if not isinstance(result, Extraction):
        return ["<td></td>"] * len(names)
    values = {found.name: found for found in result.fields if isinstance(found, FieldValue)}
    rows = sum(len(found.rows) for found in result.fields if isinstance(found, LineItems))
    return [f"<td>{rows}</td>" if name == "rows" else _value(values.get(name)) for name in names]


def _value(value: FieldValue | None) -> str:
    if value is None or value.raw is None:
        return '<td class="missing">–</td>'
    shown = escape(value.value or value.raw)
    return f'<td class="{level_of(value.confidence)}" title="{shown}, {value.confidence:.2f}">{shown}</td>'

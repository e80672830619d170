"""Does one unit. Every page is in the store as soon as it is read, so a unit can end at any moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from docvlm.batch.units import Outcome, Task, Unit, UnitProgress, UnitResult
from docvlm.errors import Cancelled, ChangedError, DocvlmError, InputError, ModelError, StoreError
from docvlm.ingest import damage_in, parse_page_range
from docvlm.pipeline import OpenDocument, WindowDone, Workspace, owned_identity
from docvlm.telemetry import span

Tell = Callable[[UnitProgress], None]


def do_unit(
    workspace: Workspace,
    unit: Unit,
    tell: Tell = lambda _progress: None,
    *,
    password: str | None = None,
    cancel: threading.Event | None = None,
) -> UnitResult:
    """Read, ask or extract, and keep the result in the workspace's store.

    Args:
        tell: called after each page, or each part that the model has read.
        password: for encrypted PDFs.
        cancel: once set, the unit ends after the page in flight.

    Raises:
        ModelError: when OCR or the model cannot be used at all.
    """
    try:
        with span(f"unit {unit.job.task}", sha256=unit.sha256, attempt=unit.attempt):
            return _do(workspace, unit, tell, password, cancel)
    except Cancelled:
        return UnitResult(unit.key, Outcome.STOPPED)
    except ChangedError:
        return UnitResult(unit.key, Outcome.CHANGED)
    except StoreError as error:
        return UnitResult(unit.key, Outcome.LOST, str(error), error.exit_code)
    except ModelError as error:
        if unit.job.task is Task.READ:
            raise
        return UnitResult(unit.key, Outcome.FAILED, str(error), error.exit_code)
    except DocvlmError as error:
        return UnitResult(unit.key, Outcome.FAILED, str(error), error.exit_code)
    except Exception as error:  # noqa: BLE001 - one file never ends a batch
        reason = f"{unit.title!r} could not be worked on ({type(error).__name__})."
        return UnitResult(unit.key, Outcome.FAILED, reason, InputError.exit_code)


def pages_within(pages: str, page_count: int, title: str) -> tuple[int, ...]:
    """The pages of a range that is given for all files of a batch, as far as a file has them.

    Raises:
        UsageError: when the text is no page range.
        InputError: when the file has none of these pages.
    """
    numbers = parse_page_range(pages, page_count, clip=True)
    if not numbers and page_count:
        has = "1 page" if page_count == 1 else f"{page_count} pages"
        raise InputError(f"{title!r} has {has}, none of them in {pages}.", "Choose other pages for it.")
    return numbers


def _do(
    workspace: Workspace, unit: Unit, tell: Tell, password: str | None, cancel: threading.Event | None
) -> UnitResult:
    started = time.monotonic()
    owner = unit.job.owner
    with workspace.open(unit.path, name=unit.title, password=password, owner=owner) as document:
        opened = time.monotonic() - started
        if document.info.sha256 != owned_identity(unit.sha256, owner):
            return UnitResult(unit.key, Outcome.CHANGED)
        for number, reason in unit.lost_pages:
            document.give_up_page(number, reason)
        # A page that crashed or hung the reader would do so again; reading was done before asking.
        if unit.attempt > 1 or unit.job.task is not Task.READ:
            document.recall_failures()
        with span("read", pages=document.info.page_count):
            numbers = pages_within(unit.job.pages, document.info.page_count, unit.title)
            pages = _read(document, unit, numbers, tell, cancel)
        if unit.job.task is Task.READ or pages.outcome is Outcome.FAILED:
            return replace(pages, timings=(("open", opened), *document.step_seconds.items()))
        started = time.monotonic()
        with span(unit.job.task):
            result_id = _ask(document, unit, numbers, tell, cancel)
        timings = (("open", opened), ("model", time.monotonic() - started))
        return replace(pages, result_id=result_id, timings=timings)


def _read(
    document: OpenDocument,
    unit: Unit,
    numbers: Sequence[int],
    tell: Tell,
    cancel: threading.Event | None,
) -> UnitResult:
    """Read the pages that are not read yet; the result counts all of them."""
    reasons: list[str] = []
    damage: str | None = None
    read_now = 0
    tell(UnitProgress(unit.key, 0, len(numbers), page=numbers[0] if numbers else None))
    for done, outcome in enumerate(document.read(numbers, cancel), start=1):
        if outcome.reading is None:
            reasons.append(outcome.page.reason or f"Page {outcome.page.number} could not be read.")
        damage = damage or damage_in(outcome.page.notes)
        read_now += outcome.is_new
        following = numbers[done] if done < len(numbers) else None
        tell(UnitProgress(unit.key, done, len(numbers), len(reasons), following, read_now))
    return UnitResult(
        unit.key,
        Outcome.FAILED if len(reasons) == len(numbers) else Outcome.DONE,
        _summary(reasons, len(numbers)) or damage,
        InputError.exit_code if reasons else 0,
        pages_done=len(numbers) - len(reasons),
        pages_failed=len(reasons),
    )


def _summary(reasons: Sequence[str], total: int) -> str | None:
    if not reasons:
        return None
    if total == 1:
        return reasons[0]
    return f"{len(reasons)} of {total} pages could not be read; the first: {reasons[0]}"


def _ask(
    document: OpenDocument,
    unit: Unit,
    numbers: Sequence[int],
    tell: Tell,
    cancel: threading.Event | None,
) -> int | None:
    """Ask or extract on the pages that were read; the id of what is kept in the store."""
    job = unit.job
    if job.schema is not None:
        for event in document.extract_stream(job.schema, numbers, cancel):
            if isinstance(event, WindowDone):
                tell(UnitProgress(unit.key, event.done, event.total))
        return document.kept_extraction(job.schema, numbers)
    for _ in document.ask_stream(job.question, numbers, cancel):
        pass
    return document.kept_answer(job.question, numbers)

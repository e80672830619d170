"""What the tab shows of labels, runs and outcomes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from finetune.data.documents import LabelledDocument, QuestionLabel, TranscriptLabel
from finetune.evaluation.before_after import BeforeAfter, ModelFigures
from finetune.evaluation.bootstrap import Interval
from finetune.evaluation.compare import Change, Comparison
from finetune.evaluation.gallery import PICTURES, GalleryEntry, Outcome
from finetune.page.choice_html import choice_html, lines_only_html
from finetune.page.lesson_preview import Entry, Preview
from finetune.page.outcome_html import outcome_html
from finetune.page.run_html import run_html, runs_html
from finetune.promotion import Verdict
from finetune.runner import RunRequest, RunStatus, create
from finetune.runner.progress import RunProgress, clock_text
from finetune.training.events import (
    Evaluated,
    Event,
    Failed,
    Kept,
    Launched,
    Progressed,
    Started,
    StepDone,
    Warned,
)

EVIL = "<script>alert('1')</script>\" onclick=\"x"
ENTRIES = [Entry(letter * 64, f"{letter}.pdf", "3 fields") for letter in "abc"]
PREVIEW = Preview(frozenset({"a" * 64}), frozenset(), frozenset({"b" * 64}), ("c.pdf: total is empty.",), 900)
EVENTS: tuple[Event, ...] = (
    Launched(),
    Progressed("Reading the documents", 3, 8),
    Started(steps=40, step=0, examples=12, rejected=0, lost_labels=0, trained_weights=4_900_000),
    Warned(EVIL),
    StepDone(10, 0.4321, 5e-4, 1.25, 300.0, 95.0, 2**30),
    Evaluated(10, 7, 9, True),
)


def test_each_document_is_shown_on_its_side() -> None:
    html = choice_html(ENTRIES, {"c" * 64}, PREVIEW)
    assert "2 of 3 documents" in html and "<b>1</b> to learn from" in html and "<b>1</b> held back" in html
    sides = [part.split("</em>")[0].split(">")[-1] for part in html.split("<li>")[1:4]]
    assert sides == ["learnt", "held back", "left out"]
    assert "1 label is not learnt" in html and "c.pdf: total is empty." in html
    assert "measured on the way" not in html
    off = replace(PREVIEW, not_on_the_way="It is not measured on the way: <b>few</b>.")
    assert "measured on the way: &lt;b&gt;few" in choice_html(ENTRIES, set(), off)
    assert "take:all" in html and "take:all" not in choice_html(ENTRIES, set(), None)


def test_without_labels_it_says_how_to_make_some() -> None:
    assert "go to Label" in choice_html([], set(), None)


def test_documents_with_lines_only_are_not_passed_over_in_silence() -> None:
    lines = (TranscriptLabel("Total 9.00"),)
    question = (QuestionLabel("Who?", ("Anna",)),)
    read = LabelledDocument("a", "a.pdf", None, transcripts=lines)
    asked = LabelledDocument("b", "b.pdf", None, questions=question, transcripts=lines)
    assert "1 document has corrected lines only" in choice_html((), (), None, lines_only_html([read, asked]))
    assert "2 documents have" in lines_only_html([read, read])
    assert lines_only_html([asked]) == ""


def test_nothing_of_documents_or_runs_reaches_the_page_unescaped(tmp_path: Path) -> None:
    run = create(RunRequest("receipts"), tmp_path)
    preview = Preview(frozenset(), frozenset(), frozenset(), (EVIL,), 0)
    for html in (
        choice_html([Entry(EVIL, EVIL, EVIL)], set(), preview),
        run_html(run, RunStatus.RUNNING, RunProgress.of(EVENTS), False),
        runs_html([(EVIL, RunStatus.FINISHED)], ""),
        outcome_html(Kept(EVIL, True, False, EVIL), _compared((_entry(EVIL),)), tmp_path, False, True),
    ):
        assert "<script" not in html and '" onclick="' not in html


@pytest.mark.parametrize(
    ("status", "choices"),
    [
        (RunStatus.RUNNING, ["stop"]),
        (RunStatus.STOPPED, ["resume", "delete"]),
        (RunStatus.KILLED, ["resume", "delete"]),
        (RunStatus.FAILED, ["resume", "delete"]),
        (RunStatus.FINISHED, ["delete"]),
    ],
)
def test_a_run_offers_what_can_be_done_about_it(
    tmp_path: Path, status: RunStatus, choices: list[str]
) -> None:
    run = create(RunRequest("receipts"), tmp_path)
    html = run_html(run, status, RunProgress.of(EVENTS), False)
    assert [part.split(":")[0] for part in html.split('data-choice="')[1:]] == choices


def test_a_run_that_would_fail_again_offers_no_resume(tmp_path: Path) -> None:
    run = create(RunRequest("receipts"), tmp_path)
    failed = RunProgress.of((*EVENTS, Failed("The loss is no longer a number.", 1, for_good=True)))
    assert "resume:" not in run_html(run, RunStatus.FAILED, failed, False)
    full = RunProgress.of((*EVENTS, Failed("The disk is full.", 5)))
    assert "resume:" in run_html(run, RunStatus.FAILED, full, False)


def test_a_run_says_how_far_it_is(tmp_path: Path) -> None:
    run = create(RunRequest("receipts"), tmp_path)
    reading = run_html(run, RunStatus.RUNNING, RunProgress.of(EVENTS[:2]), False)
    assert "Reading the documents, 3 of 8" in reading and 'value="3" max="8"' in reading
    training = run_html(run, RunStatus.RUNNING, RunProgress.of(EVENTS), False)
    assert "Step 10 of 40, 1:35 left" in training and 'value="10" max="40"' in training
    for figure in ("0.432", "1.25", "1.0 GiB", "4.9 million", "7 of 9", "1 note"):
        assert figure in training
    stopping = run_html(run, RunStatus.RUNNING, RunProgress.of(EVENTS), True)
    assert "Stopping" in stopping and "disabled" in stopping


def test_durations_read_like_a_clock() -> None:
    assert [clock_text(seconds) for seconds in (0, 65, 3785, -3)] == ["0:00", "1:05", "1:03:05", "0:00"]


def test_the_outcome_shows_figures_and_values_with_their_pictures(tmp_path: Path) -> None:
    (tmp_path / PICTURES).mkdir()
    (tmp_path / PICTURES / "001.png").write_bytes(b"\x89PNG")
    kept = Kept("receipts", promoted=True, active=False, sentence="Kept.")
    html = outcome_html(kept, _compared((_entry("total"), _entry("date", None))), tmp_path, False, True)
    assert "Four more are right." in html and "+0.30" in html and "+0.10 to +0.50" in html
    assert html.count("data:image/png;base64,") == 1
    assert "promote:receipts" in html and "discard:receipts" in html
    assert "In use" in outcome_html(kept, None, tmp_path, True, True)
    assert "promote:" not in outcome_html(kept, None, tmp_path, False, False)


def test_pictures_lie_in_the_folder_of_the_comparison_only(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(b"secret")
    folder = tmp_path / "run"
    (folder / PICTURES).mkdir(parents=True)
    kept = Kept("receipts", True, False, "Kept.")
    html = outcome_html(kept, _compared((_entry("total", "../../secret.png"),)), folder, False, True)
    assert "data:image" not in html


def _entry(name: str, picture: str | None = "001.png") -> GalleryEntry:
    return GalleryEntry(Outcome.FIXED, EVIL, "a" * 64, name, ("9.00",), EVIL, "9.00", 0.9, 1, picture)


def _compared(gallery: tuple[GalleryEntry, ...]) -> BeforeAfter:
    change = Change(0.5, 0.8, Interval(0.3, 0.1, 0.5), 0.01)
    comparison = Comparison(12, {"field_typed": change}, {"total": {"typed": change}}, (), ())
    figures = ModelFigures("embedded", "1", None, (), {}, ())
    return BeforeAfter(
        Verdict(True, 4, 0, 0.01, "Four more are right."), comparison, figures, figures, gallery
    )

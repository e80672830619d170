"""The report names every failure, and nothing in a name or a reason acts as markup or as a control code."""

from __future__ import annotations

from pathlib import Path

import pytest

from docvlm.batch.ledger import FileOutcome, FileState, Totals
from docvlm.batch.report import duration, exit_code, text_report, write_html_report

TOTALS = Totals(
    files=30,
    contents=29,
    kept=2,
    finished=29,
    pages=300,
    seconds=60.0,
    states={FileState.DONE: 5, FileState.PARTIAL: 1, FileState.FAILED: 24, FileState.WAITING: 0},
    step_seconds=(("read", 30.0), ("draw", 10.0)),
)
OUTCOMES = [
    FileOutcome("good.pdf", "/in/good.pdf", "ab", FileState.DONE),
    FileOutcome("half.pdf", "/in/half.pdf", "cd", FileState.PARTIAL, "1 of 2 pages could not be read.", 3),
    FileOutcome("<b>\x1b[31m.pdf", "/in/x.pdf", None, FileState.FAILED, "It is <empty>.", 4),
    *(FileOutcome(f"{n}.pdf", f"/in/{n}.pdf", None, FileState.FAILED, "Broken.", 3) for n in range(23)),
]


def test_the_text_has_the_numbers_the_shares_and_the_first_failures() -> None:
    text = text_report(TOTALS, OUTCOMES)
    assert "300 pages in 60 s (5.0 pages/s)" in text
    assert "5 done, 1 in part, 24 failed" in text
    assert "read 75%, draw 25%" in text
    assert "half.pdf: 1 of 2 pages could not be read." in text
    assert "and 5 more" in text
    assert "\x1b" not in text and "good.pdf" not in text


def test_the_page_has_every_failure_escaped(tmp_path: Path) -> None:
    write_html_report(TOTALS, OUTCOMES, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert page.count("<tr>") == 1 + 25
    assert "&lt;b&gt;\\x1b[31m.pdf" in page and "It is &lt;empty&gt;." in page
    assert "<b>" not in page and "script" not in page


def test_a_name_that_is_no_text_is_escaped_in_reasons_too(tmp_path: Path) -> None:
    name = "caf\udce9\x1b.pdf"
    failed = FileOutcome(name, f"/in/{name}", None, FileState.FAILED, f"{name} is empty.", 3)
    shown = "caf\\udce9\\x1b.pdf is empty."
    assert shown in text_report(TOTALS, [failed])
    write_html_report(TOTALS, [failed], tmp_path / "report.html")
    assert shown in (tmp_path / "report.html").read_text()


def test_the_first_failure_decides_the_exit_code() -> None:
    assert exit_code(OUTCOMES) == 3
    assert exit_code(OUTCOMES[:1]) == 0


@pytest.mark.parametrize(("seconds", "text"), [(45, "45 s"), (720, "12 min"), (12_000, "3 h 20 min")])
def test_durations_are_said_as_people_say_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text

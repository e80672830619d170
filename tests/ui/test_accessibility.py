"""axe-core over every tab in a real browser, in light and in dark: no serious and no critical finding.

A tiny checkpoint of random weights answers, so that what a person would see after asking, extracting and
training is there within a minute; what it says does not matter here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.finetune.runner.conftest import write_slip

if TYPE_CHECKING:
    from playwright.sync_api import Page

PATIENCE = 240_000
SLIPS = 4
GRAVE = ("serious", "critical")
LONGEST_SNIPPET = 160
MOST_STOPS = 200
WALKS = 3
"""Where the focus comes to a value, the page may turn to it: what can be used behind it changes."""

# Every control of a room that is shown and can be used, and whether the focus has been on it.
CONTROLS = """() => [...document.querySelectorAll(
  "#rooms > .tabitem :is(button, input, select, textarea, summary, a[href], [tabindex='0'])")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.matches(":disabled"))
  .filter((one) => one.type !== "file" && one.type !== "hidden")
  .filter((one) => one.type !== "radio" || one.checked) // from there arrows reach the others
  .filter((one) => !one.closest("[aria-hidden=true]")) // the copies by which Gradio measures its tabs
  .filter((one) => !one.matches("[data-absent]")) // the key Delete in the field beside it does the same
  .map((one) => ({ focused: Boolean(one.dataset.stop),
    html: one.outerHTML.slice(0, 160) }))"""
MARK_STOP = """(walk) => { const one = document.activeElement;
  if (one.dataset.stop === walk) return true;
  one.dataset.stop = walk; return false; }"""

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def app_environment(tiny_model: dict[str, str]) -> dict[str, str]:
    return tiny_model


def test_no_tab_has_a_serious_finding(page: Page, model_home: Path, tmp_path: Path) -> None:
    page.set_default_timeout(PATIENCE)
    findings: list[str] = []
    for name, step in _steps(model_home, tmp_path):
        step(page)
        for scheme in ("light", "dark"):
            findings += [f"{name}, {scheme}: {finding}" for finding in _findings(page, scheme)]
    assert not findings, "\n".join(["", *findings])


def test_everything_on_the_desk_is_reached_by_keyboard(page: Page) -> None:
    page.set_default_timeout(PATIENCE)
    page.click('[data-choice="sample:scanned-contract.pdf"]')
    page.wait_for_selector('[data-read="1"]')
    filled = "#label-fields .sheet:not([data-waits])"
    for task, shown in (("Ask", "#composer"), ("Extract", "#extract"), ("Label", filled)):
        _tab(page, task, shown)
        assert _missed_by_keyboard(page, least=15) == [], task


def test_everything_in_the_other_rooms_is_reached_by_keyboard(
    page: Page, model_home: Path, tmp_path: Path
) -> None:
    page.set_default_timeout(PATIENCE)
    _put_in_slips(page, model_home, tmp_path)
    for name, step, least in (
        ("fine-tune", _choose_labels, 30),
        ("library", lambda page: _tab(page, "Library", "#library .document"), 15),
        ("batch", lambda page: _tab(page, "Batch", "#batch-form form"), 6),
        ("models", lambda page: _tab(page, "Models", "#models form"), 5),
    ):
        step(page)
        assert _missed_by_keyboard(page, least) == [], name


def _missed_by_keyboard(page: Page, least: int) -> list[str]:
    """The controls of the room that Tab does not come to; there are at least so many in all."""
    missed: list[str] = []
    for walk in range(WALKS):
        page.evaluate("document.activeElement.blur()")
        for _ in range(MOST_STOPS):
            page.keyboard.press("Tab")
            if page.evaluate(MARK_STOP, str(walk)):
                break
        controls = page.evaluate(CONTROLS)
        assert len(controls) >= least
        missed = [control["html"] for control in controls if not control["focused"]]
        if not missed:
            break
    page.evaluate("for (const one of document.querySelectorAll('[data-stop]')) delete one.dataset.stop")
    return missed


def _findings(page: Page, scheme: str) -> list[str]:
    """What axe-core says of the page as it would be shown in a colour scheme of the system."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.wait_for_function(f"Boolean(document.querySelector('.dark')) === {str(scheme == 'dark').lower()}")
    return findings(page)


def findings(page: Page) -> list[str]:
    """What axe-core says of the page as it is shown now, one line an element."""
    from axe_playwright_python.sync_playwright import Axe

    violations: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{found['id']} ({found['impact']}) at {' '.join(map(str, node['target']))}: "
        f"{node['html'][:LONGEST_SNIPPET]} | {node.get('failureSummary', '').splitlines()[1:2]}"
        for found in violations
        if found["impact"] in GRAVE
        for node in found["nodes"]
    ]


def _steps(home: Path, folder: Path) -> Iterator[tuple[str, Callable[[Page], None]]]:
    """What is done before each look; the name of what is looked at."""
    yield "empty desk", lambda page: None
    yield "desk with slips", lambda page: _put_in_slips(page, home, folder)
    yield "asked", _ask
    yield "tile inspector", _inspect
    yield "extracted", _extract
    yield "schema builder", _build_schema
    yield "labels", lambda page: _tab(page, "Label", "#label-fields .sheet:not([data-waits])")
    for mode, shown in (("questions", ".new-question"), ("lines", ".sheet.lines"), ("queue", ".label-queue")):
        yield f"labels, {mode}", lambda page, mode=mode, shown=shown: _label(page, mode, shown)  # type: ignore[misc]
    yield "fine-tune", _choose_labels
    yield "fine-tuned", _fine_tune
    yield "library", lambda page: _tab(page, "Library", "#library .document")
    yield "search", _search
    yield "batch", lambda page: _tab(page, "Batch", "#batch-form form")
    yield "batch done", _run_batch
    yield "models", lambda page: _tab(page, "Models", "#model-budgets :text('Measured on this machine')")


def _put_in_slips(page: Page, home: Path, folder: Path) -> None:
    """Slips with labels to learn from, one broken file, and the contract of two pages open."""
    from docvlm.store import Label, LabelKind, Store

    values = {f"slip-{number}.pdf": f"R{number * 1357}" for number in range(1, SLIPS + 1)}
    for name, reference in values.items():
        write_slip(folder / name, f"Invoice {reference} Total {reference[-2:]}.50")
    broken = folder / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\nno document\n")
    page.set_input_files("#upload input[type=file]", [*(folder / name for name in values), broken])
    page.wait_for_function(f"document.querySelectorAll('#left .document').length == {SLIPS}")
    page.wait_for_selector(".incoming .failed")
    with Store.open(f"sqlite:///{home / 'docvlm.sqlite'}") as store:
        for record in store.list_documents():
            if record.name in values:
                store.save_label(record.id, Label(LabelKind.FIELD, "reference", values[record.name], 1))
    page.click('[data-choice="sample:scanned-contract.pdf"]')
    page.wait_for_selector('.page-title:has-text("scanned-contract.pdf")')
    page.wait_for_selector('[data-read="1"]')
    page.check(".document-entry input >> nth=0")


def _ask(page: Page) -> None:
    page.fill("#composer textarea", "Who are the parties?")
    page.press("#composer textarea", "Enter")
    page.wait_for_selector("#answers .answer:not(.pending)")


def _inspect(page: Page) -> None:
    page.check("[data-layer=words]")
    page.click("[data-tool=inspect]")
    page.wait_for_selector("#inspector .views img")


def _extract(page: Page) -> None:
    page.click("#inspector [data-choice='close:']")
    _tab(page, "Extract", "#extract")
    page.click("#extract")
    page.wait_for_selector("#fields .field")
    page.wait_for_selector("#extract:not([disabled])")


def _build_schema(page: Page) -> None:
    page.click("#extract-bar [data-choice='build:']")
    page.wait_for_selector("#builder table")


def _label(page: Page, mode: str, shown: str) -> None:
    page.click(f"#label-bar [data-choice='mode:{mode}']")
    page.wait_for_selector(f"#label-fields {shown}")


def _choose_labels(page: Page) -> None:
    _tab(page, "Fine-tune", ".side.held-out")
    page.click("text=All settings")


def _fine_tune(page: Page) -> None:
    page.click("#tune-start")
    page.wait_for_selector(".outcome")
    page.wait_for_selector("#tuned-adapters .adapters li")


def _search(page: Page) -> None:
    page.fill("#library-filters [name=query]", "invoice")
    page.wait_for_selector("#library .hit mark")


def _run_batch(page: Page) -> None:
    page.check("#batch-form [value=read]")
    page.click("#batch-form .primary")
    page.wait_for_selector("#batch-run .batch-state.finished")


def _tab(page: Page, name: str, shown: str) -> None:
    page.click(f"role=tab[name={name}]")
    page.wait_for_selector(shown)

"""What a person waits for in the browser: ``python -m tests.benchmarks.browser_times [--rounds N]``.

Starts the app over an empty data folder and drives a real Chromium, with a cold cache for each first paint.
Times are taken within the page, from the click to the frame that shows what was waited for, so that talking
to the driver is no part of them. The first question to a document computes its pages, the second finds them
computed. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from docvlm.ui.assets import SAMPLES
from tests.ui.conftest import ARGUMENTS, CHROMIUM
from tests.ui.served_app import empty_home, served

PATIENCE = 600_000
LAYERS = ("words", "doubtful", "tiles", "marks")
QUESTIONS = {
    "invoice.pdf": ("What is the invoice number?", "What is the total?"),
    "scanned-contract.pdf": ("Who are the parties?", "What is the notice period?"),
    "receipt.jpg": ("What is the total?", "When was it bought?"),
    "screenshot.png": ("What is the order number?", "What is the total?"),
}

PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
# Runs `act`, then looks at every frame whether `shown` is there; seconds between the two.
TIMED = """async ([act, shown]) => {
  const [run, isShown] = [new Function(act), new Function(`return ${shown}`)];
  const started = performance.now();
  run();
  const frame = () => new Promise(requestAnimationFrame);
  do await frame(); while (!isShown());
  await frame();
  return (performance.now() - started) / 1000;
}"""


@dataclass(slots=True)
class Wait:
    """Something that a person waits for: how long it may take and how long it took, in seconds."""

    title: str
    goal: float
    seconds: list[float] = field(default_factory=list)

    @property
    def row(self) -> str:
        middle, slowest = statistics.median(self.seconds), max(self.seconds)
        return f"| {self.title} | ≤ {self.goal:g} | {len(self.seconds)} | {middle:.2f} | {slowest:.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="first paints, and switches of each overlay")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as scratch,
        served(empty_home(Path(scratch))) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        waits = list(_measure(browser, address, options.rounds))
        browser.close()
    print("| from the click to what is shown | goal, s | times | median, s | slowest, s |")
    print("|---|---:|---:|---:|---:|", *(wait.row for wait in waits), sep="\n")


def _measure(browser: Browser, address: str, rounds: int) -> Iterator[Wait]:
    painted, ready = Wait("first paint, cold cache", 2.0), Wait("page ready to take a document", 2.0)
    for _ in range(rounds):
        page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(address, wait_until="commit")
        page.wait_for_selector(".samples")
        ready.seconds.append(page.evaluate("performance.now()") / 1000)
        painted.seconds.append(page.evaluate(PAINTED) / 1000)
        page.wait_for_selector("#model .ready")  # nothing is loaded while something is measured
        page.context.close()
    yield painted
    yield ready
    yield from _work(browser.new_page(), address, rounds)


def _work(page: Page, address: str, rounds: int) -> Iterator[Wait]:
    """Each sample is opened, asked two questions, and looked at with every overlay."""
    opened, first = Wait("sample opened", 1.0), Wait("first token, first question to a document", 3.0)
    further, switched = Wait("first token, further question", 1.0), Wait("overlay switched", 0.2)
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    page.wait_for_selector("#model .ready")
    for sample in SAMPLES:
        opened.seconds.append(_open(page, sample.file_name))
        page.wait_for_selector('[data-read="1"]')
        page.wait_for_selector(".incoming li", state="detached")
        for wait, question in zip((first, further), QUESTIONS[sample.file_name], strict=True):
            wait.seconds.append(_ask(page, question))
            page.wait_for_selector(".answer.pending", state="detached")
        switched.seconds += [_switch(page, layer) for layer in LAYERS for _ in range(rounds)]
    yield from (opened, first, further, switched)


def _open(page: Page, name: str) -> float:
    """From the click on a sample to its picture."""
    act = f"""document.querySelector('[data-choice="sample:{name}"]').click()"""
    shown = f"""document.querySelector('.page-sheet img[alt="Page 1 of {name}"]')?.complete"""
    return float(page.evaluate(TIMED, [act, shown]))


def _ask(page: Page, question: str) -> float:
    """From the key that sends a question to the first words of its answer, or to "not found"."""
    page.fill("#composer textarea", question)
    known = page.locator(".answer:not(.pending)").count()
    act = "document.querySelector('#composer form').requestSubmit()"
    shown = (
        "document.querySelector('.answer.pending .reply') "
        f"|| document.querySelectorAll('.answer:not(.pending)').length > {known}"
    )
    return float(page.evaluate(TIMED, [act, shown]))


def _switch(page: Page, layer: str) -> float:
    """From the click on an overlay's box to the frame with it, or without it."""
    act = f"document.querySelector('[data-layer={layer}]').click()"
    shown = f"document.querySelector('.page-sheet').classList.contains('show-{layer}') === " + (
        f"document.querySelector('[data-layer={layer}]').checked"
    )
    return float(page.evaluate(TIMED, [act, shown]))


if __name__ == "__main__":
    main()

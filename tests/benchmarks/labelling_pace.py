"""What labelling a receipt by keyboard takes: ``python -m tests.benchmarks.labelling_pace [--receipts N]``.

Works through made-up scanned receipts under the template ``receipt`` with the shipped model, as a person
would who looks at every value that is no row of a list: Enter where it is right, Delete where the receipt
does not have it, else what the paper says is typed until the field shows it. Where what it shows is the
beginning of that, or a few words too long, Alt and arrows take the next line or drop words; where a character
or two are wrong, they are put right where they stand. Behind the last wrong value Ctrl+Enter. It keeps the
pace of the keystroke-level model (Card, Moran and Newell 1980), 1.35 s to look at a value and 0.28 s a key of
an average typist, so that the model has as long to look ahead as with a person. Seconds are those of the
clock, from one filled receipt to the next. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from docvlm.schemas import load_schema
from finetune.synthesis.kinds import template_fact
from tests.ui.conftest import ARGUMENTS, CHROMIUM
from tests.ui.receipts import ScannedReceipt, scan_receipts
from tests.ui.served_app import empty_home, served

SCHEMA = "receipt"
SECONDS_TO_LOOK, SECONDS_A_KEY = 1.35, 0.28
MOST_DROPPED = 4  # words; more are typed anew
MOST_MENDED = 4  # characters taken out and put in; more are typed anew
PATIENCE = 600_000
FILLED = "#label-fields .sheet:not([data-waits])"


@dataclass(frozen=True, slots=True)
class Labelled:
    """One receipt.

    Attributes:
        values: how many were looked at.
        right: how many of them were right at once.
        keys: that were pressed, Ctrl and Alt among them.
        uncompleted: how many they had been without completing and taking words from the page.
        waited: seconds for the next receipt.
        seconds: in all.
    """

    values: int
    right: int
    keys: int
    uncompleted: int
    waited: float
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--receipts", type=int, default=9)
    options = parser.parse_args()
    fields = {
        spec.name: template_fact(SCHEMA, spec.name) for spec in load_schema(SCHEMA).fields if not spec.is_list
    }
    with (
        tempfile.TemporaryDirectory() as scratch,
        served(empty_home(Path(scratch))) as address,
        sync_playwright() as playwright,
    ):
        receipts = scan_receipts(Path(scratch) / "scans", options.receipts, fields, complete=False)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        labelled = _label_all(page, receipts)
        browser.close()
    print("| receipt | right at once | keys | keys without completing | wait, s | seconds in all |")
    print("|---:|---:|---:|---:|---:|---:|")
    for number, one in enumerate(labelled, start=1):
        print(_row(str(number), one.right, one.values, one.keys, one.uncompleted, one.waited, one.seconds))
    right, values = sum(one.right for one in labelled), sum(one.values for one in labelled)
    columns = zip(*((one.keys, one.uncompleted, one.waited, one.seconds) for one in labelled), strict=True)
    print(_row("median", right, values, *map(statistics.median, columns)))


def _row(
    title: str, right: int, values: int, keys: float, uncompleted: float, wait: float, all_: float
) -> str:
    return f"| {title} | {right} of {values} | {keys:g} | {uncompleted:g} | {wait:.1f} | {all_:.1f} |"


def _label_all(page: Page, receipts: list[ScannedReceipt]) -> list[Labelled]:
    """Label all receipts but the last, from which there is no next."""
    truth = {receipt.path.name: receipt.values for receipt in receipts}
    page.set_input_files("#upload input[type=file]", [receipt.path for receipt in receipts])
    page.wait_for_function(f"document.querySelectorAll('#left .document').length == {len(receipts)}")
    page.wait_for_selector(".incoming li", state="detached")
    page.wait_for_selector("#model .ready")
    page.focus("role=tab[name=Label]")
    page.keyboard.press("Enter")
    page.select_option("#label-bar select", SCHEMA)
    page.wait_for_selector(FILLED)
    return [_label_one(page, truth) for _ in receipts[1:]]


def _label_one(page: Page, truth: Mapping[str, Mapping[str, str]]) -> Labelled:
    """Label the receipt that is shown, and open the next."""
    started, title = time.perf_counter(), page.inner_text(".page-title")
    number = page.get_attribute(FILLED, "data-document")
    values = truth[title]
    shown = {name: page.input_value(f"#label-{name}") for name in values}
    wrong = [place for place, name in enumerate(values) if shown[name] != values[name]]
    keys = saved = 0
    for name in list(values)[: max(wrong, default=-1) + 1]:
        typed, kept = _say(page, name, shown[name], values[name])
        keys, saved = keys + typed, saved + kept
    for _ in range(max(wrong, default=-1) + 1, len(values)):
        page.wait_for_timeout(1000 * SECONDS_TO_LOOK)
    if max(wrong, default=-1) + 1 < len(values):
        keys += _press(page, "Control+Enter")
    keys += _press(page, "Alt+n")
    accepted = time.perf_counter()
    page.wait_for_selector(f'{FILLED}:not([data-document="{number}"])')
    ended = time.perf_counter()
    right = len(values) - len(wrong)
    return Labelled(len(values), right, keys, keys + saved, ended - accepted, ended - started)


def _say(page: Page, name: str, shown: str, value: str) -> tuple[int, int]:
    """Look at a value and accept or correct it; keys pressed, and keys that the page saved."""
    page.wait_for_timeout(1000 * SECONDS_TO_LOOK)
    page.wait_for_function("id => document.activeElement.id == id", arg=f"label-{name}")
    if shown != value and not value:
        return _press(page, "Delete"), 0
    typed = saved = 0
    if shown != value:
        typed = _correct(page, f"#label-{name}", value)
        saved = len(value) - typed
    return typed + _press(page, "Enter"), saved


def _correct(page: Page, field: str, value: str) -> int:
    """Make the field show a value; how many keys that took."""
    keys, has_tried = 0, False
    for _ in range(2 * len(value)):
        shown, caret = page.eval_on_selector(field, "input => [input.value, input.selectionStart]")
        if shown == value:
            return keys
        arrows = None if has_tried else _arrows(shown, value)
        if arrows is not None:
            keys += _press(page, arrows)
            now = page.input_value(field)
            if now != value and _arrows(now, value) is None:  # the page goes on otherwise, or was misread
                keys, has_tried = keys + _press(page, "Alt+ArrowUp"), True
        elif (mend := _Mend.of(shown, value)) is not None:
            keys += _mend(page, field, mend)
        elif value.startswith(shown[:caret]):
            keys += _press(page, value[caret])
        else:
            keys += _press(page, "Control+a") + _press(page, value[0])
    raise AssertionError(f"typed {value!r}, and the field shows {page.input_value(field)!r}")


@dataclass(frozen=True, slots=True)
class _Mend:
    """A few wrong characters: where they begin, how many go from there, and what comes in their place."""

    start: int
    removed: int
    added: str

    @staticmethod
    def of(shown: str, value: str) -> _Mend | None:
        """What makes ``value`` of ``shown``; None where typing anew is no more."""
        start = _shared(shown, value)
        end = _shared(shown[start:][::-1], value[start:][::-1])
        removed, added = len(shown) - start - end, value[start : len(value) - end]
        wrong = removed + len(added)
        return _Mend(start, removed, added) if wrong <= MOST_MENDED and wrong + 2 < len(value) / 2 else None


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _mend(page: Page, field: str, mend: _Mend) -> int:
    """Go there, from word to word and then by characters, and put it right; keys pressed."""

    def caret() -> int:
        return int(page.eval_on_selector(field, "input => input.selectionStart"))

    length = len(page.input_value(field))
    is_late = mend.start > length / 2
    keys = _press(page, "End" if is_late else "Home")
    word, step = ("Control+ArrowLeft", -1) if is_late else ("Control+ArrowRight", 1)
    while (before := caret()) * step < mend.start * step:
        keys += _press(page, word)
        if caret() == before:
            break
    while (now := caret()) != mend.start:
        keys += _press(page, "ArrowLeft" if now > mend.start else "ArrowRight")
    for key in (*["Delete"] * mend.removed, *mend.added):
        keys += _press(page, key)
    return keys


def _arrows(shown: str, value: str) -> str | None:
    """What to press where the value begins as is shown, or is shown with a few words too many."""
    if value.startswith(f"{shown} "):
        return "Alt+ArrowDown"
    if len(shown.split()) - len(value.split()) > MOST_DROPPED:
        return None
    if shown.startswith(f"{value} "):
        return "Alt+ArrowLeft"
    return "Alt+Shift+ArrowRight" if shown.endswith(f" {value}") else None


def _press(page: Page, keys: str) -> int:
    """Press keys at the pace of a person; how many they are."""
    count = 1 if len(keys) == 1 else len(keys.split("+"))
    page.wait_for_timeout(1000 * SECONDS_A_KEY * count)
    (page.keyboard.type if len(keys) == 1 else page.keyboard.press)(keys)
    return count


if __name__ == "__main__":
    main()

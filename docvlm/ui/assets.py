"""The files of ``ui_assets``: styles, scripts, the icon and the sample documents."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "ui_assets"
_SHEETS = (
    "frame.css",
    "documents.css",
    "page_view.css",
    "answers.css",
    "sheet.css",
    "label.css",
    "library.css",
    "batch.css",
    "models.css",
    "finetune.css",
)
ICON = FOLDER / "icon.svg"


@dataclass(frozen=True, slots=True)
class Sample:
    """A document to try things on. ``hint`` says what is special about it."""

    file_name: str
    title: str
    hint: str

    @property
    def path(self) -> Path:
        return FOLDER / "samples" / self.file_name


SAMPLES = (
    Sample("invoice.pdf", "Invoice", "text PDF"),
    Sample("scanned-contract.pdf", "Contract", "scan, 2 pages"),
    Sample("receipt.jpg", "Receipt", "photo"),
    Sample("screenshot.png", "Screenshot", "order window"),
)


def find_sample(file_name: str) -> Sample | None:
    return next((sample for sample in SAMPLES if sample.file_name == file_name), None)


def script(*names: str) -> str:
    """The text of one or several scripts, run in one scope by the component that they belong to."""
    return "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in names)


def template(name: str) -> str:
    """The fixed HTML of a component; its script fills it, so it has no placeholders."""
    return (FOLDER / name).read_text(encoding="utf-8")


def head() -> str:
    """What stands in the page's head: the style sheets, painted with the first byte and not rewritten, and
    the scripts that must run before Gradio's own.

    Gradio's own ``css`` argument cuts selectors at every comma, also within ``:is(…)``. The sheets are nested
    so that each of their rules outweighs one of Gradio's with as many classes.
    """
    nested = "\n".join(script(name) for name in _SHEETS)
    sheets = f"<style>{script('theme.css')}\n:root:root body {{\n{nested}\n}}</style>"
    return f"{sheets}<script>{script('colours.js', 'queue_place.js')}</script>"

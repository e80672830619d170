"""The files of ``ui_assets``: styles, scripts, the icon and the sample documents."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "ui_assets"
STYLES = (FOLDER / "theme.css", FOLDER / "page.css")
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


def script(name: str) -> str:
    """The text of a script, run by the component that it belongs to."""
    return (FOLDER / name).read_text(encoding="utf-8")

"""What one browser tab shows of Fine-tune, apart from what is kept on disk."""

from __future__ import annotations

from dataclasses import dataclass, field

from finetune.page.lesson_preview import Preview

FIRST_PRESET = "balanced"


@dataclass(slots=True)
class TuneView:
    """Where the user is.

    Attributes:
        left_out: content hashes of the documents without a tick.
        preset: the one whose settings stand in the form.
        held_out: the share of the documents that is held back; None for as many as a comparison takes.
        run: the name of the run that is shown, empty where the newest is.
        preview: of the split, and what it was made of; None before.
        version: counts the choices, so that a preview that comes late is not shown.
        drawn: of the run shown: its name, and how many steps and points of accuracy the curves have.
        ongoing: when it was looked at last, the run went on or an adapter was loaded.
    """

    left_out: set[str] = field(default_factory=set)
    preset: str = FIRST_PRESET
    held_out: float | None = None
    run: str = ""
    preview: Preview | None = None
    version: int = 0
    drawn: tuple[str, int, int] = ("", 0, 0)
    ongoing: bool = False

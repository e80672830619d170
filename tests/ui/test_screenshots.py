"""The pictures of the README, as ``screenshots.py`` takes them."""

from __future__ import annotations

import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def test_the_readme_shows_every_picture_that_there_is() -> None:
    shown = re.findall(r"!\[[^]]+\]\((ui_assets/screenshots/[^)]+)\)", (REPOSITORY / "README.md").read_text())
    kept = [str(file.relative_to(REPOSITORY)) for file in (REPOSITORY / "ui_assets/screenshots").iterdir()]
    assert sorted(shown) == sorted(kept)

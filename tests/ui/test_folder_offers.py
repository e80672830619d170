"""Folders that are offered while a path is typed."""

from __future__ import annotations

from pathlib import Path

from docvlm.ui.folder_offers import folders_within


def test_no_more_are_offered_than_asked_for_the_nearest_first(tmp_path: Path) -> None:
    for name in ("b/deep", "a/deep", "c"):
        (tmp_path / name).mkdir(parents=True)
    all_of_them = ["", "a", "b", "c", "a/deep", "b/deep"]
    for most in (1, 3, 5, 99):
        assert folders_within([tmp_path], most) == [tmp_path / name for name in all_of_them][:most]


def test_a_folder_that_is_gone_is_not_offered(tmp_path: Path) -> None:
    assert folders_within([tmp_path / "gone"]) == []

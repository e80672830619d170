"""Texts compared by their letters and digits alone, as OCR and annotators disagree on everything else."""

from __future__ import annotations

from functools import lru_cache

from docvlm.schemas.letters import without_accents


@lru_cache(maxsize=65536)
def fold_characters(text: str) -> str:
    """Letters and digits only, lower case, accents taken off: ``No.53 Jalan`` → ``no53jalan``.

    A text without any letter or digit (``***``) keeps its marks, so that it is not the same as nothing.
    """
    bare = without_accents(text)
    return "".join(filter(str.isalnum, bare)) or "".join(bare.split())

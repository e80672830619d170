"""Hard files end in pages or in one clear sentence, within their time, and leave nothing behind."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from docvlm.config import Limits
from docvlm.errors import DocvlmError, InputError, PasswordError
from docvlm.ingest import open_document
from docvlm.types import Page, PageStatus
from tests.processes import left_after

pytestmark = pytest.mark.shared_data

LIMITS = Limits(page_seconds=10, open_seconds=10)
FEW_PAGES = 3


def cases(shared_data: Path, folder: str) -> list[dict]:
    text = (shared_data / folder / "cases.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def check_page(page: Page) -> None:
    if page.status is PageStatus.OK:
        assert page.image is not None
        assert page.image.shape == (page.height, page.width, 3)
        assert page.width * page.height <= LIMITS.page_pixels
    else:
        assert page.reason and page.reason.endswith(".") and "Traceback" not in page.reason


def test_every_hard_pdf(shared_data: Path) -> None:
    for case in cases(shared_data, "pdf_robustness"):
        path = shared_data / "pdf_robustness" / case["file"]
        started = time.monotonic()
        if case["needs_password"]:
            with pytest.raises(PasswordError):
                open_document(path, limits=LIMITS)
            if "password" not in case:
                continue
        try:
            with open_document(path, password=case.get("password"), limits=LIMITS) as document:
                assert document.info.page_count == case["pages"], case["file"]
                for page in document.pages(range(1, min(case["pages"], FEW_PAGES) + 1)):
                    check_page(page)
        except DocvlmError as error:
            assert isinstance(error, InputError)
            assert not case["pages"], f"{case['file']}: {error}"
        assert time.monotonic() - started < 60, case["file"]
    assert left_after(5) == []


def test_every_odd_image(shared_data: Path) -> None:
    for case in cases(shared_data, "image_robustness"):
        with open_document(shared_data / "image_robustness" / case["file"], limits=LIMITS) as document:
            assert document.info.page_count == 1
            (page,) = document.pages()
            check_page(page)
            assert [page.width, page.height] == case["size"], case["file"]
    assert left_after(5) == []

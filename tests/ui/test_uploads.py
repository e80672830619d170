from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from docvlm.errors import UsageError
from docvlm.ui.owners import COOKIE
from docvlm.ui.uploads import Uploads, check_own_upload

ANNA, BELA = "a" * 32, "b" * 32


def _request(uploads: Uploads | None, token: str) -> gr.Request:
    scope: dict[str, Any] = {"headers": [(b"cookie", f"{COOKIE}={token}".encode())]}
    if uploads is not None:
        uploads.lay_into(scope)
    return gr.Request(SimpleNamespace(scope=scope))


def test_a_file_is_of_the_browsers_that_uploaded_it() -> None:
    uploads = Uploads()
    uploads.note(b'["/tmp/gradio/1/letter.pdf"]', ANNA)
    path = Path("/tmp/gradio/1/../1/letter.pdf")
    check_own_upload(path, _request(uploads, ANNA))
    for other in (path, Path("/etc/passwd")):
        with pytest.raises(UsageError, match="not uploaded from this browser"):
            check_own_upload(other, _request(uploads, BELA))
    uploads.note(b'["/tmp/gradio/1/letter.pdf"]', BELA)  # the same bytes under the same name
    check_own_upload(path, _request(uploads, BELA))
    check_own_upload(path, _request(uploads, ANNA))


@pytest.mark.parametrize("answer", [b"", b"{", b"{}", b"413: too large", b"3"])
def test_an_answer_that_names_no_files_is_passed_over(answer: bytes) -> None:
    uploads = Uploads()
    uploads.note(answer, ANNA)
    assert not uploads.is_of(Path("3"), ANNA)


def test_an_upload_is_forgotten_after_many_others() -> None:
    uploads = Uploads(most=2)
    for name in ("a", "b", "c"):
        uploads.note(f'["/{name}"]'.encode(), ANNA)
    assert [uploads.is_of(Path(f"/{name}"), ANNA) for name in ("a", "b", "c")] == [False, True, True]

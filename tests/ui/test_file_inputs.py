"""Files that are posted to the page's file inputs by those who did not upload them, by plain HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.ui.http_browser import SECONDS, callback_of, join, messages_of, upload
from tests.ui.test_security import NO_MODEL, is_clean

FILE_INPUTS = ("upload", "batch-upload", "adapters-upload", "tuned-adapters-upload")
META = {"meta": {"_type": "gradio.FileData"}}


@pytest.fixture(scope="module")
def app_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {"DOCVLM_MODEL": str(tmp_path_factory.mktemp("none") / NO_MODEL)}


@pytest.fixture(scope="module")
def may_log_failures() -> bool:
    return True  # Gradio itself refuses paths that nobody uploaded, and says so in the terminal


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=SECONDS) as browser:
        browser.get("/")
        yield browser


@pytest.mark.parametrize("part", FILE_INPUTS)
def test_no_file_input_takes_what_this_browser_did_not_upload(
    client: httpx.Client, address: str, tmp_path: Path, samples: Path, part: str
) -> None:
    secret = tmp_path / "secret.pdf"
    secret.write_bytes((samples / "invoice.pdf").read_bytes())
    (mine,) = upload(client, "mine.pdf", secret.read_bytes()).json()
    beside = str(Path(mine).parent / ".." / ".." / ".." / secret.relative_to("/"))
    paths = ["/etc/passwd", "app.py", str(secret), beside, f"file://{secret}", f"{address}config", mine]
    with httpx.Client(base_url=address, timeout=SECONDS) as stranger:
        stranger.get("/")
        number = callback_of(stranger, part, "upload")
        for path in paths:
            forms = [{"path": path} | META, {"path": path}, {"path": path, "is_stream": True} | META]
            forms.append({"path": path, "url": f"/gradio_api/file={path}", "orig_name": "a.pdf"} | META)
            for form in forms:
                join(stranger, number, [[form]], None, "theirs")
                told = messages_of(stranger, "theirs")
                assert is_clean(told) and "data:image" not in told, (form, told)
        join(stranger, callback_of(stranger, "documents", "select"), [], {"choice": "tick:1:1"}, "theirs")
        listed = messages_of(stranger, "theirs")
    assert 'data-choice=\\"document:' not in listed and ".pdf" not in listed
    assert secret.is_file() and Path("/etc/passwd").is_file() and Path(mine).is_file()

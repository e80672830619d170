"""Files that are posted to the page's file inputs, by those who uploaded them or did not, by plain HTTP."""

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


@pytest.mark.parametrize("part", ["upload", "batch-upload"])
def test_browsers_that_upload_the_same_file_do_not_touch_each_others(
    client: httpx.Client, address: str, samples: Path, part: str
) -> None:
    """Both have uploaded it before the first is taken in, and deleted."""
    content, number = (samples / "invoice.pdf").read_bytes(), callback_of(client, part, "upload")
    with httpx.Client(base_url=address, timeout=SECONDS) as other:
        other.get("/")
        paths = [upload(browser, "same.pdf", content).json()[0] for browser in (client, other)]
        for browser, path, tab in zip((client, other), paths, (f"{part} 1", f"{part} 2"), strict=True):
            join(browser, number, [[{"path": path} | META]], None, tab)
            told = messages_of(browser, tab)
            assert _is_listed("same.pdf", told) and '"success":false' not in told, told[-2000:]
        assert not any(Path(path).parent.exists() for path in paths)


def test_a_file_that_is_put_in_twice_at_once_is_taken_once(client: httpx.Client, samples: Path) -> None:
    files = [("files", ("twice.pdf", (samples / "invoice.pdf").read_bytes()))] * 2
    paths = client.post("gradio_api/upload", files=files).json()
    assert len(paths) == 2
    join(
        client,
        callback_of(client, "upload", "upload"),
        [[{"path": path} | META for path in paths]],
        None,
        "t",
    )
    told = messages_of(client, "t")
    assert _is_listed("twice.pdf", told) and 'class=\\"failed' not in told


def _is_listed(name: str, told: str) -> bool:
    return f'aria-label=\\"Select {name}' in told

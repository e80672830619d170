from __future__ import annotations

import json
import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from gradio.route_utils import delete_files_created_by_app

from docvlm.config import Settings
from docvlm.errors import UsageError
from docvlm.ui.owners import COOKIE
from docvlm.ui.uploads import Uploads, check_own_upload, delete_upload, sweep_uploads

ANNA, BELA = "a" * 32, "b" * 32


def _request(uploads: Uploads | None, token: str) -> gr.Request:
    scope: dict[str, Any] = {"headers": [(b"cookie", f"{COOKIE}={token}".encode())]}
    if uploads is not None:
        uploads.lay_into(scope)
    return gr.Request(SimpleNamespace(scope=scope))


def _uploaded(folder: Path, name: str, content: bytes = b"bytes") -> bytes:
    """What Gradio does with an upload, and answers: the path follows the content and the name."""
    path = folder / content.hex() / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return json.dumps([str(path)]).encode()


def _taken(uploads: Uploads, answer: bytes, token: str) -> Path:
    (name,) = json.loads(uploads.take(answer, token))
    return Path(name)


def test_a_file_is_of_the_browser_that_uploaded_it(tmp_path: Path) -> None:
    uploads = Uploads(set())
    path = _taken(uploads, _uploaded(tmp_path, "letter.pdf"), ANNA)
    check_own_upload(path, _request(uploads, ANNA))
    check_own_upload(path.parent / ".." / path.parent.name / path.name, _request(uploads, ANNA))
    for other in (path, Path("/etc/passwd")):
        with pytest.raises(UsageError, match="not uploaded from this browser"):
            check_own_upload(other, _request(uploads, BELA))


def test_the_same_file_of_two_browsers_lies_at_two_paths(tmp_path: Path) -> None:
    uploads = Uploads(set())
    of_anna, of_bela = (_taken(uploads, _uploaded(tmp_path, "a.pdf"), token) for token in (ANNA, BELA))
    assert of_anna != of_bela and of_anna.name == of_bela.name == "a.pdf"
    assert not uploads.is_of(of_anna, BELA) and not uploads.is_of(of_bela, ANNA)
    delete_upload(of_anna)
    assert of_bela.read_bytes() == b"bytes"
    delete_upload(of_bela)
    assert list(tmp_path.iterdir()) == []


def test_several_files_of_one_answer_keep_their_order(tmp_path: Path) -> None:
    named = [*json.loads(_uploaded(tmp_path, "b.pdf")), *json.loads(_uploaded(tmp_path, "a.pdf"))]
    paths = json.loads(Uploads(set()).take(json.dumps([*named, named[0]]).encode(), ANNA))
    assert [Path(path).name for path in paths] == ["b.pdf", "a.pdf", "b.pdf"]
    assert paths[0] == paths[2] and all(Path(path).read_bytes() == b"bytes" for path in paths)


def test_gradio_deletes_a_file_that_nobody_takes_in(tmp_path: Path) -> None:
    with gr.Blocks() as blocks:
        pass
    answer = _uploaded(tmp_path, "abandoned.pdf")
    blocks.upload_file_set.update(json.loads(answer))
    path = _taken(Uploads(blocks.upload_file_set), answer, ANNA)
    assert blocks.upload_file_set == {str(path)}
    delete_files_created_by_app(blocks, age=None)
    assert not path.exists()


def test_what_a_killed_app_left_is_deleted_once_it_is_old(tmp_path: Path) -> None:
    settings = Settings.from_environment({"DOCVLM_HOME": str(tmp_path)})
    assert sweep_uploads(settings, time.time()) == 0  # no app has run yet
    settings.uploads.mkdir()
    old, fresh = (
        _taken(Uploads(set()), _uploaded(settings.uploads, name), ANNA) for name in ("old.pdf", "fresh.pdf")
    )
    os.utime(old, (time.time() - 7200,) * 2)
    assert sweep_uploads(settings, time.time() - 3600) == 1
    assert not old.parent.exists() and fresh.is_file()


@pytest.mark.parametrize("answer", [b"", b"{", b"{}", b"413: too large", b"3", b"\xff"])
def test_an_answer_that_names_no_files_is_passed_on(answer: bytes) -> None:
    uploads = Uploads(set())
    assert uploads.take(answer, ANNA) == answer
    assert not uploads.is_of(Path("3"), ANNA)


def test_an_upload_is_forgotten_after_many_others(tmp_path: Path) -> None:
    uploads = Uploads(set(), most=2)
    paths = [_taken(uploads, _uploaded(tmp_path, name), ANNA) for name in ("a", "b", "c")]
    assert [uploads.is_of(path, ANNA) for path in paths] == [False, True, True]

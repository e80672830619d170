"""The demo: visitors' files go after a while, and in a Space's frame a browser keeps its cookie."""

from __future__ import annotations

import os
import time
from pathlib import Path

import httpx
import pymupdf
import pytest

from docvlm.errors import UsageError
from docvlm.pipeline import Workspace
from docvlm.ui.demo import USUAL_MINUTES, Demo, Sweeper, is_private_space, sweep
from docvlm.ui.library import Library
from tests.ui.http_browser import SECONDS

HOUR = 3600.0
ANNA, BELA = "a" * 32, "b" * 32


@pytest.fixture(scope="module")
def app_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    none = tmp_path_factory.mktemp("none") / "no-model"
    return {"DOCVLM_MODEL": str(none), "SPACE_ID": "someone/docvlm"}


@pytest.mark.parametrize(
    ("environment", "is_closed", "minutes"),
    [
        ({}, False, None),
        ({"SPACE_ID": "a/b"}, False, USUAL_MINUTES),
        ({"SPACE_ID": "a/b"}, True, None),
        ({"SPACE_ID": "a/b", "DOCVLM_DEMO_MINUTES": "0"}, False, None),
        ({"DOCVLM_DEMO_MINUTES": "15"}, True, 15),
    ],
)
def test_a_space_without_a_login_is_a_demo(
    environment: dict[str, str], is_closed: bool, minutes: int | None
) -> None:
    demo = Demo.from_environment(environment, is_closed)
    assert (demo.minutes if demo else None) == minutes
    assert demo is None or f"deleted {minutes} minutes" in demo.notice


def test_the_owner_says_that_a_space_is_private() -> None:
    assert is_private_space({"SPACE_ID": "a/b", "DOCVLM_PRIVATE_SPACE": "1"})
    assert not is_private_space({"SPACE_ID": "a/b"})
    assert not is_private_space({"DOCVLM_PRIVATE_SPACE": "1"})  # no Space at all


def test_minutes_that_are_no_number_are_told() -> None:
    with pytest.raises(UsageError, match="'soon'"):
        Demo.from_environment({"DOCVLM_DEMO_MINUTES": "soon"}, False)


def _keep(workspace: Workspace, folder: Path, owner: str, text: str, age: float) -> int:
    """Put a document in as a visitor does, ``age`` seconds ago, and have its page read."""
    library, source = Library(folder, owner), folder.parent / "upload.pdf"
    with pymupdf.open() as document:
        document.new_page().insert_text((72, 72), text)
        document.save(source)
    file = library.keep(source, f"{text}.pdf")
    with workspace.open(file.path, name=file.name, owner=owner) as opened:
        list(opened.read())
        number = opened.id
    library.keep_thumbnail(file.path.name, "data:,")
    os.utime(file.path, (time.time() - age,) * 2)
    return number


def test_what_was_put_in_long_ago_goes_with_all_that_was_made_of_it(
    workspace: Workspace, tmp_path: Path
) -> None:
    folder, store = tmp_path / "documents", workspace.store
    old = _keep(workspace, folder, ANNA, "Parsnips and turnips", 2 * HOUR)
    fresh = _keep(workspace, folder, ANNA, "Carrots", 60)
    others = _keep(workspace, folder, BELA, "Beetroot", 60)
    stray = folder / BELA / ("c" * 64)
    stray.write_bytes(b"never opened")
    os.utime(stray, (0, 0))
    assert store.search("turnips", 5)
    assert sweep(folder, store, time.time() - HOUR) == 2
    assert store.document(old) is None and not store.search("turnips", 5) and not stray.exists()
    assert store.document(fresh) is not None and store.document(others) is not None
    assert len(list((folder / ANNA).iterdir())) == 2  # one file and its small picture
    assert sweep(folder, store, time.time() - HOUR) == 0


def test_the_oldest_go_where_room_is_scarce(workspace: Workspace, tmp_path: Path) -> None:
    folder, store = tmp_path / "documents", workspace.store
    older = _keep(workspace, folder, ANNA, "Parsnips", 120)
    newer = _keep(workspace, folder, BELA, "Carrots", 60)
    room = max(file.byte_count for file in Library(folder, BELA).files())
    assert sweep(folder, store, 0.0, most_bytes=room) == 1
    assert store.document(older) is None and store.document(newer) is not None


def test_the_sweeper_works_by_itself(workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    old = _keep(workspace, folder, ANNA, "Parsnips", 2 * HOUR)
    with Sweeper(folder, workspace.store, Demo(60)):
        until = time.monotonic() + 20
        while workspace.store.document(old) is not None and time.monotonic() < until:
            time.sleep(0.05)
    assert workspace.store.document(old) is None


def test_a_space_tells_visitors_and_gives_a_cookie_that_works_in_its_frame(address: str) -> None:
    with httpx.Client(base_url=address, timeout=SECONDS) as browser:
        page = browser.get("/")
        assert "SameSite=None; Secure; Partitioned" in page.headers["set-cookie"]
        assert f"deleted {USUAL_MINUTES} minutes" in browser.get("config").text
        own = {"origin": "https://someone-docvlm.hf.space", "x-forwarded-host": "someone-docvlm.hf.space"}
        assert browser.get("config", headers=own).status_code == 200
        assert browser.get("config", headers=own | {"x-forwarded-host": "evil.test"}).status_code == 403

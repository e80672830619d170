"""The program's options and how it ends; the page itself is tested in tests/ui."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

import app

REPOSITORY = Path(__file__).parents[1]


def _app(*options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "app.py", *options]
    environment = os.environ | variables
    return subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_help_names_the_safe_default_address() -> None:
    done = _app("--help", GRADIO_SERVER_NAME="")
    assert done.returncode == 0
    assert "127.0.0.1" in done.stdout


@pytest.mark.parametrize(("options", "is_shared"), [([], False), (["--share"], True)])
def test_a_public_link_is_made_on_demand_only(
    options: list[str], is_shared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GRADIO_SERVER_NAME", raising=False)

    given: dict[str, Any] = {}
    page = gr.Blocks()
    monkeypatch.setattr(page, "launch", lambda **options: given.update(options))
    app._launch(page, app._parse(options), 1000, None)
    # Not None either, for which Gradio looks into the environment and at where it runs.
    assert given["share"] is is_shared
    assert given["server_name"] == "127.0.0.1"


def test_a_wrong_setting_is_one_sentence(tmp_path: Path) -> None:
    done = _app(DOCVLM_HOME=str(tmp_path), DOCVLM_THREADS="many")
    assert done.returncode == 2
    assert "DOCVLM_THREADS" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_busy_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = _app("--port", str(taken.getsockname()[1]), DOCVLM_HOME=str(tmp_path))
    assert done.returncode == 1
    assert "cannot be served" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_page_does_not_load_torch() -> None:
    code = "import sys, docvlm.ui.page; sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, timeout=120, check=False)
    assert done.returncode == 0


def test_laying_out_the_whole_page_warns_of_nothing(tmp_path: Path) -> None:
    """Whoever starts the app reads its address, not what the page is built of."""
    from docvlm.config import Settings
    from docvlm.pipeline import Workspace
    from docvlm.ui.engine_loader import EngineLoader
    from docvlm.ui.page import RoomPlan, build_page
    from finetune.tab import FineTuneTab

    settings = Settings.from_environment({"DOCVLM_HOME": str(tmp_path / "home")})
    with Workspace(settings) as workspace, warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        build_page(workspace, EngineLoader(), further=[RoomPlan("finetune", "Fine-tune", FineTuneTab)])


def test_administrators_need_a_login(tmp_path: Path) -> None:
    done = _app("--admin", "anna", DOCVLM_HOME=str(tmp_path))
    assert done.returncode == 2
    assert "no login" in done.stderr and "Traceback" not in done.stderr

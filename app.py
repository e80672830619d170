"""The browser app: ``python app.py``, then open http://127.0.0.1:7860."""

from __future__ import annotations

import argparse
import importlib.util
import logging
import os
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from docvlm.config import Settings
from docvlm.errors import DocvlmError, UsageError
from docvlm.models import lent_gpu
from docvlm.telemetry import observe

if TYPE_CHECKING:
    import gradio as gr

    from docvlm.ui.login import LoginCheck
    from docvlm.ui.rights import Rights


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the page until Ctrl-C; returns the exit status."""
    options = _parse(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        settings = Settings.from_environment()
        with observe("app", settings.log_file, settings.run_id):
            _serve(settings, options)
    except DocvlmError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"The app cannot be served: {error}", file=sys.stderr)
        return 1
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Ask and extract from documents, in the browser.")
    parser.add_argument(
        "--host",
        default=os.environ.get("GRADIO_SERVER_NAME") or "127.0.0.1",
        help="address to listen on; whoever can reach it may use it; see --login (default: %(default)s)",
    )
    parser.add_argument(
        "--port", type=int, help="default: GRADIO_SERVER_PORT, else the first free one from 7860"
    )
    parser.add_argument(
        "--folders",
        nargs="+",
        default=[],
        metavar="FOLDER",
        help="folders of this machine that Batch and calling programs may read, when the app is used on this "
        "machine (default: your home folder)",
    )
    parser.add_argument(
        "--login",
        type=Path,
        metavar="FILE",
        help="file with a line name:password for each person who may log in; documents then belong to the "
        "person, and only --admin changes the model (default: the lines in DOCVLM_LOGIN, else no login)",
    )
    parser.add_argument(
        "--admin",
        nargs="+",
        metavar="NAME",
        help="people of the login who may train and change the model for all (default: DOCVLM_ADMIN)",
    )
    parser.add_argument(
        "--mcp",
        action="store_true",
        help="offer the calls for programs as MCP tools at /gradio_api/mcp/ (needs the package mcp)",
    )
    parser.add_argument("--share", action="store_true", help="make a public link through Gradio's servers")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    return parser.parse_args(arguments)


def _serve(settings: Settings, options: argparse.Namespace) -> None:
    settings.prepare_home()
    # Uploads in transit stay in the data folder. Gradio reads this when it is imported.
    os.environ.setdefault("GRADIO_TEMP_DIR", str(settings.uploads))
    if lent_gpu.is_lent(os.environ):
        lent_gpu.prepare()
    from docvlm.pipeline import Workspace
    from docvlm.ui.demo import Demo, Sweeper, is_private_space
    from docvlm.ui.engine_loader import EngineLoader
    from docvlm.ui.login import login_check
    from docvlm.ui.page import CACHE_SECONDS, RoomPlan, build_page
    from docvlm.ui.uploads import sweep_uploads
    from finetune.tab import FineTuneTab

    login = login_check(options.login, os.environ)
    if options.mcp:
        _check_mcp(login)
    demo = Demo.from_environment(os.environ, login is not None or is_private_space(os.environ))
    settings = _limited(settings) if demo else settings
    loader = EngineLoader()
    with Workspace(settings, loader.report) as workspace:
        further = [RoomPlan("finetune", "Fine-tune", FineTuneTab)]
        rights = _rights(settings, options, login)
        sweep_uploads(settings, time.time() - CACHE_SECONDS)
        page = build_page(workspace, loader, rights, further, demo.notice if demo else "")
        with Sweeper(settings, workspace.store, demo) if demo else nullcontext():
            _launch(page, options, settings.limits.file_bytes, login)


def _launch(page: gr.Blocks, options: argparse.Namespace, file_bytes: int, login: LoginCheck | None) -> None:
    from starlette.middleware import Middleware

    from docvlm.ui.assets import ICON, head, script
    from docvlm.ui.demo import SPACE
    from docvlm.ui.gate import Gate
    from docvlm.ui.owners import OwnerCookie
    from docvlm.ui.theme import theme
    from docvlm.ui.uploads import Uploads

    page.launch(
        server_name=options.host,
        server_port=options.port,
        share=options.share,
        inbrowser=options.open,
        allowed_paths=[],
        max_file_size=file_bytes,
        auth=login,
        run_history=False,
        footer_links=[],
        enable_monitoring=False,
        ssr_mode=False,
        favicon_path=ICON,
        theme=theme(),
        head=head(),
        js=script("page.js"),
        mcp_server=options.mcp,
        app_kwargs={
            "middleware": [
                Middleware(Gate, uploads=Uploads(page.upload_file_set), with_mcp=options.mcp),
                Middleware(OwnerCookie, in_frame=SPACE in os.environ),
            ]
        },
    )


def _check_mcp(login: LoginCheck | None) -> None:
    if login is not None:
        raise UsageError("MCP tools cannot log in.", "Leave out --mcp, or the login.")
    if importlib.util.find_spec("mcp") is None:
        raise UsageError(
            "The package mcp is not installed.", "Run: pip install -r docvlm/ui/requirements-mcp.txt"
        )


def _limited(settings: Settings) -> Settings:
    """Smaller files in a demo, unless the environment sets a limit."""
    from docvlm.ui.demo import FILE_BYTES

    if "DOCVLM_LIMIT_FILE_BYTES" in os.environ:
        return settings
    return replace(settings, limits=replace(settings.limits, file_bytes=FILE_BYTES))


def _rights(settings: Settings, options: argparse.Namespace, login: LoginCheck | None) -> Rights:
    """The model and this machine's folders are for the person who uses the app on this machine."""
    from docvlm.ui.demo import SPACE, is_private_space
    from docvlm.ui.rights import Rights

    if is_private_space(os.environ):
        return Rights.in_private_space()
    admins = options.admin or os.environ.get("DOCVLM_ADMIN", "").split()
    if admins and login is None:
        raise UsageError("There are administrators and no login.", "Give --login as well.")
    if admins:
        return Rights.of_admins(admins)
    is_public = options.share or login is not None or SPACE in os.environ
    folders = tuple(Path(folder).expanduser().absolute() for folder in options.folders)
    return Rights.at(options.host, is_public, settings.home, folders)


if __name__ == "__main__":
    sys.exit(main())

"""The page: where each panel stands. What a panel holds and does is in the module of its name."""

from __future__ import annotations

import gradio as gr

from docvlm.pipeline import Workspace
from docvlm.ui.ask_panel import AskPanel
from docvlm.ui.documents_panel import DocumentsPanel
from docvlm.ui.engine_loader import EngineLoader
from docvlm.ui.extract_panel import ExtractPanel
from docvlm.ui.model_header import ModelHeader
from docvlm.ui.page_panel import PagePanel
from docvlm.ui.sessions import Sessions

CACHE_SECONDS = 6 * 3600  # uploads that Gradio holds are deleted after this; kept files lie in the library


def build_page(workspace: Workspace, loader: EngineLoader) -> gr.Blocks:
    """The page over a workspace whose model ``loader`` loads in the background."""
    sessions = Sessions()
    blocks = gr.Blocks(
        title="docvlm",
        analytics_enabled=False,
        fill_width=True,
        delete_cache=(CACHE_SECONDS, CACHE_SECONDS),
    )
    with blocks:
        header = ModelHeader(workspace, loader)
        with gr.Row(elem_id="columns", equal_height=False):
            left = gr.Column(scale=5, min_width=230, elem_id="left")
            middle = gr.Column(scale=12, min_width=380, elem_id="middle")
            right = gr.Column(scale=9, min_width=340, elem_id="right")
            with middle:
                page = PagePanel(sessions)
            with right, gr.Tabs():
                with gr.Tab("Ask"):
                    ask = AskPanel(workspace, loader, sessions, page)
                with gr.Tab("Extract"):
                    extract = ExtractPanel(workspace, loader, sessions, page)
            with left:  # last, because opening a document fills the other panels
                documents = DocumentsPanel(workspace, sessions, page, ask, extract)
        header.show_on_load(blocks)
        documents.list_on_load(blocks)

        def leave(request: gr.Request) -> None:
            sessions.end(str(request.session_hash))

        blocks.unload(leave)
    return blocks

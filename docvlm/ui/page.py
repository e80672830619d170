"""The page: where each panel stands. What a panel holds and does is in the module of its name."""

from __future__ import annotations

import gradio as gr

from docvlm.pipeline import Workspace
from docvlm.ui.ask_panel import AskPanel
from docvlm.ui.desk import Desk
from docvlm.ui.documents_panel import DocumentsPanel
from docvlm.ui.engine_loader import EngineLoader
from docvlm.ui.extract_panel import ExtractPanel
from docvlm.ui.field_work import FieldWork
from docvlm.ui.model_header import ModelHeader
from docvlm.ui.page_panel import PagePanel
from docvlm.ui.sessions import Sessions

CACHE_SECONDS = 3600  # uploads in transit that Gradio still holds are deleted after this


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
        with gr.Tabs(elem_id="rooms", selected="desk"), gr.Tab("Desk", id="desk"):
            documents = _lay_out_desk(workspace, loader, sessions)
        header.show_on_load(blocks)
        documents.list_on_load(blocks)
        blocks.unload(sessions.end)
    return blocks


def _lay_out_desk(workspace: Workspace, loader: EngineLoader, sessions: Sessions) -> DocumentsPanel:
    with gr.Row(elem_id="columns", equal_height=False):
        left = gr.Column(scale=0, min_width=240, elem_id="left")
        with gr.Column(scale=12, min_width=320, elem_id="middle"):
            page = PagePanel(workspace, loader, sessions)
        desk = Desk(workspace, loader, sessions, page)
        with gr.Column(scale=9, min_width=320, elem_id="right"), gr.Tabs(elem_id="tasks"):
            with gr.Tab("Ask", id="ask"):
                ask = AskPanel(desk)
            with gr.Tab("Extract", id="extract"):
                extract = ExtractPanel(desk, FieldWork(desk))
        with left:  # last, because opening a document fills the other panels
            documents = DocumentsPanel(desk)
    ask.connect(documents)
    extract.connect(documents)
    return documents

"""The page: where each panel stands. What a panel holds and does is in the module of its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import gradio as gr

from docvlm.pipeline import Workspace
from docvlm.ui.api import Api
from docvlm.ui.api_adapters import AdaptersApi
from docvlm.ui.api_batch import BatchApi
from docvlm.ui.api_calls import Calls
from docvlm.ui.api_labels import LabelsApi
from docvlm.ui.api_library import LibraryApi
from docvlm.ui.api_model import ModelApi
from docvlm.ui.api_schemas import SchemaApi
from docvlm.ui.api_stored import StoredApi
from docvlm.ui.ask_panel import AskPanel
from docvlm.ui.batch_starts import BatchStarts
from docvlm.ui.batch_tab import BatchTab
from docvlm.ui.callbacks import QUICK
from docvlm.ui.desk import Desk
from docvlm.ui.documents_panel import DocumentsPanel
from docvlm.ui.engine_loader import EngineLoader
from docvlm.ui.extract_panel import ExtractPanel
from docvlm.ui.field_work import FieldWork
from docvlm.ui.label_panel import LabelPanel
from docvlm.ui.label_work import LabelWork
from docvlm.ui.library_tab import LibraryTab
from docvlm.ui.model_header import ModelHeader
from docvlm.ui.models_tab import ModelsTab
from docvlm.ui.page_panel import PagePanel
from docvlm.ui.rights import NO_RIGHTS, Rights
from docvlm.ui.sessions import Sessions

CACHE_SECONDS = 3600  # uploads in transit that Gradio still holds are deleted after this


class FurtherRoom(Protocol):
    """A room of another package, laid out within its tab."""

    def connect(self, tab: gr.Tab) -> None:
        """Wire its events; ``tab`` tells when it comes to the front."""


@dataclass(frozen=True, slots=True, eq=False)
class RoomPlan:
    """A room of another package before it is laid out. ``name`` is the tab's id."""

    name: str
    title: str
    lay_out: Callable[[Desk, ModelHeader, Rights], FurtherRoom]


@dataclass(frozen=True, slots=True, eq=False)
class Rooms:
    """The desk and the rooms around it, each a tab of ``tabs``."""

    tabs: gr.Tabs
    desk: Desk
    documents: DocumentsPanel
    library: LibraryTab
    batch: BatchTab
    models: ModelsTab


def build_page(
    workspace: Workspace,
    loader: EngineLoader,
    rights: Rights = NO_RIGHTS,
    further: Sequence[RoomPlan] = (),
    notice: str = "",
) -> gr.Blocks:
    """The page over a workspace whose model ``loader`` loads in the background.

    Args:
        rights: what people may do beyond their own documents.
        further: rooms that this package does not know; they stand right of the desk.
        notice: a sentence that everybody is shown at the top; empty for none.
    """
    blocks = gr.Blocks(
        title="docvlm",
        analytics_enabled=False,
        fill_width=True,
        delete_cache=(CACHE_SECONDS, CACHE_SECONDS),
    )
    with blocks:
        header = ModelHeader(workspace, loader, notice)
        rooms = lay_out_rooms(workspace, loader, header, rights, further)
        header.show_on_load(blocks)
        rooms.documents.list_on_load(blocks)
        blocks.unload(rooms.desk.sessions.end)
    blocks.queue(api_open=False)  # nobody passes those who wait
    return blocks


def lay_out_rooms(
    workspace: Workspace,
    loader: EngineLoader,
    header: ModelHeader,
    rights: Rights,
    further: Sequence[RoomPlan] = (),
) -> Rooms:
    """The tabs, to be called within ``gr.Blocks``."""
    starts = BatchStarts(rights)
    further_rooms = []
    with gr.Tabs(elem_id="rooms", selected="desk") as tabs:
        with gr.Tab("Desk", id="desk"):
            desk, documents, fields = _lay_out_desk(workspace, loader, Sessions())
        for plan in further:
            with gr.Tab(plan.title, id=plan.name) as tab:
                further_rooms.append((plan.lay_out(desk, header, rights), tab))
        with gr.Tab("Library", id="library") as library_tab:
            library = LibraryTab(desk)
        with gr.Tab("Batch", id="batch") as batch_tab:
            batch = BatchTab(desk, fields, rights, starts)
        with gr.Tab("Models", id="models") as models_tab:
            models = ModelsTab(desk, header, rights)
    library.connect(documents, tabs, library_tab)
    batch.connect(documents, tabs, batch_tab)
    models.connect(models_tab)
    for room, tab in further_rooms:
        room.connect(tab)
    calls = Calls(desk, rights)
    for api in (
        Api(calls),
        LibraryApi(calls),
        LabelsApi(calls),
        SchemaApi(calls),
        StoredApi(calls),
        BatchApi(calls, starts),
        ModelApi(calls),
        AdaptersApi(calls),
    ):
        api.connect()
    return Rooms(tabs, desk, documents, library, batch, models)


def _lay_out_desk(
    workspace: Workspace, loader: EngineLoader, sessions: Sessions
) -> tuple[Desk, DocumentsPanel, FieldWork]:
    with gr.Row(elem_id="columns", equal_height=False):
        left = gr.Column(scale=0, min_width=240, elem_id="left")
        with gr.Column(scale=12, min_width=320, elem_id="middle"):
            page = PagePanel(workspace, loader, sessions)
        desk = Desk(workspace, loader, sessions, page)
        fields = FieldWork(desk)
        with gr.Column(scale=9, min_width=320, elem_id="right"), gr.Tabs(elem_id="tasks"):
            with gr.Tab("Ask", id="ask") as ask_tab:
                ask = AskPanel(desk)
            with gr.Tab("Extract", id="extract") as extract_tab:
                extract = ExtractPanel(desk, fields)
            with gr.Tab("Label", id="label") as label_tab:
                label = LabelPanel(desk, LabelWork(desk, fields))
        with left:  # last, because opening a document fills the other panels
            documents = DocumentsPanel(desk)
    ask.connect(documents)
    extract.connect(documents, extract_tab)
    label.connect(documents, label_tab)
    for other in (ask_tab, extract_tab):
        other.select(label.leave, **QUICK)
    return desk, documents, fields

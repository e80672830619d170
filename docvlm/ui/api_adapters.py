"""What programs may call of the adapters: list, use, discard, export and import them.

Changes are for everybody.
"""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gradio as gr

from docvlm.adapters import KeptAdapter
from docvlm.adapters.registry import NO_ADAPTER
from docvlm.model_names import short_name
from docvlm.ui.adapter_switch import AdapterSwitch, fits
from docvlm.ui.api_calls import (
    DATA,
    LOADING_SECONDS,
    Calls,
    Json,
    as_json,
    text_of,
    told_in_a_sentence,
)
from docvlm.ui.data_address import data_address

_ZIP = "application/zip"


class AdaptersApi:
    """Everybody may see the adapters; who may change the model, see ``docvlm.ui.rights``, changes them."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._switch = AdapterSwitch(calls.desk.workspace, calls.desk.loader)

    def connect(self) -> None:
        """Add the calls to the page that is being built."""

        def adapters(request: gr.Request) -> str:
            """List what was learnt from labelled PDFs and images: JSON with the adapters and their figures.

            Each has its name, the model that it belongs to, whether it fits the model in use, is in use
            and won over its base, and figures before and after, measured on documents held back.
            """
            with told_in_a_sentence():
                return as_json(self._listed())

        def adapter_use(name: str, request: gr.Request) -> str:
            """Let an adapter answer from now on about PDFs and images, for everybody: JSON lists them anew.

            So the adapter of a finished training is promoted. It is loaded first, which can take minutes;
            until then, and where it cannot be loaded, the one before answers.

            Args:
                name: The adapter, as adapters lists it; none for the model without one.
            """
            with told_in_a_sentence():
                self._calls.rights.demand(request, "change adapters")
                if text_of(name, "name") == NO_ADAPTER:
                    self._switch.off()
                else:
                    self._switch.on(name)
                self._calls.desk.loader.wait_for_change(LOADING_SECONDS)
                return as_json(self._listed())

        def adapter_discard(name: str, request: gr.Request) -> str:
            """Delete for good an adapter that was trained on PDFs and images: JSON lists those that are left.

            Where it is in use, the model answers without one first.

            Args:
                name: The adapter, as adapters lists it.
            """
            with told_in_a_sentence():
                self._calls.rights.demand(request, "delete adapters")
                if self._switch.delete(text_of(name, "name")):
                    self._calls.desk.loader.wait_for_change(LOADING_SECONDS)
                return as_json(self._listed())

        def adapter_export(name: str, request: gr.Request) -> str:
            """Take an adapter that was trained on PDFs and images along, as a plain PEFT folder in a zip.

            JSON has the name of the file and, as a data: address, what is in it.

            Args:
                name: The adapter, as adapters lists it.
            """
            with told_in_a_sentence():
                self._calls.rights.demand(request, "take adapters")
                return as_json(self._exported(text_of(name, "name")))

        def adapter_import(adapter: str, request: gr.Request) -> str:
            """Put an adapter for PDFs and images on the shelf, without using it: JSON lists them anew.

            None is overwritten: where there is one of its name, a number is added.

            Args:
                adapter: A zip of a PEFT folder, as a data: address (data:application/zip;base64,...) or, on
                    the machine that runs docvlm, its path.
            """
            with told_in_a_sentence():
                self._calls.rights.demand(request, "import adapters")
                return as_json({"imported": self._imported(adapter, request)} | self._listed())

        gr.api(adapters, api_name="adapters", concurrency_limit=4, concurrency_id="library calls")
        gr.api(adapter_export, api_name="adapter_export", concurrency_limit=4, concurrency_id="library calls")
        for call in (adapter_use, adapter_discard, adapter_import):
            gr.api(call, api_name=call.__name__, concurrency_limit=1, concurrency_id="model calls")

    def _exported(self, name: str) -> Json:
        with tempfile.TemporaryDirectory() as scratch:
            file = self._calls.desk.workspace.adapters.export(name, Path(scratch) / f"{name}.zip")
            return {"name": file.name, "file": data_address(file.read_bytes(), _ZIP)}

    def _imported(self, adapter: Any, request: gr.Request) -> str:
        """The name that an adapter has on the shelf now."""
        registry = self._calls.desk.workspace.adapters
        text = adapter if isinstance(adapter, str) else ""
        if not text.startswith(DATA):
            return registry.take_in(self._calls.rights.file(text, request)).name
        with tempfile.TemporaryDirectory() as scratch:
            file = Path(scratch) / "adapter.zip"
            file.write_bytes(self._calls.content(text, "adapter", _ZIP))
            return registry.take_in(file).name

    def _listed(self) -> Json:
        workspace, in_use = self._calls.desk.workspace, self._switch.in_use
        model = workspace.settings.model
        known = [_adapter(kept, model, kept.name == in_use) for kept in workspace.adapters.adapters()]
        return {"model": short_name(model), "in_use": in_use, "adapters": known}


def _adapter(kept: KeptAdapter, model: str, is_used: bool) -> Json:
    told: Json = {
        "name": kept.name,
        "in_use": is_used,
        "fits": fits(kept, model),
        "megabytes": round(kept.byte_count / 1e6, 1),
    }
    card = kept.card
    if card is None:
        return told
    return told | {
        "base": short_name(card.base_model),
        "documents": card.documents,
        "created": card.created,
        "won": card.promoted,
        "figures": [asdict(figure) for figure in card.figures],
    }

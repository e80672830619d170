"""What programs may call of the adapters: list them, use one, discard one. Changes are for everybody."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import gradio as gr

from docvlm.adapters import KeptAdapter
from docvlm.adapters.registry import NO_ADAPTER
from docvlm.model_names import short_name
from docvlm.ui.adapter_switch import AdapterSwitch, fits
from docvlm.ui.api_calls import Calls, Json, as_json, text_of, told_in_a_sentence

_LOADING_SECONDS = 600.0


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
                self._switch.wait(_LOADING_SECONDS)
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
                    self._switch.wait(_LOADING_SECONDS)
                return as_json(self._listed())

        limits: dict[str, Any] = {"concurrency_limit": 1, "concurrency_id": "adapter calls"}
        gr.api(adapters, api_name="adapters", concurrency_limit=4, concurrency_id="library calls")
        gr.api(adapter_use, api_name="adapter_use", **limits)
        gr.api(adapter_discard, api_name="adapter_discard", **limits)

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

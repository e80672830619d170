"""What programs may call of the model: which one answers, another one, another tile budget.

Changes are for everybody.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from docvlm.errors import UsageError
from docvlm.model_names import short_name
from docvlm.tiling import BUDGET_NAMES
from docvlm.ui.api_calls import LOADING_SECONDS, Calls, Json, as_json, text_of, told_in_a_sentence
from docvlm.ui.model_switch import LONGEST_NAME, begin_model, refuse_missing_folder


class ModelApi:
    """Everybody may see which model answers; who may change it, see ``docvlm.ui.rights``, changes it."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def connect(self) -> None:
        """Add the calls to the page that is being built."""

        def model(request: gr.Request) -> str:
            """Tell which model answers about PDFs and images: JSON with its name, adapter and tile budget.

            Where it is not loaded yet, that is begun, and state says how far it is.
            """
            with told_in_a_sentence():
                workspace = self._calls.desk.workspace
                self._calls.desk.loader.start(lambda: workspace.engine)
                return as_json(self._told())

        def model_use(name: str, request: gr.Request) -> str:
            """Let another model answer about PDFs and images from now on, for everybody: JSON as of model.

            It is loaded first, and from the Hub also fetched, which can take minutes; until then, and where
            it cannot be loaded, the one before answers. When the app is started again it is forgotten.

            Args:
                name: embedded; a name on the Hub, such as HuggingFaceTB/SmolVLM-256M-Instruct; the path of a
                    checkpoint's folder on the machine that runs docvlm; or the address of an
                    OpenAI-compatible server, such as http://127.0.0.1:8000/v1#model-name.
            """
            with told_in_a_sentence():
                self._calls.rights.demand(request, "change the model")
                wanted = _model_name(name)
                begin_model(self._calls.desk.workspace, self._calls.desk.loader, wanted)
                self._calls.desk.loader.wait_for_change(LOADING_SECONDS)
                return as_json(self._told())

        def budget_use(budget: str, request: gr.Request) -> str:
            """Cut the pages of PDFs and images into fewer or more tiles from now on, for everybody.

            Fewer are quicker, more show smaller print; only models that see pictures take notice. JSON as of
            model.

            Args:
                budget: fast, balanced or accurate, or a number of tiles from 1 to 64.
            """
            with told_in_a_sentence():
                self._calls.rights.demand(request, "change the tile budget")
                self._calls.desk.workspace.use_budget(text_of(budget, "budget").lower())
                return as_json(self._told())

        limits: dict[str, Any] = {"concurrency_limit": 1, "concurrency_id": "model calls"}
        gr.api(model, api_name="model", concurrency_limit=4, concurrency_id="library calls")
        gr.api(model_use, api_name="model_use", **limits)
        gr.api(budget_use, api_name="budget_use", **limits)

    def _told(self) -> Json:
        loader, settings = self._calls.desk.loader, self._calls.desk.workspace.settings
        card, failure = loader.card, loader.failure
        told: Json = {
            "model": short_name(settings.model),
            "state": loader.line if failure is None else str(failure),
            "budget": settings.budget,
            "budgets": list(BUDGET_NAMES),
        }
        if card is None:
            return told
        return told | {
            "state": "ready" if not loader.is_changing else loader.line,
            "model": short_name(card.name),
            "adapter": Path(card.adapter).name if card.adapter else None,
            "sees_pictures": card.sees_pixels,
            "revision": card.revision,
            "note": card.note,
        }


def _model_name(value: Any) -> str:
    """The name of a model that a program sent.

    Raises:
        UsageError: when it is none.
        ModelError: when it can only be a folder's and there is no such folder.
    """
    name = text_of(value, "name of the model")
    if len(name) > LONGEST_NAME:
        raise UsageError("The name of the model is too long.", f"Send up to {LONGEST_NAME} characters.")
    if name.startswith(("/", "~", ".")):
        refuse_missing_folder(name)
    return name

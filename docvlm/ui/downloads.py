"""Files handed to the browser as ``data:`` addresses, so that no route leads to one person's values."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import gradio as gr

from docvlm.export import ExportedDocument
from docvlm.ui.assets import script
from docvlm.ui.callbacks import Updates
from docvlm.ui.data_address import file_address
from docvlm.ui.kept_values import values_file


class Downloads:
    """The component that makes the browser save a file; each hand-out has a number of its own."""

    def __init__(self, elem_id: str = "download") -> None:
        self._numbers = itertools.count(1)
        self.component = gr.HTML(
            None,
            html_template="",
            js_on_load=script("download.js"),
            apply_default_css=False,
            elem_id=elem_id,
            elem_classes="download",
        )

    def hand_out(self, documents: Sequence[ExportedDocument], form: str) -> Updates:
        """Let the browser save the values of ``documents``.

        Args:
            form: see ``values_file``.

        Raises:
            UsageError: when there is nothing to save or no such form.
        """
        return self.hand_out_bytes(*values_file(documents, form))

    def hand_out_bytes(self, name: str, data: bytes) -> Updates:
        """Let the browser save ``data`` as a file called ``name``; its ending tells the media type."""
        address = file_address(name, data)
        return {self.component: {"name": name, "address": address, "number": next(self._numbers)}}

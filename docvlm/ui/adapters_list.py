"""The shelf of adapters as a list: switched on and off at once, exported, imported, deleted."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from docvlm.adapters import KeptAdapter
from docvlm.adapters.registry import ADAPTER_FILES
from docvlm.errors import UsageError
from docvlm.model_names import short_name
from docvlm.pipeline import Workspace
from docvlm.ui import notices
from docvlm.ui.adapter_switch import AdapterSwitch, fits
from docvlm.ui.callbacks import QUICK, Updates, choice_of, clickable_html, failure_html, is_choice
from docvlm.ui.downloads import Downloads
from docvlm.ui.engine_loader import EngineLoader
from docvlm.ui.rights import Rights
from docvlm.ui.uploads import check_own_upload, delete_upload

_SHOWN_FIGURES = 4


class AdaptersList:
    """The adapters on the shelf. What changes the model in use is done by the loader in the background.

    Args:
        name: tells the elements of several such lists apart.
    """

    def __init__(
        self, workspace: Workspace, loader: EngineLoader, rights: Rights, name: str = "adapters"
    ) -> None:
        self._workspace = workspace
        self._loader = loader
        self._rights = rights
        self.switch = AdapterSwitch(workspace, loader)
        self._notice = gr.HTML("", elem_id=f"{name}-notice", apply_default_css=False)
        self.list = clickable_html("", name)
        self._upload = gr.File(
            label="Import an adapter: a zip, or the files of a PEFT folder",
            file_count="multiple",
            elem_id=f"{name}-upload",
            elem_classes="small-upload",
            height=64,
            show_label=False,
            visible=rights.is_own_machine,  # else shown to those who may, once they are known
        )
        self._downloads = Downloads(f"{name}-download")

    @property
    def outputs(self) -> list[Any]:
        return [self.list, self._notice, self._upload]

    def connect(self, others: Sequence[Any], changed: Callable[[], Updates]) -> None:
        """Wire the events.

        Args:
            others: components that ``changed`` fills.
            changed: called when another adapter is about to be used, so that the page can follow it.
        """
        self._changed = changed
        outputs = list(dict.fromkeys([*self.outputs, self._downloads.component, *others]))
        self.list.select(self._act, None, outputs, **QUICK)
        self._upload.upload(self._take_in, [self._upload], self.outputs, **QUICK)

    def refresh(self, request: gr.Request, notice: str = "") -> Updates:
        """The list as it is now."""
        may_change = self._rights.may_change(request)
        return {
            self.list: self._html(may_change),
            self._notice: notice,
            self._upload: gr.File(visible=may_change),
        }

    def _html(self, may_change: bool) -> str:
        return adapters_html(
            self._workspace.adapters.adapters(),
            self._workspace.settings.model,
            self.switch.in_use,
            may_change,
            self._loader.is_changing,
        )

    def _act(self, event: gr.EventData, request: gr.Request) -> Updates:
        """Switch an adapter on or off, hand it out, or delete it."""
        try:
            self._rights.demand(request, "change or take adapters")
            if is_choice(event, "export"):
                return self._export(choice_of(event, "export"))
            if is_choice(event, "on"):
                self.switch.on(choice_of(event, "on"))
            elif is_choice(event, "off"):
                self.switch.off()
            elif is_choice(event, "delete"):
                name = choice_of(event, "delete")
                if not self.switch.delete(name):
                    return self.refresh(request, notices.notice_html(f"The adapter '{name}' is deleted."))
            return {**self.refresh(request), **self._changed()}
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            return {self._notice: failure_html(error)}

    def _export(self, name: str) -> Updates:
        with tempfile.TemporaryDirectory() as scratch:
            target = self._workspace.adapters.export(name, Path(scratch) / f"{name}.zip")
            return self._downloads.hand_out_bytes(target.name, target.read_bytes())

    def _take_in(self, paths: Sequence[str] | None, request: gr.Request) -> Updates:
        files: list[Path] = []
        try:
            for path in paths or ():
                check_own_upload(Path(path), request)
                files.append(Path(path))
            self._rights.demand(request, "import adapters")
            kept = self._import(files)
            notice = notices.notice_html(
                f"The adapter '{kept.name}' is on the shelf. Switch it on to use it."
            )
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            notice = failure_html(error)
        finally:
            for file in files:
                delete_upload(file)
        return {**self.refresh(request, notice), self._upload: None}

    def _import(self, files: Sequence[Path]) -> KeptAdapter:
        if len(files) == 1 and files[0].suffix.lower() == ".zip":
            return self._workspace.adapters.take_in(files[0])
        if not files:
            raise UsageError("No file arrived.", "Choose the adapter again.")
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "adapter"
            folder.mkdir()
            for file in files:
                if file.name in ADAPTER_FILES:
                    shutil.copyfile(file, folder / file.name)
            return self._workspace.adapters.take_in(folder)


def adapters_html(
    adapters: Sequence[KeptAdapter], model: str, in_use: str | None, may_change: bool, is_busy: bool = False
) -> str:
    """The list.

    Args:
        model: the name of the model in use.
        in_use: the name of the adapter in use, None without one.
        may_change: whether buttons are shown, and how to come to adapters.
        is_busy: whether they can be pressed later only, because a model is being loaded.
    """
    if not adapters:
        how = " Label documents and fine-tune on them, or import one that was made elsewhere."
        return f'<p class="quiet">No adapter yet.{how if may_change else ""}</p>'
    entries = "".join(_adapter(kept, model, kept.name == in_use, may_change, is_busy) for kept in adapters)
    return f'<ul class="adapters">{entries}</ul>'


def _adapter(kept: KeptAdapter, model: str, is_used: bool, may_change: bool, is_busy: bool) -> str:
    name, card = escape(kept.name), kept.card
    facts = [f"{kept.byte_count / 1e6:.1f} MB"]
    if card is None:
        facts.append("made elsewhere, not checked against its model")
    else:
        facts += [f"over {short_name(card.base_model)}"] + (
            [f"{card.documents} documents"] if card.documents else []
        )
        facts += [card.created[:10]] if card.created else []
    buttons = (
        _buttons(kept.name, is_used, fits(kept, model), " disabled" if is_busy else "") if may_change else ""
    )
    state = '<span class="chip">In use</span>' if is_used else ""
    current = ' aria-current="true"' if is_used else ""
    return (
        f"<li{current}><div><b>{name}</b>{state}"
        f"<small>{escape(' · '.join(facts))}</small>{_figures(kept)}</div>"
        f'<div class="adapter-actions">{buttons}</div></li>'
    )


def _buttons(raw_name: str, is_used: bool, is_fitting: bool, off: str) -> str:
    name = escape(raw_name)
    if is_used:
        switch = f'<button type="button" class="secondary" data-choice="off:{name}"{off}>Switch off</button>'
    elif is_fitting:
        switch = f'<button type="button" class="secondary" data-choice="on:{name}"{off}>Switch on</button>'
    else:
        switch = '<span class="quiet">Of another model</span>'
    return (
        f'{switch}<button type="button" class="plain" data-choice="export:{name}" '
        f'aria-label="Export {name}">Export</button>'
        f'<button type="button" class="plain danger" data-choice="delete:{name}" '
        f'data-confirm="Delete for good" aria-label="Delete {name}"{off}>Delete</button>'
    )


def _figures(kept: KeptAdapter) -> str:
    figures = kept.card.figures[:_SHOWN_FIGURES] if kept.card is not None else ()
    shown = "".join(
        f"<span>{escape(figure.name.replace('_', ' '))} "
        f"{figure.before:.2f} → <b>{figure.after:.2f}</b></span>"
        for figure in figures
    )
    return f'<p class="adapter-figures">{shown}</p>' if shown else ""

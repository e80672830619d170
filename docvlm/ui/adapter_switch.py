"""Another adapter for everybody: switched on, off or deleted while the model before goes on answering."""

from __future__ import annotations

from pathlib import Path

from docvlm.adapters import KeptAdapter
from docvlm.adapters.registry import NO_ADAPTER
from docvlm.model_names import short_name
from docvlm.models.protocol import Engine
from docvlm.pipeline import Workspace
from docvlm.ui.engine_loader import EngineLoader


def fits(kept: KeptAdapter, model: str) -> bool:
    """Whether an adapter says that it belongs to ``model``, or does not say to which it belongs."""
    return kept.card is None or kept.card.base_model in (model, short_name(model))


class AdapterSwitch:
    """Changes are made by the loader in the background; whoever may make them is asked for elsewhere."""

    def __init__(self, workspace: Workspace, loader: EngineLoader) -> None:
        self._workspace = workspace
        self._loader = loader

    @property
    def in_use(self) -> str | None:
        """The name of the adapter that answers now; None without one, and before the model is loaded."""
        card = self._loader.card
        return None if card is None or card.adapter is None else Path(card.adapter).name

    def on(self, name: str) -> None:
        """Begin to use an adapter, now and the next time that the app is started.

        Raises:
            ModelError: when there is none of this name.
            UsageError: when another model is being loaded.
        """
        self._workspace.adapters.folder_of(name)
        self._loader.change(lambda: self._switched_on(name))

    def off(self) -> None:
        """Begin to use the base without an adapter, now and the next time.

        Raises:
            UsageError: when another model is being loaded.
        """
        self._loader.change(self._switched_off)

    def delete(self, name: str) -> bool:
        """Delete an adapter; True where it is in use, and deleted as soon as its base is loaded without it.

        Raises:
            ModelError: when there is none of this name.
            UsageError: when it is in use and another model is being loaded.
        """
        if self.in_use == name:
            self._loader.change(lambda: self._switched_off(name))
            return True
        self._workspace.adapters.delete(name)
        return False

    def _switched_on(self, name: str) -> Engine:
        self._workspace.use_adapter(name)
        registry = self._workspace.adapters
        if any(kept.card is not None for kept in registry.adapters() if kept.name == name):
            registry.activate(name)  # also the next time that the app is started
        return self._workspace.engine

    def _switched_off(self, deleted: str = "") -> Engine:
        registry = self._workspace.adapters
        self._workspace.use_adapter(NO_ADAPTER)
        registry.deactivate(self._workspace.settings.model)
        if deleted:
            registry.delete(deleted)
        return self._workspace.engine

"""One place of work: settings, the store and the model, opened when first needed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from docvlm import ingest
from docvlm.adapters import AdapterRegistry, read_card
from docvlm.config import Settings
from docvlm.models.cost import EngineCost, known_cost
from docvlm.models.lent_gpu import LentGpuEngine, LoadedEngine, is_lent
from docvlm.models.load import load_engine
from docvlm.models.protocol import Engine
from docvlm.pipeline.document import OpenDocument
from docvlm.pipeline.page_cost import PageCost, measure_page
from docvlm.prompts import PROMPTS_VERSION
from docvlm.reading import reader_name
from docvlm.store import Store
from docvlm.tiling import Budget


class Workspace:
    """Opens documents with one store and one model behind them.

    Args:
        settings: where things are kept and which model is used; from the environment by default.
        report: called with one sentence for each slow step (model download, loading).
        parsers: where the processes come from that parse files; by default each document has its own.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        report: Callable[[str], None] = lambda _line: None,
        parsers: ingest.WorkerPool | None = None,
    ) -> None:
        self.settings = settings or Settings.from_environment()
        self._report = report
        self._parsers = parsers or ingest.WorkerPool()
        # Two locks, so that documents can be opened and listed while the model is still being loaded.
        self._store_lock = threading.Lock()
        self._engine_lock = threading.Lock()
        self._store: Store | None = None
        self._engine: Engine | None = None

    @property
    def store(self) -> Store:
        """The database, created or migrated on first use.

        Raises:
            StoreError: when it cannot be opened.
        """
        with self._store_lock:
            if self._store is None:
                self.settings.prepare_home()
                self._store = Store.open(self.settings.database_url)
            return self._store

    @property
    def engine(self) -> Engine:
        """The model, loaded on first use.

        Raises:
            ModelError: when it cannot be loaded.
        """
        with self._engine_lock:
            if self._engine is None:
                self._engine = self._load_engine(self.settings)
            return self._engine

    @property
    def loaded_engine(self) -> Engine | None:
        """The model, where it is there already; nobody waits for it."""
        return self._engine

    @property
    def adapters(self) -> AdapterRegistry:
        """The adapters trained on the user's labels."""
        return AdapterRegistry(self.settings.adapters)

    def use_adapter(self, adapter: str | None) -> None:
        """Switch to another adapter without a restart; documents that are open use it from now on.

        The model is loaded anew beside the one in use, which goes on answering until then and stays where
        the new one cannot be had.

        Args:
            adapter: as ``AdapterRegistry.resolve`` understands it.

        Raises:
            ModelError: when there is no such adapter, or it does not fit the model or the tile budget.
        """
        self._switch(replace(self.settings, adapter=adapter))

    def use_model(self, model: str) -> None:
        """Switch to another model, with the adapter that is switched on for it; otherwise as ``use_adapter``.

        Args:
            model: as ``docvlm.models.load.load_engine`` understands it.

        Raises:
            ModelError: when it cannot be loaded.
        """
        self._switch(replace(self.settings, model=model, adapter=None))

    def use_budget(self, budget: str) -> None:
        """Cut pages by another tile budget from now on, also those of documents that are open.

        Raises:
            UsageError: when there is no such budget.
            ModelError: when the adapter in use was trained with another.
        """
        Budget.parse(budget)
        with self._engine_lock:
            if self._engine is not None:
                self._refuse_other_tiling(self._engine, replace(self.settings, budget=budget))
            self.settings = replace(self.settings, budget=budget)

    def _switch(self, wanted: Settings) -> None:
        engine = self._load_engine(wanted)
        with self._engine_lock:
            # Another tile budget may have been chosen while it was loaded.
            settings = replace(self.settings, model=wanted.model, adapter=wanted.adapter)
            if settings.budget != wanted.budget:
                self._refuse_other_tiling(engine, settings)
            before, self._engine, self.settings = self._engine, engine, settings
        if before is not None:
            before.close()

    def _load_engine(self, settings: Settings) -> Engine:
        folder = self.adapters.resolve(settings.adapter, settings.model)
        load = partial(
            load_engine,
            settings.model,
            settings.model_cache,
            folder,
            settings.threads,
            server=settings.server,
        )
        engine = load(report=self._report)
        if is_lent(os.environ) and isinstance(engine, LoadedEngine):
            engine = LentGpuEngine(engine, load)
        self._refuse_other_tiling(engine, settings)
        return engine

    def _refuse_other_tiling(self, engine: Engine, settings: Settings) -> None:
        folder = self.adapters.resolve(settings.adapter, settings.model)
        card = read_card(folder) if folder is not None else None
        if card is not None:
            card.refuse_other_tiling(engine.card.tiling(settings.budget))
            if doubt := card.doubt(reader_name(settings.reader), PROMPTS_VERSION):
                self._report(doubt)

    def cost(self) -> EngineCost:
        """What the model takes for a tile and a token on this machine; measured the first time.

        Another model may have taken its place meanwhile: the cost names the one that it is of.
        """
        return known_cost(self.settings.model_cache, self.engine)

    def page_cost(self) -> PageCost:
        """What a page takes the model on this machine, measured now; ``cost`` is a part of it."""
        engine = self.engine
        return measure_page(engine, known_cost(self.settings.model_cache, engine))

    def open(
        self,
        source: str | Path | bytes,
        *,
        name: str | None = None,
        password: str | None = None,
        owner: str = "",
    ) -> OpenDocument:
        """Open a PDF or an image.

        Args:
            source: a path, or the file's bytes (then give ``name``).
            name: what to call the document; the file's name by default.
            owner: whose document it is, where several people share this workspace.

        Raises:
            InputError: when the file is not a readable document (PasswordError, LimitError among them).
        """
        file = ingest.open_document(
            source, name=name, password=password, limits=self.settings.limits, workers=self._parsers
        )
        path = None if isinstance(source, bytes) else str(Path(source).absolute())
        try:
            return OpenDocument(
                file,
                path,
                lambda: self.settings,
                self.store,
                lambda: self.engine,
                owner,
                lambda: self.loaded_engine,
            )
        except BaseException:
            file.close()
            raise

    def close(self) -> None:
        """Close the store and free the model."""
        with self._engine_lock, self._store_lock:
            if self._store is not None:
                self._store.close()
            if self._engine is not None:
                self._engine.close()
            self._store = self._engine = None
        self._parsers.close()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

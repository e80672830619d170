"""The tab Models: which model answers, with which adapter and tile budget, and what that costs here."""

from __future__ import annotations

from collections.abc import Callable

import gradio as gr

from docvlm.errors import ModelError, UsageError
from docvlm.model_names import EMBEDDED
from docvlm.models.server.address import is_server_address
from docvlm.pipeline import Workspace
from docvlm.tiling import BUDGET_NAMES, Budget, plan_tiles
from docvlm.ui import models_html, notices
from docvlm.ui.adapters_list import AdaptersList
from docvlm.ui.callbacks import QUICK, Updates, choice_of, clickable_html, failure_html, is_choice, text_in
from docvlm.ui.cost_meter import CostMeter
from docvlm.ui.desk import Desk
from docvlm.ui.engine_loader import EngineLoader
from docvlm.ui.model_header import ModelHeader
from docvlm.ui.model_switch import LONGEST_NAME, begin_model, refuse_missing_folder
from docvlm.ui.models_html import BudgetRow
from docvlm.ui.rights import Rights
from docvlm.ui.sessions import Session

POLL_SECONDS = 1.0
_ORDINARY_PAGE = (1654, 2339)
"""A4 at 200 dpi, in pixels."""


class ModelsTab:
    """Changes are for everybody on this page, and made by the loader in the background."""

    def __init__(self, desk: Desk, header: ModelHeader, rights: Rights) -> None:
        self._desk = desk
        self._header = header
        self._rights = rights
        self._meter = CostMeter(desk.workspace)
        with gr.Row(elem_id="models", equal_height=False):
            with gr.Column(min_width=300, elem_id="models-left"):
                self._in_use = gr.HTML("", elem_id="model-in-use", apply_default_css=False)
                self._notice = gr.HTML("", elem_id="model-notice", apply_default_css=False)
                self._choice = clickable_html("", "model-choice")
                self._measured = gr.HTML("", elem_id="models-measured", apply_default_css=False)
            with gr.Column(min_width=300, elem_id="models-right"):
                self._budgets = clickable_html("", "model-budgets")
                gr.HTML("<h3>Adapters</h3>", elem_id="adapters-title", apply_default_css=False)
                self.adapters = AdaptersList(desk.workspace, desk.loader, rights)
        self._clock = gr.Timer(POLL_SECONDS, active=False)

    def connect(self, tab: gr.Tab) -> None:
        """Wire the events."""
        followed = [
            self._in_use,
            self._notice,
            self._measured,
            self._budgets,
            self._clock,
            *self.adapters.outputs,
            self._header.model,
        ]
        everything = [*followed, self._choice]
        tab.select(self._show, None, everything, **QUICK)
        self._choice.submitted(self._use_model, None, everything, **QUICK)
        self._budgets.select(self._use_budget, None, everything, **QUICK)
        self._budgets.submitted(self._use_own_budget, None, everything, **QUICK)
        self._clock.tick(self._follow, None, followed, **QUICK)
        self.adapters.connect([self._clock, self._in_use, self._notice], self._begun)

    # Events

    def _show(self, request: gr.Request) -> Updates:
        self._loader.start(lambda: self._workspace.engine)
        may_change = self._rights.may_change(request)
        return {
            **self._state(request),
            **self.adapters.refresh(request),
            self._choice: models_html.choice_html(
                self._workspace.settings.model, may_change, self._rights.who_may
            ),
        }

    def _follow(self, request: gr.Request) -> Updates:
        """Called by the clock while something is loaded or measured; the last call tells how it ended."""
        updates = self._state(request)
        if not self._loader.is_changing:
            updates |= self.adapters.refresh(request)
        return updates

    def _use_model(self, event: gr.EventData, request: gr.Request) -> Updates:
        kind = text_in(event, "kind", 20)
        name = EMBEDDED if kind == EMBEDDED else text_in(event, kind, LONGEST_NAME).strip()

        def change() -> None:
            _refuse_misnamed(kind, name)
            begin_model(self._workspace, self._loader, name)

        return self._guarded(request, "change the model", change)

    def _use_budget(self, event: gr.EventData, request: gr.Request) -> Updates:
        if not is_choice(event, "budget"):
            return {self._notice: ""}
        return self._budget(choice_of(event, "budget"), request)

    def _use_own_budget(self, event: gr.EventData, request: gr.Request) -> Updates:
        return self._budget(text_in(event, "tiles", 10).strip(), request)

    def _budget(self, budget: str, request: gr.Request) -> Updates:
        return self._guarded(
            request, "change the tile budget", lambda: self._workspace.use_budget(budget.lower())
        )

    # What is shown

    @property
    def _workspace(self) -> Workspace:
        return self._desk.workspace

    @property
    def _loader(self) -> EngineLoader:
        return self._desk.loader

    def _begun(self) -> Updates:
        """What follows a change that the list of adapters has begun."""
        return {self._clock: gr.Timer(active=True), self._notice: "", self._in_use: self._in_use_html()}

    def _state(self, request: gr.Request) -> Updates:
        """What changes by itself while a model is loaded or measured."""
        is_over = self._is_over()  # asked first: how something has ended is told in the last call
        return {
            self._in_use: self._in_use_html(),
            self._notice: self._problem_html(request),
            self._measured: models_html.measured_html(self._meter.kept(), self._rights.may_change(request)),
            self._budgets: self._budgets_html(request),
            self._header.model: self._header.line(),
            self._clock: gr.Timer(active=not is_over),
        }

    def _is_over(self) -> bool:
        """Whether nothing is loaded or measured any more; what has been loaded begins to be measured."""
        loader, card = self._loader, self._loader.card
        if loader.is_changing or not loader.is_settled:
            return False
        return card is None or self._meter.cost(card) is not None or bool(self._meter.failure(card))

    def _problem_html(self, request: gr.Request) -> str:
        """Why there is no model, or, for those who may change it, why the last change did not come about."""
        loader = self._loader
        if loader.is_changing:
            return ""
        problem = loader.change_failure if self._rights.may_change(request) else None
        problem = problem or (loader.failure if loader.card is None else None)
        return notices.error_html(problem) if problem is not None else ""

    def _in_use_html(self) -> str:
        loader = self._loader
        return models_html.in_use_html(
            loader.card, loader.line, self._workspace.settings.budget, loader.is_changing
        )

    def _budgets_html(self, request: gr.Request) -> str:
        card, budget = self._loader.card, self._workspace.settings.budget
        width, height, page = self._page(self._desk.sessions.of(request))
        names = [*BUDGET_NAMES, *([budget] if budget not in BUDGET_NAMES else [])]
        rows = [self._row(name, width, height) for name in names]
        return models_html.budgets_html(
            rows,
            budget,
            card,
            self._meter.cost(card),
            self._meter.failure(card),
            page,
            self._rights.may_change(request),
        )

    def _row(self, name: str, width: int, height: int) -> BudgetRow:
        budget = Budget.parse(name)
        title = "1 tile" if budget.tiles == 1 else f"{budget.tiles} tiles"
        is_own_plan = self._loader.card is None or not self._loader.card.sees_pixels
        plan = plan_tiles if is_own_plan else self._workspace.engine.plan_page
        return BudgetRow(name, title, plan(width, height, budget))

    def _page(self, session: Session) -> tuple[int, int, str]:
        """The page whose figures are shown: the open one, else an ordinary one."""
        if session.view is not None:
            picture = session.view.picture()
            if not picture.problem:
                return picture.width, picture.height, f"page {picture.number} of {session.view.name}"
        return *_ORDINARY_PAGE, "an A4 page at 200 dpi"

    def _guarded(self, request: gr.Request, what: str, change: Callable[[], None]) -> Updates:
        try:
            self._rights.demand(request, what)
            self._loader.forget_change_failure()
            change()
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            return {self._notice: failure_html(error)}
        return {**self._state(request), **self.adapters.refresh(request), self._clock: gr.Timer(active=True)}


def _refuse_misnamed(kind: str, name: str) -> None:
    """What was typed must be what was chosen, so that no address is taken for a name or a path."""
    if kind not in {choice.kind for choice in models_html.CHOICES}:
        raise UsageError("No kind of model is chosen.", "Choose one of the four.")
    if not name:
        raise UsageError("No model is named.", "Type its name, folder or address beside the choice.")
    if kind == "server" and not is_server_address(name):
        raise ModelError(f"'{name}' is not the address of a server.", "It begins with http:// or https://.")
    if kind != "server" and is_server_address(name):
        raise ModelError(f"'{name}' is the address of a server.", "Choose Server.")
    if kind == "folder":
        refuse_missing_folder(name)

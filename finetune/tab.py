"""The tab Fine-tune: labels, settings, a run and how it came out. Only ``tab_api`` imports Gradio as well.

Nothing is trained in this process: a run has its own, and whoever opens the page again finds it going on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import gradio as gr
import pandas as pd

from docvlm.errors import InputError, UsageError
from docvlm.ui import notices
from docvlm.ui.adapters_list import AdaptersList
from docvlm.ui.api_calls import Calls
from docvlm.ui.callbacks import (
    LONG,
    QUICK,
    Updates,
    choice_of,
    clickable_html,
    failure_html,
    is_choice,
    text_in,
)
from docvlm.ui.desk import Desk
from docvlm.ui.model_header import ModelHeader
from docvlm.ui.rights import Rights
from finetune.data.documents import LabelledDocument
from finetune.data.store_labels import labelled_documents
from finetune.evaluation.before_after import BeforeAfter, read_before_after
from finetune.page.choice_html import choice_html, lines_only_html, unread_html
from finetune.page.estimate import minutes_text, predicted_seconds, tokens_a_second
from finetune.page.lesson_preview import Preview, entries, preview
from finetune.page.one_at_a_time import resume_alone, start_alone
from finetune.page.outcome_html import outcome_html
from finetune.page.run_html import run_html, runs_html
from finetune.page.settings_form import NAME, form_html, held_out_of, settings_of
from finetune.page.statuses import ONGOING, Statuses
from finetune.page.view import TuneView
from finetune.runner import (
    FIRST_NAME,
    Run,
    RunRequest,
    RunStatus,
    free_name,
    list_runs,
    named_run,
    run_name,
)
from finetune.runner.progress import RunProgress
from finetune.tab_api import TrainingApi
from finetune.training.settings import PRESETS, TrainingSettings

POLL_SECONDS = 1.0
CURVE_HEIGHT = 190
LONGEST_FIELD = 500
NO_RUN = (
    '<section class="run empty"><h3>No run yet</h3><p class="quiet">Tick the labelled documents to learn '
    "from, choose how thorough, and start. The run goes on in a process of its own, also when this page is "
    "closed. In the end base and adapter are compared on the documents that were held back, and you "
    "decide which of the two answers from then on.</p></section>"
)


class FineTuneTab:
    """Labels and settings on the left; the run that is shown, its outcome and all adapters on the right."""

    def __init__(self, desk: Desk, header: ModelHeader, rights: Rights) -> None:
        self._desk = desk
        self._header = header
        self._rights = rights
        self._statuses = Statuses()
        self._view = gr.State(TuneView())
        with gr.Row(elem_id="tune", equal_height=False):
            with gr.Column(scale=5, min_width=320, elem_id="tune-left"):
                self._choice = clickable_html("", "tune-choice")
                self._form = clickable_html("", "tune-settings")
            with gr.Column(scale=7, min_width=320, elem_id="tune-right"):
                self._notice = gr.HTML("", elem_id="tune-notice", apply_default_css=False)
                self._runs = clickable_html("", "tune-runs")
                self._run = clickable_html("", "tune-run")
                with gr.Row(elem_id="tune-curves", visible=False) as self._curves:
                    self._loss = _curve("loss", "Loss", "tune-loss")
                    self._accuracy = _curve(
                        "right", "Share right", "tune-accuracy", y_lim=[0, 1], color="documents"
                    )
                self._outcome = clickable_html("", "tune-outcome")
                gr.HTML("<h3>Adapters</h3>", elem_id="tune-adapters-title", apply_default_css=False)
                self.adapters = AdaptersList(desk.workspace, desk.loader, rights, "tuned-adapters")
        self._clock = gr.Timer(POLL_SECONDS, active=False)

    def connect(self, tab: gr.Tab) -> None:
        """Wire the events."""
        state = [self._view]
        followed = [
            self._notice,
            self._runs,
            self._run,
            self._curves,
            self._loss,
            self._accuracy,
            self._outcome,
            self._clock,
            self._header.model,
            *self.adapters.outputs,
        ]
        chosen = [self._choice, self._form]
        # Two events: whatever a generator sends after its first yield, Gradio's page takes out of what it
        # got before in place, and so out of the curves that are drawn from it.
        shown = tab.select(self._show, state, followed, **QUICK)
        shown.then(self._split, state, chosen, concurrency_id="tune", **LONG)
        self._choice.select(self._choose, state, [*chosen, self._notice], concurrency_id="tune", **LONG)
        one_at_a_time = LONG | {"concurrency_limit": 1, "concurrency_id": "ticks"}
        self._choice.tick(self._choose, state, [*chosen, self._notice], **one_at_a_time)
        self._form.select(self._set, state, [*chosen, self._notice], concurrency_id="tune", **LONG)
        self._form.submitted(self._start, state, [*followed, self._form], **QUICK)
        for part in (self._runs, self._run, self._outcome):
            part.select(self._act, state, followed, **QUICK)
        self._clock.tick(self._follow, state, followed, **QUICK)
        TrainingApi(Calls(self._desk, self._rights)).connect()
        self.adapters.connect([self._clock, self._header.model, self._notice], self._begun)

    # Labels and settings

    def _show(self, view: TuneView, request: gr.Request) -> Updates:
        """The tab came to the front: the run; how the labels would be split is found out after it."""
        view.drawn = ("", 0, 0)
        if self._rights.may_change(request):
            self._desk.loader.forget_change_failure()
        return {self._notice: "", **self._state(view, request), **self.adapters.refresh(request)}

    def _choose(self, event: gr.EventData, view: TuneView, request: gr.Request) -> Iterator[Updates]:
        """Take a document in or leave it out."""
        sha256, _, ticked = choice_of(event, "take").partition(":")
        if sha256 == "all":
            view.left_out.clear()
        elif sha256:
            (view.left_out.discard if ticked == "1" else view.left_out.add)(sha256)
        yield from self._split(view, request)

    def _set(self, event: gr.EventData, view: TuneView, request: gr.Request) -> Iterator[Updates]:
        """Another preset, or another share to hold back."""
        if choice_of(event, "preset") in PRESETS:
            view.preset = choice_of(event, "preset")
        elif is_choice(event, "held"):
            view.held_out = held_out_of(choice_of(event, "held"))
        yield from self._split(view, request)

    def _split(self, view: TuneView, request: gr.Request) -> Iterator[Updates]:
        """Show the labels, then on which side of the split each document would be, then how long it takes."""
        view.version += 1
        version, view.preview = view.version, None
        try:
            labelled = self._labelled(request)
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            yield {self._choice: unread_html(failure_html(error)), self._form: ""}
            return
        documents, lines_only = entries(labelled), lines_only_html(labelled)
        wanted = [entry.sha256 for entry in documents if entry.sha256 not in view.left_out]
        yield {
            self._choice: choice_html(documents, view.left_out, None, lines_only),
            self._form: self._form_html(view, request) if wanted else "",
        }
        if not wanted:
            return
        try:
            found = preview(self._asked(view, wanted), self._desk.workspace.settings, lambda _event: None)
            if version != view.version:
                return  # another choice was made meanwhile, and is looked at by itself
            view.preview = found
            yield {self._choice: choice_html(documents, view.left_out, found, lines_only)}
            yield {self._form: self._form_html(view, request)}
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            note = failure_html(error)
            yield {self._choice: choice_html(documents, view.left_out, view.preview, note)}

    def _asked(self, view: TuneView, wanted: list[str]) -> RunRequest:
        """The run as it would be made with what is chosen now."""
        settings = self._preset(view.preset)
        return RunRequest(
            "preview", documents=tuple(wanted), settings=settings, held_out=view.held_out, promote=False
        )

    def _labelled(self, request: gr.Request) -> list[LabelledDocument]:
        """The labelled documents of whoever asks."""
        library = self._desk.library(self._desk.sessions.of(request))
        known = labelled_documents(self._desk.workspace.store)
        return [document for document in known if library.owns(document.sha256)]

    def _form_html(self, view: TuneView, request: gr.Request) -> str:
        return form_html(
            self._preset(view.preset),
            view.preset,
            view.held_out,
            free_name(FIRST_NAME, self._home),
            self._minutes(view.preview),
            self._rights.may_change(request),
            self._rights.who_may,
        )

    def _preset(self, name: str) -> TrainingSettings:
        """A preset over the model and the tile budget in use."""
        settings = self._desk.workspace.settings
        return replace(TrainingSettings.preset(name), base_model=settings.model, tiles=settings.budget)

    def _minutes(self, found: Preview | None) -> dict[str, str]:
        """How long each preset takes, in words; nothing where nothing is known of this machine yet."""
        if found is None:
            return {}
        workspace = self._desk.workspace
        speed = tokens_a_second(list_runs(self._home), workspace.settings.model)
        cost = workspace.cost().probe if self._desk.loader.card is not None else None
        judged = len(found.held_out)
        return {
            name: minutes_text(
                predicted_seconds(settings, found.tokens, len(found.train), judged, speed, cost)
            )
            for name, settings in PRESETS.items()
        }

    # Runs

    def _start(self, event: gr.EventData, view: TuneView, request: gr.Request) -> Updates:
        """Start a run with what the form says."""
        try:
            self._rights.demand(request, "train")
            self._desk.loader.forget_change_failure()
            view.run = start_alone(lambda: self._request(event, view, request), self._home).name
            form = self._form_html(view, request)
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            return {self._notice: failure_html(error)}
        return {self._notice: "", **self._state(view, request), self._form: form}

    def _request(self, event: gr.EventData, view: TuneView, request: gr.Request) -> RunRequest:
        form = {str(key): text_in(event, str(key), LONGEST_FIELD) for key in event._data or ()}
        wanted = [document.sha256 for document in self._labelled(request)]
        wanted = [sha256 for sha256 in wanted if sha256 not in view.left_out]
        if not wanted:
            raise UsageError("No labelled document is chosen.", "Tick those to learn from.")
        settings = self._desk.workspace.settings
        return RunRequest(
            free_name(run_name(form.get(NAME, "")), self._home),
            documents=tuple(wanted),
            settings=settings_of(form, settings.model, settings.budget),
            held_out=view.held_out,
            promote=False,  # that is decided here, with the figures in sight
        )

    def _act(self, event: gr.EventData, view: TuneView, request: gr.Request) -> Updates:
        """Look at another run; stop, resume or delete one; use or discard its adapter."""
        try:
            if is_choice(event, "run"):
                view.run = named_run(choice_of(event, "run"), self._home).name
            else:
                self._rights.demand(request, "train")
                self._desk.loader.forget_change_failure()
                self._change(event, view)
        except Exception as error:  # noqa: BLE001 - the page boundary: whatever happens becomes a sentence
            return {self._notice: failure_html(error)}
        view.drawn = ("", 0, 0)
        return {self._notice: "", **self._state(view, request), **self.adapters.refresh(request)}

    def _change(self, event: gr.EventData, view: TuneView) -> None:
        if is_choice(event, "stop"):
            named_run(choice_of(event, "stop"), self._home).stop()
        elif is_choice(event, "resume"):
            resume_alone(named_run(choice_of(event, "resume"), self._home), self._home)
        elif is_choice(event, "delete"):
            named_run(choice_of(event, "delete"), self._home).delete()
            view.run = ""
        elif is_choice(event, "promote"):
            self.adapters.switch.on(choice_of(event, "promote"))
        elif is_choice(event, "discard"):
            self.adapters.switch.delete(choice_of(event, "discard"))

    def _follow(self, view: TuneView, request: gr.Request) -> Updates:
        """Called by the clock while a run goes on or an adapter is loaded."""
        before, updates = view.ongoing, self._state(view, request)
        # Only when something has just ended: a notice of the list stays readable until then.
        return updates | (self.adapters.refresh(request) if before and not view.ongoing else {})

    def _begun(self) -> Updates:
        """Another adapter is about to be used."""
        return {
            self._clock: gr.Timer(active=True),
            self._header.model: self._header.line(),
            self._notice: "",
        }

    # What is shown of a run

    def _state(self, view: TuneView, request: gr.Request) -> Updates:
        may_change = self._rights.may_change(request)
        runs = list_runs(self._home) if may_change else []
        states = self._statuses.of(runs)
        run = self._shown(runs, states, view)
        view.ongoing = self._desk.loader.is_changing or (run is not None and states[run.name] in ONGOING)
        failure = self._desk.loader.change_failure if may_change else None
        updates: Updates = {
            self._runs: runs_html(list(states.items()), run.name if run else ""),
            self._header.model: self._header.line(),
            self._clock: gr.Timer(active=view.ongoing),
        }
        if failure is not None and not self._desk.loader.is_changing:
            updates[self._notice] = notices.error_html(failure)
        if run is None:
            return {**updates, self._run: NO_RUN, self._outcome: "", self._curves: gr.Row(visible=False)}
        progress = RunProgress.of(run.events())
        return {
            **updates,
            self._run: run_html(run, states[run.name], progress, run.is_stopping),
            self._outcome: self._outcome_html(run, progress),
            **self._draw(run, progress, view),
        }

    def _shown(self, runs: list[Run], states: dict[str, RunStatus], view: TuneView) -> Run | None:
        """The run that was chosen, else one that goes on, else the newest."""
        chosen = next((run for run in runs if run.name == view.run), None)
        going = next((run for run in runs if states[run.name] in ONGOING), None)
        return chosen or going or next(iter(runs), None)

    def _draw(self, run: Run, progress: RunProgress, view: TuneView) -> Updates:
        """The curves, where they have grown."""
        grown = run.name, len(progress.steps), len(progress.evaluations) + len(progress.judged)
        if grown == view.drawn:
            return {}
        view.drawn = grown
        loss = pd.DataFrame(progress.loss_curve(), columns=["step", "loss"])
        points = progress.accuracy_curve()
        accuracy = pd.DataFrame(points, columns=["step", "right", "documents"])
        return {
            self._curves: gr.Row(visible=bool(progress.steps)),
            self._loss: loss,
            self._accuracy: gr.LinePlot(accuracy, visible=bool(points)),
        }

    def _outcome_html(self, run: Run, progress: RunProgress) -> str:
        kept = progress.kept
        if kept is None:
            return ""
        compared = _comparison(run)
        names = {adapter.name for adapter in self._desk.workspace.adapters.adapters()}
        return outcome_html(
            kept,
            compared,
            run.judgement,
            is_used=self.adapters.switch.in_use == kept.adapter,
            is_there=kept.adapter in names,
        )

    @property
    def _home(self) -> Path:
        return self._desk.workspace.settings.prepare_home()


def _curve(
    name: str, title: str, elem_id: str, y_lim: list[float | None] | None = None, color: str | None = None
) -> gr.LinePlot:
    return gr.LinePlot(
        pd.DataFrame(columns=["step", name, *([color] if color else [])]),
        x="step",
        y=name,
        color=color,
        color_title="Documents",
        title=title,
        x_title="Step",
        y_title=" ",
        y_lim=y_lim,
        height=CURVE_HEIGHT,
        container=False,
        elem_id=elem_id,
        min_width=240,
    )


def _comparison(run: Run) -> BeforeAfter | None:
    """What base and adapter said of the documents held back; None where none were, or it cannot be read."""
    try:
        return read_before_after(run.judgement)
    except InputError:
        return None

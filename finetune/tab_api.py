"""What programs may call of training: start a run, follow, stop, resume and delete it. Part of the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import gradio as gr

from docvlm.errors import UsageError
from docvlm.ui.api_calls import Calls, Json, as_json, text_of, told_in_a_sentence
from finetune.data.store_labels import labelled_documents
from finetune.page.one_at_a_time import resume_alone, start_alone
from finetune.runner import FIRST_NAME, Run, RunRequest, free_name, list_runs, named_run, run_name
from finetune.runner.progress import RunProgress
from finetune.training.settings import PRESETS, TrainingSettings
from finetune.training.settings_text import parse_settings

_AS_IN_USE = ("base_model", "tiles")


class TrainingApi:
    """Calls for those who may train, see ``docvlm.ui.rights``."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def connect(self) -> None:
        """Add the calls to the page that is being built."""

        def training_start(request: gr.Request, name: str = FIRST_NAME, preset: str = "balanced") -> str:
            """Train the model on the labels of your PDFs and images, in the background: JSON names the run.

            In the end base and adapter are compared on documents held back; which of the two answers from
            then on is decided in the tab Fine-tune, or with adapter_use and adapter_discard.

            Args:
                name: What to call the run; a number is added where there is one of that name.
                preset: quick, balanced or thorough; settings that are to differ from it may follow, each as
                    NAME=VALUE, such as balanced epochs=6 rank=8. A name that is none is refused with all
                    names there are.
            """
            with told_in_a_sentence():
                self._calls.rights.demand(request, "train")
                settings = self._settings(text_of(preset, "preset"))
                run = start_alone(lambda: self._request(request, name, settings), self._home)
                return as_json(_run(run))

        def training_status(request: gr.Request, name: str = "") -> str:
            """Tell how far trainings on labelled PDFs and images are: JSON with state, loss and outcome.

            Args:
                name: The run, as training_start called it; empty for all, the latest first.
            """
            with told_in_a_sentence():
                self._calls.rights.demand(request, "see what is trained")
                shown = [self._named(name)] if name else list_runs(self._home)
                return as_json({"runs": [_run(run) for run in shown]})

        def training_stop(name: str, request: gr.Request) -> str:
            """Let a training on labelled PDFs and images save itself and end: JSON with its state.

            It ends after the step in flight, and can be resumed.

            Args:
                name: The run, as training_start called it.
            """
            with told_in_a_sentence():
                self._calls.rights.demand(request, "train")
                run = self._named(name)
                run.stop()
                return as_json(_run(run))

        def training_resume(name: str, request: gr.Request) -> str:
            """Go on with a training on labelled PDFs and images that was stopped or broke off.

            JSON tells its state.

            Args:
                name: The run, as training_start called it.
            """
            with told_in_a_sentence():
                self._calls.rights.demand(request, "train")
                run = self._named(name)
                resume_alone(run, self._home)
                return as_json(_run(run))

        def training_delete(name: str, request: gr.Request) -> str:
            """Delete for good a training on labelled PDFs and images that is not going on: JSON names it.

            Its adapter stays; adapter_discard deletes that.

            Args:
                name: The run, as training_start called it.
            """
            with told_in_a_sentence():
                self._calls.rights.demand(request, "train")
                run = self._named(name)
                run.delete()
                return as_json({"deleted": run.name})

        for call in (training_start, training_status, training_stop, training_resume, training_delete):
            gr.api(call, api_name=call.__name__, concurrency_limit=4, concurrency_id="library calls")

    @property
    def _home(self) -> Path:
        return self._calls.desk.workspace.settings.prepare_home()

    def _named(self, name: str) -> Run:
        return named_run(text_of(name, "name of the run"), self._home)

    def _settings(self, text: str) -> TrainingSettings:
        """Those of a preset and what is to differ, over the model and the tiles in use."""
        preset, *changes = text.split()
        if preset not in PRESETS:
            raise UsageError("There is no such preset.", f"Name {', '.join(PRESETS)}.")
        changed = parse_settings(changes)
        if not changed.keys().isdisjoint(_AS_IN_USE):
            raise UsageError(
                "The model and its tiles are those in use.",
                "Choose them with model_use and budget_use first.",
            )
        in_use = self._calls.desk.workspace.settings
        return replace(
            TrainingSettings.preset(preset),
            base_model=in_use.model,
            tiles=in_use.budget,
            **changed,  # type: ignore[arg-type]
        )

    def _request(self, request: gr.Request, name: str, settings: TrainingSettings) -> RunRequest:
        reach = self._calls.reach
        known = labelled_documents(self._calls.desk.workspace.store)
        wanted = tuple(document.sha256 for document in known if reach.has(document.sha256, request))
        if not wanted:
            raise UsageError("None of your documents has a label.", "Call label first, or use the tab Label.")
        free = free_name(run_name(name), self._home)
        return RunRequest(free, documents=wanted, settings=settings, promote=False)


def _run(run: Run) -> Json:
    progress = RunProgress.of(run.events())
    last = progress.last_step
    told: Json = {
        "run": run.name,
        "state": run.status.value,
        "stopping": run.is_stopping,
        "message": run.sentence,
        "steps": progress.total_steps,
        "step": last.step if last is not None else 0,
        "loss": last.loss if last is not None else None,
        "seconds_left": last.seconds_left if last is not None else None,
        "warnings": progress.warnings,
    }
    if progress.kept is not None:
        kept = progress.kept
        told |= {"adapter": kept.adapter, "won": kept.promoted, "outcome": kept.sentence}
    return told

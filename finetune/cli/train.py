"""``python -m finetune train``: from labels to an adapter, in a process that can be left alone."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

from docvlm.config import Settings
from docvlm.errors import Cancelled, DocvlmError, UsageError
from docvlm.model_names import EMBEDDED
from docvlm.terminal import EXIT_CODES, Subparsers, add_command, tell
from finetune.cli.run_view import RunView
from finetune.cli.settings_option import settings_help
from finetune.evaluation.before_after import (
    BEFORE_AFTER_FILE,
    GALLERY_FILE,
    before_after_json,
    read_before_after,
)
from finetune.evaluation.report import headline_table
from finetune.runner import (
    FIRST_NAME,
    Run,
    RunRequest,
    RunStatus,
    create,
    free_name,
    list_runs,
    named_run,
    run_name,
    start,
)
from finetune.runner.lesson import load_lesson
from finetune.runner.progress import RunProgress
from finetune.training.events import Failed
from finetune.training.settings import PRESETS, TrainingSettings
from finetune.training.settings_text import parse_settings


def add_commands(subparsers: Subparsers) -> None:
    """Add ``train``."""
    parser = add_command(subparsers, "train", train, "train an adapter on labelled documents")
    parser.epilog = f"{settings_help()}\n{EXIT_CODES}"
    labels = parser.add_argument_group("labels")
    labels.add_argument(
        "--cases", type=Path, metavar="FILE", help="a label file or folder of any form (see 'data convert')"
    )
    labels.add_argument("--labels", action="store_true", help="the labels confirmed in docvlm (the default)")
    labels.add_argument("--schema", help="fields to learn, as for 'docvlm extract' (default: those labelled)")
    labels.add_argument("--limit", type=int, metavar="N", help="a random sample of N documents")
    labels.add_argument(
        "--held-out",
        type=float,
        metavar="N",
        help="documents that base and adapter are compared on, a number or a share "
        "(default: a quarter, 5 to 60 of them, at most half)",
    )
    training = parser.add_argument_group("training")
    training.add_argument("--model", help="'embedded', a Hub name or a local folder")
    training.add_argument("--preset", choices=list(PRESETS), help="a set of settings (default: balanced)")
    training.add_argument("--epochs", type=float, metavar="E", help="how often each document is seen")
    training.add_argument("--minutes", type=float, metavar="M", help="a time budget instead of epochs")
    training.add_argument("--seed", type=int, help="of everything random (default: 1)")
    training.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="any setting below; may be repeated"
    )
    runs = parser.add_argument_group("runs")
    runs.add_argument("--name", help="of the run and its adapter (default: after the labels)")
    runs.add_argument("--no-promote", action="store_true", help="do not switch on an adapter that wins")
    runs.add_argument("--prepare", action="store_true", help="make the run's folder and do not start it")
    runs.add_argument("--detach", action="store_true", help="start the run and leave it alone")
    one = runs.add_mutually_exclusive_group()
    one.add_argument("--resume", metavar="NAME", help="go on with a run that was stopped, failed or killed")
    one.add_argument("--attach", metavar="NAME", help="watch a run that is going on; Ctrl-C leaves it alone")
    one.add_argument("--stop", metavar="NAME", help="let a run save itself and end")
    one.add_argument("--delete", metavar="NAME", help="remove a run; its adapter stays on the shelf")
    one.add_argument("--list", action="store_true", help="show all runs")
    parser.add_argument("--json", action="store_true", help="print JSON; its keys are stable")


def train(options: argparse.Namespace) -> int:
    """Start, watch or manage a run; returns the exit code of its end."""
    home = Settings.from_environment().prepare_home()
    if options.list:
        return _list(home, options)
    if options.delete:
        named_run(options.delete, home).delete()
        return 0
    if options.stop:
        return _stop(named_run(options.stop, home))
    if options.attach:
        return _watch(named_run(options.attach, home), options, on_interrupt=_leave)
    if options.resume:
        _refuse_other_settings(options)
        run = named_run(options.resume, home)
        earlier = len(run.events())
        run.resume()
    elif options.prepare:
        print(create(_request(options, home), home).folder)
        return 0
    else:
        earlier = 0
        run = start(_request(options, home), home)
    if options.detach:
        return _tell_started(run, options)
    return _watch(run, options, on_interrupt=_ask_to_stop, since=earlier)


def _request(options: argparse.Namespace, home: Path) -> RunRequest:
    """What the options ask for.

    Raises:
        UsageError: when they contradict each other or a value cannot be used.
    """
    if options.labels and options.cases is not None:
        raise UsageError("Both --labels and --cases are given.", "Choose one of the two.")
    wanted = options.name or _default_name(options.cases)
    return RunRequest(
        name=options.name or free_name(wanted, home),
        cases=options.cases.absolute() if options.cases is not None else None,
        schema_json=None if options.schema is None else RunRequest.schema_text(options.schema),
        settings=_training_settings(options),
        held_out=options.held_out,
        limit=options.limit,
        promote=not options.no_promote,
    )


def _refuse_other_settings(options: argparse.Namespace) -> None:
    """A run goes on with the labels and settings that it began with.

    Raises:
        UsageError: when others are given beside its name.
    """
    names = ("cases", "schema", "limit", "held_out", "model", "preset", "epochs", "minutes", "seed", "set")
    given = [f"--{name.replace('_', '-')}" for name in names if getattr(options, name) not in (None, [])]
    if given:
        raise UsageError(
            f"A run goes on with the settings that it began with, and {', '.join(given)} would change them.",
            "Leave that out, or start a new run.",
        )


def _training_settings(options: argparse.Namespace) -> TrainingSettings:
    environment = Settings.from_environment()
    model = options.model or environment.model
    if model != EMBEDDED and Path(model).is_dir():
        model = str(Path(model).absolute())
    chosen: dict[str, object] = {"base_model": model, "tiles": environment.budget}
    given = {"epochs": options.epochs, "minutes": options.minutes, "seed": options.seed}
    chosen |= {name: value for name, value in given.items() if value is not None}
    chosen |= parse_settings(options.set)
    return replace(TrainingSettings.preset(options.preset or "balanced"), **chosen)  # type: ignore[arg-type]


def _default_name(cases: Path | None) -> str:
    if cases is None:
        return FIRST_NAME
    path = cases.absolute()
    return run_name(path.parent.name if path.stem == "cases" else path.stem)


# Watching


def _watch(
    run: Run,
    options: argparse.Namespace,
    on_interrupt: Callable[[Run], bool],
    since: int = 0,
) -> int:
    """Show a run until it ends, or until Ctrl-C where ``on_interrupt`` then says to leave it."""
    shown = since
    while True:
        try:
            with RunView() as view:
                for event in run.follow(shown):
                    shown += 1
                    view.show(event)
            return _finish(run, options)
        except KeyboardInterrupt:
            if not on_interrupt(run):
                return Cancelled.exit_code
            on_interrupt = _leave  # whoever presses it again does not want to wait


def _ask_to_stop(run: Run) -> bool:
    """Stop gracefully; True: go on watching until it has."""
    tell("Stopping after the step in flight …")
    with suppress(UsageError):  # it may just have ended by itself
        run.stop()
    return True


def _leave(run: Run) -> bool:
    tell(f"'{run.name}' goes on. Stop it with: python -m finetune train --stop {run.name}")
    return False


def _finish(run: Run, options: argparse.Namespace) -> int:
    progress = RunProgress.of(run.events())
    status = run.status
    if options.json:
        print(json.dumps(_as_json(run) | {"comparison": _comparison(run)}, ensure_ascii=False, indent=2))
    elif status is RunStatus.FINISHED:
        _print_outcome(run, progress)
    else:
        tell(run.sentence)
    if status is RunStatus.FINISHED:
        return 0
    failure = progress.ending if isinstance(progress.ending, Failed) else None
    if failure is not None and load_lesson(run.folder) is None:
        run.delete()  # it never began: there is nothing to go on with
        return failure.exit_code
    if not progress.fails_again:
        tell(f"Go on with: python -m finetune train --resume {run.name}")
    if status is RunStatus.STOPPED:
        return Cancelled.exit_code
    return failure.exit_code if failure is not None else DocvlmError.exit_code


def _print_outcome(run: Run, progress: RunProgress) -> None:
    """The figures before and after, and what became of the adapter."""
    if (run.judgement / BEFORE_AFTER_FILE).is_file():
        print(headline_table(read_before_after(run.judgement).comparison))
        print(f"\nEvery value with its picture: {run.judgement / GALLERY_FILE}")
    if progress.kept is not None:
        print(progress.kept.sentence)


def _comparison(run: Run) -> dict[str, object] | None:
    if not (run.judgement / BEFORE_AFTER_FILE).is_file():
        return None
    return before_after_json(read_before_after(run.judgement))


# Managing


def _tell_started(run: Run, options: argparse.Namespace) -> int:
    if options.json:
        print(json.dumps(_as_json(run), ensure_ascii=False, indent=2))
    else:
        print(f"'{run.name}' is going on. Watch it with: python -m finetune train --attach {run.name}")
    return 0


def _stop(run: Run) -> int:
    run.stop()
    while run.status is RunStatus.RUNNING:
        time.sleep(0.2)
    print(run.sentence)
    return 0


def _list(home: Path, options: argparse.Namespace) -> int:
    runs = list_runs(home)
    if options.json:
        print(json.dumps([_as_json(run) for run in runs], ensure_ascii=False, indent=2))
    elif not runs:
        print("No runs yet.")
    for run in runs if not options.json else ():
        progress = RunProgress.of(run.events())
        last = progress.last_step
        how_far = f"step {last.step} of {progress.total_steps}, loss {last.loss:.3f}" if last else ""
        print(f"{run.name:24} {run.status:9} {how_far}".rstrip())
    return 0


def _as_json(run: Run) -> dict[str, object]:
    progress = RunProgress.of(run.events())
    last = progress.last_step
    return {
        "run": run.name,
        "folder": str(run.folder),
        "status": run.status,
        "sentence": run.sentence,
        "steps": progress.total_steps,
        "step": last.step if last else 0,
        "loss": last.loss if last else None,
        "memory_bytes": last.memory_bytes if last else None,
        "warnings": progress.warnings,
        "adapter": asdict(progress.kept) if progress.kept else None,
    }

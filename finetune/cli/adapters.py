"""``python -m finetune adapters``: the shelf of trained adapters."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from docvlm.adapters import AdapterRegistry, KeptAdapter
from docvlm.adapters.registry import NO_ADAPTER
from docvlm.config import Settings
from docvlm.model_names import EMBEDDED
from docvlm.terminal import Subparsers, add_command
from finetune.cli.judge import add_options as add_judge_options
from finetune.cli.judge import judge


def add_commands(subparsers: Subparsers) -> None:
    """Add ``adapters`` and its own commands."""
    parser = subparsers.add_parser("adapters", help="list, switch on, export, import and merge adapters")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = add_command(actions, "list", _list, "show the adapters and which is switched on")
    listing.add_argument("--json", action="store_true", help="print JSON")
    _named(actions, "show", _show, "print an adapter's card as JSON")
    _named(actions, "activate", _activate, "use an adapter whenever its base model is used")
    promoting = _named(actions, "promote", _promote, "use an adapter that won over its base")
    promoting.add_argument("--anyway", action="store_true", help="whether it won or not")
    judging = _named(actions, "judge", judge, "compare an adapter with its base on labels new to it")
    add_judge_options(judging)
    off = add_command(actions, "deactivate", _deactivate, "use a base model without adapter again")
    off.add_argument("model", nargs="?", default=EMBEDDED, help="the base model (default: embedded)")
    _named(actions, "delete", _delete, "delete an adapter for good")
    export = _named(actions, "export", _export, "write a plain PEFT folder, or a zip")
    export.add_argument("target", type=Path, help="a new folder, or a file ending in .zip")
    taking = add_command(actions, "import", _import, "take in an adapter from a folder or a zip")
    taking.add_argument("source", type=Path, help="a PEFT folder with safetensors weights, or a zip of one")
    taking.add_argument("--name", help="what to call it (default: its own name)")
    merging = _named(actions, "merge", _merge, "write base and adapter as one full model")
    merging.add_argument("target", type=Path, help="a new folder")
    merging.add_argument(
        "--model", default=EMBEDDED, help="the base to write without adapter, with 'none' for a name"
    )


def _named(
    actions: Subparsers,
    name: str,
    run: Callable[[argparse.Namespace], int],
    summary: str,
) -> argparse.ArgumentParser:
    parser = add_command(actions, name, run, summary)
    parser.add_argument("name", help="the adapter's name")
    return parser


def _shelf() -> AdapterRegistry:
    return AdapterRegistry(Settings.from_environment().adapters)


def _list(options: argparse.Namespace) -> int:
    kept = _shelf().adapters()
    if options.json:
        print(json.dumps([_as_json(adapter) for adapter in kept], ensure_ascii=False))
    elif not kept:
        print("No adapters yet. Train one with 'python -m finetune train'.")
    for adapter in kept if not options.json else ():
        card = adapter.card
        base = card.base_model if card else "base unknown"
        figures = ", ".join(
            f"{f.name} {f.before:.2f} → {f.after:.2f}" for f in (card.figures if card else ())
        )
        mark = "*" if adapter.active else " "
        print(f"{mark} {adapter.name}  ({base}, {adapter.byte_count / 2**20:.1f} MB)  {figures}".rstrip())
    return 0


def _as_json(adapter: KeptAdapter) -> dict[str, object]:
    return {
        "name": adapter.name,
        "active": adapter.active,
        "bytes": adapter.byte_count,
        "card": asdict(adapter.card) if adapter.card else None,
    }


def _show(options: argparse.Namespace) -> int:
    shelf = _shelf()
    shelf.folder_of(options.name)
    kept = next(adapter for adapter in shelf.adapters() if adapter.name == options.name)
    print(json.dumps(_as_json(kept), indent=2, ensure_ascii=False))
    return 0


def _activate(options: argparse.Namespace) -> int:
    _shelf().activate(options.name)
    print(f"'{options.name}' is used from now on.")
    return 0


def _promote(options: argparse.Namespace) -> int:
    _shelf().promote(options.name, options.anyway)
    print(f"'{options.name}' is used from now on.")
    return 0


def _deactivate(options: argparse.Namespace) -> int:
    _shelf().deactivate(options.model)
    print(f"'{options.model}' is used without an adapter from now on.")
    return 0


def _delete(options: argparse.Namespace) -> int:
    _shelf().delete(options.name)
    print(f"'{options.name}' is deleted.")
    return 0


def _export(options: argparse.Namespace) -> int:
    print(_shelf().export(options.name, options.target))
    return 0


def _import(options: argparse.Namespace) -> int:
    print(_shelf().take_in(options.source, options.name).name)
    return 0


def _merge(options: argparse.Namespace) -> int:
    from finetune.merge import merge_into_full_weights, write_full_weights

    cache = Settings.from_environment().model_cache
    if options.name == NO_ADAPTER:
        print(write_full_weights(options.model, options.target, cache))
    else:
        print(merge_into_full_weights(_shelf().folder_of(options.name), options.target, cache))
    return 0

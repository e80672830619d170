"""The mean of two adapters of one shape: what a later training gained, without all that it forgot.

    python -m finetune.average runs/fifth/adapter runs/sixth/adapter --out docvlm/weights/adapter

A training that goes on with other documents than before loses some of what it could; the weights halfway keep
most of both (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models", arXiv 2109.01903).
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from safetensors.torch import load_file, save_file

from docvlm.adapters.card import WEIGHTS_FILE
from docvlm.adapters.registry import CONFIG_FILE
from docvlm.errors import ModelError
from docvlm.models.shipped import seal
from docvlm.terminal import run_command


def average(before: Path, after: Path, out: Path, share: float = 0.5) -> None:
    """Write the adapter whose weights are ``share`` of those of ``after`` and the rest of ``before``.

    The two must have been trained one from the other; means of unrelated adapters mean nothing.

    Raises:
        ModelError: when one is missing, or they differ in shape.
    """
    try:
        first, second = load_file(before / WEIGHTS_FILE), load_file(after / WEIGHTS_FILE)
    except OSError as error:
        raise ModelError(
            f"There is no adapter in {before} or {after}.", "Name folders of adapters."
        ) from error
    if {name: weight.shape for name, weight in first.items()} != {
        name: weight.shape for name, weight in second.items()
    }:
        raise ModelError(
            f"The adapters in {before} and {after} differ in shape.", "Take two of one run after the other."
        )
    mean = {
        name: ((1 - share) * weight.float() + share * second[name].float()).to(weight.dtype)
        for name, weight in first.items()
    }
    out.mkdir(parents=True, exist_ok=True)
    save_file(mean, out / WEIGHTS_FILE, metadata={"format": "pt"})
    if (after / CONFIG_FILE).resolve() != (out / CONFIG_FILE).resolve():
        shutil.copyfile(after / CONFIG_FILE, out / CONFIG_FILE)
    seal(out)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m finetune.average", description=__doc__)
    parser.add_argument("before", type=Path, help="folder of the adapter that the later one began with")
    parser.add_argument("after", type=Path, help="folder of the later adapter")
    parser.add_argument("--share", type=float, default=0.5, help="how much of the later one, 0 to 1")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.set_defaults(run=_run)
    return run_command(parser)


def _run(options: argparse.Namespace) -> int:
    average(options.before, options.after, options.out, options.share)
    return 0


if __name__ == "__main__":
    sys.exit(main())

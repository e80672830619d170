"""That a run's training is over, kept so that no later process opens the model for it again."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from docvlm.atomic import write_atomically
from finetune.training.events import Finished

TRAINED_FILE = "trained.json"


def keep_trained(folder: Path, ending: Finished) -> None:
    """Keep how training ended; the adapter lies in the run's folder by now."""
    write_atomically(folder / TRAINED_FILE, json.dumps(asdict(ending)).encode())


def load_trained(folder: Path) -> Finished | None:
    """How training ended; None where it has not."""
    try:
        return Finished(**json.loads((folder / TRAINED_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None

"""What a run fixes before its first step, kept in its folder so that it goes on exactly as it began."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from docvlm.atomic import write_atomically
from docvlm.errors import ModelError

PLAN_FILE = "plan.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a run.

    Attributes:
        steps: how many there are, so that a resumed run keeps its schedule.
        base_revision: ``EngineCard.base_revision`` of the model that it is trained over.
        kept_share: how much of what is learnt the adapter keeps, above 0 to 1; it is measured as it is kept.
    """

    steps: int
    base_revision: str
    kept_share: float

    def save(self, folder: Path) -> None:
        write_atomically(folder / PLAN_FILE, (json.dumps(asdict(self)) + "\n").encode())

    def refuse_other_base(self, model: str, base_revision: str) -> None:
        """Refuse to go on over another version of the base: its weights and its figures are not those.

        Raises:
            ModelError: when ``model`` is not what the run was begun over.
        """
        if base_revision != self.base_revision:
            raise ModelError(
                f"The run was begun over version {self.base_revision} of '{model}'; "
                f"this is version {base_revision}.",
                "Start a new run.",
            )


def load_plan(folder: Path) -> Plan | None:
    """The plan of a run that has begun; None where it has not, or was begun by an older docvlm."""
    try:
        return Plan(**json.loads((folder / PLAN_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def planned_steps(folder: Path) -> int | None:
    """The steps of a plan that an older docvlm wrote, which kept no more; None without one."""
    file = folder / PLAN_FILE
    return int(json.loads(file.read_text(encoding="utf-8"))["steps"]) if file.is_file() else None

"""What a run is asked to do: where its labels are, what is held back, how it trains. Kept in its folder."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from docvlm.atomic import write_atomically
from docvlm.errors import UsageError
from docvlm.models.server.address import is_server_address
from docvlm.schemas import Schema, dump_schema, load_schema
from finetune.training.settings import TrainingSettings

REQUEST_FILE = "request.json"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A run before it begins.

    Attributes:
        name: of the run, its folder and its adapter.
        cases: a label file or folder of any form that ``finetune.data.forms`` knows; None for the labels in
            the store.
        documents: content hashes of the only documents to take; empty for all.
        schema_json: the fields to learn as a JSON Schema text; None for those that are labelled.
        settings: how to train; everything random, the choice of documents included, follows from its seed.
        held_out: how many documents are held back to compare base and adapter on, or below 1 which share;
            None for as many as it takes (see ``documents_held_out``).
        limit: the most documents to take in all, chosen at random.
        promote: whether an adapter that wins is switched on.
        checkpoint_seconds: how often the run is saved.

    Raises:
        UsageError: at construction, for a value that cannot be used.
    """

    name: str
    cases: Path | None = None
    documents: tuple[str, ...] = ()
    schema_json: str | None = None
    settings: TrainingSettings = field(default_factory=TrainingSettings)
    held_out: float | None = None
    limit: int | None = None
    promote: bool = True
    checkpoint_seconds: float = 60.0

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise UsageError(
                f"'{self.name}' cannot be the name of a run.",
                "Use up to 60 letters, digits, dots, dashes and underscores.",
            )
        if is_server_address(self.settings.base_model):
            raise UsageError(
                "A model behind a server cannot be trained here.",
                "Choose embedded or a checkpoint under Models.",
            )
        if self.schema_json is not None:
            load_schema(self.schema_json)
        if self.held_out is not None and not _is_number_or_share(self.held_out):
            raise UsageError(
                f"'{self.held_out}' documents cannot be held out.",
                "Give a whole number, or a share of 0 to below 1.",
            )
        if self.limit is not None and self.limit < 1:
            raise UsageError(f"The limit is {self.limit} documents.", "Give 1 or more.")
        if not self.checkpoint_seconds >= 0:
            raise UsageError("Checkpoints cannot be that far apart.", "Give 0 or more seconds.")

    @property
    def schema(self) -> Schema | None:
        """The fields to learn, None for those that are labelled."""
        return None if self.schema_json is None else load_schema(self.schema_json)

    @staticmethod
    def schema_text(source: str | Path | Schema) -> str:
        """A schema, in whatever form ``load_schema`` knows, as text that stays right when files change.

        Raises:
            SchemaError: when it is none.
        """
        return json.dumps(dump_schema(load_schema(source)), ensure_ascii=False)

    def save(self, folder: Path) -> None:
        """Write the request into the run's folder, whole or not at all."""
        values = {**asdict(self), "cases": str(self.cases.absolute()) if self.cases else None}
        write_atomically(folder / REQUEST_FILE, (json.dumps(values, indent=2) + "\n").encode())


def _is_number_or_share(held_out: float) -> bool:
    return 0 <= held_out < 1 or (1 <= held_out < float("inf") and held_out % 1 == 0)


def load_request(folder: Path) -> RunRequest:
    """The request in a run's folder.

    Raises:
        UsageError: when there is none, or none that can be read.
    """
    try:
        values: dict[str, Any] = json.loads((folder / REQUEST_FILE).read_text(encoding="utf-8"))
        known = {
            **values,
            "cases": Path(values["cases"]) if values["cases"] else None,
            "documents": tuple(values["documents"]),
            "settings": TrainingSettings(**values["settings"]),
        }
        return RunRequest(**known)
    except OSError as error:
        raise UsageError(f"There is no run in {folder}.", "List the runs with --list.") from error
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(
            f"The run in {folder} was not made by this docvlm version.", "Start a new one."
        ) from error

"""What an adapter was trained for, kept beside its weights, and whether that is what it would be used for.

An adapter that is served with other tiles or over another base model than it was trained with loses
accuracy without a word. So both are written down at training and compared before use.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from docvlm.atomic import write_atomically
from docvlm.errors import ModelError

CARD_FILE = "docvlm_adapter.json"
WEIGHTS_FILE = "adapter_model.safetensors"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of held-out documents, without and with the adapter; higher is better."""

    name: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class AdapterCard:
    """What an adapter is.

    Attributes:
        name: what the user calls it.
        base_model: ``embedded``, a Hub name or a folder.
        base_revision: ``EngineCard.base_revision`` of the model it was trained over.
        tiling: the tile budget it was trained with; empty where it never saw pixels.
        reader: the reader whose words it was trained on: its version, and in brackets who computed it (not
            told by older cards).
        prompts: the version of the prompts it was trained on.
        created: when, ISO 8601 in UTC.
        documents: how many labelled documents it was trained on; None where nobody knows.
        data_hash: hash of the labels and documents.
        trained_on: the documents' own hashes, so that nobody judges it on what it has learnt by heart; empty
            where nobody knows.
        schema_json: the schema it was trained for as a JSON Schema text; empty for questions only.
        settings_json: the training settings as JSON text.
        figures: held-out figures before and after.
        promoted: True where it won over its base on held-out documents.
    """

    name: str
    base_model: str
    base_revision: str
    tiling: str = ""
    reader: str = ""
    prompts: str = ""
    created: str = ""
    documents: int | None = None
    data_hash: str = ""
    trained_on: tuple[str, ...] = ()
    schema_json: str = ""
    settings_json: str = ""
    figures: tuple[Figure, ...] = ()
    promoted: bool = False

    def refuse_other_base(self, model: str, revision: str) -> None:
        """Raise where the adapter was trained over another base model, or another version of it.

        Raises:
            ModelError: says which two do not fit.
        """
        if self.base_revision == revision:
            return
        if self.base_model != model:
            raise ModelError(
                f"The adapter '{self.name}' was trained over '{self.base_model}', not over '{model}'.",
                f"Choose its base with --model {self.base_model}, or another adapter.",
            )
        raise ModelError(
            f"The adapter '{self.name}' was trained over version {self.base_revision} of '{model}'; "
            f"this is version {revision}.",
            "Train it again on the same labels, or use the docvlm version that it was made with.",
        )

    def refuse_other_tiling(self, tiling: str) -> None:
        """Raise where pages would be cut into other tiles than in training.

        Args:
            tiling: the budget pages would be cut with; empty where the model sees no pixels.

        Raises:
            ModelError: says which two do not fit.
        """
        if self.tiling != tiling:
            raise ModelError(
                f"The adapter '{self.name}' was trained with {_tiles(self.tiling)}; "
                f"pages would now be shown with {_tiles(tiling)}.",
                f"Use --tiles {self.tiling}." if self.tiling else "Use it over the model it was trained on.",
            )

    def doubt(self, reader: str, prompts: str) -> str | None:
        """A sentence where the adapter may do worse than it did: it learnt from other words.

        Every version reads pages a little differently or asks a little differently, which is no reason
        to refuse it.

        Args:
            reader: the reader whose words it would be used on, as a card names it.
            prompts: the version of the prompts that it would be asked with.
        """
        if self.reader and self.reader != _as_told(reader, self.reader):
            changed = f"words of reader {self.reader}; this is {reader}"
        elif self.prompts and self.prompts != prompts:
            changed = f"prompts of version {self.prompts}; these are {prompts}"
        else:
            return None
        return (
            f"The adapter '{self.name}' was trained on {changed}. "
            f"'python -m finetune adapters judge {self.name} --cases FILE' says whether it is still better."
        )


def _as_told(reader: str, card: str) -> str:
    """The reader as far as a card tells of one: older cards know its version alone."""
    return reader if " (" in card else reader.partition(" (")[0]


def _tiles(tiling: str) -> str:
    return f"'{tiling}' tiles" if tiling else "no tiles"


def write_card(folder: Path, card: AdapterCard) -> None:
    """Keep the card beside the adapter's weights."""
    text = json.dumps(asdict(card), indent=2, ensure_ascii=False) + "\n"
    write_atomically(folder / CARD_FILE, text.encode())


def read_card(folder: Path) -> AdapterCard | None:
    """The card in an adapter's folder; None where the adapter was not made by docvlm.

    Raises:
        ModelError: when there is a card that cannot be read.
    """
    file = folder / CARD_FILE
    try:
        return _card(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(
            f"The card of the adapter in {folder} cannot be read.",
            f"Import the adapter again, or delete {CARD_FILE} to use it unchecked.",
        ) from error


def _card(values: dict[str, Any]) -> AdapterCard:
    known = {field.name for field in fields(AdapterCard)}
    figures = tuple(Figure(**figure) for figure in values.get("figures", ()))
    lists = {"figures": figures, "trained_on": tuple(map(str, values.get("trained_on", ())))}
    # A later docvlm may write more than this one knows.
    return AdapterCard(**{name: value for name, value in values.items() if name in known} | lists)

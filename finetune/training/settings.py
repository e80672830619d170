"""What can be set for a training run: validated once, saved beside the adapter, shown with help texts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from docvlm.errors import UsageError
from docvlm.model_names import EMBEDDED
from docvlm.tiling import Budget

SETTINGS_FILE = "settings.json"

EPOCHS_AN_EVALUATION = 2
FEWEST_EVALUATIONS = 2
"""One alone has nothing to choose from."""
MOST_WATCHES = 8

_Choice = TypeVar("_Choice", bound=StrEnum)


class Method(StrEnum):
    """How the pretrained layers learn."""

    LORA = "lora"
    """Low-rank updates (Hu et al. 2021, arXiv 2106.09685)."""
    DORA = "dora"
    """Low-rank updates of direction and a magnitude apart (Liu et al. 2024, arXiv 2402.09353)."""


class Schedule(StrEnum):
    """How the learning rate falls after its linear rise; the values are transformers' names."""

    COSINE = "cosine"
    LINEAR = "linear"
    CONSTANT = "constant_with_warmup"


def _choice(kind: type[_Choice], value: str, name: str) -> _Choice:
    try:
        return kind(value)
    except ValueError as error:
        raise UsageError(f"'{value}' is no {name}.", f"Use one of {', '.join(kind)}.") from error


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """The settings of a run. ``help_texts`` gives a sentence on each.

    The defaults were chosen for twenty labelled receipts over the embedded model with docvlm's own adapter.

    Raises:
        UsageError: at construction, for a value that cannot be used.
    """

    base_model: str = field(
        default=EMBEDDED, metadata={"help": "The model to start from: 'embedded', a Hub name or a folder."}
    )
    method: Method = field(
        default=Method.LORA, metadata={"help": "How the pretrained layers learn: lora, or dora (slower)."}
    )
    language: bool = field(default=True, metadata={"help": "Train the language model."})
    vision: bool = field(
        default=True, metadata={"help": "Train the vision tower, where the base model has one."}
    )
    connector: bool = field(
        default=True, metadata={"help": "Train what joins the two in full, where the base model has it."}
    )
    rank: int = field(
        default=16, metadata={"help": "The rank of the updates: more learns more and takes more memory."}
    )
    alpha: int = field(default=32, metadata={"help": "The scale of the updates; twice the rank is usual."})
    dropout: float = field(
        default=0.0, metadata={"help": "The share of a layer's inputs left out at random, 0 to below 1."}
    )
    kept_share: float | None = field(
        default=None,
        metadata={
            "help": "The share of what was learnt that is kept, above 0 to 1; empty: half, or all over a "
            "base that knows little."
        },
    )
    targets: tuple[str, ...] = field(
        default=(), metadata={"help": "Names of the layers that learn (q_proj, …); none: all linear."}
    )
    learning_rate: float = field(default=5e-4, metadata={"help": "The highest learning rate."})
    schedule: Schedule = field(
        default=Schedule.COSINE, metadata={"help": "How the learning rate falls from there."}
    )
    warmup: float = field(
        default=0.05, metadata={"help": "The share of the steps over which the learning rate rises first."}
    )
    epochs: float = field(
        default=4.0, metadata={"help": "How often each document is seen, unless minutes are given."}
    )
    minutes: float | None = field(
        default=None, metadata={"help": "A time budget for training instead of epochs."}
    )
    documents_a_step: int = field(
        default=4, metadata={"help": "How many pages (or parts of long ones) make one step."}
    )
    tokens_at_once: int = field(
        default=1500,
        metadata={"help": "The most tokens of pages computed at once: fewer need less memory."},
    )
    max_tokens: int = field(default=4096, metadata={"help": "Longer examples are left out and counted."})
    noise: float = field(
        default=0.0, metadata={"help": "NEFTune noise on the word embeddings (arXiv 2310.05914); 5 is usual."}
    )
    smallest_scale: float = field(
        default=1.0,
        metadata={"help": "Pictures are shrunk at random down to this share of their size, above 0 to 1."},
    )
    split_share: float = field(
        default=1.0, metadata={"help": "The share of the pictures that are cut into tiles, 0 to 1."}
    )
    text_only_share: float = field(
        default=0.0, metadata={"help": "The share of generated documents without pictures mixed in."}
    )
    absent_share: float = field(
        default=0.25,
        metadata={"help": "How often a field that the page surely lacks is asked along, 0 to 1."},
    )
    lost_share: float = field(
        default=0.5,
        metadata={
            "help": "More labels than this share on no page are refused, as of labels that are mixed up; "
            "1: never."
        },
    )
    paraphrases: int = field(
        default=1, metadata={"help": "How many other requests a page gets beside its full schema."}
    )
    tiles: str = field(
        default="balanced", metadata={"help": "The tile budget: fast, balanced, accurate or a number."}
    )
    four_bit: bool = field(
        default=False,
        metadata={"help": "Keep a Hub model's language part in 4 bits (bitsandbytes; best on NVIDIA GPUs)."},
    )
    gradient_checkpointing: bool = field(default=False, metadata={"help": "Compute twice to save memory."})
    seed: int = field(default=1, metadata={"help": "Everything random follows from it."})
    patience: int = field(
        default=2, metadata={"help": "Stop after so many evaluations without a gain; 0 never stops early."}
    )
    evaluation_documents: int = field(
        default=12, metadata={"help": "The most held-out documents an evaluation reads."}
    )
    evaluations: int | None = field(
        default=None,
        metadata={
            "help": "How many evaluations choose the weights; 0: none, the last are kept; empty: as suits "
            "the labels."
        },
    )
    threads: int | None = field(default=None, metadata={"help": "Processor cores to use; by default all."})

    def __post_init__(self) -> None:
        # From JSON or a command line the values come as plain text and lists.
        object.__setattr__(self, "method", _choice(Method, self.method, "method"))
        object.__setattr__(self, "schedule", _choice(Schedule, self.schedule, "schedule"))
        object.__setattr__(self, "targets", tuple(self.targets))
        Budget.parse(self.tiles)
        if not (self.language or self.vision or self.connector):
            raise UsageError("No part of the model would learn.", "Switch on language, vision or connector.")
        if self.four_bit and self.base_model == EMBEDDED:
            raise UsageError(
                "The embedded model is not kept in 4 bits: it is small as it is.",
                "Switch four_bit off, or name a Hub model or a folder as base model.",
            )
        for name, least in _LEAST_WHOLE.items():
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or value < least):
                raise UsageError(f"'{name}' is {value}.", f"Give a whole number of at least {least}.")
        for name in ("dropout", "warmup", "text_only_share"):
            if not 0 <= getattr(self, name) < 1:
                raise UsageError(f"'{name}' is {getattr(self, name)}.", "Give a share of 0 to below 1.")
        for name in ("split_share", "absent_share", "lost_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"'{name}' is {getattr(self, name)}.", "Give a share of 0 to 1.")
        for name in ("smallest_scale", "kept_share"):
            share = getattr(self, name)
            if share is not None and not 0 < share <= 1:
                raise UsageError(f"'{name}' is {share}.", "Give a share above 0, up to 1.")
        for name in ("learning_rate", "epochs", "minutes"):
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise UsageError(f"'{name}' is {value}.", "Give a number above 0.")
        if not 0 <= self.noise < float("inf"):
            raise UsageError(f"'noise' is {self.noise}.", "Give 0 or a number above it.")

    @property
    def evaluations_wanted(self) -> int:
        """How many evaluations on the way a run makes where there are documents for it.

        None within a time budget unless they are asked for, as they would add to it.
        """
        if self.evaluations is not None:
            return self.evaluations
        usual = 0 if self.minutes is not None else round(self.epochs / EPOCHS_AN_EVALUATION)
        return usual if usual >= FEWEST_EVALUATIONS else 0

    @property
    def watches_wanted(self) -> int:
        """Into how many parts accuracy that decides nothing divides a run: one an epoch, in a long run fewer.

        None where evaluations are told, or within a time budget, as they would add to it.
        """
        if self.evaluations is not None or self.minutes is not None:
            return 0
        return min(max(FEWEST_EVALUATIONS, round(self.epochs)), MOST_WATCHES)

    @staticmethod
    def preset(name: str) -> TrainingSettings:
        """``quick``, ``balanced`` or ``thorough``.

        Raises:
            UsageError: for another name.
        """
        if name not in PRESETS:
            raise UsageError(f"There is no preset '{name}'.", f"Use one of {', '.join(PRESETS)}.")
        return PRESETS[name]

    @staticmethod
    def from_json(text: str) -> TrainingSettings:
        """The settings that ``to_json`` wrote; a name it does not know is refused.

        Raises:
            UsageError: when the text is not settings.
        """
        try:
            values = json.loads(text)
            return TrainingSettings(**values)
        except (ValueError, TypeError) as error:
            raise UsageError(
                f"These are not training settings: {error}.", "Use those of this docvlm version."
            ) from error

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"

    def save(self, folder: Path) -> None:
        """Write the settings into a run's or an adapter's folder."""
        (folder / SETTINGS_FILE).write_text(self.to_json(), encoding="utf-8")


_LEAST_WHOLE = {
    "rank": 1,
    "alpha": 1,
    "documents_a_step": 1,
    "tokens_at_once": 64,
    "max_tokens": 64,
    "paraphrases": 0,
    "patience": 0,
    "evaluation_documents": 1,
    "evaluations": 0,
    "threads": 1,
    "seed": 0,
}

PRESETS: Mapping[str, TrainingSettings] = {
    "quick": replace(TrainingSettings(), epochs=2.0, paraphrases=0),
    "balanced": TrainingSettings(),
    "thorough": replace(TrainingSettings(), epochs=8.0, paraphrases=2),
}


def load_settings(folder: Path) -> TrainingSettings:
    """The settings kept in a run's or an adapter's folder.

    Raises:
        UsageError: when there are none, or none that can be read.
    """
    try:
        return TrainingSettings.from_json((folder / SETTINGS_FILE).read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"{folder} holds no {SETTINGS_FILE}.", "Give the folder of a training run."
        ) from error


def help_texts() -> dict[str, str]:
    """One sentence on each setting, by name, in the order in which they are shown."""
    return {item.name: str(item.metadata["help"]) for item in fields(TrainingSettings)}

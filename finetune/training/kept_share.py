"""How much of what was learnt an adapter keeps, where the settings leave that to the run.

One half keeps more right on other documents than all of it (see :mod:`finetune.training.part_way` and
``tests/benchmarks/RESULTS.md``), but is too little for fields that the base knows nothing of: then it does
not even say what stands in the documents that were learnt from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from finetune.training.examples import WindowExample
from finetune.training.settings import Method, TrainingSettings

HALF, ALL = 0.5, 1.0

TOO_LITTLE = 0.2
"""Of the values learnt from: as many more are right with all of it where one half is too little."""

JUDGED_WINDOWS = 8


def known_share(settings: TrainingSettings) -> float | None:
    """The share that the settings say; None where the run is to find it."""
    # The magnitudes that DoRA learns beside its updates belong to the whole of them.
    return ALL if settings.method is Method.DORA else settings.kept_share


def judged_windows(examples: Sequence[WindowExample]) -> Sequence[WindowExample]:
    """The windows that were learnt from on which shares are compared, spread over all that have fields."""
    with_fields = [example for example in examples if example.fields]
    return with_fields[:: max(1, len(with_fields) // JUDGED_WINDOWS)][:JUDGED_WINDOWS]


def find_share(measure: Callable[[float], tuple[int, int]]) -> float:
    """The least of the shares that says enough of what was learnt.

    Args:
        measure: how many values are right with a share of it, and how many there are.
    """
    (half, asked), (whole, _) = measure(HALF), measure(ALL)
    return ALL if whole - half > TOO_LITTLE * asked else HALF

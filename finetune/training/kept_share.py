"""How much of what was learnt an adapter keeps, where the settings leave that to the run.

One half keeps more right on other documents than all of it (see :mod:`finetune.training.part_way` and
``tests/benchmarks/RESULTS.md``), as long as the base knows something that is worth keeping. Where it says
little of what is learnt, or cannot be asked, as of transcripts alone, all of it is kept.
"""

from __future__ import annotations

from collections.abc import Sequence

from finetune.training.examples import WindowExample
from finetune.training.settings import Method, TrainingSettings

NOTHING, HALF, ALL = 0.0, 0.5, 1.0

KNOWN = 0.5
"""Of the values learnt from: where the base says fewer right, it knows nothing of fields and questions."""

JUDGED_WINDOWS = 8


def known_share(settings: TrainingSettings) -> float | None:
    """The share that the settings say; None where the run is to find it."""
    # The magnitudes that DoRA learns beside its updates belong to the whole of them.
    return ALL if settings.method is Method.DORA else settings.kept_share


def judged_windows(examples: Sequence[WindowExample]) -> Sequence[WindowExample]:
    """The windows learnt from on which the base is judged, spread over all that have fields or questions."""
    asked = [example for example in examples if example.fields or example.questions]
    return asked[:: max(1, len(asked) // JUDGED_WINDOWS)][:JUDGED_WINDOWS]


def share_over(base_right: int, asked: int) -> float:
    """The share to keep over a base that says ``base_right`` of ``asked`` values learnt from."""
    return HALF if asked and base_right >= KNOWN * asked else ALL

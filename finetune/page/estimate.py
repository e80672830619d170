"""How long a run takes on this machine, told before it begins."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

from docvlm.errors import UsageError
from docvlm.tiling import CostProbe
from finetune.runner import Run
from finetune.runner.on_the_way import on_the_way
from finetune.training.events import StepDone
from finetune.training.settings import TrainingSettings

REQUEST_TOKENS = 160
"""About what the request and the reply add to a page."""
PARAPHRASE_TOKENS = 90
FORWARD_PASSES = 3.0
"""What a training step is taken to cost before a run has shown it: one forward, two for gradients."""
START_SECONDS = 51.0
"""From the start to the first step with the embedded model, mostly imports and loading; two busy cores."""
REPLY_TOKENS = 90
"""Tokens of a reply that are taken to be chosen by the model; the others are forced and cost nothing."""
_SPEEDS_REMEMBERED = 5


def tokens_a_second(runs: Iterable[Run], base_model: str) -> float | None:
    """The training speed of the last runs over the same base, None where there was none."""
    speeds: list[float] = []
    for run in runs:
        if len(speeds) == _SPEEDS_REMEMBERED:
            break
        steps = [event for event in run.events() if isinstance(event, StepDone)]
        if steps and _base_of(run) == base_model:
            speeds.append(steps[-1].tokens_per_second)
    return median(speeds) if speeds else None


def _base_of(run: Run) -> str | None:
    """None where an earlier version made the run, with settings that are no more."""
    try:
        return run.request.settings.base_model
    except UsageError:
        return None


def predicted_seconds(
    settings: TrainingSettings,
    tokens: int,
    documents: int,
    judged: int,
    speed: float | None,
    cost: CostProbe | None,
) -> float | None:
    """Training and the comparison of base and adapter; None where nothing is known of the machine.

    Args:
        tokens: of the pages learnt from, together.
        documents: how many are learnt from.
        judged: how many are held back; base and adapter are both asked about each.
        speed: of earlier runs, in tokens a second; without it the time follows from ``cost``.
        cost: what the machine takes for a token forward.
    """
    if speed is None and cost is None:
        return None
    an_epoch = tokens + documents * (REQUEST_TOKENS + PARAPHRASE_TOKENS * settings.paraphrases)
    a_token = 1 / speed if speed else FORWARD_PASSES * (cost.seconds_per_token if cost else 0.0)
    training = settings.minutes * 60 if settings.minutes else settings.epochs * an_epoch * a_token
    forward = cost.seconds_per_token if cost else a_token / FORWARD_PASSES
    mean_tokens = tokens / max(1, documents) + REQUEST_TOKENS
    # Tokens of a reply come one at a time, which is taken to last ten times as long as a token of a page.
    an_answer = mean_tokens * forward + REPLY_TOKENS * 10 * forward
    found = on_the_way(documents + judged, documents, True, settings)
    aside = found.documents * settings.evaluations_wanted
    watched = min(found.watched, judged) * max(0, settings.watches_wanted - 1)
    return START_SECONDS + training + (2 * judged + aside + watched) * an_answer


def minutes_text(seconds: float | None) -> str:
    """``about 4 min``; empty where it is not known."""
    if seconds is None:
        return ""
    if seconds < 90:
        return "about 1 min"
    if seconds < 90 * 60:
        return f"about {round(seconds / 60)} min"
    return f"about {seconds / 3600:.1f} h"

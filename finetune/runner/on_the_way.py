"""Whether accuracy is measured while a run goes on, and on how many documents, which are not learnt from."""

from __future__ import annotations

from dataclasses import dataclass

from finetune.training.settings import TrainingSettings

FEWEST_LABELLED = 30
"""With fewer, the documents kept aside are missed in training, and too few to choose weights by."""

USUAL_SHARE = 1 / 6
"""Of the documents that are left to learn from."""


@dataclass(frozen=True, slots=True)
class OnTheWay:
    """How many documents are kept aside; where it is none although nobody said so, one sentence why."""

    documents: int
    why_not: str = ""


def on_the_way(labelled: int, left: int, has_fields: bool, settings: TrainingSettings) -> OnTheWay:
    """What the settings ask for, or what suits so many documents.

    Args:
        labelled: all documents of the run.
        left: those of them that are not held back to compare base and adapter on.
        has_fields: whether fields are labelled; questions alone are not measured.
    """
    if not settings.evaluations_wanted:
        return OnTheWay(0)
    if not has_fields:
        return OnTheWay(0, _off("only questions are labelled, and fields are what is measured"))
    if settings.evaluations is None:
        if labelled < FEWEST_LABELLED:
            return OnTheWay(0, _off(f"that takes {FEWEST_LABELLED} labelled documents, here are {labelled}"))
        wanted = round(left * USUAL_SHARE)
    else:
        wanted = max(1, round(left / 4))
    wanted = min(wanted, left // 2, settings.evaluation_documents)
    return OnTheWay(wanted) if wanted else OnTheWay(0, _off(f"only {left} are left to learn from"))


def _off(why: str) -> str:
    return f"Accuracy is not measured on the way, and the last weights are kept: {why}."

"""Whether accuracy is measured while a run goes on, and on how many documents, which are not learnt from.

From some labels on a part of the documents is kept aside for it, and the best weights are kept. With fewer it
is measured on some of those that base and adapter are compared on, to be seen: nothing may be chosen by it.
"""

from __future__ import annotations

from dataclasses import dataclass

from finetune.training.settings import TrainingSettings

FEWEST_LABELLED = 30
"""With fewer, the documents kept aside are missed in training, and too few to choose weights by."""

USUAL_SHARE = 1 / 6
"""Of the documents that are left to learn from."""

MOST_WATCHED = 4
"""Held-back documents that are asked about on the way where nothing is chosen by it; each takes seconds."""


@dataclass(frozen=True, slots=True)
class OnTheWay:
    """How accuracy is measured on the way.

    Attributes:
        documents: kept aside, to choose weights by.
        why_not: where none are although nobody said so, one sentence why.
        watched: held-back ones that are asked about, at most; nothing is chosen by them.
    """

    documents: int
    why_not: str = ""
    watched: int = 0


def on_the_way(labelled: int, left: int, has_fields: bool, settings: TrainingSettings) -> OnTheWay:
    """What the settings ask for, or what suits so many documents.

    Args:
        labelled: all documents of the run.
        left: those of them that are not held back to compare base and adapter on.
        has_fields: whether fields are labelled; questions alone are not measured.
    """
    watched = MOST_WATCHED if settings.watches_wanted and has_fields else 0
    if not settings.evaluations_wanted:
        return OnTheWay(0, watched=watched)
    if not has_fields:
        return OnTheWay(0, _off("only questions are labelled, and fields are what is measured"))
    if settings.evaluations is None:
        if labelled < FEWEST_LABELLED:
            return OnTheWay(0, _too_few(labelled), watched)
        wanted = round(left * USUAL_SHARE)
    else:
        wanted = max(1, round(left / 4))
    wanted = min(wanted, left // 2, settings.evaluation_documents)
    if not wanted:
        return OnTheWay(0, _off(f"only {left} are left to learn from"))
    return OnTheWay(wanted)


def _too_few(labelled: int) -> str:
    return (
        f"The last weights are kept: to choose the best on the way takes {FEWEST_LABELLED} labelled "
        f"documents, here are {labelled}. The accuracy shown on the way decides nothing."
    )


def _off(why: str) -> str:
    return f"Accuracy is not measured on the way, and the last weights are kept: {why}."

"""Documents of which transcripts alone are labelled: a base that sees pixels learns to copy their pages."""

from __future__ import annotations

from collections.abc import Iterable

from docvlm.errors import InputError
from docvlm.model_names import EMBEDDED, short_name
from docvlm.models.shipped import SHIPPED_VISION
from finetune.data.documents import LabelledDocument

ONLY_SPELLINGS = "a base that reads words alone learns only spellings from transcripts"


def sees_pixels(base_model: str) -> bool:
    """Whether pictures of pages reach the model; told without loading it."""
    return base_model != EMBEDDED or SHIPPED_VISION.is_dir()


def is_asked_about(document: LabelledDocument) -> bool:
    """Whether the model can be asked for something that is labelled."""
    return bool(document.fields or document.questions)


def is_copied_alone(document: LabelledDocument) -> bool:
    """Whether a text in reading order is labelled and nothing else."""
    return not is_asked_about(document) and any(one.text is not None for one in document.transcripts)


def nothing_to_learn(labelled: Iterable[LabelledDocument], base_model: str) -> InputError:
    """The error of labels that the base learns nothing from."""
    if sees_pixels(base_model) or not any(map(is_copied_alone, labelled)):
        return InputError(
            "There are no labels to learn from.", "Correct or confirm values of documents, or give --cases."
        )
    return InputError(
        f"'{short_name(base_model)}' has only transcripts to learn from: {ONLY_SPELLINGS}.",
        "Label fields or questions, or train a model that sees pixels (--model).",
    )


def told_of_left_out(labelled: Iterable[LabelledDocument], base_model: str) -> str:
    """One sentence on transcripts that the base cannot learn from; empty where there are none."""
    count = 0 if sees_pixels(base_model) else sum(map(is_copied_alone, labelled))
    if not count:
        return ""
    what = "1 document has a transcript" if count == 1 else f"{count} documents have transcripts"
    return f"{what} alone and {'is' if count == 1 else 'are'} not trained on: {ONLY_SPELLINGS}."

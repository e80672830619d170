"""What a comparison has judged so far, kept document by document for the process that goes on with it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from docvlm.atomic import write_atomically
from docvlm.errors import Cancelled, InputError
from finetune.data.documents import LabelledDocument
from finetune.evaluation.results import (
    DocumentResult,
    Evaluation,
    document_line,
    parse_document_line,
    read_evaluation,
    write_evaluation,
)


class KeptResults:
    """Results in a folder, for each model that is asked: its documents one by one, then its evaluation.

    Args:
        folder: made when there is something to keep; None keeps nothing.
        should_pause: asked between two documents.
    """

    def __init__(self, folder: Path | None = None, should_pause: Callable[[], bool] = lambda: False) -> None:
        self._folder = folder
        self._should_pause = should_pause

    def evaluation(self, model: str, documents: Sequence[LabelledDocument]) -> Evaluation | None:
        """What is kept of a model asked about just these documents; None where that is not all of them."""
        kept = self._finished(model)
        whole = kept is not None and len(_first_of(kept.documents, documents)) == len(documents)
        return kept if whole else None

    def drop_other(self, model: str, revision: str) -> None:
        """Delete what is kept of a model that was asked in another version than this one."""
        kept = self._finished(model)
        if kept is not None and kept.revision != revision:
            for name in (f"{model}.json", f"{model}.jsonl"):
                if (file := self._file(name)) is not None:
                    file.unlink(missing_ok=True)

    def results(self, model: str, documents: Sequence[LabelledDocument]) -> list[DocumentResult]:
        """The results of the first documents, as far as they are kept."""
        file = self._file(f"{model}.jsonl")
        if file is None or not file.is_file():
            return []
        results: list[DocumentResult] = []
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            result = parse_document_line(line)
            if result is None:  # cut short by a power cut
                break
            results.append(result)
        kept = _first_of(results, documents)
        write_atomically(file, "".join(f"{document_line(result)}\n" for result in kept).encode())
        return kept

    def add(self, model: str, result: DocumentResult) -> None:
        """Keep the result of the next document."""
        file = self._file(f"{model}.jsonl")
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("a", encoding="utf-8") as lines:
                lines.write(f"{document_line(result)}\n")

    def finish(self, model: str, evaluation: Evaluation) -> None:
        """Keep the evaluation over all documents."""
        file = self._file(f"{model}.json")
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_evaluation(file, evaluation)

    def pause_where_wanted(self) -> None:
        """To be called where everything so far is kept.

        Raises:
            Cancelled: when the work is to pause here.
        """
        if self._should_pause():
            raise Cancelled("Stopped between two documents.", "Resume the run to go on.")

    def forget(self) -> None:
        """Delete what was kept, once the comparison itself is."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _finished(self, model: str) -> Evaluation | None:
        file = self._file(f"{model}.json")
        if file is None or not file.is_file():
            return None
        try:
            return read_evaluation(file)
        except InputError:  # damaged, and asked for once more
            return None

    def _file(self, name: str) -> Path | None:
        return None if self._folder is None else self._folder / name


def _first_of(
    results: Sequence[DocumentResult], documents: Sequence[LabelledDocument]
) -> list[DocumentResult]:
    """The results at the beginning that are those of the documents at the beginning."""
    found: list[DocumentResult] = []
    for result, document in zip(results, documents, strict=False):
        if (result.sha256, result.name) != (document.sha256, document.name):
            break
        found.append(result)
    return found

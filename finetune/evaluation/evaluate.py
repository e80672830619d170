"""Documents with labels → predictions → judged documents → figures."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from docvlm.errors import Cancelled, DocvlmError
from docvlm.models.protocol import Engine
from docvlm.schemas import Schema
from docvlm.types import Reading
from finetune.data.documents import LabelledDocument
from finetune.evaluation.answering import ReadPages, Said, ask_document
from finetune.evaluation.bootstrap import Bootstrap, Interval
from finetune.evaluation.calibration import bin_sums, reliability
from finetune.evaluation.facts import Fact
from finetune.evaluation.judging import Judge
from finetune.evaluation.results import DocumentResult, Evaluation, FieldFigures
from finetune.evaluation.summary import Statistics, field_statistics, judged_pairs, metric_statistics

NO_FACTS: Mapping[str, tuple[Fact, ...]] = {}

Asked = Schema | Callable[[LabelledDocument], Schema | None] | None
"""Which fields to ask for: the same of every document, each document's own, or none."""


def evaluate_documents(
    engine: Engine,
    documents: Sequence[LabelledDocument],
    readings: ReadPages,
    schema: Asked,
    *,
    facts: Mapping[str, tuple[Fact, ...]] = NO_FACTS,
    budget: str = "balanced",
    seed: int = 0,
    cancel: threading.Event | None = None,
) -> Evaluation:
    """Ask about every document and judge what comes, as ``python -m finetune evaluate`` does.

    Args:
        schema: fields to extract; fields that it lacks are not judged.
        facts: facts about documents' pages, by the documents' hash.
        budget: the tile budget, for models that see pictures.
        seed: of the resamples behind the intervals.

    Raises:
        Cancelled: soon after ``cancel`` was set.
    """
    results = judge_documents(engine, documents, readings, schema, facts=facts, budget=budget, cancel=cancel)
    return summarise(engine, tuple(results), seed)


def judge_documents(
    engine: Engine,
    documents: Iterable[LabelledDocument],
    readings: ReadPages,
    schema: Asked,
    *,
    facts: Mapping[str, tuple[Fact, ...]] = NO_FACTS,
    budget: str = "balanced",
    cancel: threading.Event | None = None,
) -> Iterator[DocumentResult]:
    """One result a document, in order. A document that fails is one with a reason, and the others go on.

    Raises:
        Cancelled: soon after ``cancel`` was set.
    """
    for document in documents:
        if cancel is not None and cancel.is_set():
            raise Cancelled
        wanted = schema(document) if callable(schema) else schema
        pages: tuple[Reading, ...] = ()
        said: Said | None = None
        failure: str | None = None
        try:
            pages = readings.of(document)
            said = ask_document(engine, document, readings, wanted, budget, cancel)
        except Cancelled:
            raise
        except DocvlmError as error:
            failure = str(error)
        except Exception as error:  # noqa: BLE001 - the document boundary
            failure = f"'{document.name}' could not be asked about ({type(error).__name__}: {error})."
        judge = Judge(pages)
        yield DocumentResult(
            sha256=document.sha256,
            name=document.name,
            kind=document.kind,
            values=judge.values(document, wanted, said),
            rows=judge.rows(document, wanted, said),
            transcripts=judge.transcripts(document),
            facts=judge.facts(facts.get(document.sha256, ())),
            cost=said.cost if said else None,
            failure=failure,
        )


def summarise(engine: Engine, results: tuple[DocumentResult, ...], seed: int = 0) -> Evaluation:
    """The figures over judged documents, each with its 95 % interval over documents."""
    bootstrap = Bootstrap(len(results), seed)
    fields = field_statistics(results)
    card = engine.card
    return Evaluation(
        model=card.name,
        revision=card.revision,
        adapter=card.adapter,
        seed=seed,
        documents=results,
        metrics=_figures(bootstrap, metric_statistics(results)),
        fields=tuple(FieldFigures(name, _figures(bootstrap, of)) for name, of in fields.items()),
        reliability=reliability(bin_sums(judged_pairs(results))),
    )


def _figures(bootstrap: Bootstrap, statistics: Statistics) -> dict[str, Interval]:
    intervals = {name: bootstrap.interval(statistic) for name, statistic in statistics.items()}
    return {name: interval for name, interval in intervals.items() if interval is not None}

"""Which of the stored documents to label next."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from docvlm.pipeline.cell_names import CellName
from docvlm.pipeline.label_ranking import Candidate, TextFeatures, rank_candidates, text_features
from docvlm.reading import READER_VERSION
from docvlm.schemas import Schema
from docvlm.store import DocumentRecord, LabelKind, Store
from docvlm.types import FieldValue, LineItems

NEVER_EXTRACTED = 0.5
"""The doubt about a document that the model has not seen yet."""

_KEPT_FEATURES = 2000  # 8 kB each
_Features = OrderedDict[tuple[str, frozenset[int]], TextFeatures]
_features: WeakKeyDictionary[Store, _Features] = WeakKeyDictionary()
"""Of a store's documents looked at last, by content and the pages read: what was read never changes."""


@dataclass(frozen=True, slots=True)
class QueuedDocument:
    """A document to label.

    Attributes:
        doubt: how unsure the model is of it, from 0 to 1.
        distance: how unlike it is to what is labelled or comes before it, from 0 to 1.
        gain: what orders the queue, from 0 to 1: doubt times distance; 0 for a labelled document.
    """

    document_id: int
    name: str
    is_labelled: bool
    gain: float
    doubt: float
    distance: float


def label_queue(
    store: Store, documents: Iterable[DocumentRecord], schema: Schema | None, limit: int | None = None
) -> list[QueuedDocument]:
    """Documents to label, those from which most is to be learnt first; labelled ones stand last.

    The doubt is the mean of 1 - confidence over the values found last, 0.5 for a document that was not
    extracted yet. See ``docvlm.pipeline.label_ranking`` for the order.

    Args:
        schema: a document is labelled when each field of it that is no list has a label, or, where it holds
            lists alone, a cell of one of them; and only what was found with it counts. None: any label of a
            field, any schema.
        limit: leave out all but the first so many that are not labelled.
    """
    records = {record.sha256: record for record in documents}
    labelled = {sha256: record for sha256, record in records.items() if _is_labelled(store, record, schema)}
    waiting = [
        Candidate(sha256, _text_features(store, record), _doubt(store, record, schema))
        for sha256, record in records.items()
        if sha256 not in labelled
    ]
    known = [_text_features(store, record) for record in labelled.values()]
    queue = [
        QueuedDocument(
            records[item.key].id, records[item.key].name, False, item.gain, item.doubt, item.distance
        )
        for item in rank_candidates(waiting, known, limit)
    ]
    done = [
        QueuedDocument(record.id, record.name, True, 0.0, _doubt(store, record, schema), 0.0)
        for record in labelled.values()
    ]
    return [*queue, *done]


def _is_labelled(store: Store, record: DocumentRecord, schema: Schema | None) -> bool:
    labelled = {known.label.name for known in store.labels(record.id, LabelKind.FIELD)}
    if schema is None:
        return bool(labelled)
    fields = [spec.name for spec in schema.fields if not spec.is_list]
    if fields:
        return labelled.issuperset(fields)
    cells = (CellName.parse(name) for name in labelled)
    lists = {spec.name for spec in schema.fields}
    return any(cell is not None and cell.items in lists for cell in cells)


def _doubt(store: Store, record: DocumentRecord, schema: Schema | None) -> float:
    found = [
        known
        for known in store.extractions(record.id, latest_only=True)
        if schema is None or known.schema_key == schema.key
    ]
    return mean_doubt(found[-1].extraction.fields) if found else NEVER_EXTRACTED


def mean_doubt(fields: Sequence[FieldValue | LineItems]) -> float:
    """Over fields and the cells of lists; nothing to doubt where there are none."""
    values = [value for field in fields for value in _values(field)]
    return sum(1.0 - value.confidence for value in values) / len(values) if values else 0.0


def _values(field: FieldValue | LineItems) -> list[FieldValue]:
    return [field] if isinstance(field, FieldValue) else [cell for row in field.rows for cell in row]


def _text_features(store: Store, record: DocumentRecord) -> TextFeatures:
    key = record.sha256, store.pages_read(record.id, READER_VERSION)
    kept = _features.setdefault(store, OrderedDict())
    known = kept.get(key)
    if known is None:
        readings = (store.reading(record.id, number, READER_VERSION) for number in sorted(key[1]))
        known = kept[key] = text_features([reading for reading in readings if reading is not None])
        if len(kept) > _KEPT_FEATURES:
            kept.popitem(last=False)
    return known

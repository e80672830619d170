"""Which fields a set of labelled documents asks for: names from the labels, types from what is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from docvlm.schemas import FieldSpec, FieldType, PageContext, Schema, load_schema, normalise, template_names
from docvlm.schemas.context import page_context
from docvlm.schemas.naming import guess_type, is_money, name_words
from finetune.data.documents import FieldLabel, LabelledDocument, RowsLabel
from finetune.data.readings import Readings

_FEWEST_LABELS_TO_JUDGE = 3
_SHARE_THAT_FITS = 0.5
_SHARE_OF_A_TEMPLATE = 1 / 3
_MONEY_ENDINGS = frozenset({
    "untaxed", "taxed", "excluding", "including", "excl", "incl", "net", "gross", "ht", "ttc", "eur", "usd",
})  # fmt: skip


MOST_COMMON_FIELDS = 40
"""Sets with more names than this are forms with names of their own: each document is asked for its own."""


def schema_of(documents: Iterable[LabelledDocument], name: str = "labels") -> Schema:
    """All fields that the documents have labels for, in the order in which they are first seen.

    A field takes type and hint from the built-in template that shares most names with the labels (a list
    field likewise, column by column), else from another template, else its name tells the type. Values
    of labels are never looked at, so that nothing of the documents leaks into what is asked.

    Raises:
        SchemaError: when no document has a field.
    """
    columns: dict[str, list[str]] = {}
    for document in documents:
        for label in document.fields:
            known = columns.setdefault(label.name, [])
            if isinstance(label, RowsLabel):
                known += [cell.name for row in label.rows for cell in row]
    templates = _best_first([*columns, *(name for names in columns.values() for name in names)])
    fields = (_spec(field, _each_once(columns[field]), templates) for field in _each_once(columns))
    return Schema(name, name, tuple(fields))


def checked_schema(schema: Schema, documents: Sequence[LabelledDocument], readings: Readings) -> Schema:
    """The schema with text in place of each type that the labels clearly do not have.

    A type stays where at least half of a field's labels read as one (``N/A`` here and there harms nothing),
    and where fewer than three labels tell. For training only: it looks at the values of labels.
    """
    contexts = [_context(readings, document) for document in documents]
    values: dict[str, list[tuple[str, PageContext]]] = {}
    for document, context in zip(documents, contexts, strict=True):
        for path, label in _scalar_labels(document):
            if label.value is not None:
                values.setdefault(path, []).append((label.value, context))
    return replace(schema, fields=tuple(_checked(spec, spec.name, values) for spec in schema.fields))


def _checked(spec: FieldSpec, path: str, values: dict[str, list[tuple[str, PageContext]]]) -> FieldSpec:
    if spec.is_list:
        columns = tuple(_checked(column, f"{path}.{column.name}", values) for column in spec.columns)
        return replace(spec, columns=columns)
    known = values.get(path, [])
    if spec.type is FieldType.TEXT or len(known) < _FEWEST_LABELS_TO_JUDGE:
        return spec
    fitting = sum(normalise(value, spec, context).value is not None for value, context in known)
    return spec if fitting >= _SHARE_THAT_FITS * len(known) else FieldSpec(spec.name, hint=spec.hint)


def _scalar_labels(document: LabelledDocument) -> Iterator[tuple[str, FieldLabel]]:
    """Every single value with its path: ``total``, ``items.amount``."""
    for label in document.fields:
        if isinstance(label, FieldLabel):
            yield label.name, label
        else:
            yield from ((f"{label.name}.{cell.name}", cell) for row in label.rows for cell in row)


def _context(readings: Readings, document: LabelledDocument) -> PageContext:
    return page_context("\n".join(reading.text for reading in readings.of(document)))


def _each_once(names: Iterable[str]) -> list[str]:
    """Names in order; those that differ in case alone are one."""
    once: dict[str, str] = {}
    for name in names:
        once.setdefault(name.casefold(), name)
    return list(once.values())


def _best_first(names: Sequence[str]) -> list[Schema]:
    """The built-in templates, that which shares most names with the labels first.

    Hints stay only in a template that knows a third of the names: a form with a date is no receipt.
    """
    wanted = {_key(name) for name in names}
    shared = {name: len(wanted & set(map(_key, _names(load_schema(name))))) for name in template_names()}
    ordered = sorted(shared, key=lambda name: -shared[name])
    templates = [load_schema(name) for name in ordered]
    fits = shared[ordered[0]] >= _SHARE_OF_A_TEMPLATE * len(wanted)
    return [
        template if fits and not index else _unhinted(template) for index, template in enumerate(templates)
    ]


def _names(schema: Schema) -> list[str]:
    return [name for spec in schema.fields for name in (spec.name, *(column.name for column in spec.columns))]


def _unhinted(schema: Schema) -> Schema:
    return replace(schema, fields=tuple(replace(spec, hint="") for spec in schema.fields))


def _spec(name: str, columns: Sequence[str], templates: Sequence[Schema]) -> FieldSpec:
    specs = [spec for template in templates for spec in template.fields]
    if columns:
        listed = [column for spec in specs for column in spec.columns]
        return FieldSpec(name, columns=tuple(_scalar_spec(column, listed) for column in columns))
    return _scalar_spec(name, [spec for spec in specs if not spec.is_list])


def _scalar_spec(name: str, known: Iterable[FieldSpec]) -> FieldSpec:
    for spec in known:
        if _key(spec.name) == _key(name):
            return replace(spec, name=name)
    return FieldSpec(name, _type_of_name(name))


def _type_of_name(name: str) -> FieldType:
    """``guess_type``, which also sees through ``total_untaxed`` and ``price_eur``."""
    guessed = guess_type(name)
    says_how = name_words(name)[-1] in _MONEY_ENDINGS
    return FieldType.AMOUNT if guessed is FieldType.TEXT and says_how and is_money(name) else guessed


def _key(name: str) -> tuple[str, ...]:
    """``Tips`` and ``tip``, ``subTotal`` and ``sub_total`` are one name."""
    return tuple(word.removesuffix("s") for word in name_words(name))

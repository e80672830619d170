from collections.abc import Iterator
from dataclasses import replace

import pytest

from docvlm.config import Settings
from docvlm.errors import InputError
from docvlm.pipeline import Workspace
from docvlm.store import Label, LabelKind
from docvlm.types import Box, Extraction, FieldValue, LineItems, RunInfo
from finetune.data.documents import FieldLabel, LabelledDocument, QuestionLabel, RowsLabel, TranscriptLabel
from finetune.data.store_labels import keep_labels, labelled_documents

ROWS = RowsLabel(
    "items",
    (
        (FieldLabel("name", "Tea"), FieldLabel("amount", "4.50", page=1, boxes=(Box(1, 2, 3, 4),))),
        (FieldLabel("name", "Cake"), FieldLabel("amount", None)),
    ),
)


@pytest.fixture
def workspace(settings: Settings) -> Iterator[Workspace]:
    with Workspace(settings) as opened:
        yield opened


def test_labels_come_back_as_they_were_kept(workspace: Workspace, invoice: LabelledDocument) -> None:
    document = replace(
        invoice,
        fields=(FieldLabel("total", "9.00", page=1, boxes=(Box(1, 2, 3, 4),)), FieldLabel("tip", None), ROWS),
        questions=(QuestionLabel("Who sells?", ("Acme",), page=1), QuestionLabel("Who buys?", ())),
        transcripts=(TranscriptLabel(text="Tea\n4.50", page=1), TranscriptLabel(words=("Tea", "4.50"))),
    )
    assert keep_labels([document], workspace) == 10
    assert labelled_documents(workspace.store) == (document,)
    assert keep_labels([document], workspace) == 10  # in place of the first
    assert labelled_documents(workspace.store) == (document,)


def test_a_list_that_is_half_labelled_is_left_out(workspace: Workspace, invoice: LabelledDocument) -> None:
    keep_labels([replace(invoice, fields=(ROWS, FieldLabel("total", "9.00")))], workspace)
    record = workspace.store.find_document(invoice.sha256)
    assert record is not None
    third_row = Label(LabelKind.FIELD, "items[3].name", "Milk")
    workspace.store.save_label(record.id, third_row)  # its amount has no label
    (document,) = labelled_documents(workspace.store)
    assert document.fields == (FieldLabel("total", "9.00"),)
    workspace.store.save_label(record.id, replace(third_row, name="items[3].amount"))
    (document,) = labelled_documents(workspace.store)
    assert isinstance(document.fields[-1], RowsLabel) and len(document.fields[-1].rows) == 3


def test_lines_that_were_checked_one_by_one_are_no_transcripts_of_their_own(
    workspace: Workspace, invoice: LabelledDocument
) -> None:
    keep_labels([replace(invoice, transcripts=(TranscriptLabel(text="Tea", page=1),))], workspace)
    record = workspace.store.find_document(invoice.sha256)
    assert record is not None
    line = Label(LabelKind.TRANSCRIPT, "line 2 of page 1", "4.50", 1, (Box(1, 2, 3, 4),))
    workspace.store.save_label(record.id, line)
    (document,) = labelled_documents(workspace.store)
    assert document.transcripts == (TranscriptLabel(text="Tea", page=1),)


def test_rows_that_only_the_model_has_seen_make_a_list_half_labelled(
    workspace: Workspace, invoice: LabelledDocument
) -> None:
    keep_labels([replace(invoice, fields=(ROWS,))], workspace)
    record = workspace.store.find_document(invoice.sha256)
    assert record is not None
    rows = tuple((FieldValue("name", None, str(number), 0.5),) for number in range(3))
    extraction = Extraction("receipt", (LineItems("items", rows),))
    workspace.store.save_extraction(record.id, RunInfo("m", "1"), "key", extraction)
    (document,) = labelled_documents(workspace.store)
    assert (document.kind, document.fields) == ("receipt", ())
    for column in ("name", "amount"):  # the person takes the third row out
        workspace.store.save_label(record.id, Label(LabelKind.FIELD, f"items[3].{column}", None))
    (document,) = labelled_documents(workspace.store)
    assert document.fields == (ROWS,)


def test_labels_of_a_lost_file_come_without_a_path(workspace: Workspace, invoice: LabelledDocument) -> None:
    keep_labels([replace(invoice, fields=(FieldLabel("total", "9.00"),))], workspace)
    assert invoice.path is not None
    invoice.path.unlink()
    (document,) = labelled_documents(workspace.store)
    assert document.path is None and document.sha256 == invoice.sha256


def test_a_document_without_file_must_be_known(workspace: Workspace, invoice: LabelledDocument) -> None:
    with pytest.raises(InputError, match="has no file"):
        keep_labels([replace(invoice, path=None)], workspace)

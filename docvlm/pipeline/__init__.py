"""The flow, page by page: open, read, ask, extract, keep."""

from docvlm.pipeline.ask import AnswerPiece
from docvlm.pipeline.cell_names import CellName, cell_name
from docvlm.pipeline.corrections import (
    CheckedExtraction,
    check_extraction,
    empty_extraction,
    find_evidence,
)
from docvlm.pipeline.document import OpenDocument, owned_identity
from docvlm.pipeline.extract import WindowDone
from docvlm.pipeline.kind import guess_kind, suggested_questions
from docvlm.pipeline.label_queue import QueuedDocument, label_queue
from docvlm.pipeline.labelling import DocumentLabels, with_labels
from docvlm.pipeline.line_labels import CheckedLine, is_line_name, line_name, page_of_line
from docvlm.pipeline.own_rows import RowMoves
from docvlm.pipeline.page_cost import PageCost
from docvlm.pipeline.pages import PageReading
from docvlm.pipeline.windows import Region
from docvlm.pipeline.workspace import Workspace

__all__ = [
    "AnswerPiece",
    "CellName",
    "CheckedExtraction",
    "CheckedLine",
    "DocumentLabels",
    "OpenDocument",
    "PageCost",
    "PageReading",
    "QueuedDocument",
    "Region",
    "RowMoves",
    "WindowDone",
    "Workspace",
    "cell_name",
    "check_extraction",
    "empty_extraction",
    "find_evidence",
    "guess_kind",
    "is_line_name",
    "label_queue",
    "line_name",
    "owned_identity",
    "page_of_line",
    "suggested_questions",
    "with_labels",
]

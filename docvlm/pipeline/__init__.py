"""The flow, page by page: open, read, ask, extract, keep."""

from docvlm.pipeline.ask import AnswerPiece
from docvlm.pipeline.document import OpenDocument
from docvlm.pipeline.extract import WindowDone
from docvlm.pipeline.pages import PageReading
from docvlm.pipeline.workspace import Workspace

__all__ = ["AnswerPiece", "OpenDocument", "PageReading", "WindowDone", "Workspace"]

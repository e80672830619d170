"""From a file to numbered pages: type told by content, hostile files handled in a worker process.

with open_document("invoice.pdf") as document:
    for page in document.pages():
        ...
"""

from docvlm.ingest.damage import damage_in
from docvlm.ingest.document import Document, identify_file, open_document
from docvlm.ingest.page_range import parse_page_range
from docvlm.ingest.worker_pool import WorkerPool

__all__ = ["Document", "WorkerPool", "damage_in", "identify_file", "open_document", "parse_page_range"]

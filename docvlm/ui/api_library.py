"""What programs may call to search what is stored.

Each caller reaches documents of their own only, see ``docvlm.ui.reach``.
"""

from __future__ import annotations

import gradio as gr

from docvlm.store import SearchHit
from docvlm.ui.api_calls import Calls, Json, as_json, text_of, told_in_a_sentence, whole_number

MOST_HITS = 100
LONGEST_QUERY = 200


class LibraryApi:
    """A call over the caller's own documents."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def connect(self) -> None:
        """Add the calls to the page that is being built."""

        def search(query: str, request: gr.Request, limit: int = 20) -> str:
            """Search the PDFs and images that are stored for you: JSON with the pages and answers found.

            Each hit has the number N of its document, which the other tools take as library:N.

            Args:
                query: Words that must all stand there, for example: notice period
                limit: How many hits at most, from 1 to 100.
            """
            with told_in_a_sentence():
                words = text_of(query, "query")[:LONGEST_QUERY]
                most = whole_number(limit, "limit", 1, MOST_HITS)
                hits = self._calls.reach.search(words, most, request)
                return as_json({"hits": [_hit(hit) for hit in hits]})

        gr.api(search, api_name="search", concurrency_limit=4, concurrency_id="library calls")


def _hit(hit: SearchHit) -> Json:
    return {
        "document": hit.document_id,
        "name": hit.name,
        "page": hit.page,
        "kind": hit.kind.value,
        "text": hit.snippet,
    }

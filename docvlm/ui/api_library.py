"""What programs may call of what is stored: search it, say what is right.

Each caller reaches documents of their own only, see ``docvlm.ui.reach``.
"""

from __future__ import annotations

import gradio as gr

from docvlm.errors import UsageError
from docvlm.pipeline import DocumentLabels
from docvlm.schemas import Schema
from docvlm.store import SearchHit
from docvlm.ui.api_calls import LONGEST_TEXT, Calls, Json, as_json, text_of, told_in_a_sentence
from docvlm.ui.kept_values import found_values

MOST_HITS = 100
LONGEST_QUERY = 200


class LibraryApi:
    """Calls over the caller's own documents and labels."""

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
                most = min(max(limit, 1), MOST_HITS) if isinstance(limit, int) else MOST_HITS
                hits = self._calls.reach.search(words, most, request)
                return as_json({"hits": [_hit(hit) for hit in hits]})

        def label(document: str, schema: str, field: str, value: str, request: gr.Request) -> str:
            """Keep what is right for a field of a stored PDF or image; the model can be trained on it later.

            An earlier label of the field is replaced. JSON tells what is kept, and where on the page the
            value stands; page is null where it stands nowhere.

            Args:
                document: library:N for document N of a search, or, on the machine that runs docvlm, the
                    path of a file.
                schema: The schema that has the field, as for extract.
                field: The name of the field, for example: total. A cell of a list: items[2].amount
                value: The right value as it is printed, or an empty text where the document has none.
            """
            with told_in_a_sentence(), self._calls.opened(document, request, is_kept=True) as opened:
                for _ in opened.read():
                    pass  # so that the value can be found on its page
                wanted = self._calls.schema(schema, request)
                return as_json(self._label(opened.id, wanted, text_of(field, "field"), _value(value)))

        def label_question(document: str, question: str, answer: str, request: gr.Request) -> str:
            """Keep the right answer to a question about a stored PDF or image, to train on.

            An earlier answer to the same question is replaced. JSON tells what is kept, and where on the
            pages the answer stands; page is null where it stands nowhere.

            Args:
                document: library:N for document N of a search, or, on the machine that runs docvlm, the
                    path of a file.
                question: In words, for example: When does the contract end?
                answer: The right answer as it is printed, or an empty text where the document does not say.
            """
            with told_in_a_sentence(), self._calls.opened(document, request, is_kept=True) as opened:
                for _ in opened.read():
                    pass  # so that the answer can be found on its page
                asked, told = text_of(question, "question"), _value(answer)
                labels = DocumentLabels(self._calls.desk.workspace.store, opened.id)
                labels.answer(asked, told)
                (kept,) = (label for label in labels.questions() if label.name == asked)
                return as_json(
                    {
                        "document": opened.id,
                        "question": asked,
                        "answer": kept.value,
                        "page": kept.page,
                        "boxes": [box.as_list() for box in kept.boxes],
                    }
                )

        for call in (search, label, label_question):
            gr.api(call, api_name=call.__name__, concurrency_limit=4, concurrency_id="library calls")

    def _label(self, document_id: int, schema: Schema, field: str, value: str) -> Json:
        store = self._calls.desk.workspace.store
        labels = DocumentLabels(store, document_id)
        latest = found_values(store, document_id, schema)
        labels.correct(labels.lay_over(schema, latest), field, value)
        kept = labels.lay_over(schema, latest).value(field)
        assert kept is not None  # noqa: S101 - correct() refuses what the schema does not have
        told = kept[1]
        return {
            "document": document_id,
            "field": field,
            "raw": told.raw,
            "value": told.value,
            "page": told.page,
            "boxes": [box.as_list() for box in told.boxes],
        }


def _value(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise UsageError(f"The value is no text of up to {LONGEST_TEXT} characters.", "Send another one.")
    return value


def _hit(hit: SearchHit) -> Json:
    return {
        "document": hit.document_id,
        "name": hit.name,
        "page": hit.page,
        "kind": hit.kind.value,
        "text": hit.snippet,
    }

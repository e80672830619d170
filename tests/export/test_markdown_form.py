from __future__ import annotations

from docvlm.export import ExportedDocument, to_markdown
from docvlm.types import Answer, Extraction, FieldValue
from tests.export.documents import RECEIPT


def test_fields_lists_checks_and_answers_are_there() -> None:
    lines = to_markdown([RECEIPT]).splitlines()
    assert lines[0] == "# receipt.pdf"
    assert "| total | -12.50 EUR | -12,50 | 99% | 2 |" in lines
    assert "| Roll |  |" in lines
    assert "- ✗ 10.00 is not 12.50" in lines
    assert "| Who sells? | Łódź Bakery | 90% | 1 |" in lines
    assert "| Tip? | not found | 80% |  |" in lines


def test_nothing_on_a_page_acts_as_markup() -> None:
    text = "a|b\n# c <script> [x](y) **d** `e`"
    document = ExportedDocument(
        text, Extraction("s", (FieldValue("f", text, text, 1.0),)), (Answer(text, text, 1),)
    )
    markdown = to_markdown([document])
    expected = r"a\|b \# c \<script\> \[x\](y) \*\*d\*\* \`e\`"
    assert markdown.count(expected) == 5
    assert "<script>" not in markdown.replace(r"\<script\>", "")

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from finetune.evaluation import compare
from finetune.evaluation.gallery import PICTURES, GalleryEntry, Outcome
from finetune.evaluation.gallery_page import gallery_page
from finetune.promotion import Verdict
from tests.finetune.evaluation.judged import document, evaluation, judged

EVIL = "<script>alert('&')</script>\" onerror=\"x"
VERDICT = Verdict(False, 1, 0, 0.5, "The adapter may just be lucky.")


class Tags(HTMLParser):
    """Every tag with its attributes, and the text between."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def page_of(folder: Path, *entries: GalleryEntry) -> str:
    before = evaluation(document(0, judged(EVIL, "a", "b")), document(1, judged(EVIL, "a", "b")))
    after = evaluation(document(0, judged(EVIL, "a", "a")), document(1, judged(EVIL, "a", "c")))
    return gallery_page(compare(before, after), VERDICT, entries, folder)


def test_whatever_a_document_says_is_text(tmp_path: Path) -> None:
    entry = GalleryEntry(Outcome.FIXED, EVIL, "0", EVIL, (EVIL, EVIL), EVIL, EVIL, 0.5, 1, "001.png")
    (tmp_path / PICTURES).mkdir()
    (tmp_path / PICTURES / "001.png").write_bytes(b"png")
    page = Tags(page_of(tmp_path, entry))
    names = {name for name, _ in page.tags}
    assert "script" not in names
    assert {key for _, attributes in page.tags for key in attributes if key.startswith("on")} == set()
    assert page.text.count(EVIL) >= 3  # the field's name in the table, and in its entry with the values
    assert [attributes["alt"] for name, attributes in page.tags if name == "img"] == [f"{EVIL} on {EVIL}"]


def test_the_page_needs_nothing_else(tmp_path: Path) -> None:
    (tmp_path / PICTURES).mkdir()
    (tmp_path / PICTURES / "001.png").write_bytes(b"\x89PNG")
    shown = GalleryEntry(Outcome.FIXED, "a.pdf", "0", "total", ("1",), None, "1", 0.93, 2, "001.png")
    gone = GalleryEntry(Outcome.STILL_WRONG, "b.pdf", "1", "total", (), None, "2", None, None, "002.png")
    text = page_of(tmp_path, shown, gone)
    assert re.findall(r'src="([^"]{0,22})', text) == ["data:image/png;base64,"]
    assert "http://" not in text and "https://" not in text
    assert "default-src 'none'" in text
    assert "a.pdf, page 2" in text and "93% sure" in text and "not found" in text


def test_what_is_not_shown_is_counted(tmp_path: Path) -> None:
    text = page_of(tmp_path)
    assert "Fixed: wrong before, right now (1)" in text and "Still wrong (1)" in text
    assert text.count("0 of them are shown") == 2
    assert "Broken: right before, wrong now (0)" in text
    assert "may just be lucky" in text
    assert re.search(r"0\.000.*0\.500.*\+0\.500", text)

"""Pages are read by a tower, tile by tile."""

from __future__ import annotations

from docvlm.models.vision_tower import VisionTower, tower_config
from finetune.synthesis.drawing.pages import draw_page
from finetune.vision.glyph_head import GlyphHead
from finetune.vision.readers import PatchReader
from finetune.vision.reading import read_page


def test_an_untaught_tower_reads_something_and_its_boxes_lie_on_the_page() -> None:
    page = draw_page(1, ("receipt",), "en")
    reader = PatchReader(VisionTower(tower_config(64, 1, 128)), GlyphHead(64)).eval()
    reading = read_page(reader, page.image, 128)
    height, width = page.image.shape[:2]
    assert reading.words
    for word in reading.words:
        x, y = word.box.center
        assert 0 <= x <= width
        assert 0 <= y <= height

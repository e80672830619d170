"""Made-up documents as pictures, with the exact place of every word."""

from finetune.synthesis.drawing.pages import KINDS, DrawnPage, draw_page

__all__ = ["KINDS", "DrawnPage", "draw_page"]

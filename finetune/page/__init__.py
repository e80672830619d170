"""What the tab Fine-tune shows, as values and HTML; the tab itself is ``finetune/tab.py``."""

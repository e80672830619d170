"""Is everything there that docvlm needs, and does it work: ``python -m docvlm doctor``."""

from docvlm.doctor.examination import examine
from docvlm.doctor.finding import Finding, Level

__all__ = ["Finding", "Level", "examine"]

"""Where a label came from, as ``Label.source`` says it."""

from __future__ import annotations

CONFIRMED, CORRECTED = "confirmed", "correction"
"""The value was right as it was, or a person changed it."""

ADDED = "added"
"""A cell of a row that a person added to a list."""

FROM_LINES = "lines"
"""A page's transcript, all of whose lines were checked one by one."""

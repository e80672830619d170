"""What happened, for whoever runs docvlm: a log of events, and spans where tracing is configured.

Neither ever holds a word of a document, a question, a password or a file's content.
"""

from docvlm.telemetry.log import Value, log_event
from docvlm.telemetry.observe import Observed, go_on_observing, observe, observed_here
from docvlm.telemetry.spans import flush_spans, record_span, span

__all__ = [
    "Observed",
    "Value",
    "flush_spans",
    "go_on_observing",
    "log_event",
    "observe",
    "observed_here",
    "record_span",
    "span",
]

"""What everybody may be told about a model: its name and what is wrong with it, not where it lies here.

Whoever runs the app finds the whole path in the terminal.
"""

from __future__ import annotations

import logging
import re

from docvlm.errors import DocvlmError
from docvlm.model_names import PATH_START, last_part

_LOG = logging.getLogger(__name__)

_QUOTED = re.compile(rf"(?<=['\"])({PATH_START}[^'\"\n]*)(?=['\"])")
_BARE = re.compile(rf"(?<![\w/\\:'])({PATH_START}[^\s'\",;:]+)")


def without_folders(text: str) -> str:
    """The text with each path cut to its last part; addresses and names on the Hub stay whole.

    A path with spaces is known as one by the quotation marks around it.
    """
    quoted = _QUOTED.sub(lambda found: last_part(found[1]), text)
    return _BARE.sub(lambda found: last_part(found[1]), quoted)


def discreet(error: DocvlmError) -> DocvlmError:
    """The error as everybody may read it; if that is less than all, all of it goes to the log."""
    message, remedy = without_folders(error.message), without_folders(error.remedy)
    if (message, remedy) == (error.message, error.remedy):
        return error
    _LOG.warning("%s", error)
    told = type(error)(message, remedy)
    told.__cause__ = error
    return told

"""One error family. Every member says in one sentence what happened and in another what to do.

The command line prints ``str(error)`` and exits with ``exit_code``; the browser shows the same words.
"""

from __future__ import annotations


class DocvlmError(Exception):
    """Base of everything docvlm raises on purpose.

    Args:
        message: one sentence, what happened, without a traceback or an internal name.
        remedy: one sentence, what the person can do next.
    """

    exit_code = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        self.message = message.strip()
        self.remedy = remedy.strip()
        super().__init__(f"{self.message} {self.remedy}".strip())


class UsageError(DocvlmError):
    """The options or arguments contradict each other or do not exist."""

    exit_code = 2


class InputError(DocvlmError):
    """The file cannot be read as a document."""

    exit_code = 3


class ChangedError(InputError):
    """The file was changed while it was read."""


class PasswordError(InputError):
    """The PDF is encrypted and no password, or the wrong one, was given."""

    exit_code = 4


class LimitError(InputError):
    """The file asks for more time, memory or pixels than the limits allow."""

    exit_code = 5


class ModelError(DocvlmError):
    """The model or an adapter cannot be loaded, or does not fit."""

    exit_code = 6


class StoreError(DocvlmError):
    """The database cannot be opened, is locked, damaged or of a newer version."""

    exit_code = 7


class SchemaError(UsageError):
    """An extraction schema is not understood."""


class Cancelled(DocvlmError):
    """The person stopped the work."""

    exit_code = 130

    def __init__(self, message: str = "Stopped.", remedy: str = "") -> None:
        super().__init__(message, remedy)

"""Memory that a computation has freed goes back to the system, where the C library would keep it.

glibc keeps freed memory for each thread apart, so a long document computed by one worker takes its memory
a second time from the next.
"""

from __future__ import annotations

import ctypes
import sys


def give_memory_back() -> None:
    """Return freed memory to the system now; nothing happens where the C library is not glibc."""
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)

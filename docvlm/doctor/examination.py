"""All checks in their order, each finding as soon as it is made."""

from __future__ import annotations

from collections.abc import Iterator

from docvlm.config import Settings
from docvlm.doctor.finding import Finding, Level
from docvlm.doctor.machine import check_disk, check_memory
from docvlm.doctor.model import check_adapter, check_model
from docvlm.doctor.places import check_database, check_home
from docvlm.doctor.software import check_packages, check_poppler, check_python, list_extras
from docvlm.doctor.speed import try_model, try_reader


def examine(settings: Settings, speed: bool = True) -> Iterator[Finding]:
    """Look at everything; changes nothing, fetches nothing, makes no database.

    Args:
        speed: also read a page and load the model, and measure how long they take.
    """
    yield check_python()
    yield check_packages()
    yield list_extras()
    yield check_poppler()
    yield check_home(settings)
    yield check_database(settings)
    yield check_disk(settings)
    yield check_memory()
    model = check_model(settings)
    yield model
    yield check_adapter(settings)
    if speed:
        yield try_reader()
        if model.level is Level.OK:  # a model that is not here would be fetched
            yield try_model(settings)

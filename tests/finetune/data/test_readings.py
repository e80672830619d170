from dataclasses import replace
from pathlib import Path

import pytest

from docvlm.config import Settings
from docvlm.errors import InputError
from docvlm.pipeline import Workspace
from docvlm.store import Store
from finetune.data.documents import LabelledDocument
from finetune.data.readings import Readings


def test_a_page_is_read_once_and_never_seen_in_the_library(
    settings: Settings, invoice: LabelledDocument
) -> None:
    with Readings.open(settings) as readings:
        (first,) = readings.of(invoice)
    assert "Invoice" in first.text or "INVOICE" in first.text
    assert invoice.path is not None
    invoice.path.unlink()  # what is kept needs no file
    with Readings.open(settings) as readings:
        assert readings.of(invoice) == (first,)
    with Store.open(settings.database_url) as store:
        assert store.list_documents() == []


def test_what_the_user_has_read_comes_from_the_library(settings: Settings, invoice: LabelledDocument) -> None:
    assert invoice.path is not None
    with Workspace(settings) as workspace, workspace.open(invoice.path) as opened:
        (read,) = (page.reading for page in opened.read())
    with Readings.open(settings) as readings:
        in_store_only = replace(invoice, path=None)
        assert readings.of(in_store_only) == (read,)
        page = readings.page(in_store_only, 1)  # the library knows where the file lies
        assert page.image is not None and page.image.shape == (page.height, page.width, 3)
        invoice.path.unlink()
        with pytest.raises(InputError, match=r"The file of 'invoice\.pdf' is not there any more"):
            readings.page(in_store_only, 1)


def test_another_file_under_the_old_name_is_refused(settings: Settings, invoice: LabelledDocument) -> None:
    with Readings.open(settings) as readings, pytest.raises(InputError, match="no longer the one"):
        readings.of(replace(invoice, sha256="00" * 32))


def test_a_file_that_is_no_document_is_refused(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "notes.png"
    path.write_bytes(b"no pixels")
    with Readings.open(settings) as readings, pytest.raises(InputError):
        readings.of(LabelledDocument("00" * 32, path.name, path))

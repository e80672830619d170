"""Opening, streaming, limits and the worker's life, with real faults."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pymupdf
import pytest

from docvlm.config import Limits
from docvlm.errors import ChangedError, InputError, LimitError, UsageError
from docvlm.ingest import open_document
from docvlm.types import PageStatus
from tests.processes import children


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    yield
    assert wait_until(lambda: not children())


def test_identity_and_streaming(make_pdf: Callable[..., bytes], tmp_path: Path) -> None:
    data = make_pdf("one", "two", "three")
    path = tmp_path / "three pages.pdf"
    path.write_bytes(data)
    with open_document(path) as document:
        assert document.info.sha256 == hashlib.sha256(data).hexdigest()
        assert (document.info.page_count, document.info.byte_count) == (3, len(data))
        assert document.info.media_type == "application/pdf"
        assert [page.number for page in document.pages([3, 1])] == [3, 1]
        texts = [page.text_layer[0].text for page in document.pages(images=False) if page.text_layer]
    assert texts == ["one", "two", "three"]


def test_an_iteration_left_early_and_two_at_once_do_not_disturb_each_other(
    make_pdf: Callable[..., bytes],
) -> None:
    with open_document(make_pdf(*map(str, range(1, 9)))) as document:
        assert next(document.pages()).number == 1
        both = zip(document.pages(), document.pages(images=False), strict=True)
        assert [(a.number, b.number) for a, b in both] == [(number, number) for number in range(1, 9)]


def test_page_numbers_that_do_not_exist_are_refused_at_once(make_pdf: Callable[..., bytes]) -> None:
    with open_document(make_pdf("one", "two")) as document, pytest.raises(UsageError, match="2 pages"):
        document.pages([3])


def test_a_closed_document_says_so_and_closing_twice_is_harmless(make_pdf: Callable[..., bytes]) -> None:
    document = open_document(make_pdf("one"))
    document.close()
    document.close()
    with pytest.raises(UsageError, match="closed"):
        document.pages()


def test_a_document_that_is_dropped_takes_its_worker_along(make_pdf: Callable[..., bytes]) -> None:
    document = open_document(make_pdf("one"))
    assert children()
    del document
    assert wait_until(lambda: not children())


def test_a_page_that_takes_too_long_fails_alone(endless_page_pdf: bytes) -> None:
    started = time.monotonic()
    with open_document(endless_page_pdf, limits=Limits(page_seconds=2)) as document:
        pages = list(document.pages())
    assert time.monotonic() - started < 40
    assert [page.status for page in pages] == [PageStatus.OK, PageStatus.FAILED, PageStatus.OK]
    assert pages[1].reason is not None and "longer than 2 seconds" in pages[1].reason
    assert [word.text for word in pages[2].text_layer or ()] == ["after"]


def test_a_file_that_changed_before_its_worker_was_lost_is_called_changed(
    endless_page_pdf: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if it were large: read where it lies.
    monkeypatch.setattr("docvlm.ingest.document._SNAPSHOT_BYTES", 0)
    file = tmp_path / "large.pdf"
    file.write_bytes(endless_page_pdf)
    with open_document(file, limits=Limits(page_seconds=2)) as document:
        pages = document.pages(images=False)
        assert next(pages).status is PageStatus.OK
        with file.open("ab") as opened:
            opened.write(b"% one line more")
        with pytest.raises(ChangedError, match="was changed while it was read"):
            next(pages)


def test_after_too_many_lost_pages_the_rest_is_skipped(endless_page_pdf: bytes) -> None:
    with open_document(endless_page_pdf, limits=Limits(page_seconds=2, lost_pages_in_a_row=1)) as document:
        pages = list(document.pages())
    assert [page.number for page in pages] == [1, 2, 3]
    assert [page.status for page in pages] == [PageStatus.OK, PageStatus.FAILED, PageStatus.SKIPPED]
    assert pages[2].reason == "Skipped: the pages before it could not be read."


def test_a_crash_is_drawn_by_poppler_and_the_rest_goes_on(make_pdf: Callable[..., bytes]) -> None:
    data = make_pdf(
        *["text"] * 30, encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="secret", owner_pw="other"
    )
    with open_document(data, password="secret") as document:
        pages = document.pages()
        next(pages)
        (worker,) = children()
        worker.send_signal(signal.SIGSEGV)
        rest = list(pages)
    assert [page.number for page in rest] == list(range(2, 31))
    assert {page.status for page in rest} == {PageStatus.OK}
    by_poppler = [page for page in rest if page.notes]
    assert len(by_poppler) == 1
    page = by_poppler[0]
    assert page.notes == (f"Page {page.number} was drawn by poppler because MuPDF could not.",)
    assert (page.width, page.height) == (833, 556)
    assert page.image is not None and page.image.min() < 100
    assert page.text_layer is None


def test_without_poppler_a_failed_page_says_what_to_install(
    endless_page_pdf: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with open_document(endless_page_pdf, limits=Limits(page_seconds=2)) as document:
        (page,) = document.pages([2])
    assert page.status is PageStatus.FAILED
    assert page.reason is not None and "Install poppler-utils" in page.reason


PARENT = """
import sys
from docvlm.config import Limits
from docvlm.ingest import open_document

document = open_document(sys.argv[1], limits=Limits(page_seconds=300))
print(document._idle[0]._process.pid, flush=True)
list(document.pages([2]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_busy_worker_dies_with_its_parent(endless_page_pdf: bytes, tmp_path: Path) -> None:
    path = tmp_path / "endless.pdf"
    path.write_bytes(endless_page_pdf)
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(path)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        worker = psutil.Process(int(parent.stdout.readline()))
        busy = worker.cpu_times().user
        assert wait_until(lambda: worker.cpu_times().user > busy + 0.5, 30)
        parent.kill()
    assert wait_until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)


def test_the_users_main_module_is_not_imported_again(make_pdf: Callable[..., bytes], tmp_path: Path) -> None:
    pdf, script = tmp_path / "a.pdf", tmp_path / "five_lines.py"
    pdf.write_bytes(make_pdf("hello"))
    script.write_text(
        "from docvlm.ingest import open_document\n"
        f"with open_document({str(pdf)!r}) as document:\n"
        "    print([word.text for page in document.pages() for word in page.text_layer])\n"
    )
    root = Path(__file__).parents[2]
    run = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(root)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (run.stdout, run.stderr) == ("['hello']\n", "")


def object_pdf(*objects: str | bytes) -> bytes:
    """A PDF without a cross-reference table, as damaged files have it; object 1 is the catalog."""
    parts = [b"%PDF-1.4\n"]
    for number, body in enumerate(objects, 1):
        content = body.encode() if isinstance(body, str) else body
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    return b"".join(parts) + b"trailer\n<< /Root 1 0 R >>\n%%EOF\n"


CATALOG = "<< /Type /Catalog /Pages 2 0 R >>"


@pytest.mark.parametrize(
    "data",
    [
        object_pdf(CATALOG, "<< /Type /Pages /Count 0 /Kids [] >>"),
        object_pdf(CATALOG, "<< /Type /Pages /Count 1 /Kids [2 0 R] >>"),
        object_pdf(CATALOG),
        b"%PDF-1.7\n" + bytes(range(256)) * 40,
        b"%PDF-1.7\n",
    ],
    ids=["no pages", "cyclic page tree", "no page tree", "noise", "header only"],
)
def test_broken_files_end_in_one_sentence_or_in_pages(data: bytes) -> None:
    try:
        with open_document(data, name="broken.pdf") as document:
            pages = list(document.pages())
    except InputError as error:
        assert error.message.startswith("broken.pdf") and error.remedy
    else:
        assert all(page.status is PageStatus.OK or page.reason for page in pages)


def test_too_many_pages_are_refused() -> None:
    data = object_pdf(CATALOG, "<< /Type /Pages /Count 900000000 /Kids [] >>")
    document = pymupdf.open()
    for _ in range(12):
        document.new_page()
    with pytest.raises(LimitError, match="12 pages"):
        open_document(document.tobytes(), limits=Limits(max_pages=10))
    with pytest.raises(InputError):
        open_document(data)


def test_ten_thousand_pages_open_quickly_and_each_can_be_read() -> None:
    kids = " ".join(f"{number} 0 R" for number in range(3, 10_003))
    page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] >>"
    tree = f"<< /Type /Pages /Count 10000 /Kids [{kids}] >>"
    with open_document(object_pdf(CATALOG, tree, *[page] * 10_000)) as document:
        assert document.info.page_count == 10_000
        assert [page.number for page in document.pages([10_000, 5_000])] == [10_000, 5_000]


def test_a_page_beyond_any_resolution_is_a_sentence() -> None:
    page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 14400 14400] /UserUnit 5000 >>"
    tree = "<< /Type /Pages /Count 2 /Kids [3 0 R 4 0 R] >>"
    plain = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 14400 14400] >>"
    with open_document(object_pdf(CATALOG, tree, page, plain)) as document:
        beyond, large = document.pages()
    assert beyond.reason is None or "inches" in beyond.reason
    assert large.status is PageStatus.OK
    assert large.width * large.height <= Limits().page_pixels


def test_memory_stays_bounded_with_a_flate_bomb() -> None:
    bomb = zlib.compress(b" " * 400_000_000, 9)
    stream = b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(bomb), bomb)
    tree = "<< /Type /Pages /Count 1 /Kids [3 0 R] >>"
    page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] /Contents 4 0 R >>"
    limits = Limits(worker_bytes=300 * 2**20, page_seconds=20)
    with open_document(object_pdf(CATALOG, tree, page, stream), limits=limits) as document:
        (result,) = document.pages()
        peak = [worker.memory_info().rss for worker in children()]
    assert result.status is PageStatus.OK or (result.reason or "").endswith(".")
    assert all(size < limits.worker_bytes for size in peak)


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.pdf"
    os.mkfifo(pipe)
    empty = tmp_path / "empty.pdf"
    empty.touch()
    for path, words in (
        (pipe, "pipe or a device"),
        (Path(os.devnull), "pipe or a device"),
        (tmp_path, "is a folder"),
        (tmp_path / "absent.pdf", "no file"),
        (empty, "is empty"),
        (Path("nul\0byte"), "cannot be opened"),
    ):
        with pytest.raises(InputError, match=words):
            open_document(path)


def test_a_file_over_the_size_limit_is_refused(make_pdf: Callable[..., bytes]) -> None:
    with pytest.raises(LimitError, match="MiB"):
        open_document(make_pdf("text"), limits=Limits(file_bytes=100))


def test_a_dpi_out_of_range_is_refused(make_pdf: Callable[..., bytes]) -> None:
    with pytest.raises(UsageError, match="out of range"):
        open_document(make_pdf("text"), dpi=0)

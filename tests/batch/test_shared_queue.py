"""Two batches on one PostgreSQL queue share the work, and each writes what a plain run writes."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from tests.batch.clusters import finished, mixed_folder, results, start_batch

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

FILES, PAGES = 30, 6


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return mixed_folder(tmp_path / "in", FILES, PAGES)


def test_two_processes_share_the_work_and_write_what_a_plain_run_writes(
    folder: Path, postgres_url: str, tmp_path: Path
) -> None:
    plain = finished(start_batch(folder, tmp_path / "plain.jsonl", DOCVLM_HOME=str(tmp_path / "plain")))
    assert plain["pages"] == FILES * PAGES

    both = [
        start_batch(
            folder,
            tmp_path / f"{name}.jsonl",
            DOCVLM_HOME=str(tmp_path / name),
            DOCVLM_DATABASE_URL=postgres_url,
        )
        for name in ("one", "two")
    ]
    summaries = [finished(process) for process in both]
    assert sum(summary["pages"] for summary in summaries) == FILES * PAGES, (
        "a page was read twice, or not at all"
    )
    assert all(summary["pages"] for summary in summaries), "one of them did it all"
    assert (
        results(tmp_path / "one.jsonl")
        == results(tmp_path / "two.jsonl")
        == results(tmp_path / "plain.jsonl")
    )


def test_what_a_killed_process_held_is_done_by_the_other(
    folder: Path, postgres_url: str, tmp_path: Path
) -> None:
    plain = start_batch(folder, tmp_path / "plain.jsonl", DOCVLM_HOME=str(tmp_path / "plain"))
    finished(plain)
    one, two = (
        start_batch(
            folder,
            tmp_path / f"{name}.jsonl",
            DOCVLM_HOME=str(tmp_path / name),
            DOCVLM_DATABASE_URL=postgres_url,
        )
        for name in ("one", "two")
    )
    wait_for_workers(one)
    workers = psutil.Process(one.pid).children(recursive=True)
    one.kill()
    one.communicate()
    summary = finished(two)
    assert summary["states"]["done"] == FILES + 1
    assert results(tmp_path / "two.jsonl") == results(tmp_path / "plain.jsonl")
    _, alive = psutil.wait_procs(workers, timeout=60)
    assert alive == []


def wait_for_workers(process: object) -> None:
    """Until the batch has begun to parse files."""
    import time

    from psutil import Process

    deadline = time.monotonic() + 90
    parent = Process(process.pid)  # type: ignore[attr-defined]
    while not any("docvlm.ingest.worker" in child.cmdline() for child in parent.children(recursive=True)):
        assert time.monotonic() < deadline, "it did not begin"
        time.sleep(0.05)
